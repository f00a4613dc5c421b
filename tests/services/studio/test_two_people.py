"""Two people in a picture: photos of both, the consent of both, and a number for each."""

from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update

from db.models import Consent, GeneratedImage
from services.deps import Deps
from services.engines.base import Method, Operation
from services.errors import Conflict, Invalid, NotFound
from services.faces.memory import FaceMemory
from services.gallery import images as gallery
from services.gallery.image_query import Filters
from services.gallery.images import ImageView
from services.privacy import rights
from services.studio import edit_sheet
from services.studio.generations import GenerationView
from services.training import model_likeness, user_models
from tests.doubles.engine import ScriptedEngine, images, picture
from tests.real_faces import ONE, OTHER, beside, file, photograph
from tests.services.training.test_likeness import send
from tests.studio import Studio


class Pair(Studio):
    """A member with a model of each of two people."""

    second_id = UUID(int=0)

    async def begin(self, *, photos: int) -> "Pair":
        await self.open(plan="creator", photos=photos, status="ready", name="Ada", subject="woman")
        async with self.deps.transaction() as session:
            self.second_id = await self.add_model(session, photos=photos, name="Ben", subject="man")
        return self

    async def both(self, **values: object) -> GenerationView:
        return await self.generate(**{"second_model_id": self.second_id, "count": 1} | values)

    async def delete(self, id: UUID) -> None:
        async with self.deps.transaction() as session:
            await user_models.delete(session, user_id=self.user_id, user_model_id=id)

    async def found(self, filters: Filters) -> list[UUID]:
        async with self.deps.transaction() as session:
            page = await gallery.page(session, self.deps, user_id=self.user_id, filters=filters)
            return [image.id for image in page.items]

    async def kept(self) -> list[GeneratedImage]:
        async with self.deps.transaction() as session:
            return list(await session.scalars(select(GeneratedImage)))


@pytest.fixture
def engine() -> ScriptedEngine:
    engine = ScriptedEngine()
    engine.is_(methods=(Method.INSTANT,), max_people=2, operations=tuple(Operation))
    return engine


@pytest.fixture
async def pair(live_deps: Deps) -> AsyncIterator[Pair]:
    pair = await Pair(live_deps).begin(photos=6)
    yield pair
    await pair.close()


async def test_both_are_shown_to_the_engine_and_named(pair: Pair, engine: ScriptedEngine) -> None:
    engine.on_submit.append(images(picture()))
    done = await pair.ended((await pair.both()).id)
    assert done.status == "succeeded", done.status_reason
    assert (done.user_model_name, done.second_model_name) == ("Ada", "Ben")
    request = engine.submitted[0]
    assert (request.subject, len(request.photos)) == ("woman", 4)  # half of eight each
    assert request.second is not None
    assert (request.second.subject, len(request.second.photos)) == ("man", 4)
    (image,) = done.images
    assert (image.model_id, image.second_model_id) == (pair.model_id, pair.second_id)


async def test_an_edit_of_both_stays_a_picture_of_both(pair: Pair, engine: ScriptedEngine) -> None:
    engine.on_submit.append(images(picture()))
    (image,) = (await pair.ended((await pair.both()).id)).images
    change = {"operation": Operation.EDIT, "prompt": "at night", "source_image_id": image.id}
    asked = await pair.generate(user_model_id=None, count=None, **change)
    (child,) = (await pair.ended(asked.id)).images
    assert child.second_model_id == pair.second_id
    await pair.delete(pair.second_id)
    with pytest.raises(Conflict, match="A model of this picture was deleted"):
        await pair.generate(user_model_id=None, count=None, **change)


async def test_who_may_not_be_shown(pair: Pair, engine: ScriptedEngine) -> None:
    stranger = await Pair(pair.deps).begin(photos=1)
    for id in (uuid4(), stranger.second_id):
        with pytest.raises(NotFound):
            await pair.both(second_model_id=id)
    with pytest.raises(Invalid, match="another model"):
        await pair.both(second_model_id=pair.model_id)
    with pytest.raises(Conflict, match="by photos of both"):
        await pair.both(method=Method.TRAINED)
    engine.is_(max_people=1)
    with pytest.raises(Conflict, match="Scripted shows one person in a picture"):
        await pair.both()
    engine.is_(max_people=2)
    async with pair.deps.transaction() as session:
        named = Consent.user_model_id == pair.second_id
        await session.execute(update(Consent).where(named).values(withdrawn_at=pair.deps.now()))
    with pytest.raises(Conflict, match="consent for this model was withdrawn"):
        await pair.both()
    assert engine.submitted == []


