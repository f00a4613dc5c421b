"""Operations on a picture: what the engine is asked, what they cost, and whose child they are."""

import asyncio
import io
from collections.abc import AsyncIterator, Sequence
from typing import Any, get_args
from uuid import UUID, uuid4

import pytest
from PIL import Image
from sqlalchemy import select

from db.models import GeneratedImage, Generation
from services.deps import Deps
from services.engines.base import (
    Engine,
    NotUnderstood,
    Operation,
    RemoteState,
    RemoteStatus,
    Term,
    Understanding,
)
from services.engines.preview.engine import PreviewEngine
from services.engines.preview.operations import RETOUCHES
from services.engines.preview.render import Made
from services.engines.preview.words.vocabulary import Vocabulary
from services.errors import Conflict, InsufficientCredits, Invalid, NotFound
from services.gallery import images as gallery_images
from services.gallery.image_query import Selection
from services.gallery.images import ImageDetails
from services.provenance import certificates, manifests
from services.storage.base import Storage
from services.studio import edit_sheet
from services.studio.generations import GenerationView
from services.studio.requests import Aspect
from tests import sitters
from tests.builders import make_image, make_user
from tests.doubles.engine import ScriptedEngine, images, picture
from tests.studio import Studio


class Changing(Studio):
    """A member with one picture, and an engine that can change it."""

    image_id = UUID(int=0)

    async def begin(self, **values: Any) -> "Changing":
        """A ready model and its picture of 896 x 1120 pixels."""
        await self.open(plan="free", status="ready")
        async with self.deps.transaction() as session:
            given = {"user_id": self.user_id, "user_model_id": self.model_id, "width": 896}
            given |= {"height": 1120, "seed": 41, "preset": "watercolour", "prompt": "by a lake"}
            image = await make_image(session, **given | values)
        self.image_id = image.id
        return self

    async def change(self, operation: Operation, **values: Any) -> GenerationView:
        """Asks for the operation on the picture."""
        given = {"source_image_id": self.image_id, "user_model_id": None, "count": None}
        return await self.generate(operation=operation, **{"prompt": ""} | given | values)

    async def image(self, id: UUID) -> ImageDetails:
        """An image as it is now."""
        async with self.deps.transaction() as session:
            return await gallery_images.details(
                session, self.deps, user_id=self.user_id, image_id=id
            )

    async def trash(self, id: UUID) -> None:
        """Moves an image to the trash."""
        async with self.deps.transaction() as session:
            await gallery_images.trash(
                session, self.deps, user_id=self.user_id, selection=Selection(ids=[id])
            )


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


async def test_an_edit_is_a_child_and_costs_one_credit(
    studio: Changing, engine: ScriptedEngine
) -> None:
    engine.on_submit.append(images(picture()))
    asked = await studio.change(Operation.EDIT, prompt="at night")
    assert (asked.cost, asked.count, (await studio.balance()).held) == (1, 1, 1)
    done = await studio.ended(asked.id)
    assert done.status_reason is None
    assert done.status == "succeeded"
    assert done.operation is Operation.EDIT
    (child,) = done.images
    assert (child.parent_id, child.operation) == (studio.image_id, Operation.EDIT)
    assert (child.prompt, child.preset) == ("at night", "watercolour")
    assert ((await studio.balance()).available, await studio.open_holds()) == (2, [])
    request = engine.submitted[0]
    assert (request.width, request.height, request.operation) == (896, 1120, Operation.EDIT)
    assert request.source is not None
    assert request.source.key.endswith("full.webp")
    assert len(request.photos) == 8
    assert (await studio.image(child.id)).recipe["operation"] == "edit"


async def test_an_enlargement_keeps_the_words_and_knows_its_size(
    studio: Changing, engine: ScriptedEngine
) -> None:
    engine.on_submit.append(images(picture()))
    done = await studio.ended((await studio.change(Operation.ENLARGE, scale=4)).id)
    assert (done.width, done.height, done.images[0].prompt) == (3584, 4480, "by a lake")
    assert engine.submitted[0].scale == 4


async def test_another_format(studio: Changing, engine: ScriptedEngine) -> None:
    engine.on_submit.append(images(picture()))
    asked = await studio.change(Operation.EXTEND, aspect="16:9")
    assert (asked.width, asked.height, asked.aspect) == (1280, 720, "16:9")
    with pytest.raises(Conflict, match="this format already"):
        await studio.change(Operation.EXTEND, aspect="4:5")
    await studio.ended(asked.id)


