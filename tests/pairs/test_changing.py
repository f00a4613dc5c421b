"""A picture is changed while it is deleted, or changed a second time."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime

import pytest

from services.deps import Deps
from services.engines.base import Operation
from services.gallery import images as gallery_images
from services.gallery import purging
from services.gallery.image_query import Selection
from services.settings import Settings
from services.studio.generations import GenerationView
from tests.conftest import SECRET
from tests.doubles.engine import ScriptedEngine, images, picture
from tests.pairs.house import RUNNING, Disk
from tests.pairs.table import pair
from tests.services.studio.test_operations import Changing


@pytest.fixture
def storage(settings: Settings, now: Callable[[], datetime]) -> Disk:
    files = settings.data_dir / "files"
    return Disk(files, secret=SECRET, base_url=settings.base_url, now=now)


@pytest.fixture
def engine() -> ScriptedEngine:
    engine = ScriptedEngine()
    engine.is_(operations=tuple(Operation))
    return engine


@pytest.fixture
async def studio(live_deps: Deps) -> AsyncIterator[Changing]:
    studio = await Changing(live_deps).begin()
    yield studio
    await studio.close()


async def given_back(studio: Changing, asked: GenerationView) -> None:
    """The edit fails in plain words, nothing is charged, and nothing of it is left."""
    done = await studio.ended(asked.id)
    assert (done.status, done.images) == ("failed", ())
    assert done.status_reason == (
        "The picture that it starts from was deleted. Nothing was charged."
    )
    assert ((await studio.balance()).available, await studio.open_holds()) == (3, [])
    prefix = f"{studio.user_id}/images"
    assert [info.key async for info in studio.deps.storage.list(prefix)] == []


async def erased(studio: Changing) -> None:
    """The picture is deleted for ever, and the purge comes."""
    await studio.trash(studio.image_id)
    async with studio.deps.transaction() as session:
        await gallery_images.erase(
            session,
            studio.deps,
            user_id=studio.user_id,
            selection=Selection(ids=[studio.image_id]),
        )
    await purging.purge(studio.deps)


@pair("generate", "erase")
@pytest.mark.parametrize("how", ["trashed", "erased"])
@pytest.mark.parametrize("when", ["queued", "at work", "stored"])
async def test_the_picture_goes_while_its_edit_is_made(
    studio: Changing, engine: ScriptedEngine, storage: Disk, how: str, when: str
) -> None:
    async def go() -> None:
        await (studio.trash(studio.image_id) if how == "trashed" else erased(studio))

    asked = await studio.change(Operation.EDIT, prompt="at night")
    engine.on_submit.append(RUNNING)
    engine.on_poll.append(RUNNING)
    if when == "queued":
        await go()
    else:

        async def submitted() -> bool:
            return bool(engine.submitted)

        await studio.until(submitted)
        engine.on_poll.clear()
        engine.on_poll.append(images(picture()))
    if when == "at work":
        await go()
    elif when == "stored":
        storage.meanwhile = ("thumb.webp", go)
    await given_back(studio, asked)
    assert bool(engine.submitted) == (when != "queued")


@pair("generate", "tab")
async def test_two_edits_of_one_picture_at_once(studio: Changing, engine: ScriptedEngine) -> None:
    engine.on_submit.append(images(picture()))
    asked = await asyncio.gather(
        studio.change(Operation.EDIT, prompt="at night"),
        studio.change(Operation.ENLARGE, scale=2),
    )
    done = [await studio.ended(each.id) for each in asked]
    children = [image for each in done for image in each.images]
    assert [child.parent_id for child in children] == [studio.image_id] * 2
    assert {child.operation for child in children} == {Operation.EDIT, Operation.ENLARGE}
    assert ((await studio.balance()).available, await studio.open_holds()) == (1, [])


@pair("generate", "erase")
async def test_a_child_outlives_its_parent(studio: Changing, engine: ScriptedEngine) -> None:
    engine.on_submit.append(images(picture()))
    done = await studio.ended((await studio.change(Operation.ENLARGE)).id)
    await erased(studio)
    child = await studio.image(done.images[0].id)
    assert (child.parent_id, child.operation) == (None, Operation.ENLARGE)
