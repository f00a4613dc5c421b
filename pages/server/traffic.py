"""One line in the log and one count in the metrics for each request that was answered."""

import logging
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.app import metrics

logger = logging.getLogger("likeness.requests")
QUIET = ("/_nicegui", "/healthz", "/readyz", "/metrics")  # too many, and they say nothing


class Traffic:
    """The outermost middleware. It names routes, never addresses: those may carry tokens.

    Leaves `peer` in the request's state: who connected, before proxies are believed.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One ASGI call."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope.setdefault("state", {})["peer"] = scope.get("client")
        status, started = 500, time.perf_counter()

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, watch)
        finally:
            _note(scope, status, time.perf_counter() - started)


def route_of(scope: Scope) -> str:
    """The route's pattern, such as `/s/{token}`; "none" where no route was found."""
    return str(getattr(scope.get("route"), "path", "none"))


def _note(scope: Scope, status: int, seconds: float) -> None:
    route = route_of(scope)
    metrics.REQUESTS.labels(scope["method"], route, str(status)).inc()
    metrics.REQUEST_SECONDS.labels(route).observe(seconds)
    state = scope.get("state", {})
    user = state.get("user")
    logger.log(
        logging.DEBUG if scope["path"].startswith(QUIET) else logging.INFO,
        "%s %s %d",
        scope["method"],
        route,
        status,
        extra={
            "request_id": state.get("request_id", ""),
            "user_id": user and user.id,
            "milliseconds": round(seconds * 1000, 1),
        },
    )
