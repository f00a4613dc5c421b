"""A link for a phone: one phone, one model, for a while, and only as long as its maker stays."""

import dataclasses
from datetime import timedelta
from uuid import UUID

import pytest

from services.accounts import sessions
from services.deps import Deps
from services.errors import Conflict, NotFound
from services.training import phone_links
from services.training.phone_links import TO_OPEN, TO_UPLOAD, Opened
from tests.accounts import member
from tests.builders import make_user_model


class Maker:
    """A member in a browser, with a model, who shows codes."""

    def __init__(self, deps: Deps) -> None:
        self.deps = deps

    async def start(self) -> "Maker":
        self.user = await member(self.deps)
        async with self.deps.transaction() as session:
            self.model_id = (await make_user_model(session, user_id=self.user.id, name="Me")).id
            started = await sessions.start(
                session,
                self.deps,
                user=self.user,
                caller=sessions.Caller("192.0.2.7"),
                replaces=None,
            )
        self.session_id = started.id
        return self

    async def show(self, model_id: UUID | None = None) -> str:
        """The secret of a new code."""
        async with self.deps.transaction() as session:
            link = await phone_links.create(
                session,
                self.deps,
                user_id=self.user.id,
                user_model_id=model_id or self.model_id,
                session_id=self.session_id,
            )
        return link.path.removeprefix("/phone#")

    async def scan(self, token: str, device: str | None = None) -> Opened:
        async with self.deps.transaction() as session:
            return await phone_links.open_(session, self.deps, token=token, device=device)

    async def upload(self, device: str, *, later: timedelta = timedelta()) -> Opened:
        """What the phone may add photos to."""
        deps = dataclasses.replace(self.deps, now=lambda: self.deps.now() + later)
        async with deps.transaction() as session:
            return await phone_links.find(session, deps, device=device)


@pytest.fixture
async def maker(deps: Deps) -> Maker:
    return await Maker(deps).start()


async def test_the_first_phone_adds_photos_to_this_model_for_an_hour(maker: Maker) -> None:
    opened = await maker.scan(await maker.show())
    assert (opened.user_model_id, opened.name) == (maker.model_id, "Me")
    assert opened.device
    assert (await maker.upload(opened.device)).user_model_id == maker.model_id
    await maker.upload(opened.device, later=TO_UPLOAD - timedelta(seconds=1))
    with pytest.raises(NotFound, match="expired"):
        await maker.upload(opened.device, later=TO_UPLOAD)


async def test_a_second_phone_is_refused_and_the_first_may_load_the_page_again(
    maker: Maker,
) -> None:
    token = await maker.show()
    first = await maker.scan(token)
    for stranger in (None, "made up"):
        with pytest.raises(NotFound, match="another phone"):
            await maker.scan(token, stranger)
    again = await maker.scan(token, first.device)
    assert again == dataclasses.replace(first, device=None)


async def test_a_code_that_nobody_opens_expires(maker: Maker) -> None:
    token = await maker.show()
    late = dataclasses.replace(maker.deps, now=lambda: maker.deps.now() + TO_OPEN)
    async with late.transaction() as session:
        with pytest.raises(NotFound):
            await phone_links.open_(session, late, token=token)


async def test_a_new_code_ends_the_one_before_and_its_phone(maker: Maker) -> None:
    first = await maker.scan(await maker.show())
    unopened = await maker.show()
    await maker.show()
    assert first.device
    with pytest.raises(NotFound):
        await maker.upload(first.device)
    with pytest.raises(NotFound):
        await maker.scan(unopened)


async def test_the_phone_ends_with_the_session_that_showed_the_code(maker: Maker) -> None:
    opened = await maker.scan(await maker.show())
    async with maker.deps.transaction() as session:
        await sessions.end_all(session, user_id=maker.user.id)
    assert opened.device
    with pytest.raises(NotFound):
        await maker.upload(opened.device)


async def test_no_code_is_shown_for_the_model_of_somebody_else(maker: Maker, deps: Deps) -> None:
    other = await member(deps)
    async with deps.transaction() as session:
        theirs = (await make_user_model(session, user_id=other.id)).id
        busy = (await make_user_model(session, user_id=maker.user.id, status="training")).id
    with pytest.raises(NotFound):
        await maker.show(theirs)
    with pytest.raises(Conflict):
        await maker.show(busy)


async def test_links_that_are_over_are_forgotten(maker: Maker) -> None:
    opened = await maker.scan(await maker.show())
    late = dataclasses.replace(maker.deps, now=lambda: maker.deps.now() + TO_UPLOAD)
    async with late.transaction() as session:
        await phone_links.prune(session, late)
    assert opened.device
    with pytest.raises(NotFound):
        await maker.upload(opened.device)
