"""The preview engine with a sentence and cut-outs: what its results say of themselves."""

import io
from typing import Any
from uuid import uuid4

import pytest
from PIL import Image

from services.engines.base import (
    Engine,
    FileRef,
    GenerateRequest,
    Operation,
    RemoteState,
    RemoteStatus,
    ResultFile,
)
from services.storage.base import Storage
from tests import sitters
from tests.waiting import eventually

pytestmark = pytest.mark.pictures

FOLDER = "member/models/m/photos/5f0c"


async def stored(storage: Storage) -> tuple[FileRef, FileRef]:
    photo, alpha = sitters.drawn()
    await storage.put(
        f"{FOLDER}/train.jpg", sitters.encoded(photo, "JPEG"), content_type="image/jpeg"
    )
    await storage.put(
        f"{FOLDER}/alpha.webp", sitters.encoded(alpha, "WEBP"), content_type="image/webp"
    )
    return FileRef(f"{FOLDER}/train.jpg", ""), FileRef(f"{FOLDER}/alpha.webp", "")


async def generated(engine: Engine, photo: FileRef, alpha: FileRef, prompt: str) -> RemoteStatus:
    request = GenerateRequest(
        client_job_id=uuid4(),
        prompt=prompt,
        seeds=[4, 5],
        width=240,
        height=300,
        outputs=[],
        photos=[photo],
        alphas=[alpha],
    )
    status = await engine.submit_generation(request)

    async def finished() -> RemoteStatus | None:
        known = await engine.poll(status.remote_id)
        return known if known.state.final else None

    found = await eventually(finished, timeout=60)
    assert found is not None
    return found


async def test_a_sentence_is_painted_and_kept_in_the_recipe(
    engine: Engine, storage: Storage
) -> None:
    status = await generated(engine, *await stored(storage), "in a misty forest at golden hour")
    assert [result.seed for result in status.results] == [4, 5]
    assert status.results[0].data != status.results[1].data
    for result in status.results:
        assert result.recipe["scene"] == {
            "place": "forest",
            "light": "golden-hour",
            "weather": "fog",
        }
        assert (result.recipe["photo"], result.recipe["note"]) == ("5f0c", None)
        assert "member" not in str(result.recipe)  # recipes are downloaded and passed on


async def test_a_cut_out_that_is_erased_meanwhile(engine: Engine, storage: Storage) -> None:
    """The photo is cut out again; where that can't be done the recipe says so, and it is made."""
    photo, alpha = await stored(storage)
    await storage.delete([alpha.key])
    status = await generated(engine, photo, alpha, "on a beach")
    assert len(status.results) == 2
    assert all(result.data for result in status.results)
    for result in status.results:
        assert bool(result.recipe["scene"]) != bool(result.recipe["note"])


async def changed(engine: Engine, operation: Operation, **values: Any) -> RemoteStatus:
    given: dict[str, Any] = {"client_job_id": uuid4(), "prompt": "", "seeds": [4], "width": 240}
    given |= {"height": 300, "outputs": [], "photos": [], "operation": operation}
    status = await engine.submit_generation(GenerateRequest(**given | values))

    async def finished() -> RemoteStatus | None:
        known = await engine.poll(status.remote_id)
        return known if known.state.final else None

    found = await eventually(finished, timeout=60)
    assert found is not None
    return found


def size(result: ResultFile) -> tuple[int, int]:
    return Image.open(io.BytesIO(result.data or b"")).size


async def test_a_picture_of_its_own_is_edited_twice_and_then_made_wider(
    engine: Engine, storage: Storage
) -> None:
    photo, alpha = await stored(storage)
    person: dict[str, Any] = {"photos": [photo], "alphas": [alpha]}
    first = (await generated(engine, photo, alpha, "by a lake at noon")).results[0]
    made = {**first.recipe, "engine": "preview", "seed": 4, "width": 240, "height": 300}
    made["prompt"] = "by a lake at noon"
    assert engine.objection(Operation.EDIT, made) is None
    night = await changed(engine, Operation.EDIT, prompt="at night", made=made, **person)
    (edited,) = night.results
    assert edited.recipe["scene"] == {"place": "lake", "light": "night"}
    assert edited.recipe["words"] == "by a lake at noon"  # what a cover would print
    made = {**made, **edited.recipe, "prompt": "at night"}
    wide = {"width": 320, "height": 180, "made": made}
    (extended,) = (await changed(engine, Operation.EXTEND, **wide, **person)).results
    assert size(extended) == (320, 180)
    assert extended.recipe["scene"] == {"place": "lake", "light": "night"}


async def test_the_photo_of_a_picture_was_deleted(engine: Engine, storage: Storage) -> None:
    photo, alpha = await stored(storage)
    made = {"engine": "preview", "photo": "gone", "scene": {"place": "lake"}, "seed": 4}
    made |= {"width": 240, "height": 300}
    status = await changed(
        engine, Operation.EDIT, prompt="at night", made=made, photos=[photo], alphas=[alpha]
    )
    assert status.reason == "The photo that this picture was made from has been deleted."


async def test_an_enlargement_says_that_it_is_no_ai(engine: Engine, storage: Storage) -> None:
    key = "member/images/1/full.jpg"
    source = sitters.encoded(sitters.drawn()[0].resize((120, 160)), "JPEG")
    await storage.put(key, source, content_type="image/jpeg")
    made = {"engine": "preview", "photo": "5f0c", "scene": {"place": "lake"}}
    (large,) = (
        await changed(engine, Operation.ENLARGE, source=FileRef(key, ""), made=made, scale=2)
    ).results
    assert size(large) == (240, 320)
    assert large.recipe == {
        "photo": "5f0c",
        "scene": {"place": "lake"},
        "made_by": "Resampled, no AI",
    }


async def test_nobody_can_be_cut_out_of_an_empty_picture(engine: Engine, storage: Storage) -> None:
    key = "member/images/2/full.jpg"
    empty = sitters.encoded(Image.new("RGB", (320, 320), "#557799"), "JPEG")
    await storage.put(key, empty, content_type="image/jpeg")
    status = await changed(engine, Operation.CUTOUT, source=FileRef(key, ""))
    assert (status.state, status.retryable) == (RemoteState.FAILED, False)
    assert (status.reason or "").startswith("No person stands out")


@pytest.mark.parametrize(
    ("operation", "made", "reason"),
    [
        (Operation.EDIT, {"engine": "together"}, "only change pictures that it made"),
        (Operation.EXTEND, {"engine": "preview", "photo": "1", "scene": None}, "own background"),
        (Operation.ENLARGE, {"width": 4000, "height": 10}, "5,120 pixels"),
    ],
)
def test_what_the_booth_cannot_do_is_known_beforehand(
    engine: Engine, operation: Operation, made: dict[str, Any], reason: str
) -> None:
    assert reason in str(engine.objection(operation, made))
