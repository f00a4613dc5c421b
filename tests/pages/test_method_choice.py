"""The studio's choice of how a picture is made: trained, instant, or the photo booth."""

from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import UUID

import pytest
from nicegui.testing import User as Visitor
from nicegui.testing.user_interaction import UserInteraction
from sqlalchemy import select, update

from components.dom import El
from components.method_picker import MEANS
from components.prompt_words import PromptWords
from db.models import Generation, UserModel
from services.accounts.users import UserView
from services.deps import Deps
from services.engines.base import EngineInfo, Method
from services.engines.preview.words.vocabulary import Vocabulary
from services.engines.registry import Registry
from services.training import consents
from tests.builders import make_training_image, make_user_model
from tests.doubles.engine import INFO, ScriptedEngine
from tests.pages.conftest import ANNA
from tests.serving import serving
from tests.waiting import eventually

REAL: EngineInfo = replace(
    INFO,
    name="real",
    notice="A real engine.",
    methods=(Method.TRAINED, Method.INSTANT),
    by_method={
        Method.INSTANT: replace(INFO, name="real", notice="From photos.", steps=None, max_people=2)
    },
)


@pytest.fixture
async def visitor(live_deps: Deps) -> AsyncIterator[Visitor]:
    """Anna, where a real engine is the usual one and the photo booth is there, too."""
    booth = ScriptedEngine(replace(INFO, name="booth", notice="The booth.", steps=None))
    booth.words = Vocabulary()
    deps = replace(live_deps, engines=Registry.of(ScriptedEngine(REAL), booth))
    async with serving(deps) as visitor:
        await visitor.http_client.post("/register", data=ANNA)
        yield visitor


@pytest.fixture
async def model(live_deps: Deps, anna: UserView) -> UUID:
    """Her draft with one photo."""
    async with live_deps.transaction() as session:
        made = await make_user_model(session, user_id=anna.id, name="Anna")
        await make_training_image(session, user_model=made)
    return made.id


def options(visitor: Visitor) -> list[El]:
    """The radios of the switch."""
    assert visitor.client
    methods = {str(method) for method in Method}
    elements = visitor.client.elements.values()
    return [e for e in elements if isinstance(e, El) and e.props.get("value") in methods]


def choose(visitor: Visitor, method: Method) -> None:
    """A click on one of them."""
    (radio,) = [e for e in options(visitor) if e.props["value"] == method]
    UserInteraction(visitor, {radio}, None).trigger("change", str(method))


def type_prompt(visitor: Visitor, text: str) -> None:
    """What stands in the field, as the browser tells it."""
    assert visitor.client
    elements = visitor.client.elements.values()
    (field,) = [e for e in elements if isinstance(e, El) and e.tag == "textarea"]
    UserInteraction(visitor, {field}, None).trigger("input", text)


async def test_a_draft_is_made_instantly_or_in_the_booth_and_each_says_what_it_means(
    visitor: Visitor, live_deps: Deps, model: UUID
) -> None:
    await visitor.open("/studio")
    assert [radio.props["value"] for radio in options(visitor)] == ["instant", "preview"]
    await visitor.should_see(MEANS[Method.INSTANT])
    await visitor.should_see("From photos.")
    await visitor.should_not_see(kind=PromptWords)
    choose(visitor, Method.PREVIEW)
    await visitor.should_see("The booth.")
    await visitor.should_see(MEANS[Method.PREVIEW])
    await visitor.should_see(kind=PromptWords)
    choose(visitor, Method.INSTANT)
    await visitor.should_see("From photos.")
    await visitor.should_not_see(kind=PromptWords)


async def test_another_model_by_the_same_method_leaves_the_form_as_it_is(
    visitor: Visitor, live_deps: Deps, anna: UserView, model: UUID
) -> None:
    async with live_deps.transaction() as session:
        other = await make_user_model(session, user_id=anna.id, name="Ben")
        await make_training_image(session, user_model=other)
    await visitor.open("/studio")
    choose(visitor, Method.PREVIEW)
    await visitor.should_see(kind=PromptWords)
    before = visitor.find(kind=PromptWords).elements
    assert visitor.client
    (models, *_) = [
        e for e in visitor.client.elements.values() if getattr(e, "tag", "") == "select"
    ]
    for id in (model, other.id):
        UserInteraction(visitor, {models}, None).trigger("change", str(id))
        await visitor.should_see(MEANS[Method.PREVIEW])
    assert visitor.find(kind=PromptWords).elements == before


async def test_the_best_method_is_meant_until_another_is_chosen(
    visitor: Visitor, live_deps: Deps, model: UUID
) -> None:
    async with live_deps.transaction() as session:
        await session.execute(update(UserModel).values(status="ready", lora_key="lora"))
    await visitor.open("/studio")
    await visitor.should_see(MEANS[Method.TRAINED])
    await visitor.should_see("Steps")
    choose(visitor, Method.INSTANT)
    await visitor.should_see("From photos.")
    await visitor.should_not_see("Steps")
    type_prompt(visitor, "by the sea")
    choose(visitor, Method.TRAINED)
    await visitor.should_see("A real engine.")
    choose(visitor, Method.INSTANT)
    await visitor.should_see("From photos.")
    visitor.find(marker="make").click()

    async def asked() -> bool:
        async with live_deps.transaction() as session:
            rows = await session.execute(select(Generation.method, Generation.prompt))
            return [tuple(row) for row in rows] == [("instant", "by the sea")]

    await eventually(asked)


async def test_two_people_are_made_instantly_and_the_way_back_is_there(
    visitor: Visitor, live_deps: Deps, anna: UserView, model: UUID
) -> None:
    async with live_deps.transaction() as session:
        await session.execute(update(UserModel).values(lora_key="lora", status="ready"))
        other = await make_user_model(session, user_id=anna.id, name="Ben")
        await make_training_image(session, user_model=other)
        for each in (model, other.id):
            given = {"subject_is": "self", "text_version": consents.current(live_deps)}
            await consents.give(
                session, live_deps, user_id=anna.id, user_model_id=each, ip="", **given
            )
    await visitor.open(f"/studio?model={model}&prompt=at+sea")
    await visitor.should_see("Trained")
    with_ben(visitor, str(other.id))
    await visitor.should_not_see("Trained")
    visitor.find(marker="make").click()
    await visitor.should_see("Anna and Ben")
    async with live_deps.transaction() as session:
        made = (await session.scalars(select(Generation))).one()
    assert (made.user_model_id, made.second_model_id) == (model, other.id)
    assert (made.method, made.people) == ("instant", 2)
    with_ben(visitor, "")
    await visitor.should_see("Trained")


def with_ben(visitor: Visitor, key: str) -> None:
    """A choice in the list of others."""
    assert visitor.client
    elements = visitor.client.elements.values()
    selects = [e for e in elements if isinstance(e, El) and e.tag == "select"]
    UserInteraction(visitor, {selects[1]}, None).trigger("change", key)
