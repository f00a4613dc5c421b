"""L1: the CPU that a counted call costs, against the same call uncounted.

`uv run -m tests.bench.limits`
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.types import ASGIApp, Message

from pages.server.call_limits import CallLimits
from services.limits.calls import Calls
from tests.bench.timing import compared

USER_AGENT = b"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/142.0.0.0 Safari/537.36"


@dataclass(frozen=True, slots=True)
class Member:
    """What the doorkeeper leaves of one."""

    id: UUID
    plan: None = None


def main(*, requests: int = 5_000, members: int = 500, rounds: int = 9) -> None:
    """One line: microseconds of both, what counting adds, and their ratio."""
    figures = [measured(app, requests, members) for app in (counted(), api())]
    found = compared(*figures, rounds=rounds)
    added = found.ours - found.reference
    print(found.line("L1 a small call, counted / not counted", "µs"), f"adds {added:.1f} µs")


def api() -> ASGIApp:
    """The least that FastAPI does for an answer."""
    app = FastAPI()

    @app.get("/api/albums")
    async def albums() -> dict[str, list[str]]:
        return {"items": []}

    return app


def counted() -> ASGIApp:
    """The same inside the limits, which know of no other process."""
    calls = Calls(secret=b"secret", reading=_none, now=lambda: datetime.now(UTC))
    deps: Any = SimpleNamespace(calls=calls)
    return CallLimits(api(), deps)


def _none() -> AbstractAsyncContextManager[AsyncSession]:
    raise AssertionError("a call is counted without a look at the database")


def measured(app: ASGIApp, requests: int, members: int) -> Callable[[], float]:
    """Microseconds of CPU a request; each is of another member, with a key and an address."""

    async def run() -> None:
        for number in range(requests):
            await app(scope(number % members), receive, send)

    def measure() -> float:
        started = time.process_time()
        asyncio.run(run())
        return (time.process_time() - started) / requests * 1e6

    return measure


def scope(member: int) -> dict[str, Any]:
    """A call of a program; what the doorkeeper found out is there."""
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/api/albums",
        "raw_path": b"/api/albums",
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"test"), (b"user-agent", USER_AGENT)],
        "server": ("test", 80),
        "client": (f"93.184.{member % 250}.{member % 199}", 40_000),
        "state": {"user": Member(UUID(int=member)), "api_key": b"%032d" % member},
    }


async def receive() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


async def send(message: Message) -> None:
    assert message.get("status", 200) == 200


if __name__ == "__main__":
    main()
