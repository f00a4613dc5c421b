"""Reports reach the operator's Sentry, and carry nothing of a member's."""

import logging
from collections.abc import Iterator
from uuid import uuid4

import brotli  # type: ignore[import-untyped]
import pytest
import sentry_sdk
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from services.app import error_reports
from tests.conftest import ExplicitSettings
from tests.servers import served
from tests.waiting import eventually_sync


@pytest.fixture
def received() -> Iterator[list[str]]:
    """What arrives at a Sentry of our own."""
    received: list[str] = []

    async def take(request: Request) -> JSONResponse:
        body = await request.body()
        assert request.headers["content-encoding"] == "br"
        received.append(brotli.decompress(body).decode())
        return JSONResponse({})

    app = Starlette(routes=[Route("/api/7/envelope/", take, methods=["POST"])])
    with served(app) as url:
        dsn = url.replace("http://", "http://public@") + "/7"
        error_reports.configure(ExplicitSettings(sentry_dsn=SecretStr(dsn)))
        yield received
        sentry_sdk.get_client().close(timeout=2)
        sentry_sdk.get_global_scope().set_client(None)


def test_an_error_in_the_log_is_reported_without_local_values(received: list[str]) -> None:
    token = uuid4().hex
    try:
        raise RuntimeError("the lens fell off")
    except RuntimeError:
        logging.getLogger("likeness").exception("broken", extra={"address": f"/share/{token}"})
    eventually_sync(lambda: received)
    assert "the lens fell off" in received[0]
    assert token not in received[0]