@pytest.mark.parametrize(
    ("operation", "values", "error", "message"),
    [
        (Operation.EDIT, {}, Invalid, "Prompt is missing"),
        (Operation.EDIT, {"prompt": "at night", "count": 2}, Invalid, "one picture at a time"),
        (Operation.EDIT, {"prompt": "at night", "scale": 2}, Invalid, "Only an enlargement"),
        (Operation.ENLARGE, {"scale": 3}, Invalid, "twice or four times"),
        (Operation.CUTOUT, {"source_image_id": None}, Invalid, "Say which picture"),
        (Operation.CUTOUT, {"source_image_id": uuid4()}, NotFound, "no such picture"),
        (Operation.CUTOUT, {"user_model_id": uuid4()}, Invalid, "another model"),
        (Operation.GENERATE, {"prompt": "at night"}, Invalid, "starts from no other"),
    ],
)
async def test_what_cannot_be_asked_for(
    studio: Changing,
    operation: Operation,
    values: dict[str, Any],
    error: type[Exception],
    message: str,
) -> None:
    with pytest.raises(error, match=message):
        await studio.change(operation, **values)
    assert ((await studio.balance()).available, await studio.run_states()) == (3, [])


async def test_another_members_picture_is_not_found(studio: Changing) -> None:
    async with studio.deps.transaction() as session:
        stranger = await make_user(session)
        theirs = await make_image(session, user_id=stranger.id)
    with pytest.raises(NotFound):
        await studio.change(Operation.ENLARGE, source_image_id=theirs.id)


async def test_what_the_engine_cannot_do_is_refused_and_not_offered(
    studio: Changing, engine: ScriptedEngine
) -> None:
    engine.is_(operations=(Operation.GENERATE, Operation.ENLARGE, Operation.EDIT))
    engine.objections[Operation.EDIT] = "It was made elsewhere."
    assert (await studio.image(studio.image_id)).operations == [Operation.ENLARGE]
    with pytest.raises(Conflict, match="can’t do this"):
        await studio.change(Operation.CUTOUT)
    with pytest.raises(Conflict, match="made elsewhere"):
        await studio.change(Operation.EDIT, prompt="at night")


async def test_an_edit_of_which_nothing_is_understood_is_refused_before_it_is_paid(
    studio: Changing, engine: ScriptedEngine
) -> None:
    class Deaf:
        ideas = vocabulary = ()

        def understand(self, prompt: str, _style: str | None = None) -> Understanding:
            known = (Term("night", "light", "night"),) if "night" in prompt else ()
            return Understanding(known, (NotUnderstood("hat"),))

    engine.words = Deaf()  # type: ignore[assignment]
    with pytest.raises(Invalid, match="Name one of them"):
        await studio.change(Operation.EDIT, prompt="with a hat")
    engine.on_submit.append(images(picture()))
    asked = await studio.change(Operation.EDIT, prompt="at night, with a hat")
    assert asked.understood == (Term("night", "light", "night"),)
    assert asked.seed == 41  # the same picture, but for what was asked
    await studio.ended(asked.id)


async def test_a_picture_in_the_trash_is_not_changed(studio: Changing) -> None:
    await studio.trash(studio.image_id)
    assert (await studio.image(studio.image_id)).operations == []
    with pytest.raises(Conflict, match="Restore it first"):
        await studio.change(Operation.ENLARGE)


async def test_without_its_model_a_picture_can_still_be_enlarged(
    studio: Changing, engine: ScriptedEngine
) -> None:
    await studio.execute("update generated_images set user_model_id = null")
    with pytest.raises(Conflict, match="model of this picture was deleted"):
        await studio.change(Operation.EDIT, prompt="at night")
    engine.on_submit.append(images(picture()))
    done = await studio.ended((await studio.change(Operation.ENLARGE)).id)
    assert (done.status, done.user_model_id) == ("succeeded", None)


async def test_no_credit_no_change(studio: Changing, engine: ScriptedEngine) -> None:
    engine.on_submit.append(images(picture(), picture(), picture()))
    await studio.ended((await studio.generate(count=3)).id)
    with pytest.raises(InsufficientCredits):
        await studio.change(Operation.ENLARGE)


