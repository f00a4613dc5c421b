"""The real program in a process of its own, and a real browser in front of it."""

import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, Page

from db.embedded.server import EmbeddedPostgres
from services.accounts import sessions, users
from services.accounts.users import UserView
from services.app import bootstrap
from services.settings import Settings
from tests.builders import make_user
from tests.conftest import ExplicitSettings
from tests.e2e.driving import Program, Server, watched
from tests.waiting import eventually_sync

MAIN = Path(__file__).parents[2] / "main.py"


@pytest.fixture(scope="session")
def program() -> Iterator[Program]:
    """The program as an operator starts it."""
    with running() as started:
        yield started


@pytest.fixture(scope="session")
async def server(program: Program) -> AsyncIterator[Server]:
    """The running program, with `deps` that reach its database and files from this process."""
    async with reached(program) as server:
        yield server


@contextmanager
def running(**environment: str) -> Iterator[Program]:
    """The program on a free port, with a DATA_DIR of its own and these settings besides.

    It looks at no faces unless it is told to: most tests have drawn ones.
    """
    environment = {"FACE_CHECKS": "off", "MODEL_SHEETS": "false"} | environment
    with tempfile.TemporaryDirectory(prefix="likeness-e2e-") as folder:
        data_dir = Path(folder)
        data_dir.chmod(0o711)  # the database's own user has to get through
        values: dict[str, Any] = {name.lower(): _value(text) for name, text in environment.items()}
        settings = ExplicitSettings(data_dir=data_dir, port=_free_port(), **values)
        given = {"PATH": os.environ["PATH"], "DATA_DIR": folder, "PORT": str(settings.port)}
        with (data_dir / "log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, MAIN],
                cwd=folder,  # where no .env lies
                env=given | environment,
                stdout=log,
                stderr=log,
            )
        try:
            eventually_sync(lambda: process.poll() is not None or _ready(settings), timeout=100)
            assert process.poll() is None, (data_dir / "log").read_text()
            yield Program(settings, process)
        finally:
            process.terminate()
            process.wait(30)


def _value(text: str) -> Any:
    return json.loads(text) if text.startswith("{") else text


@asynccontextmanager
async def reached(program: Program) -> AsyncIterator[Server]:
    """A running program's database and files, from this process."""
    url = EmbeddedPostgres(program.settings.data_dir / "postgres").url()
    product = bootstrap.build(program.settings, url)
    yield Server(program.settings.base_url, product.deps, program.process)
    await product.disconnect()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


def _ready(settings: Settings) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{settings.port}/readyz").status_code == 200
    except httpx.TransportError:
        return False


@pytest.fixture(scope="session")
def browser(chromium: Browser) -> Browser:
    """The one that all tests share; each has a context of its own in it."""
    return chromium


@pytest.fixture
async def visitor(server: Server, browser: Browser) -> AsyncIterator[Page]:
    """A page of somebody who is not signed in; errors in the console fail the test."""
    context = await browser.new_context(
        base_url=server.url, viewport={"width": 1440, "height": 900}
    )
    page = await context.new_page()
    with watched(page):
        yield page
    await context.close()


@pytest.fixture
async def member(server: Server) -> UserView:
    """A new member of the running program."""
    async with server.deps.transaction() as session:
        user = await make_user(session, name="Anna")
        return await users.get(session, user_id=user.id)


@pytest.fixture
async def page(visitor: Page, server: Server, member: UserView) -> Page:
    """A page on which `member` is signed in."""
    async with server.deps.transaction() as session:
        started = await sessions.start(
            session,
            server.deps,
            user=member,
            caller=sessions.Caller(ip="127.0.0.1"),
            replaces=None,
        )
    await visitor.context.add_cookies(
        [{"name": "likeness", "value": started.token, "url": server.url, "httpOnly": True}]
    )
    return visitor
