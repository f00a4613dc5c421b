"""For operators: `/healthz`, `/readyz`, `/metrics`, and a note of every request."""

import hmac
import ipaddress
import logging
from collections.abc import Callable
from functools import cache
from http import HTTPStatus

from fastapi import HTTPException, Request, Response
from nicegui import app

from pages.server import hosts
from pages.server.traffic import Traffic
from services.app import metrics
from services.app.health import Health
from services.settings import Settings

log = logging.getLogger("likeness.requests")
FORWARDED = ("x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "forwarded", "via")


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
        if not _may_read(health.deps.settings, request):
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return Response(await metrics.exposition(health.deps), media_type=metrics.CONTENT_TYPE)

    app.add_middleware(Traffic)
    app.add_api_route("/healthz", healthz, include_in_schema=False)
    app.add_api_route("/readyz", readyz, include_in_schema=False)
    app.add_api_route("/metrics", measured, include_in_schema=False)


def _may_read(settings: Settings, request: Request) -> bool:
    """Whether the caller has METRICS_TOKEN or, where there is none, is inside for certain."""
    if settings.metrics_token:
        expected = f"Bearer {settings.metrics_token.get_secret_value()}"
        given = request.headers.get("authorization", "")
        return bool(hmac.compare_digest(given.encode(), expected.encode()))
    if not hosts.is_known(settings, request.headers.get("host", "localhost")):
        return False
    if settings.behind_proxy and "trusted_proxies" not in settings.model_fields_set:
        _warn_once()
        return False
    forwarded = any(name in request.headers for name in FORWARDED)
    believed = request.scope["client"] != request.state.peer
    return _is_inside(request) and (believed or not forwarded)


@cache
def _warn_once() -> None:
    log.warning("refused /metrics: behind a proxy, set METRICS_TOKEN or TRUSTED_PROXIES")


def _is_inside(request: Request) -> bool:
    """Whether the caller is this machine or on a private network, as seen past the proxies."""
    try:
        address = ipaddress.ip_address(request.client.host if request.client else "")
    except ValueError:
        return False
    return (getattr(address, "ipv4_mapped", None) or address).is_private
