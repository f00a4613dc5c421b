"""How much generated pictures look like their person, with real faces."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from db.models import GeneratedImage
from services.deps import Deps
from services.engines.base import RemoteState, RemoteStatus, ResultFile
from services.faces import models
from services.faces.memory import FaceMemory
from services.files import uploads
from services.training import consents, photos
from tests.doubles.engine import ScriptedEngine, images
from tests.pictures import picture
from tests.real_faces import ONE, OTHER, file, photograph
from tests.services.training.test_photos import chunks
from tests.studio import Studio


@pytest.fixture
def engine() -> ScriptedEngine:
    return ScriptedEngine()


@pytest.fixture
def live_deps(live_deps: Deps) -> Deps:
    """Faces are measured, and what is not the person is not made again."""
    settings = live_deps.settings.model_copy(update={"likeness_floor": False})
    return replace(live_deps, faces=FaceMemory(), settings=settings)


@pytest.fixture
async def studio(live_deps: Deps) -> AsyncIterator[Studio]:
    """A member with a model of ONE[:4]."""
    studio = await Studio(live_deps).open(photos=0)
    for name in ONE[:4]:
        await send(studio, file(photograph(name)))
    yield studio
    await studio.close()


async def send(studio: Studio, data: bytes) -> None:
    async with uploads.landed(studio.deps, chunks(data), name="me.jpg") as upload:
        key = {"user_id": studio.user_id, "user_model_id": studio.model_id}
        await photos.receive(studio.deps, upload=upload, **key)


def restarted(studio: Studio, faces: FaceMemory | None, judge: Path | None = None) -> Studio:
    """The same member in a process that remembers nothing, or does not look."""
    other = Studio(replace(studio.deps, faces=faces, judge=judge))
    other.user_id, other.model_id = studio.user_id, studio.model_id
    return other


async def measured(studio: Studio) -> list[float | None]:
    """The likeness of each picture, in order."""
    async with studio.deps.transaction() as session:
        query = select(GeneratedImage.likeness).order_by(GeneratedImage.position)
        return list(await session.scalars(query))


async def judged(studio: Studio) -> list[float | None]:
    """The number by the operator's network of each picture, in order."""
    async with studio.deps.transaction() as session:
        query = select(GeneratedImage.recipe).order_by(GeneratedImage.position)
        return [recipe.get("judged") for recipe in await session.scalars(query)]


async def generated(studio: Studio, engine: ScriptedEngine) -> list[float | None]:
    """Of a picture of the person, of another person, and of nobody."""
    await studio.execute("update user_models set status = 'ready'")
    same, other = file(photograph(ONE[4])), file(photograph(OTHER))
    engine.on_submit.append(images(same, other, picture(3)))
    done = await studio.ended((await studio.generate(count=3)).id)
    assert done.status == "succeeded"
    return await measured(studio)


async def test_pictures_are_measured_against_their_model(
    studio: Studio, engine: ScriptedEngine
) -> None:
    same, other, nobody = await generated(studio, engine)
    assert same is not None
    assert other is not None
    assert 70 < same <= 100
    assert other < 20
    assert nobody is None
    boxes = engine.submitted[0].face_boxes
    assert len(boxes) == 4
    assert all(boxes)


async def test_a_second_network_judges_and_chooses_nothing(
    studio: Studio, engine: ScriptedEngine, tmp_path: Path
) -> None:
    """SFace's own file stands in for an operator's, fed as ArcFace is: poor, but another one."""
    file = tmp_path / "judge.onnx"
    file.write_bytes(models.read(models.SFACE))
    chosen = await generated(restarted(studio, FaceMemory(), file), engine)
    same, other, nobody = await judged(studio)
    assert same is not None
    assert other is not None
    assert other < same == pytest.approx(90, abs=5)
    assert nobody is None
    assert None not in chosen[:2]
    assert len({*chosen, same, other}) == 5


async def test_a_judge_that_is_no_network_costs_no_picture(
    studio: Studio, engine: ScriptedEngine, tmp_path: Path
) -> None:
    file = tmp_path / "judge.onnx"
    file.write_bytes(b"not a network")
    same, other, _ = await generated(restarted(studio, FaceMemory(), file), engine)
    assert same is not None
    assert other is not None
    assert await judged(studio) == [None, None, None]


async def test_they_are_after_a_start_too(studio: Studio, engine: ScriptedEngine) -> None:
    """Nothing of a face was kept but the photos; a stranger among them does not count."""
    await send(studio, file(photograph(OTHER)))
    same, other, _ = await generated(restarted(studio, FaceMemory()), engine)
    assert same is not None
    assert other is not None
    assert other < 20 < same


@pytest.mark.parametrize("why", ["switched off", "no consent", "no faces in the photos"])
async def test_nothing_is_measured(studio: Studio, engine: ScriptedEngine, why: str) -> None:
    if why == "switched off":
        studio = restarted(studio, None)
    elif why == "no consent":
        assert "1" not in consents.COVERS_FACES
        await studio.execute("update consents set text_version = '1'")
    else:
        await studio.execute("update training_images set verdict = verdict - 'face'")
    assert await generated(studio, engine) == [None, None, None]


async def test_a_training_gets_the_faces_and_its_samples_are_measured(
    studio: Studio, engine: ScriptedEngine
) -> None:
    for seed in range(6):
        await send(studio, picture(20 + seed))  # no face: that forbids nothing
    sample = ResultFile(0, data=file(photograph(ONE[4])), step=100)
    engine.on_submit.append(RemoteStatus("one", RemoteState.RUNNING))
    engine.on_poll.append(
        RemoteStatus("one", RemoteState.SUCCEEDED, progress=1.0, samples=(sample,))
    )
    await studio.train()
    model = await studio.trained()
    assert model.status == "ready"
    boxes = engine.trainings[0].face_boxes
    assert [box is not None for box in boxes] == [True] * 4 + [False] * 6
    assert model.samples[0].likeness is not None
    assert model.likeness.samples == model.samples[0].likeness > 70
    assert model.likeness.sentence.endswith("your own photos 90.")
