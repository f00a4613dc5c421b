"""Instant beside trained, on the page of a model that can be used both ways."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from nicegui.testing import User as Visitor
from sqlalchemy import select

from db.models import Generation
from services.accounts.users import UserView
from services.deps import Deps
from services.engines.base import Method
from services.engines.registry import Registry
from tests.builders import make_image, make_training_image, make_user_model
from tests.doubles.engine import INFO, ScriptedEngine
from tests.pages.conftest import ANNA
from tests.serving import serving
from tests.waiting import eventually

BOTH = replace(INFO, methods=(Method.TRAINED, Method.INSTANT))


@pytest.fixture
async def visitor(live_deps: Deps) -> AsyncIterator[Visitor]:
    """Anna, where one engine makes pictures both ways."""
    deps = replace(live_deps, engines=Registry.of(ScriptedEngine(BOTH)))
    async with serving(deps) as visitor:
        await visitor.http_client.post("/register", data=ANNA)
        yield visitor


async def test_both_are_asked_for_at_once_and_shown_with_their_numbers(
    visitor: Visitor, live_deps: Deps, anna: UserView
) -> None:
    async with live_deps.transaction() as session:
        model = await make_user_model(
            session, user_id=anna.id, name="Ben", status="ready", lora_key="lora"
        )
        await make_training_image(session, user_model=model)
    await visitor.open("/studio")
    visitor.find(marker="compare-both").click()
    await visitor.should_see("Instant beside trained")
    visitor.find(marker="compare").click()

    async def asked() -> bool:
        async with live_deps.transaction() as session:
            return len(list(await session.scalars(select(Generation.id)))) == 2

    await eventually(asked)
    async with live_deps.transaction() as session:
        rows = list(await session.scalars(select(Generation)))
        assert {row.method for row in rows} == {"instant", "trained"}
        assert len({(row.seed, row.prompt, row.created_at) for row in rows}) == 1
        for row in rows:
            await make_image(
                session,
                user_id=anna.id,
                user_model_id=model.id,
                generation_id=row.id,
                method=row.method,
                likeness=81.0 if row.method == "trained" else 58.0,
                likeness_word="close" if row.method == "trained" else "recognisable",
            )
            row.status = "succeeded"
    await visitor.open(f"/models/{model.id}")
    await visitor.should_see("Likeness 58, recognisable.")
    await visitor.should_see("Likeness 81, close.")
    await visitor.should_see("Likeness: instant 58, trained 81, your own photos 90.")


async def test_a_model_that_is_not_trained_has_nothing_to_compare(
    visitor: Visitor, live_deps: Deps, anna: UserView
) -> None:
    async with live_deps.transaction() as session:
        model = await make_user_model(session, user_id=anna.id, name="Ben", status="ready")
        await make_training_image(session, user_model=model)
    await visitor.open(f"/models/{model.id}")
    await visitor.should_not_see("Instant beside trained")
