"""The gallery's lists, selections and trash, as a member would notice them."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from db.models import GeneratedImage
from services.deps import Deps, Session
from services.errors import Invalid, NotFound
from services.gallery import files, images, purging
from services.gallery.image_query import Filters, Selection, Sort
from services.storage.local import LocalStorage
from tests.builders import make_generation, make_image, make_user, make_user_model
from tests.conftest import NOW

SORTS: tuple[Sort, ...] = ("newest", "oldest", "rating", "likeness")


@pytest.fixture
def storage(tmp_path: Path) -> LocalStorage:
    return LocalStorage(tmp_path / "files", secret=b"s" * 32, base_url="http://test")


@pytest.fixture
async def owner(session: Session) -> UUID:
    return (await make_user(session)).id


async def make_many(session: Session, owner: UUID, n: int) -> list[GeneratedImage]:
    """n images of the last n minutes, three at a time made in the same instant."""
    made = []
    for i in range(n):
        values = {"rating": (None, 3, 5)[i % 3], "likeness": (None, 70.5, 91.25, 91.25)[i % 4]}
        at = NOW - timedelta(minutes=i // 3)
        made.append(await make_image(session, user_id=owner, created_at=at, **values))
    return made


async def walk(session: Session, deps: Deps, owner: UUID, **filters: Any) -> list[UUID]:
    """Every id of a list, in pages of 4."""
    ids: list[UUID] = []
    after = None
    while True:
        found = await images.page(
            session, deps, user_id=owner, filters=Filters(**filters), after=after, limit=4
        )
        ids += [item.id for item in found.items]
        after = found.next_cursor
        if after is None:
            return ids


@pytest.mark.parametrize("sort", SORTS)
async def test_pages_show_every_image_once_in_order(
    session: Session, deps: Deps, owner: UUID, sort: Sort
) -> None:
    made = await make_many(session, owner, 13)
    keys = {
        "newest": lambda i: (i.created_at, i.id),
        "oldest": lambda i: (i.created_at, i.id),
        "rating": lambda i: (i.rating or 0, i.created_at, i.id),
        "likeness": lambda i: (i.likeness or -1, i.created_at, i.id),
    }
    expected = sorted(made, key=keys[sort], reverse=sort != "oldest")
    assert await walk(session, deps, owner, sort=sort) == [image.id for image in expected]


async def test_an_interval_stays_whole_when_images_come_and_go(
    session: Session, deps: Deps, owner: UUID
) -> None:
    made = await make_many(session, owner, 12)
    first = await images.page(session, deps, user_id=owner, filters=Filters(), limit=4)
    rest = await walk(session, deps, owner)
    newer = await make_image(session, user_id=owner, created_at=NOW + timedelta(minutes=1))
    await images.trash(session, deps, user_id=owner, selection=Selection(ids=[rest[1]]))
    again = await images.page(
        session, deps, user_id=owner, filters=Filters(), stop=first.next_cursor, limit=500
    )
    assert [item.id for item in again.items] == [newer.id, rest[0], rest[2], rest[3]]
    assert again.next_cursor is None
    assert len(made) == 12


async def test_filters(session: Session, deps: Deps, owner: UUID) -> None:
    model = await make_user_model(session, user_id=owner)
    generation = await make_generation(session, user_id=owner)
    wanted = await make_image(
        session,
        user_id=owner,
        user_model_id=model.id,
        generation_id=generation.id,
        preset="film",
        favourite=True,
        rating=4,
        prompt="Sitting in a Café-bar by night, 50mm",
        created_at=datetime(2026, 3, 1, 23, 59, tzinfo=UTC),
    )
    await make_image(session, user_id=owner, rating=2, created_at=NOW)
    for filters in (
        {"model_id": model.id},
        {"generation_id": generation.id},
        {"preset": "film"},
        {"favourite": True},
        {"rating": 3},
        {"since": date(2026, 3, 1), "until": date(2026, 3, 1)},
        {"until": date(2026, 4, 1)},
        {"q": "caf night"},
        {"q": "NIG & | ! 'sit"},
        {"q": "50mm"},
    ):
        assert await walk(session, deps, owner, **filters) == [wanted.id], filters
        counted = await images.count(session, deps, user_id=owner, filters=Filters(**filters))
        assert counted.count == 1, filters
    assert await walk(session, deps, owner, q="morning") == []
    assert len(await walk(session, deps, owner, q="!!")) == 2


async def test_another_members_images_are_nowhere(
    session: Session, deps: Deps, owner: UUID
) -> None:
    stranger = (await make_user(session)).id
    image = await make_image(session, user_id=owner)
    assert await walk(session, deps, stranger) == []
    with pytest.raises(NotFound):
        await images.details(session, deps, user_id=stranger, image_id=image.id)
    for act in (images.trash, images.erase):
        applied = await act(session, deps, user_id=stranger, selection=Selection(ids=[image.id]))
        assert applied.count == 0
    everything = Filters().token()
    taken = await images.trash(
        session, deps, user_id=stranger, selection=Selection(matching=everything)
    )
    assert taken.count == 0
    assert await walk(session, deps, owner) == [image.id]


@pytest.mark.parametrize("text", ["x", "e30", "WzFd", "WyJuZXdlc3QiLCJhIiwiYiJd", "é", "W10" * 50])
async def test_a_foreign_cursor_is_refused_in_words(
    session: Session, deps: Deps, owner: UUID, text: str
) -> None:
    with pytest.raises(Invalid):
        await images.page(session, deps, user_id=owner, filters=Filters(), after=text)
    with pytest.raises(Invalid):
        Selection(matching=text + "!").filters()


async def test_a_cursor_belongs_to_its_order(session: Session, deps: Deps, owner: UUID) -> None:
    await make_many(session, owner, 3)
    page = await images.page(session, deps, user_id=owner, filters=Filters(), limit=1)
    with pytest.raises(Invalid):
        await images.page(
            session, deps, user_id=owner, filters=Filters(sort="rating"), after=page.next_cursor
        )


async def test_details_tell_the_neighbours(session: Session, deps: Deps, owner: UUID) -> None:
    await make_many(session, owner, 5)
    order = await walk(session, deps, owner)
    middle = await images.details(session, deps, user_id=owner, image_id=order[2])
    assert (middle.previous_id, middle.next_id) == (order[1], order[3])
    first = await images.details(session, deps, user_id=owner, image_id=order[0])
    assert (first.previous_id, first.next_id) == (None, order[1])
    assert middle.recipe == {"engine": "preview"}
    assert "/full.webp?" in middle.full_url


async def test_trash_undo_brings_back_just_these(session: Session, deps: Deps, owner: UUID) -> None:
    made = await make_many(session, owner, 4)
    earlier = made[0].id
    long_ago = {"deleted_at": NOW - timedelta(days=2)}
    selection = Selection(ids=[earlier])
    await images.change(session, deps, user_id=owner, selection=selection, values=long_ago)
    applied = await images.trash(
        session, deps, user_id=owner, selection=Selection(matching=Filters().token())
    )
    assert applied.count == 3
    assert await walk(session, deps, owner) == []
    assert len(await walk(session, deps, owner, trash=True)) == 4
    undone = await images.restore(
        session, deps, user_id=owner, selection=Selection(matching=applied.undo)
    )
    assert undone.count == 3
    assert await walk(session, deps, owner, trash=True) == [earlier]


async def test_all_matching_leaves_out_what_came_later_and_what_was_excluded(
    session: Session, deps: Deps, owner: UUID
) -> None:
    made = await make_many(session, owner, 4)
    page = await images.page(session, deps, user_id=owner, filters=Filters(), limit=1)
    later = await make_image(session, user_id=owner, created_at=NOW + timedelta(seconds=1))
    selection = Selection(matching=page.matching, excluded=[made[2].id])
    applied = await images.trash(session, deps, user_id=owner, selection=selection)
    assert applied.count == 3
    assert set(await walk(session, deps, owner)) == {later.id, made[2].id}


async def test_after_thirty_days_rows_and_files_are_gone(
    session: Session, deps: Deps, storage: LocalStorage, owner: UUID
) -> None:
    kept, old = [await make_image(session, user_id=owner) for _ in range(2)]
    for image, days in ((kept, 29), (old, 31)):
        await storage.put(f"{image.folder}/full.webp", b"x", content_type="image/webp")
        image.deleted_at = NOW - timedelta(days=days)
    await session.flush()
    with pytest.raises(NotFound):
        await images.details(session, deps, user_id=owner, image_id=old.id)
    assert await purging.purge(deps, batch=1) == 1
    assert list(await session.scalars(select(GeneratedImage.id))) == [kept.id]
    assert [info.key async for info in storage.list()] == [f"{kept.folder}/full.webp"]


async def test_delete_for_ever_cannot_be_undone(session: Session, deps: Deps, owner: UUID) -> None:
    image = await make_image(session, user_id=owner)
    only = Selection(ids=[image.id])
    untouched = await images.erase(session, deps, user_id=owner, selection=only)
    assert untouched.count == 0, "only what is in the trash can be deleted for ever"
    await images.trash(session, deps, user_id=owner, selection=only)
    await images.erase(session, deps, user_id=owner, selection=only)
    assert (await images.restore(session, deps, user_id=owner, selection=only)).count == 0
    assert await walk(session, deps, owner, trash=True) == []
    assert await purging.purge(deps) == 1


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ('../../etc/passwd "; <b>x</b>\n\0', "etc-passwd-b-x-b"),
        ("Reading in a Cafe\u0301, ünïcode", "reading-in-a-café-ünïcode"),
        ("Straße: Łódź/Москва", "straße-łódź-москва"),
        ("हिन्दी में, 日本 のカフェ", "हिन्दी-में-日本-のカフェ"),
        ("rain\u202egnp.exe 🙂 CON?*|", "rain-gnp-exe-con"),
        ("🙂", "picture"),
    ],
)
def test_file_names_keep_letters_and_are_safe(prompt: str, words: str) -> None:
    values = {"prompt": prompt, "seed": 5, "content_type": "image/png", "created_at": NOW}
    image = GeneratedImage(id=UUID(int=0xABC), **values)
    assert files.file_name(image) == f"2026-05-04-{words}-5-000abc.png"
    image = GeneratedImage(id=UUID(int=0xABC), **values | {"prompt": prompt + "한" * 300})
    assert len(files.file_name(image).encode()) <= 200