class TestTheBooth:
    """The engine that everybody has, on a photograph."""

    @pytest.fixture
    def engine(self, storage: Storage) -> Engine:
        async def retouch(picture: bytes, *, task: str, **arguments: Any) -> bytes:
            return await asyncio.to_thread(RETOUCHES[task], picture, **arguments)

        async def render(photos: Sequence[bytes], **arguments: Any) -> Made:
            raise AssertionError("nothing is rendered anew")

        return PreviewEngine(storage, render, retouch)

    async def test_a_background_goes_and_the_marks_say_how(self, studio: Changing) -> None:
        storage, image = studio.deps.storage, await studio.image(studio.image_id)
        async with studio.deps.transaction() as session:
            folder = await session.scalar(select(GeneratedImage.folder))
        photo = sitters.encoded(sitters.hopper(), "WEBP")
        await storage.put(f"{folder}/full.webp", photo, content_type="image/webp")
        assert set(image.operations) == {Operation.ENLARGE, Operation.CUTOUT}
        done = await studio.ended((await studio.change(Operation.CUTOUT)).id)
        assert (done.status_reason, done.made_by) == (None, "Photo booth, no generative AI")
        child = await studio.image(done.images[0].id)
        assert (child.content_type, child.width, child.height) == ("image/png", 874, 1024)
        async with studio.deps.transaction() as session:
            folder = await session.scalar(
                select(GeneratedImage.folder).where(GeneratedImage.id == child.id)
            )
            roots, _ = await certificates.roots(session)
        for name in ("full.png", "medium.webp", "thumb.webp"):
            data = await storage.get(f"{folder}/{name}")
            assert b"algorithmicallyEnhanced" in data
            assert Image.open(io.BytesIO(data)).convert("RGBA").getchannel("A").getextrema() == (
                0,
                255,
            )
        found = manifests.read(await storage.get(f"{folder}/full.png"), "image/png", roots)
        assert found is not None
        assert (found.signed, found.intact) == (True, True)


async def test_the_sheet_says_what_is_offered_and_what_it_costs(
    studio: Changing, engine: ScriptedEngine
) -> None:
    async with studio.deps.transaction() as session:
        found = await edit_sheet.sheet(
            session, studio.deps, user_id=studio.user_id, image_id=studio.image_id
        )
    assert (found.credits, found.available, found.scales) == (1, 3, [2, 4])
    assert found.formats == [name for name in get_args(Aspect) if name != "4:5"]  # its own
    assert found.presets[0].label == "Plain background"
    async with studio.deps.transaction() as session:
        stranger = await make_user(session)
        with pytest.raises(NotFound):
            await edit_sheet.sheet(
                session, studio.deps, user_id=stranger.id, image_id=studio.image_id
            )


@pytest.mark.parametrize("preset", edit_sheet.SCENES, ids=lambda preset: preset.label)
def test_the_booth_follows_every_edit_that_it_proposes(preset: edit_sheet.Preset) -> None:
    found = Vocabulary().understand(preset.prompt)
    assert found.understood
    assert found.not_understood == ()


async def test_what_was_painted_is_sent_once_and_kept_no_longer(
    studio: Changing, engine: ScriptedEngine
) -> None:
    painted = Image.new("L", (90, 112), 0)
    painted.paste(255, (0, 0, 40, 40))
    mask = sitters.encoded(painted)
    seen: list[bytes] = []

    async def look() -> bool:
        if engine.submitted and not seen:
            sent = engine.submitted[0].mask
            assert sent is not None
            seen.append(await studio.deps.storage.get(sent.key))
        return bool(seen)

    engine.on_submit.append(RemoteStatus("r1", RemoteState.RUNNING, 0.5))
    engine.on_poll.append(RemoteStatus("r1", RemoteState.RUNNING, 0.5))
    asked = await studio.change(Operation.INPAINT, prompt="a red scarf", mask=mask)
    await studio.until(look)
    sent = Image.open(io.BytesIO(seen[0]))
    assert (sent.size, sent.getextrema()) == ((90, 112), (0, 255))
    engine.on_poll.clear()
    engine.on_poll.append(images(picture()))
    done = await studio.ended(asked.id)
    assert (done.status, done.images[0].operation) == ("succeeded", Operation.INPAINT)
    async with studio.deps.transaction() as session:
        assert await session.scalar(select(Generation.mask)) is None


@pytest.mark.parametrize(
    ("operation", "mask", "message"),
    [
        (Operation.INPAINT, None, "Paint what is to change"),
        (Operation.EDIT, sitters.encoded(Image.new("L", (8, 8), 255)), "Only a change of a part"),
        (Operation.INPAINT, b"GIF89a", "A mask is a PNG"),
    ],
)
async def test_a_mask_that_is_none(
    studio: Changing, operation: Operation, mask: bytes | None, message: str
) -> None:
    with pytest.raises(Invalid, match=message):
        await studio.change(operation, prompt="a red scarf", mask=mask)


async def test_where_nothing_was_painted_the_credit_comes_back(
    studio: Changing, engine: ScriptedEngine
) -> None:
    black = sitters.encoded(Image.new("L", (90, 112), 0))
    asked = await studio.change(Operation.INPAINT, prompt="a red scarf", mask=black)
    done = await studio.ended(asked.id)
    assert done.status_reason == "Nothing was painted. Nothing was charged."
    assert ((await studio.balance()).available, engine.submitted) == (3, [])
