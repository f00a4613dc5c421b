"""The person in every style: made beside everything else, for nothing, and gone with the photos."""

import dataclasses
import io
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import UUID, uuid4

import pytest
from PIL import Image
from sqlalchemy import func, select, text

from db.models import Generation, ModelSheet, SheetPicture, TrainingImage
from services.deps import Deps
from services.engines.base import Refused, SheetRequest
from services.engines.base import SheetPicture as Place
from services.engines.registry import Registry
from services.errors import Conflict, NotFound
from services.privacy import personal_data, rights
from services.training import photos, sheet_queue, sheets, user_models
from services.training.photos import TrainingPhoto
from services.training.sheets import SheetView
from tests.doubles.engine import ScriptedEngine, picture
from tests.files import leftovers
from tests.studio import Studio

pytestmark = pytest.mark.pictures

PLACES = (Place("oil", "in a garden"), Place("comic", "at night"), Place("pencil", "in a library"))


class QuickSheet:
    """Plain pictures; before one is ready, what `meanwhile` says happens."""

    pictures = PLACES

    def __init__(self) -> None:
        self.asked: list[SheetRequest] = []
        self.meanwhile: deque[Callable[[], Awaitable[None]]] = deque()

    async def make(self, request: SheetRequest, /) -> bytes:
        self.asked.append(request)
        if self.meanwhile:
            await self.meanwhile.popleft()()
        return picture(f"#{len(self.asked):02x}6699", (48, 60))


@pytest.fixture
def sheet() -> QuickSheet:
    return QuickSheet()


@pytest.fixture
def engine(sheet: QuickSheet) -> ScriptedEngine:
    engine = ScriptedEngine()
    engine.sheet = sheet
    return engine


@pytest.fixture
async def studio(live_deps: Deps) -> AsyncIterator[Studio]:
    settings = live_deps.settings.model_copy(update={"model_sheets": True})
    studio = await Studio(dataclasses.replace(live_deps, settings=settings)).open(plan="free")
    yield studio
    await studio.close()


async def photo_added(studio: Studio) -> None:
    """What taking a photo in does beside storing the photo."""
    async with studio.deps.transaction() as session:
        model = await user_models.owned(
            session, user_id=studio.user_id, user_model_id=studio.model_id, lock=True
        )
        await sheet_queue.request(session, studio.deps, model)


async def seen(studio: Studio) -> SheetView:
    async with studio.deps.transaction() as session:
        return await sheets.get(
            session, studio.deps, user_id=studio.user_id, user_model_id=studio.model_id
        )


async def worked(studio: Studio, status: str = "made") -> SheetView:
    """Works until the sheet is in this state and nothing is left in the queue."""

    async def there() -> bool:
        return (await seen(studio)).status == status and not await queued(studio)

    await studio.until(there)
    return await seen(studio)


async def queued(studio: Studio) -> bool:
    async with studio.deps.transaction() as session:
        query = text("select count(*) from job_queue where state in ('waiting','queued','leased')")
        return bool(await session.scalar(query))


async def used(studio: Studio) -> list[str]:
    """Ids of the photos that the sheet is made of."""
    async with studio.deps.transaction() as session:
        return list(await session.scalar(select(ModelSheet.photos)) or ())


async def remove(studio: Studio, photo_id: str) -> None:
    async with studio.deps.transaction() as session:
        await photos.remove(
            session,
            studio.deps,
            user_id=studio.user_id,
            user_model_id=studio.model_id,
            image_id=UUID(photo_id),
        )


async def stored(studio: Studio) -> list[str]:
    """Keys of all pictures of sheets that lie in the storage."""
    infos = studio.deps.storage.list(str(studio.user_id))
    return sorted([info.key async for info in infos if "/sheets/" in info.key])


async def kept(studio: Studio) -> list[str]:
    """Keys that rows name."""
    async with studio.deps.transaction() as session:
        return sorted(await session.scalars(select(SheetPicture.key)))


