"""Actions on many images: just those that the member was shown, or none."""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from db.models import GeneratedImage
from services.deps import Deps, Session
from services.errors import Conflict
from services.gallery import albums, images
from services.gallery.image_query import Filters, Selection
from services.gallery.images import Applied
from tests.builders import make_image, make_user
from tests.conftest import NOW

Act = Callable[..., Awaitable[Applied]]


@pytest.fixture
async def owner(session: Session) -> UUID:
    return (await make_user(session)).id


async def make(session: Session, owner: UUID, n: int, **values: Any) -> list[GeneratedImage]:
    return [await make_image(session, user_id=owner, **values) for _ in range(n)]


async def _favourite(session: Session, deps: Deps, **rest: Any) -> Applied:
    return await images.change(session, deps, values={"favourite": True}, **rest)


async def _into_an_album(session: Session, deps: Deps, user_id: UUID, **rest: Any) -> Applied:
    album = await albums.create(session, deps, user_id=user_id, name="Holiday")
    return await albums.add_images(session, deps, user_id=user_id, album_id=album.id, **rest)


@pytest.mark.parametrize(
    ("act", "trashed"),
    [
        (images.trash, False),
        (_favourite, False),
        (_into_an_album, False),
        (images.restore, True),
        (images.erase, True),
    ],
)
async def test_another_number_than_was_shown_is_refused(
    session: Session, deps: Deps, owner: UUID, act: Act, trashed: bool
) -> None:
    await make(session, owner, 3, deleted_at=NOW - timedelta(days=1) if trashed else None)
    counted = await images.count(session, deps, user_id=owner, filters=Filters(trash=trashed))
    assert counted.count == 3
    for wrong in (2, 4, 0):
        selection = Selection(matching=counted.matching, count=wrong)
        with pytest.raises(Conflict, match=f"you chose {wrong} pictures, and now there are 3"):
            async with session.begin_nested():
                await act(session, deps, user_id=owner, selection=selection)
    again = await images.count(session, deps, user_id=owner, filters=Filters(trash=trashed))
    assert again.count == 3
    selection = Selection(matching=counted.matching, count=3)
    assert (await act(session, deps, user_id=owner, selection=selection)).count == 3


async def test_all_that_was_counted_is_all_that_is_acted_on(
    session: Session, deps: Deps, owner: UUID
) -> None:
    """Another picture comes between the count and the act: it stays, and nothing is refused."""
    await make(session, owner, 2, prompt="astronaut")
    await make(session, owner, 3, prompt="a portrait")
    filters = Filters(q="astronaut")
    counted = await images.count(session, deps, user_id=owner, filters=filters)
    later = datetime.now(UTC) + timedelta(seconds=1)
    (new,) = await make(session, owner, 1, prompt="astronaut", created_at=later)
    selection = Selection(matching=counted.matching, count=counted.count)
    shown = await images.preview(session, deps, user_id=owner, selection=selection)
    assert {item.prompt for item in shown.items} == {"astronaut"}
    assert (await images.trash(session, deps, user_id=owner, selection=selection)).count == 2
    left = await images.page(session, deps, user_id=owner, filters=filters)
    assert [item.id for item in left.items] == [new.id]


async def test_a_picture_that_is_gone_is_called_gone(
    session: Session, deps: Deps, owner: UUID
) -> None:
    (image,) = await make(session, owner, 1)
    only = Selection(ids=[image.id], count=1)
    await images.trash(session, deps, user_id=owner, selection=only)
    with pytest.raises(Conflict, match="This picture is not here any more"):
        await images.trash(session, deps, user_id=owner, selection=only)


async def test_a_preview_shows_the_newest_few(session: Session, deps: Deps, owner: UUID) -> None:
    made = [
        await make_image(session, user_id=owner, created_at=NOW - timedelta(minutes=i))
        for i in range(10)
    ]
    everything = Selection(matching=Filters().token(), count=10)
    shown = await images.preview(session, deps, user_id=owner, selection=everything)
    assert (shown.count, [item.id for item in shown.items]) == (10, [i.id for i in made[:8]])
    stranger = (await make_user(session)).id
    with pytest.raises(Conflict):
        await images.preview(session, deps, user_id=stranger, selection=everything)


async def test_instants_narrow_to_the_microsecond_and_days_are_utc(
    session: Session, deps: Deps, owner: UUID
) -> None:
    at = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    image = await make_image(session, user_id=owner, created_at=at)
    auckland = {"since": "2026-03-02T00:00:00+13:00", "until": "2026-03-02T23:59:59.999999+13:00"}
    for filters, found in (
        (Filters.model_validate(auckland), True),
        (Filters(since=at, until=at), True),
        (Filters(since=at + timedelta(microseconds=1)), False),
        (Filters.model_validate({"since": "2026-03-01", "until": "2026-03-01"}), True),
        (Filters.model_validate({"since": date(2026, 3, 2)}), False),
    ):
        page = await images.page(session, deps, user_id=owner, filters=filters)
        assert [item.id for item in page.items] == [image.id] * found, filters
