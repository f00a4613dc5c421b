"""A photo arrives while its model goes, its set fills up, its engine or its room changes."""

import io
import zipfile
from collections import Counter
from dataclasses import replace

import pytest

from services.deps import Deps
from services.engines.base import Method, RemoteState
from services.engines.registry import Registry
from services.errors import Conflict, NotFound
from services.files import uploads
from services.training import photos, user_models
from services.training.photo_coach import MAX_PHOTOS
from services.training.photos import Verdict
from tests.doubles.engine import INFO, ScriptedEngine
from tests.pairs.house import PENDING, RUNNING, House, at_once
from tests.pairs.table import pair
from tests.pictures import picture
from tests.services.training.test_photos import chunks
from tests.services.training.test_trainings import weights
from tests.studio import Studio

SMALL = (600, 800)


async def send(deps: Deps, anna: Studio, seed: int = 1) -> Verdict:
    """One photo arrives at a container with `deps`."""
    async with uploads.landed(deps, chunks(picture(seed, SMALL)), name="me.jpg") as upload:
        return await photos.receive(
            deps, user_id=anna.user_id, user_model_id=anna.model_id, upload=upload
        )


async def shown(house: House, anna: Studio) -> int:
    """How many photos the member sees; each has its file."""
    async with house.act() as session:
        known = await photos.list_(
            session, house.deps, user_id=anna.user_id, user_model_id=anna.model_id
        )
    return len(known.photos)


def folders(keys: list[str]) -> set[str]:
    """Photos that have files."""
    return {key.rpartition("/")[0] for key in keys if "/photos/" in key}


@pair("upload", "erase")
async def test_a_photo_for_a_model_that_is_just_deleted(house: House) -> None:
    anna = await house.member(photos=1)

    async def delete() -> None:
        async with house.act() as session:
            await user_models.delete(session, user_id=anna.user_id, user_model_id=anna.model_id)

    house.meanwhile("/photos/", delete)
    with pytest.raises(NotFound, match="no such model"):
        await send(house.deps, anna)
    await house.settle()
    assert await house.files(anna) == []


@pair("upload", "restart")
async def test_a_process_with_less_room_keeps_what_was_taken_in(house: House) -> None:
    anna = await house.member(photos=0)
    assert (await send(house.deps, anna, 1)).accepted
    settings = house.deps.settings.model_copy(update={"member_quota_bytes": 1})
    restarted = replace(house.deps, settings=settings)
    uploads.sweep(restarted)
    refused = await send(restarted, anna, 2)
    assert (refused.code, await shown(house, anna)) == ("quota", 1)
    assert len(folders(await house.files(anna))) == 1
    assert (await send(house.deps, anna, 2)).accepted


@pair("upload", "engine")
async def test_photos_are_good_for_the_next_engine(house: House) -> None:
    """Taken in while one engine served, trained by another that wants an archive of them."""
    anna = await house.member(photos=10)
    assert (await send(house.deps, anna)).accepted
    other = ScriptedEngine(replace(INFO, name="other", methods=(Method.TRAINED,)))
    other.on_submit.append(PENDING)
    other.on_poll.append(RUNNING)
    switched = house.container(engines=Registry.of(other))
    anna.deps = switched.deps
    await anna.train()
    await switched.works()
    request = other.trainings[0]
    archive = zipfile.ZipFile(io.BytesIO(await house.deps.storage.get(request.dataset.key)))
    assert len(archive.namelist()) == 11
    await house.deps.storage.put(
        request.weights.key, weights(), content_type="application/octet-stream"
    )
    other.on_poll[0] = replace(RUNNING, state=RemoteState.SUCCEEDED)

    async def ready() -> bool:
        return (await anna.model()).status == "ready"

    await switched.until(ready)


@pair("upload", "tab")
async def test_the_same_photo_in_two_tabs_is_taken_once(house: House) -> None:
    anna = await house.member(photos=0)
    codes: Counter[str] = Counter()

    async def drop() -> None:
        codes[(await send(house.deps, anna)).code] += 1

    await at_once(drop(), drop(), drop())
    assert codes == {"accepted": 1, "duplicate": 2}
    assert (await shown(house, anna), len(folders(await house.files(anna)))) == (1, 1)


@pair("upload", "tab")
async def test_train_is_pressed_while_a_photo_arrives(house: House) -> None:
    """The training has the photos that were there; the late one is refused and not kept."""
    anna = await house.member(photos=10)
    house.takes()
    house.meanwhile("/photos/", anna.train)
    with pytest.raises(Conflict, match="once the training has begun"):
        await send(house.deps, anna)
    assert len(folders(await house.files(anna))) == 10
    house.finishes()
    assert (await anna.trained()).status == "ready"
    assert len(house.engine.trainings[0].photos) == 10


@pair("upload", "container")
async def test_the_last_place_of_a_set_is_given_once(house: House) -> None:
    """Two containers take in a photo each, and there is room for one."""
    anna = await house.member(photos=MAX_PHOTOS - 1)
    codes: Counter[str] = Counter()

    async def drop(deps: Deps, seed: int) -> None:
        codes[(await send(deps, anna, seed)).code] += 1

    await at_once(drop(house.deps, 1), drop(house.container().deps, 2))
    assert codes == {"accepted": 1, "full": 1}
    assert len(folders(await house.files(anna))) == await shown(house, anna) == MAX_PHOTOS
