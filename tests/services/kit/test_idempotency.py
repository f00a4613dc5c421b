"""A repeat gets the first answer; nothing runs twice."""

import asyncio
import dataclasses
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.deps import Deps
from services.errors import Conflict, Invalid
from services.kit import idempotency
from services.kit.idempotency import Answer
from tests.builders import make_user
from tests.waiting import eventually

REQUEST, OTHER = b"r" * 32, b"o" * 32


async def claim(
    session: AsyncSession, deps: Deps, user_id: UUID, key: str = "k", request: bytes = REQUEST
) -> Answer | None:
    return await idempotency.claim(session, deps, user_id=user_id, key=key, request_hash=request)


async def test_the_answer_is_kept_for_a_day(session: AsyncSession, deps: Deps) -> None:
    anna, bert = await make_user(session), await make_user(session)
    assert await claim(session, deps, anna.id) is None
    await idempotency.keep(session, user_id=anna.id, key="k", answer=Answer(202, {"job_id": "1"}))
    assert await claim(session, deps, anna.id) == Answer(202, {"job_id": "1"})
    assert await claim(session, deps, bert.id) is None
    later = dataclasses.replace(deps, now=lambda: deps.now() + timedelta(days=1, seconds=1))
    await idempotency.prune(session, later)
    assert await claim(session, deps, anna.id) is None


async def test_another_request_under_the_same_key(session: AsyncSession, deps: Deps) -> None:
    user = await make_user(session)
    await claim(session, deps, user.id)
    with pytest.raises(Conflict, match="another request"):
        await claim(session, deps, user.id, request=OTHER)


async def test_under_way_then_abandoned(session: AsyncSession, deps: Deps) -> None:
    user = await make_user(session)
    await claim(session, deps, user.id)
    with pytest.raises(Conflict, match="under way"):
        await claim(session, deps, user.id)
    later = dataclasses.replace(deps, now=lambda: deps.now() + timedelta(minutes=11))
    assert await claim(session, later, user.id) is None


async def test_a_failed_request_frees_its_key(session: AsyncSession, deps: Deps) -> None:
    user = await make_user(session)
    await claim(session, deps, user.id)
    await idempotency.release(session, user_id=user.id, key="k")
    assert await claim(session, deps, user.id, request=OTHER) is None


@pytest.mark.parametrize("key", ["", "x" * 256, "sch\u00f6n", "tab\t", "nul\0"])
async def test_keys_that_are_none(session: AsyncSession, deps: Deps, key: str) -> None:
    user = await make_user(session)
    with pytest.raises(Invalid, match="printable"):
        await claim(session, deps, user.id, key=key)


async def test_a_concurrent_repeat_waits_for_the_first(live_deps: Deps) -> None:
    async with live_deps.transaction() as session:
        user_id = (await make_user(session)).id
    claimed, finish = asyncio.Event(), asyncio.Event()
    ran: list[str] = []

    async def request(name: str) -> Answer | None:
        async with live_deps.transaction() as session:
            if kept := await claim(session, live_deps, user_id):
                return kept
            ran.append(name)
            claimed.set()
            await finish.wait()
            await idempotency.keep(session, user_id=user_id, key="k", answer=Answer(201, name))
        return None

    first = asyncio.create_task(request("first"))
    await claimed.wait()
    second = asyncio.create_task(request("second"))
    await eventually(lambda: _waits_for_lock(live_deps))
    finish.set()
    assert await first is None
    assert await second == Answer(201, "first")
    assert ran == ["first"]


async def _waits_for_lock(deps: Deps) -> bool:
    """A look of its own: within a transaction Postgres shows the activity of its first look."""
    waiting = "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
    async with deps.transaction() as session:
        return bool(await session.scalar(text(waiting)))
