"""For operators: `/healthz`, `/readyz`, `/metrics`, and a note of every request."""

import ipaddress
from collections.abc import Callable
from http import HTTPStatus

from fastapi import HTTPException, Request, Response
from nicegui import app

from pages.server.traffic import Traffic
from services.app import metrics
from services.app.health import Health


def register(health: Health, alive: Callable[[], bool]) -> None:
    """Liveness asks nothing of others; readiness asks each part; metrics are for the inside.

    alive: whether the database that belongs to this process runs.
    """

    async def healthz(response: Response) -> dict[str, str]:
        if alive():
            return {"status": "ok"}
        response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
        return {"status": "the database has stopped and is being started again"}

    async def readyz(response: Response) -> dict[str, str]:
        parts = await health.parts()
        if not all(parts.values()):
            response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
        return {name: "ready" if ready else "not ready" for name, ready in parts.items()}

    async def measured(request: Request) -> Response:
        if not _from_inside(request):
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return Response(await metrics.exposition(health.deps), media_type=metrics.CONTENT_TYPE)

    app.add_middleware(Traffic)
    app.add_api_route("/healthz", healthz, include_in_schema=False)
    app.add_api_route("/readyz", readyz, include_in_schema=False)
    app.add_api_route("/metrics", measured, include_in_schema=False)


def _from_inside(request: Request) -> bool:
    """Whether the caller is this machine or on a private network, as seen past the proxies."""
    try:
        return ipaddress.ip_address(request.client.host if request.client else "").is_private
    except ValueError:
        return False
