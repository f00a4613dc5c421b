"""What a member reads when something went wrong."""

import logging

import pytest
from nicegui import ui
from nicegui.testing import User

from services.deps import Deps
from services.errors import Conflict, NotFound
from tests.accounts import member, sign_in


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
