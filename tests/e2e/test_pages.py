"""Every page for everybody: both widths, both modes, keyboard, weight, and what happens offline."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, Route, expect
from sqlalchemy import text, update

from components.design import DARK, LIGHT
from db.models import User
from services.accounts.users import UserView
from services.credits import ledger
from services.figures import quality
from services.figures.quality import FEW
from tests.builders import make_user, make_user_model
from tests.e2e.driving import Server, barriers, forgive, shot, visit
from tests.faces import jpeg
from tests.pages.test_quality import MEASURES

PLAIN = ("/", "/login", "/register", "/privacy", "/verify", "/phone")
LIVE = ("/dashboard", "/models/new", "/studio", "/gallery", "/billing", "/account")
WIDTHS = (360, 1440)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
async def test_nobody_is_shut_out_of_the_front_door(visitor: Page, width: int, scheme: str) -> None:
    await _look(visitor, width, scheme)
    for path in PLAIN:
        await visitor.goto(path)
        await _check(visitor, path)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
async def test_nobody_is_shut_out(page: Page, width: int, scheme: str) -> None:
    await _look(page, width, scheme)
    for path in LIVE:
        await visit(page, path)
        await _check(page, path)
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    await page.get_by_role("button", name="Account menu").click()
    assert await barriers(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
async def test_administration(
    server: Server, page: Page, member: UserView, width: int, scheme: str
) -> None:
    await _look(page, width, scheme)
    assert (await page.request.get(f"{server.url}/admin")).status == 404
    async with server.deps.transaction() as session:
        await session.execute(update(User).where(User.id == member.id).values(role="admin"))
        other = await make_user(session, name="Ben Okri")
        await session.execute(text(MEASURES), {"few": FEW})
        await quality.refresh(session)
    await page.goto(f"{server.url}/quality")
    await expect(page.get_by_role("cell", name="Oil painting")).to_be_visible()
    await _check(page, "/quality")
    await visit(page, "/admin")
    await _check(page, "/admin")
    await page.get_by_role("button", name="Test the connection").click()
    await expect(page.get_by_text("The preview engine is ready.")).to_be_visible()
    await page.get_by_label("Search").fill(str(other.id)[:18])
    manage = page.get_by_role("button", name=re.compile("^Manage"))
    await expect(manage).to_have_count(1)
    await manage.click()
    await page.get_by_label("Credits to grant").fill("50")
    await page.get_by_role("button", name="Grant credits").click()
    await expect(page.get_by_text("Say why")).to_be_visible()
    assert await barriers(page) == []
    await page.get_by_placeholder("The member reads this").fill("Welcome")
    await page.get_by_role("button", name="Grant credits").click()
    await expect(page.get_by_text("50 credits granted.")).to_be_visible()
    async with server.deps.transaction() as session:
        movements = await ledger.statement(session, user_id=other.id)
    assert [(m.credits, m.reason) for m in movements if m.reason == "Welcome"] == [(50, "Welcome")]
    await manage.click()
    await page.get_by_role("button", name="Disable").click()
    await expect(page.locator(".members").get_by_text("Disabled")).to_be_visible()
    await page.get_by_role("button", name="Invite").click()
    await page.get_by_role("dialog").get_by_role("button", name="Invite").click()
    await expect(page.get_by_label("Link", exact=True)).to_have_value(
        re.compile("/register\\?token=")
    )


@pytest.mark.parametrize("status", ["failed", "training", "ready"])
async def test_a_model_in_every_state(
    server: Server, page: Page, member: UserView, status: str
) -> None:
    metrics: list[dict[str, Any]] = [
        {"step": n, "total_steps": 900, "loss": 1 / n} for n in range(1, 40)
    ]
    if status == "ready":
        metrics[-1] |= {"bands": [[n, 0.9, 0.8, 0.9 - n / 50] for n in range(0, 40, 3)]}
    async with server.deps.transaction() as session:
        model = await make_user_model(
            session,
            user_id=member.id,
            name="Großtante Donaudampfschifffahrtsgesellschaftskapitänswitwe",
            status=status,
            progress=0.42,
            stage="training",
            metrics=metrics,
            status_reason="The GPU ran out of memory. Train again." if status == "failed" else None,
        )
    for width in WIDTHS:
        await _look(page, width, "light")
        await visit(page, f"/models/{model.id}")
        chart = page.get_by_role("img", name=re.compile("^Loss"))
        await expect(chart).to_be_visible()
        said = "0.120 with much noise (shape and likeness)" if status == "ready" else "each step"
        await expect(chart).to_have_accessible_name(re.compile(re.escape(said)))
        await _check(page, f"/models/{status}")
    if status == "training":
        assert (await page.title()).startswith("42")
    if status == "failed":
        await expect(page.get_by_text("The GPU ran out of memory")).to_be_visible()
        await expect(page.get_by_text("credits set aside for it are back")).to_be_visible()


async def test_a_model_goes_only_by_its_name(server: Server, page: Page, member: UserView) -> None:
    async with server.deps.transaction() as session:
        model = await make_user_model(session, user_id=member.id, name="Anna", status="ready")
    await visit(page, f"/models/{model.id}")
    await page.get_by_role("button", name="Delete this model").click()
    sure = page.get_by_role("button", name="Delete for ever")
    await page.get_by_label("Type Anna to confirm").fill("Ann")
    await expect(sure).to_be_disabled()
    await page.get_by_label("Type Anna to confirm").fill("Anna")
    await sure.click()
    await page.wait_for_url("**/dashboard")
    await expect(page.get_by_role("heading", name="Add photos of one person")).to_be_visible()


async def test_another_members_model_does_not_exist(
    server: Server, page: Page, member: UserView
) -> None:
    async with server.deps.transaction() as session:
        other = await make_user(session)
        model = await make_user_model(session, user_id=other.id, name="Somebody else")
    answer = await page.request.get(f"{server.url}/models/{model.id}")
    assert answer.status == 404
    assert "Somebody" not in await answer.text()


async def test_an_upload_survives_a_lost_line(page: Page, tmp_path: Path) -> None:
    """The first try of each photo is cut off; all arrive, and nobody had to do anything."""
    files = [tmp_path / f"photo {n}.jpg" for n in range(3)]
    for n, file in enumerate(files):
        file.write_bytes(jpeg(n))
    cut: set[str] = set()

    async def cut_off_once(route: Route) -> None:
        if route.request.url in cut:
            await route.continue_()
            return
        cut.add(route.request.url)
        await route.abort("connectionreset")

    forgive(page, "ERR_CONNECTION_RESET")
    await visit(page, "/models/new")
    await page.get_by_label("Name").fill("Anna")
    await page.get_by_role("checkbox", name=re.compile("at least 18")).check()
    await page.wait_for_url("**/models/new?draft=*")
    await page.route("**/api/models/*/images?*", cut_off_once)
    await page.locator("input[type=file]").set_input_files(files)
    await expect(page.get_by_text("Trying again by itself").first).to_be_visible()
    await expect(page.locator(".photo.good")).to_have_count(3, timeout=30_000)
    assert len(cut) == 3


async def test_the_theme_is_remembered_and_never_flashes(page: Page) -> None:
    """The choice is on the page before anything is painted, on the next page as well."""
    await _look(page, 1440, "light")
    await visit(page, "/dashboard")
    await page.get_by_role("button", name="Account menu").click()
    await page.get_by_role("button", name="Dark").click()
    for path in ("/studio", "/"):
        await page.goto(path, wait_until="commit")
        await page.wait_for_selector("body")
        assert await _background(page) == _rgb(DARK["bg"])
    await visit(page, "/dashboard")
    await page.get_by_role("button", name="Account menu").click()
    await page.get_by_role("button", name="System").click()
    assert await _background(page) == _rgb(LIGHT["bg"])


async def _background(page: Page) -> str:
    script = "getComputedStyle(document.documentElement).backgroundColor"
    return str(await page.evaluate(script))


def _rgb(colour: str) -> str:
    parts = [str(int(colour[i : i + 2], 16)) for i in (1, 3, 5)]
    return f"rgb({', '.join(parts)})"


async def _look(page: Page, width: int, scheme: str) -> None:
    await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    await page.set_viewport_size({"width": width, "height": 900})


async def _check(page: Page, path: str) -> None:
    """No barrier, no sideways scroll, targets for thumbs, one main heading."""
    assert await barriers(page) == [], path
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    assert await page.locator("h1").count() == 1, path
    assert await page.evaluate(SMALL_TARGETS) == [], path
    await shot(page, path.strip("/").replace("/", "-") or "landing")


# what can be pressed and is lower than a thumb needs; links within a sentence are exempt
SMALL_TARGETS = """[...document.querySelectorAll('a, button, select, summary, textarea, input')]
    .filter((e) => e.checkVisibility({ opacityProperty: true, visibilityProperty: true }))
    .filter((e) => getComputedStyle(e).display !== 'inline' && !e.matches('.sr-only'))
    .map((e) => [e, (e.closest('label') ?? e).getBoundingClientRect().height])
    .filter(([e, height]) => height > 0 && height < 43.5)
    .map(([e, height]) => `${height} px: ${e.outerHTML.slice(0, 120)}`)"""
