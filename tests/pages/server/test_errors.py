"""What a member reads when something went wrong."""

import dataclasses
import logging
from contextlib import AbstractAsyncContextManager

import psycopg
import pytest
from nicegui import ui
from nicegui.testing import User
from sqlalchemy.exc import DBAPIError, OperationalError, TimeoutError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.exc import StaleDataError

from services.deps import Deps
from services.errors import Conflict, NotFound
from services.gallery import share_links
from services.storage.base import StorageError
from tests.accounts import member, sign_in
from tests.serving import serving


async def test_a_page_that_is_not_ones_own_is_404(web: User, deps: Deps) -> None:
    @ui.page("/thing")
    async def thing() -> None:
        raise NotFound("There is no such thing.")

    await sign_in(deps, web.http_client, await member(deps))
    page = await web.http_client.get("/thing")
    assert page.status_code == 404
    assert "There is no such thing." in page.text
    assert page.headers["x-request-id"] in page.text


async def test_a_page_that_breaks_gives_a_reference(
    web: User, deps: Deps, caplog: pytest.LogCaptureFixture
) -> None:
    @ui.page("/thing")
    def thing() -> None:
        raise RuntimeError("hunter2")

    await sign_in(deps, web.http_client, await member(deps))
    with caplog.at_level(logging.CRITICAL, logger="likeness.errors"):
        page = await web.http_client.get("/thing")
    assert page.status_code == 500
    assert page.headers["x-request-id"] in page.text
    assert "hunter2" not in page.text


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (Conflict("This has ended already."), "This has ended already."),
        (RuntimeError("hunter2"), "it is our fault, not yours"),
    ],
)
async def test_a_handler_that_fails_says_so(
    web: User, deps: Deps, caplog: pytest.LogCaptureFixture, error: Exception, said: str
) -> None:
    @ui.page("/thing")
    def thing() -> None:
        async def fail() -> None:
            raise error

        ui.button("Do it", on_click=fail)

    await sign_in(deps, web.http_client, await member(deps))
    await web.open("/thing")
    with caplog.at_level(logging.CRITICAL, logger="likeness.errors"):
        web.find("Do it").click()
        await web.should_see(said)
        await web.should_not_see("hunter2")


async def test_programs_get_json_from_pages_too(web: User) -> None:
    answer = await web.http_client.get("/nowhere", headers={"accept": "application/json"})
    assert answer.json()["error"] == "NotFound"


def lost(sqlstate: str | None) -> DBAPIError:
    """What SQLAlchemy raises for an error of PostgreSQL."""
    found = psycopg.errors.lookup(sqlstate) if sqlstate else psycopg.OperationalError
    return OperationalError("select 1", {}, found("hunter2"))


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (lost("57P01"), 503, "The database can’t be reached at present"),
        (lost(None), 503, "The database can’t be reached at present"),
        (TimeoutError("QueuePool limit"), 503, "Too much is going on"),
        (ExceptionGroup("", [StorageError("hunter2")]), 503, "Files can’t be kept or read"),
        (lost("40P01"), 409, "changed or deleted at the same moment"),
        (StaleDataError("hunter2"), 409, "changed or deleted at the same moment"),
        (lost("42703"), 500, "it is our fault"),
    ],
)
async def test_a_part_that_is_away_is_no_fault_of_the_request(
    web: User,
    deps: Deps,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
    status: int,
    said: str,
) -> None:
    @ui.page("/thing")
    def thing() -> None:
        raise error

    await sign_in(deps, web.http_client, await member(deps))
    with caplog.at_level(logging.ERROR, logger="likeness.errors"):
        page = await web.http_client.get("/thing", headers={"Accept": "application/json"})
    assert page.status_code == status
    assert said in page.json()["message"]
    assert "hunter2" not in page.text
    assert ("retry-after" in page.headers) == (status == 503)
    assert page.headers["x-request-id"] in caplog.text
    caplog.clear()


async def test_without_the_database_every_page_says_so(
    deps: Deps, caplog: pytest.LogCaptureFixture
) -> None:
    """Also before anyone knows who asks."""

    def away() -> AbstractAsyncContextManager[AsyncSession]:
        raise lost("57P03")

    async with serving(dataclasses.replace(deps, transaction=away, reading=away)) as web:
        web.http_client.cookies.set("likeness", "a token")
        with caplog.at_level(logging.CRITICAL, logger="likeness.errors"):
            answer = await web.http_client.get("/api/auth/me")
            page = await web.http_client.get("/dashboard")
    assert (answer.status_code, answer.json()["error"]) == (503, "Unavailable")
    assert page.status_code == 503
    assert "The database can’t be reached at present" in page.text
    assert page.headers["content-security-policy"]


async def test_a_failed_share_link_is_not_in_the_log(
    web: User, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever reads the log could open the link."""

    async def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the power went")

    monkeypatch.setattr(share_links, "opened", fail)
    monkeypatch.setattr(share_links, "file_url", fail)
    token, image = "a-token-of-a-share-link", "00000000-0000-4000-8000-000000000001"
    for path in (f"/s/{token}", f"/s/{token}/{image}/thumb"):
        assert (await web.http_client.get(path)).status_code == 500
    failures = [r for r in caplog.records if r.levelno >= logging.ERROR]
    assert [r.getMessage().split(" failed")[0] for r in failures] == [
        "GET /s/{token}",
        "GET /s/{token}/{image_id}/{variant}",
    ]
    assert token not in caplog.text
    caplog.clear()  # the simulated browser fails a test for any error that is left
