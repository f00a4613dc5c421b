"""The preview engine with a sentence and cut-outs: what its results say of themselves."""

from uuid import uuid4

from services.engines.base import Engine, FileRef, GenerateRequest, RemoteStatus
from services.storage.base import Storage
from tests import sitters
from tests.waiting import eventually

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
