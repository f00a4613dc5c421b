"""Deleting what others are about to change: one wins, the others read that it is gone."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable
from typing import Any

import pytest
from sqlalchemy import text

from db.models import User
from services.credits import ledger, ledger_audit
from services.deps import Deps
from services.errors import Conflict, NotFound
from services.privacy import rights
from services.training import user_models
from tests.builders import make_image
from tests.studio import Studio
from tests.waiting import eventually

ROUNDS = 5
WAITING = "select count(*) from pg_locks where not granted"


@pytest.fixture
async def studio(live_deps: Deps) -> AsyncIterator[Studio]:
    studio = await Studio(live_deps).open(plan="pro")
    yield studio
    await studio.close()


async def delete(studio: Studio, model_id: Any) -> None:
    async with studio.deps.transaction() as session:
        await user_models.delete(session, user_id=studio.user_id, user_model_id=model_id)


async def rename(studio: Studio, model_id: Any) -> None:
    async with studio.deps.transaction() as session:
        await user_models.edit(
            session, studio.deps, user_id=studio.user_id, user_model_id=model_id, name="Else"
        )


async def forget(studio: Studio) -> None:
    async with studio.deps.transaction() as session:
        await rights.delete_member(
            session, studio.deps, user_id=studio.user_id, actor_id=studio.user_id
        )


async def blocked(studio: Studio) -> bool:
    async with studio.deps.transaction() as session:
        return bool(await session.scalar(text(WAITING)))


async def outcomes(*acts: Awaitable[object]) -> Counter[type]:
    return Counter(map(type, await asyncio.gather(*acts, return_exceptions=True)))


async def test_of_many_deletions_one_happens(studio: Studio) -> None:
    for _ in range(ROUNDS):
        async with studio.deps.transaction() as session:
            studio.model_id = await studio.add_model(session)
        await studio.train()
        acts = [delete(studio, studio.model_id) for _ in range(6)]
        assert await outcomes(*acts) == {type(None): 1, NotFound: 5}


async def test_a_name_for_a_model_that_goes_is_refused(studio: Studio) -> None:
    for _ in range(ROUNDS):
        async with studio.deps.transaction() as session:
            id = await studio.add_model(session, photos=0)
        found = await outcomes(*(rename(studio, id) for _ in range(5)), delete(studio, id))
        assert set(found) <= {type(None), NotFound}


async def test_a_training_that_begins_while_its_model_goes_keeps_no_credits(
    studio: Studio,
) -> None:
    async with studio.deps.transaction() as session:
        await session.execute(text("update plans set training_credits = 7"))
    for _ in range(ROUNDS):
        async with studio.deps.transaction() as session:
            studio.model_id = await studio.add_model(session)
        found = await outcomes(studio.train(), delete(studio, studio.model_id), studio.train())
        assert set(found) <= {user_models.UserModelView, type(None), NotFound, Conflict}
    async with studio.deps.transaction() as session:
        view = await ledger_audit.reckon(session)
    assert (view.broken, view.open_holds) == ({}, 0)


async def test_an_account_can_go_while_its_pictures_arrive(studio: Studio) -> None:
    """The handler holds its run, and then writes a row of the member; the deletion waits for it."""
    async with studio.deps.transaction() as session:
        await session.execute(text("update user_models set status = 'ready'"))
    generation = await studio.generate()

    async with studio.deps.transaction() as handler:
        await handler.execute(text("select from remote_jobs for share"))
        deletion = asyncio.create_task(forget(studio))
        await eventually(lambda: blocked(studio))
        await make_image(handler, user_id=studio.user_id, generation_id=generation.id)
    await deletion
    async with studio.deps.transaction() as session:
        assert await session.get(User, studio.user_id) is None


async def test_credits_for_a_member_who_goes_at_that_moment_are_refused(studio: Studio) -> None:
    """Their account of credits was never opened, so there is no row that both would lock."""

    async def give() -> None:
        async with studio.deps.transaction() as session:
            await ledger.grant(
                session, user_id=studio.user_id, credits=5, reference="gift:1", reason="Thanks"
            )

    async with studio.deps.transaction() as session:
        await session.execute(text("delete from users where id = :id"), {"id": studio.user_id})
        gift = asyncio.create_task(give())
        await eventually(lambda: blocked(studio))
    with pytest.raises(NotFound):
        await gift
