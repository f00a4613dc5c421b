"""A face made again: in its place, by what there is of the person, and kept only if it rises."""

from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import UUID

import pytest

from services.deps import Deps
from services.engines.base import Method, Operation
from services.errors import Conflict
from services.faces.memory import FaceMemory
from services.studio.generations import GenerationView
from tests.doubles.engine import ScriptedEngine, images, picture
from tests.real_faces import ONE, OTHER, file, photograph
from tests.services.training.test_likeness import send
from tests.studio import Studio


@pytest.fixture
def engine() -> ScriptedEngine:
    engine = ScriptedEngine()
    engine.is_(methods=(Method.TRAINED, Method.INSTANT), operations=tuple(Operation))
    return engine


@pytest.fixture
async def studio(live_deps: Deps) -> AsyncIterator[Studio]:
    studio = await Studio(replace(live_deps, faces=FaceMemory())).open(plan="creator", photos=0)
    for name in ONE[:4]:
        await send(studio, file(photograph(name)))
    await studio.execute("update user_models set status = 'ready'")
    yield studio
    await studio.close()


async def again(studio: Studio, id: UUID) -> GenerationView:
    """A new face for this picture, seen to its end."""
    values = {"operation": Operation.FACE, "source_image_id": id, "prompt": "", "count": None}
    return await studio.ended((await studio.generate(user_model_id=None, **values)).id)


async def test_it_is_kept_and_charged_only_if_the_likeness_rises(
    studio: Studio, engine: ScriptedEngine
) -> None:
    stranger, her = file(photograph(OTHER)), file(photograph(ONE[4]))
    engine.on_submit.extend([images(stranger), images(her), images(stranger)])
    made = await studio.ended((await studio.generate(count=1, preset="oil")).id)
    (before,) = made.images
    done = await again(studio, before.id)
    assert done.status == "succeeded", done.status_reason
    (after,) = done.images
    assert after.parent_id == before.id
    assert (after.likeness or 0) > (before.likeness or 0)
    request = engine.submitted[1]
    assert request.area is not None
    left, top, right, bottom = request.area
    assert 0 < left < right < 1
    assert 0 < top < bottom < 1
    assert (request.method, len(request.photos)) == (Method.INSTANT, 4)
    worse = await again(studio, after.id)
    assert worse.status == "failed"
    assert worse.status_reason == "The new face was no more like the person. Nothing was charged."
    assert (await studio.balance()).available == 198


async def test_the_lora_makes_it_where_there_is_one(studio: Studio, engine: ScriptedEngine) -> None:
    her = file(photograph(ONE[4]))
    engine.on_submit.append(images(her))
    (instant,) = (await studio.ended((await studio.generate(count=1)).id)).images
    await studio.execute("update user_models set lora_key = 'lora'")
    await again(studio, instant.id)
    request = engine.submitted[1]
    assert request.method is Method.TRAINED
    assert request.lora is not None
    assert list(request.photos) == []


async def test_a_picture_without_a_face_has_none_to_make_again(
    studio: Studio, engine: ScriptedEngine
) -> None:
    engine.on_submit.append(images(picture()))
    (image,) = (await studio.ended((await studio.generate(count=1)).id)).images
    with pytest.raises(Conflict, match="No face was measured"):
        await again(studio, image.id)
    await studio.execute("update generated_images set likeness_word = 'close'")
    with pytest.raises(Conflict, match="fewer than four photos"):
        await again(studio, image.id)
