"""Images that are not the person: made again once, then given back."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from db.models import GeneratedImage
from services.credits import ledger
from services.deps import Deps
from services.engines import preview
from services.faces.memory import FaceMemory
from services.studio import generations, likeness_floor
from services.studio.generations import GenerationView
from services.studio.likeness_floor import Measured
from tests.doubles.engine import ScriptedEngine, images
from tests.real_faces import ONE, OTHER, beside, file, photograph
from tests.services.training.test_likeness import send
from tests.studio import Studio


@pytest.fixture
def engine() -> ScriptedEngine:
    return ScriptedEngine()


@pytest.fixture
async def studio(live_deps: Deps) -> AsyncIterator[Studio]:
    """A member with 200 credits and a model of ONE[:4] that is ready."""
    studio = await Studio(replace(live_deps, faces=FaceMemory())).open(plan="creator", photos=0)
    for name in ONE[:4]:
        await send(studio, file(photograph(name)))
    await studio.execute("update user_models set status = 'ready'")
    yield studio
    await studio.close()


@pytest.fixture(scope="module")
def same() -> bytes:
    return file(photograph(ONE[4]))


@pytest.fixture(scope="module")
def other() -> bytes:
    return file(photograph(OTHER))


async def kept(studio: Studio) -> list[GeneratedImage]:
    async with studio.deps.transaction() as session:
        query = select(GeneratedImage).order_by(GeneratedImage.position)
        return list(await session.scalars(query))


async def given_back(studio: Studio) -> list[tuple[int, str]]:
    """What the statement says came back, and why."""
    async with studio.deps.transaction() as session:
        entries = await ledger.statement(session, user_id=studio.user_id)
    return [(entry.credits, entry.reason) for entry in entries if entry.kind == "release"]


async def agrees(studio: Studio, done: GenerationView, charged: int) -> None:
    """View, images, balance and holds tell the same story."""
    assert done.charged == charged
    assert sum(image.charged for image in await kept(studio)) == charged
    assert (await studio.balance()).available == 200 - charged
    assert await studio.open_holds() == []


async def test_what_is_not_the_person_is_made_again_with_another_seed(
    studio: Studio, engine: ScriptedEngine, same: bytes, other: bytes
) -> None:
    engine.on_submit.extend([images(same, other), images(same)])
    done = await studio.ended((await studio.generate(count=2, seed=7)).id)
    assert (done.status, done.status_reason) == ("succeeded", None)
    assert [request.seeds for request in engine.submitted] == [[7, 8], [10]]
    words = [(image.likeness_word, image.seed, image.charged) for image in await kept(studio)]
    assert words == [("close", 7, True), ("close", 10, True)]
    assert all(image.face_box for image in await kept(studio))
    await agrees(studio, done, charged=2)
    assert await given_back(studio) == []


async def test_what_is_not_the_person_twice_is_given_back(
    studio: Studio, engine: ScriptedEngine, same: bytes, other: bytes
) -> None:
    engine.on_submit.extend([images(same, other), images(other)])
    done = await studio.ended((await studio.generate(count=2)).id)
    assert done.status == "succeeded"
    assert done.status_reason == "2 made, 1 not charged: it did not look like you."
    assert len(engine.submitted) == 2  # once again, not for ever
    assert [image.charged for image in done.images] == [True, False]
    assert done.images[1].likeness_word == "not_her"
    assert [image.recipe.get("hint") for image in await kept(studio)] == [None, None]  # of her skin
    await agrees(studio, done, charged=1)
    (back,) = await given_back(studio)
    assert back[0] == 1
    assert back[1].endswith("1 not charged: it did not look like you.")


async def test_a_picture_that_cannot_be_made_again_is_not_charged(
    studio: Studio, engine: ScriptedEngine, other: bytes
) -> None:
    engine.on_submit.extend([images(other), images(b"not a picture")])
    done = await studio.ended((await studio.generate(count=1)).id)
    assert done.status == "succeeded"
    assert done.status_reason is not None
    assert done.status_reason.startswith("1 made, 1 not charged: it did not look like you.")
    await agrees(studio, done, charged=0)


@pytest.mark.parametrize("why", ["painted", "switched off", "the photo booth", "nobody looks"])
async def test_other_images_are_charged_however_they_look(
    studio: Studio,
    engine: ScriptedEngine,
    other: bytes,
    why: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: dict[str, Any] = {"preset": "oil"} if why == "painted" else {}
    if why == "switched off":
        settings = studio.deps.settings.model_copy(update={"likeness_floor": False})
        studio = another(studio, replace(studio.deps, settings=settings))
    elif why == "nobody looks":
        studio = another(studio, replace(studio.deps, faces=None))
    elif why == "the photo booth":
        monkeypatch.setattr(preview, "NAME", engine.info.name)
    engine.on_submit.append(images(other))
    done = await studio.ended((await studio.generate(count=1, **asked)).id)
    assert (done.status, len(engine.submitted)) == ("succeeded", 1)
    await agrees(studio, done, charged=1)
    await studio.close()


def another(studio: Studio, deps: Deps) -> Studio:
    """The same member in a process of other settings."""
    other = Studio(deps)
    other.user_id, other.model_id = studio.user_id, studio.model_id
    return other


async def test_canceled_while_one_is_made_again(
    studio: Studio, engine: ScriptedEngine, same: bytes, other: bytes
) -> None:
    """What looks like her is paid; what does not is not, though its second never came."""
    engine.on_submit.extend([images(same, other), images(same)])
    asked = await studio.generate(count=2)

    async def again() -> bool:
        return (await studio.generation(asked.id)).stage == likeness_floor.AGAIN

    await studio.until(again)
    async with studio.deps.transaction() as session:
        done = await generations.cancel(
            session, studio.deps, user_id=studio.user_id, generation_id=asked.id
        )
    assert done.status == "canceled"
    await studio.worker.poll()  # the second run finds that it has ended
    await agrees(studio, await studio.generation(asked.id), charged=1)
    assert len(await kept(studio)) == 2


async def test_a_crash_before_the_second_begins_makes_one_second_and_no_more(
    studio: Studio,
    engine: ScriptedEngine,
    same: bytes,
    other: bytes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begin, crashes = likeness_floor.begin_again, [True]

    async def crash_once(*arguments: Any) -> None:
        await begin(*arguments)
        if crashes:
            crashes.pop()
            raise RuntimeError("the process died")

    monkeypatch.setattr(likeness_floor, "begin_again", crash_once)
    engine.is_(resubmit_safe=True)
    engine.on_submit.extend([images(same, other), images(same, other), images(same)])
    done = await studio.ended((await studio.generate(count=2)).id)
    assert done.status == "succeeded"
    assert [run.again for run in await studio.runs()].count(True) == 1
    assert [image.likeness_word for image in await kept(studio)] == ["close", "close"]
    await agrees(studio, done, charged=2)


@pytest.mark.parametrize(
    "cares",
    [
        "update generated_images set favourite = true",
        """with album as (
            insert into albums (id, user_id, name)
            select gen_random_uuid(), user_id, 'Best' from generated_images returning id
        )
        insert into album_images (album_id, image_id)
        select album.id, image.id from album, generated_images image""",
    ],
    ids=["favourite", "album"],
)
async def test_a_picture_that_the_member_cares_for_stays(
    studio: Studio, engine: ScriptedEngine, same: bytes, other: bytes, cares: str
) -> None:
    engine.on_submit.extend([images(other), images(same)])
    asked = await studio.generate(count=1)

    async def again() -> bool:
        return (await studio.generation(asked.id)).stage == likeness_floor.AGAIN

    await studio.until(again)
    await studio.execute(cares)
    done = await studio.ended(asked.id)
    (image,) = await kept(studio)
    assert image.likeness_word == "not_her"
    await agrees(studio, done, charged=0)


async def test_a_second_face_that_is_hers_by_mistake_is_hinted_at(
    studio: Studio, engine: ScriptedEngine, same: bytes
) -> None:
    """A hint and no verdict: the image is charged."""
    twice = file(beside(photograph(ONE[4]), photograph(ONE[0])))
    friend = file(beside(photograph(ONE[4]), photograph(OTHER)))
    engine.on_submit.append(images(same, twice, friend))
    done = await studio.ended((await studio.generate(count=3)).id)
    hints = [image.recipe.get("hint") for image in await kept(studio)]
    assert hints == [None, likeness_floor.TWINS, None]
    await agrees(studio, done, charged=3)


async def test_an_earlier_consent_keeps_no_place_of_a_face(
    studio: Studio, engine: ScriptedEngine, same: bytes
) -> None:
    await studio.execute("update consents set text_version = '2'")
    engine.on_submit.append(images(same))
    await studio.ended((await studio.generate(count=1)).id)
    (image,) = await kept(studio)
    assert (image.likeness_word, image.face_box) == ("close", None)


def test_what_is_odd_about_a_face_is_a_hint_in_the_recipe() -> None:
    assert Measured(81.0).said == {}
    hint = Measured(81.0, twins=True, drifted=True).said["hint"]
    assert hint == f"{likeness_floor.TWINS} {likeness_floor.DRIFTED}"
