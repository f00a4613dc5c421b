"""The studio's words to pick: where the engine follows a vocabulary, and nothing made up."""

from typing import Any

import pytest
from nicegui.testing import User as Visitor
from nicegui.testing import UserInteraction

from components.prompt_words import PromptWords
from services.accounts.users import UserView
from services.deps import Deps
from services.engines.base import Engine
from services.engines.preview.words.vocabulary import Vocabulary
from tests.builders import make_training_image, make_user_model
from tests.doubles.engine import ScriptedEngine


@pytest.fixture
def engine() -> Engine:
    return ScriptedEngine()


async def opened(visitor: Visitor, live_deps: Deps, anna: UserView) -> list[PromptWords]:
    """The studio's elements of this kind."""
    async with live_deps.transaction() as session:
        model = await make_user_model(session, user_id=anna.id, name="Anna")
        await make_training_image(session, user_model=model)
    await visitor.open("/studio")
    assert visitor.client
    return [e for e in visitor.client.elements.values() if isinstance(e, PromptWords)]


async def test_an_engine_that_takes_any_words_offers_none(
    visitor: Visitor, live_deps: Deps, anna: UserView
) -> None:
    assert await opened(visitor, live_deps, anna) == []
    await visitor.should_see("Place, light, clothes, mood.")


async def test_what_a_browser_makes_up_is_not_written(
    visitor: Visitor, live_deps: Deps, anna: UserView, engine: ScriptedEngine
) -> None:
    engine.words = Vocabulary()
    words = (await opened(visitor, live_deps, anna))[0]
    made_up: list[Any] = [{"text": "x", "kind": "place", "value": "narnia"}, {}, "x", None, 3, [[]]]
    sent = visitor.find(kind=PromptWords)
    for args in made_up:
        sent.trigger("pick", args).trigger("idea", args)
    assert words.props["reading"]["text"] == ""
    sent.trigger("pick", {"text": "at dawn", "kind": "place", "value": "beach"})
    assert words.props["reading"]["text"] == "at dawn, on a beach"


async def test_what_the_chosen_style_hides_is_said(
    visitor: Visitor, live_deps: Deps, anna: UserView, engine: ScriptedEngine
) -> None:
    engine.words = Vocabulary()
    (words,) = await opened(visitor, live_deps, anna)
    visitor.find(kind=PromptWords).trigger("pick", {"text": "", "kind": "colour", "value": "red"})
    assert [term["label"] for term in words.props["reading"]["understood"]] == ["red"]
    assert visitor.client
    inputs = [e for e in visitor.client.elements.values() if e.props.get("value") == "pencil"]
    UserInteraction(visitor, set(inputs), None).trigger("change", "pencil")
    assert words.props["reading"]["understood"] == []