async def test_one_is_deleted_while_both_wait(pair: Pair, engine: ScriptedEngine) -> None:
    engine.on_submit.append(images(picture()))
    asked = await pair.both()
    await pair.delete(pair.second_id)
    done = await pair.ended(asked.id)
    assert done.status == "failed"
    assert done.status_reason == "One of its models was deleted. Nothing was charged."
    assert (engine.submitted, await pair.open_holds()) == ([], [])


async def test_without_the_consent_of_either_no_picture_of_both_is_left(
    pair: Pair, engine: ScriptedEngine
) -> None:
    engine.on_submit.append(images(picture()))
    await pair.ended((await pair.both()).id)
    alone = await pair.ended((await pair.generate(count=1)).id)
    under_way = await pair.both()
    async with pair.deps.transaction() as session:
        await rights.withdraw_consent(
            session, pair.deps, user_id=pair.user_id, user_model_id=pair.second_id
        )
    assert [image.id for image in await pair.kept()] == [alone.images[0].id]
    assert (await pair.generation(under_way.id)).status == "canceled"


async def test_the_gallery_finds_both_by_either(pair: Pair, engine: ScriptedEngine) -> None:
    engine.on_submit.extend([images(picture()), images(picture())])
    (both,) = (await pair.ended((await pair.both()).id)).images
    (alone,) = (await pair.ended((await pair.generate(count=1)).id)).images
    of_ada, of_ben = Filters(model_id=pair.model_id), Filters(model_id=pair.second_id)
    assert await pair.found(of_ada) == await pair.found(Filters(q="ada")) == [alone.id, both.id]
    assert await pair.found(of_ben) == await pair.found(Filters(q="ben")) == [both.id]
    await pair.delete(pair.model_id)
    assert await pair.found(of_ben) == [both.id]


async def made_again(pair: Pair, engine: ScriptedEngine, image: ImageView) -> None:
    """His face, the second one: refused where it is no better, and counted for his own model."""
    engine.on_submit.insert(0, images(file(beside(photograph(OTHER), photograph(ONE[4])))))
    asked = {"operation": Operation.FACE, "source_image_id": image.id, "prompt": "", "count": None}
    job = await pair.generate(user_model_id=pair.second_id, **asked)
    assert (await pair.ended(job.id)).status_reason == (
        "The new face was no more like the person. Nothing was charged."
    )
    await pair.execute("update generated_images set second_likeness = null")
    async with pair.deps.transaction() as session:
        sheet = await edit_sheet.sheet(session, pair.deps, user_id=pair.user_id, image_id=image.id)
        of_each = await model_likeness.by_model(session, [pair.model_id, pair.second_id])
    assert [person.name for person in sheet.faces] == ["Ada"]
    assert of_each.keys() == {pair.model_id}
    with pytest.raises(Conflict, match="face of this person was not measured"):
        await pair.generate(user_model_id=pair.second_id, **asked)


async def test_each_face_has_a_number_of_its_own(live_deps: Deps, engine: ScriptedEngine) -> None:
    pair = await Pair(replace(live_deps, faces=FaceMemory())).begin(photos=0)
    ben = photograph(OTHER)
    for name in ONE[:4]:
        await send(pair, file(photograph(name)))
    pair.model_id, pair.second_id = pair.second_id, pair.model_id
    for cut in range(4):
        await send(pair, file(ben.crop((7 * cut, 5 * cut, ben.width - 3 * cut, ben.height))))
    pair.model_id, pair.second_id = pair.second_id, pair.model_id
    twice = file(beside(photograph(ONE[4]), photograph(ONE[0])))
    engine.on_submit.extend([images(file(beside(ben, photograph(ONE[4])))), images(twice)])
    done = await pair.ended((await pair.both()).id)
    (image,) = done.images
    assert image.likeness is not None
    assert image.second_likeness is not None
    assert min(image.likeness, image.second_likeness) > 75
    async with pair.deps.transaction() as session:
        of_each = await model_likeness.by_model(session, [pair.model_id, pair.second_id])
    assert of_each == {
        pair.model_id: {"instant": image.likeness},
        pair.second_id: {"instant": image.second_likeness},
    }
    await made_again(pair, engine, image)
    done = await pair.ended((await pair.both()).id)  # she is in it twice, and he is not
    assert done.images[0].second_likeness is not None
    assert done.images[0].second_likeness < 40
    assert done.status_reason == "1 made, 1 not charged: not both people look like themselves."
    await pair.close()