async def test_a_sheet_is_made_marked_and_free(studio: Studio, sheet: QuickSheet) -> None:
    before = await studio.balance()
    await photo_added(studio)
    view = await worked(studio)
    assert [(p.position, p.preset, p.prompt) for p in view.pictures] == [
        (i, place.preset, place.prompt) for i, place in enumerate(PLACES)
    ]
    assert len({request.seed for request in sheet.asked}) == 3
    assert (view.total, view.offered) == (3, True)
    assert await stored(studio) == await kept(studio)
    data = await studio.deps.storage.get((await stored(studio))[0])
    assert Image.open(io.BytesIO(data)).size == (48, 60)
    assert b"digitalsourcetype/" in data
    assert await studio.balance() == before
    async with studio.deps.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(Generation)) == 0


async def test_pictures_are_seen_one_by_one(studio: Studio, sheet: QuickSheet) -> None:
    shown: list[tuple[str, int]] = []

    async def look() -> None:
        view = await seen(studio)
        shown.append((view.status, len(view.pictures)))

    sheet.meanwhile += [look] * 3
    await photo_added(studio)
    await worked(studio)
    assert shown == [("making", 0), ("making", 1), ("making", 2)]


async def test_a_photo_that_goes_takes_its_pictures_along(studio: Studio) -> None:
    await photo_added(studio)
    await worked(studio)
    first, old = (await used(studio))[0], await stored(studio)
    await remove(studio, first)
    assert (await seen(studio)).pictures == ()
    await worked(studio)
    assert first not in await used(studio)
    assert await stored(studio) == await kept(studio)
    assert not set(old).intersection(await stored(studio))


async def test_a_photo_that_goes_while_its_pictures_are_made(
    studio: Studio, sheet: QuickSheet
) -> None:
    async def first_goes() -> None:
        await remove(studio, (await used(studio))[0])

    sheet.meanwhile += [first_goes, first_goes]
    await photo_added(studio)
    view = await worked(studio)
    assert len(view.pictures) == 3
    async with studio.deps.transaction() as session:
        there = set(map(str, await session.scalars(select(TrainingImage.id))))
    assert len(there) == 8
    assert set(await used(studio)) <= there
    assert await stored(studio) == await kept(studio)


async def test_a_photo_that_comes_while_the_last_picture_is_made(
    studio: Studio, sheet: QuickSheet
) -> None:
    """The open job looks again, or there is another one."""

    async def better_ones_come() -> None:
        better = {"warnings": [], "sharpness": 900.0, "light": 128.0}
        async with studio.deps.transaction() as session:
            rows = (await session.scalars(select(TrainingImage))).all()
            for row in [row for row in rows if str(row.id) not in row_ids][:4]:
                row.verdict = {**better, "cutout": {"share": 0.4, "unusable": None}}
        await photo_added(studio)

    await photo_added(studio)
    await worked(studio)
    row_ids = await used(studio)
    async with studio.deps.transaction() as session:
        await sheets.make_again(
            session, studio.deps, user_id=studio.user_id, user_model_id=studio.model_id
        )

    async def nothing() -> None:
        pass

    sheet.meanwhile += [nothing, nothing, better_ones_come]
    await worked(studio)
    assert not set(row_ids).intersection(await used(studio))
    assert sheet.asked[-1].alphas[0] is not None


async def test_what_was_made_before_a_crash_is_not_made_again(
    studio: Studio, sheet: QuickSheet
) -> None:
    async def dies() -> None:
        raise Refused("The worker died.", retryable=True)

    async def lives() -> None:
        pass

    sheet.meanwhile += [lives, lives, dies]
    await photo_added(studio)
    await worked(studio)
    seeds = [request.seed for request in sheet.asked]
    assert len(seeds) == 4
    assert seeds[2] == seeds[3]


async def test_a_model_that_is_deleted_leaves_nothing(studio: Studio, sheet: QuickSheet) -> None:
    async def delete() -> None:
        async with studio.deps.transaction() as session:
            await user_models.delete(session, user_id=studio.user_id, user_model_id=studio.model_id)

    async def lives() -> None:
        pass

    sheet.meanwhile += [lives, delete]
    await photo_added(studio)

    async def gone() -> bool:
        return len(sheet.asked) == 2 and not await queued(studio)

    await studio.until(gone)
    assert leftovers(studio.deps.settings.data_dir / "files") == []


