"""A tour through every field of every page: what was typed is still there after live refreshes."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from playwright.async_api import Locator, Page, expect
from sqlalchemy import update

from db.models import User
from services.accounts.users import UserView
from services.credits import ledger, plan_changes
from services.gallery import albums
from services.kit import notify
from tests.builders import make_generation, make_training_image, make_user_model
from tests.doubles import engine as doubles
from tests.e2e.driving import Server, visit
from tests.e2e.test_gallery_search import with_prompts

FIELDS = "input:not([type=file], [type=hidden], [readonly]), textarea:not([readonly]), select"
MINE = ("user_model", "generation", "image", "subscription", "session")
EVERYBODYS = ("job", "queue")
# The fields themselves are kept, so that one which was built anew is found out as well.
REMEMBER = """(all) => { window.tour = all; return all.map((e) =>
    e.matches("[type=checkbox], [type=radio]") ? e.checked : e.value); }"""
NOW = """() => window.tour.map((e) => !e.isConnected ? "built anew"
    : e.matches("[type=checkbox], [type=radio]") ? e.checked : e.value)"""
NAMES = """(all) => all.map((e) =>
    e.getAttribute("aria-label") || e.labels?.[0]?.innerText || e.placeholder || e.name)"""


@dataclass(frozen=True, slots=True)
class World:
    """A member who is an administrator and has one of everything."""

    server: Server
    member: UserView
    draft: UUID
    ready: UUID
    picture: str

    async def refresh(self, page: Page) -> None:
        """A notice of each kind, with a grant whose credits every page shows when it has come."""
        credits = page.get_by_role("banner").locator(".credits")
        before = await credits.inner_text()
        async with self.server.deps.transaction() as session:
            for topic in MINE:
                for id in (self.draft, self.ready, self.member.id):
                    await notify.publish(session, topic=topic, id=id, user_id=self.member.id)
            for topic in EVERYBODYS:
                await notify.publish(session, topic=topic, id=uuid4(), user_id=None)
            given: Any = {"credits": 1, "reference": str(uuid4()), "reason": "A gift"}
            await ledger.grant(session, user_id=self.member.id, **given)
        await expect(credits).not_to_have_text(before)


@pytest.fixture
async def world(server: Server, page: Page, member: UserView) -> World:
    (picture,) = await with_prompts(server, member, ["A portrait"])
    async with server.deps.transaction() as session:
        await session.execute(update(User).where(User.id == member.id).values(role="admin"))
        await plan_changes.set_plan(
            session, user_id=member.id, plan="creator", actor_id=member.id, reason="A gift"
        )
        await ledger.balance(session, user_id=member.id)
        draft = await make_user_model(session, user_id=member.id, name="Draft")
        ready = await make_user_model(session, user_id=member.id, name="Anna", status="ready")
        photo = await make_training_image(session, user_model=ready)
        thumb = doubles.picture(kind="WEBP")
        key = f"{photo.folder}/thumb.webp"
        await server.deps.storage.put(key, thumb, content_type="image/webp")
        await make_generation(session, user_id=member.id, user_model_id=ready.id)
        await albums.create(session, server.deps, user_id=member.id, name="Holiday")
    return World(server, member, draft.id, ready.id, picture)


Opens = Callable[[Page], Awaitable[object]]


def press(*names: str) -> Opens:
    """Opens dialogs by these buttons, one after the other."""

    async def open_(page: Page) -> None:
        dialogs = page.locator("dialog[open]")
        for number, name in enumerate(names, 1 + await dialogs.count()):
            await page.get_by_role("button", name=name).first.click()
            await expect(dialogs).to_have_count(number)

    return open_


async def nothing(_: Page) -> None:
    """All of the page's fields are in sight."""


def unfold(summary: str) -> Opens:
    """Opens what is folded away under this line."""

    async def open_(page: Page) -> None:
        await page.locator("summary").get_by_text(summary).click()

    return open_


