"""API keys: shown once, hashed, revocable."""

import dataclasses
from datetime import datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import ApiKey
from services.accounts import api_keys
from services.deps import Deps
from services.errors import Conflict, Invalid, NotFound
from tests.builders import make_user


async def test_made_used_and_revoked(session: AsyncSession, deps: Deps) -> None:
    user = await make_user(session)
    view, key = await api_keys.create(session, deps, user_id=user.id, name=" Backup\n script ")
    assert view.name == "Backup script"
    assert key.startswith(view.prefix)
    assert len(key) > len(view.prefix) + 30
    found = await api_keys.find(session, deps, key=key)
    assert found
    assert found.id == user.id
    (listed,) = await api_keys.of_user(session, user_id=user.id)
    assert listed.last_used_at == deps.now()
    await api_keys.revoke(session, deps, user_id=user.id, key_id=view.id)
    assert await api_keys.find(session, deps, key=key) is None
    assert not await api_keys.of_user(session, user_id=user.id)


async def test_the_key_itself_is_not_stored(session: AsyncSession, deps: Deps) -> None:
    user = await make_user(session)
    _, key = await api_keys.create(session, deps, user_id=user.id, name="Backup")
    row = (await session.scalars(select(ApiKey))).one()
    assert key not in f"{row.key_hash!r} {row.prefix} {row.name}"


def _after(deps: Deps, seconds: int) -> datetime:
    return deps.now() + timedelta(seconds=seconds)


async def test_use_is_noted_once_a_minute(session: AsyncSession, deps: Deps) -> None:
    user = await make_user(session)
    _, key = await api_keys.create(session, deps, user_id=user.id, name="Backup")
    for seconds, noted in ((0, 0), (30, 0), (61, 61)):
        later = dataclasses.replace(deps, now=partial(_after, deps, seconds))
        await api_keys.find(session, later, key=key)
        (view,) = await api_keys.of_user(session, user_id=user.id)
        assert view.last_used_at == deps.now() + timedelta(seconds=noted)


async def test_anothers_key_does_not_exist(session: AsyncSession, deps: Deps) -> None:
    anna, bert = await make_user(session), await make_user(session)
    view, key = await api_keys.create(session, deps, user_id=anna.id, name="Backup")
    with pytest.raises(NotFound):
        await api_keys.revoke(session, deps, user_id=bert.id, key_id=view.id)
    assert await api_keys.find(session, deps, key=key)


async def test_a_disabled_members_key_is_dead(session: AsyncSession, deps: Deps) -> None:
    user = await make_user(session, disabled_at=deps.now())
    _, key = await api_keys.create(session, deps, user_id=user.id, name="Backup")
    assert await api_keys.find(session, deps, key=key) is None


async def test_limits(session: AsyncSession, deps: Deps) -> None:
    user = await make_user(session)
    for name in ("", " \n ", "x" * 81):
        with pytest.raises(Invalid, match="Name"):
            await api_keys.create(session, deps, user_id=user.id, name=name)
    for i in range(api_keys.MAXIMUM):
        await api_keys.create(session, deps, user_id=user.id, name=f"Key {i}")
    with pytest.raises(Conflict, match="Revoke one"):
        await api_keys.create(session, deps, user_id=user.id, name="One more")


@pytest.mark.parametrize("key", ["", "lk_", "lk_guess", "\ud800", "x" * 10_000])
async def test_guesses(session: AsyncSession, deps: Deps, key: str) -> None:
    assert await api_keys.find(session, deps, key=key) is None