async def test_photos_that_cannot_be_used_are_said_and_can_be_tried_again(
    studio: Studio, sheet: QuickSheet
) -> None:
    async def undecodable() -> None:
        raise Refused("A photo could not be decoded.", retryable=False)

    sheet.meanwhile.append(undecodable)
    await photo_added(studio)
    view = await worked(studio, "failed")
    assert (view.pictures, view.offered) == ((), True)
    await again(studio)
    assert len((await worked(studio)).pictures) == 3


async def again(studio: Studio, user_id: UUID | None = None) -> None:
    async with studio.deps.transaction() as session:
        await sheets.make_again(
            session,
            studio.deps,
            user_id=user_id or studio.user_id,
            user_model_id=studio.model_id,
        )


async def test_on_a_tap_there_are_others(studio: Studio, sheet: QuickSheet) -> None:
    await photo_added(studio)
    old = (await worked(studio)).pictures
    with pytest.raises(NotFound):
        await again(studio, user_id=uuid4())
    await again(studio)
    with pytest.raises(Conflict, match="being made"):
        await again(studio)
    new = (await worked(studio)).pictures
    seeds = [request.seed for request in sheet.asked]
    assert len(set(seeds)) == 6
    assert {p.url.split("?")[0] for p in old}.isdisjoint(p.url.split("?")[0] for p in new)
    assert await stored(studio) == await kept(studio)


async def test_a_sheet_is_made_by_whichever_engine_can(
    live_deps: Deps, engine: ScriptedEngine
) -> None:
    usual = ScriptedEngine(dataclasses.replace(engine.info, name="usual"))
    settings = live_deps.settings.model_copy(update={"model_sheets": True})
    engines = Registry.of(usual, engine)
    deps = dataclasses.replace(live_deps, settings=settings, engines=engines)
    studio = await Studio(deps).open(plan="free")
    await photo_added(studio)
    assert len((await worked(studio)).pictures) == 3
    await studio.close()


async def test_other_engines_make_none(studio: Studio, engine: ScriptedEngine) -> None:
    engine.sheet = None
    await photo_added(studio)
    assert not await queued(studio)
    view = await seen(studio)
    assert (view.status, view.total, view.offered) == ("", 0, False)
    with pytest.raises(Conflict):
        await again(studio)


async def test_a_sheet_is_exported_and_erased_with_its_member(studio: Studio) -> None:
    await photo_added(studio)
    await worked(studio)
    names = b"".join([chunk async for chunk in rights.export(studio.deps, user_id=studio.user_id)])
    assert names.count(b"/sheets/") >= 3
    assert b"data/sheet_pictures.json" in names
    async with studio.deps.transaction() as session:
        counts = await personal_data.counts(session, user_id=studio.user_id)
        assert (counts["model_sheets"], counts["sheet_pictures"]) == (1, 3)
        await rights.delete_member(
            session, studio.deps, user_id=studio.user_id, actor_id=studio.user_id
        )
        assert await personal_data.counts(session, user_id=studio.user_id) == {}

    async def gone() -> bool:
        return await stored(studio) == []

    await studio.until(gone)


@pytest.mark.parametrize(
    ("used", "there", "is_outdated"),
    [
        ("a", "ab", False),
        ("a", "abc", True),
        ("abc", "abcd", False),
        ("abcd", "abefcd", False),
        ("abcd", "aefgbcd", True),
        ("abcd", "abc", True),  # one is gone
    ],
)
def test_a_sheet_is_made_anew_when_its_photos_have_changed_enough(
    used: str, there: str, is_outdated: bool
) -> None:
    """there: the best photos first."""
    ids = {letter: UUID(int=i) for i, letter in enumerate("abcdefgh")}
    sheet = ModelSheet(photos=[str(ids[letter]) for letter in used])
    photos = [TrainingPhoto(ids[letter], "key", (), None) for letter in there]
    assert sheets.outdated(sheet, photos) is is_outdated