async def share_picture(page: Page) -> None:
    await expect(page.get_by_role("dialog").get_by_role("img").first).to_be_visible()
    await press("Share")(page)


async def choose_album(page: Page) -> None:
    await page.locator(".tools").get_by_role("button", name="Select").click()
    await page.get_by_role("button", name="Select all").click()
    await press("Add to album")(page)
    await page.get_by_label("Album", exact=True).last.select_option("A new album")


STOPS: tuple[tuple[str, Opens], ...] = (
    ("/gallery", nothing),
    ("/gallery/albums", press("New album")),
    ("/gallery/albums", press("Rename Holiday")),
    ("/gallery/albums", press("Share Holiday")),
    ("/gallery", choose_album),
    ("/gallery?image={picture}", share_picture),
    ("/studio", unfold("Advanced")),
    ("/models/new", nothing),
    ("/models/new?draft={draft}", nothing),
    ("/models/{ready}", press("Delete this model")),
    ("/account", nothing),
    ("/account", unfold("Delete my account")),
    ("/admin", nothing),
    ("/admin", press("Manage")),
    ("/admin", press("Invite")),
    ("/admin", press("Edit")),
)
WITHOUT = ("/dashboard", "/billing")  # pages that have nothing to type into
PAGE = re.compile(r'@ui\.page\("([^"]+)"')


def test_the_tour_leaves_no_page_out() -> None:
    sources = (Path(__file__).parents[2] / "pages").rglob("*.py")
    pages = {path for source in sources for path in PAGE.findall(source.read_text())}
    seen = {re.sub(r"\{\w+\}", "{id}", path.partition("?")[0]) for path, _ in STOPS}
    assert pages == seen | set(WITHOUT)


@pytest.mark.parametrize("path", WITHOUT)
async def test_there_is_nothing_to_type_into(page: Page, world: World, path: str) -> None:
    await visit(page, path)
    await expect(page.locator("#main").locator(FIELDS)).to_have_count(0)


@pytest.mark.parametrize(
    ("path", "opens"), STOPS, ids=[f"{path}-{n}" for n, (path, _) in enumerate(STOPS)]
)
async def test_what_was_typed_stays(page: Page, world: World, path: str, opens: Opens) -> None:
    values = {"draft": world.draft, "ready": world.ready, "picture": world.picture}
    await visit(page, path.format(**values))
    await opens(page)
    dialog = page.locator("dialog[open]").last
    within = dialog if await dialog.count() else page.locator("body")
    fields = within.locator(FIELDS).filter(visible=True)
    await expect(fields.first).to_be_visible()
    typed = [await change(field, n) for n, field in enumerate(await fields.all())]
    names = await fields.evaluate_all(NAMES)
    there = await fields.evaluate_all(REMEMBER)
    kept = [(name, value) for name, text, value in zip(names, typed, there, strict=True) if text]
    assert kept == [(name, text) for name, text in zip(names, typed, strict=True) if text]
    for _ in range(2):
        await world.refresh(page)
        now = await page.evaluate(NOW)
        assert list(zip(names, now, strict=True)) == list(zip(names, there, strict=True))


async def change(field: Locator, n: int) -> str:
    """Does something to a field; the text that has to stand in it, if it takes text."""
    kind = await field.evaluate("(e) => e.matches('select') ? 'select' : e.type")
    if kind == "select":
        await field.select_option(index=await field.locator("option").count() - 1)
        return ""
    if kind in {"checkbox", "radio"}:
        await field.locator("xpath=..").click(position={"x": 8, "y": 8})
        return ""
    numeric = await field.get_attribute("inputmode") == "numeric" or kind == "number"
    text = f"2026-02-1{n % 10}" if kind == "date" else str(n + 2) if numeric else f"Typed {n}"
    await field.fill("")
    if kind == "date":
        await field.fill(text)
    else:
        await field.press_sequentially(text)
    return text
