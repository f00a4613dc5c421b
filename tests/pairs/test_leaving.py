"""A member deletes the account, or takes a consent back, while others are at work on it."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import select

from db.models import AuditEntry
from services.accounts import administration
from services.credits import plan_changes
from services.engines.registry import Registry
from services.errors import NotFound
from services.privacy import rights
from services.storage.base import StorageError
from tests.doubles.engine import INFO, ScriptedEngine
from tests.pairs.house import PENDING, RUNNING, House, at_once
from tests.pairs.table import pair
from tests.studio import Studio

Leaving = Callable[[House, Studio], Awaitable[None]]


async def leave(house: House, anna: Studio) -> None:
    """Deletes the account."""
    async with house.act() as session:
        await rights.delete_member(session, house.deps, user_id=anna.user_id, actor_id=anna.user_id)


async def withdraw(house: House, anna: Studio) -> None:
    """Takes the consent for the model back."""
    async with house.act() as session:
        await rights.withdraw_consent(
            session, house.deps, user_id=anna.user_id, user_model_id=anna.model_id
        )


both = pytest.mark.parametrize("way_out", [leave, withdraw])


async def with_pictures(house: House, count: int = 3) -> Studio:
    """A member whose model has made pictures, which are in the gallery."""
    anna = await house.member(status="ready")
    house.makes(count)
    await anna.ended((await anna.generate(count=count)).id)
    return anna


async def nothing_is_left(house: House, anna: Studio) -> None:
    """Once the queue is worked: no picture, photo, model or file."""
    await anna.close()
    await house.settle()
    assert await house.files(anna) == []
    for table in ("generated_images", "training_images", "user_models"):
        assert await house.count(table, anna) == 0


@pair("leave", "erase")
@pair("withdraw", "erase")
@both
async def test_pictures_are_thrown_away_and_purged_at_the_same_time(
    house: House, way_out: Leaving
) -> None:
    anna = await with_pictures(house)
    some = set(sorted(await house.pictures(anna))[:2])
    await house.trash(anna, some)

    async def purge() -> None:
        await house.erase(anna, some)
        await house.purge()

    ends = await at_once(way_out(house, anna), purge(), house.purge())
    assert ends["done"] == 3
    await house.purge()
    await nothing_is_left(house, anna)


class Faulty:
    """A storage that fails while it erases, as when its process is killed."""

    def __init__(self, house: House) -> None:
        self._real = house.deps.storage

    def __getattr__(self, name: str) -> object:
        return getattr(self._real, name)

    async def erase(self, prefix: str) -> object:
        """Some of it, then the end."""
        async for info in self._real.list(prefix):
            await self._real.delete([info.key])
            break
        raise StorageError("killed")


@pair("leave", "restart")
@pair("withdraw", "restart")
@both
async def test_a_process_dies_while_it_erases(house: House, way_out: Leaving) -> None:
    """The next one, with other settings, finishes it."""
    anna = await with_pictures(house)
    await anna.close()
    dying = house.container(storage=Faulty(house))
    await way_out(house, anna)
    await dying.works()
    await dying.stops()
    assert await house.files(anna)
    settings = house.deps.settings.model_copy(update={"registration": "closed"})
    await house.container(settings=settings).works()
    await nothing_is_left(house, anna)


@pair("withdraw", "role")
async def test_a_process_without_any_key_erases_all_the_same(house: House) -> None:
    anna = await with_pictures(house)
    without = house.container(engines=Registry.of(ScriptedEngine(replace(INFO, name="other"))))
    await withdraw(house, anna)
    await without.works()
    assert await house.files(anna) == []
    await nothing_is_left(house, anna)


@pair("leave", "engine")
@pair("withdraw", "engine")
@both
@pytest.mark.parametrize("work", ["train", "generate"])
async def test_the_engine_is_away_while_its_work_is_called_off(
    house: House, way_out: Leaving, work: str
) -> None:
    """It is told to stop as soon as it is back, and what it still brings is thrown away."""
    anna = await house.member(photos=10, status="draft" if work == "train" else "ready")
    house.takes()
    await (anna.train() if work == "train" else anna.generate(count=2))

    async def running() -> bool:
        return await anna.run_states() == ["running"]

    await anna.until(running)
    await anna.close()
    other = ScriptedEngine(replace(INFO, name="other"))
    other.on_submit.append(PENDING)
    other.on_poll.append(RUNNING)
    switched = house.container(engines=Registry.of(other))
    await way_out(house, anna)
    await switched.works()
    assert (house.engine.canceled, other.canceled) == ([], [])
    house.finishes(2)
    await house.container().works()
    assert house.engine.canceled == ["r1"]
    assert await house.spent() == 0
    await nothing_is_left(house, anna)


async def gives_a_plan(house: House, admin: UUID, anna: Studio) -> None:
    async with house.act() as session:
        await plan_changes.set_plan(
            session, user_id=anna.user_id, plan="free", actor_id=admin, reason="Test"
        )


async def gives_credits(house: House, admin: UUID, anna: Studio) -> None:
    async with house.act() as session:
        await plan_changes.give_credits(
            session, house.deps, user_id=anna.user_id, credits=5, actor_id=admin, reason="Test"
        )


async def disables(house: House, admin: UUID, anna: Studio) -> None:
    async with house.act() as session:
        await administration.disable(session, house.deps, actor_id=admin, user_id=anna.user_id)


@pair("leave", "plan")
@pair("leave", "tab")
@pytest.mark.parametrize("act", [gives_a_plan, gives_credits, disables])
async def test_an_administrator_acts_on_a_member_who_is_leaving(
    house: House, act: Callable[[House, UUID, Studio], Awaitable[None]]
) -> None:
    """Whoever comes second reads that there is no such member; nothing is left of either."""
    admin = await house.admin()
    for _ in range(5):
        anna = await house.member(photos=0)
        ends = await at_once(leave(house, anna), act(house, admin, anna))
        assert ends["done"] + ends[NotFound.__name__] == 2
        for table in ("credit_accounts", "credit_entries", "sessions"):
            assert await house.count(table, anna) == 0


@pair("leave", "tab")
@pair("withdraw", "tab")
@both
async def test_both_tabs_confirm(house: House, way_out: Leaving) -> None:
    anna = await with_pictures(house)
    ends = await at_once(*(way_out(house, anna) for _ in range(3)))
    assert ends == {"done": 1, NotFound.__name__: 2}
    await nothing_is_left(house, anna)
    async with house.act() as session:
        query = select(AuditEntry.action).where(
            AuditEntry.action.in_(("user.deleted", "consent.withdrawn"))
        )
        assert len((await session.scalars(query)).all()) == 1


@pair("leave", "container")
@pair("withdraw", "container")
@both
async def test_another_container_stores_pictures_at_that_moment(
    house: House, way_out: Leaving
) -> None:
    """Between the file and its row: the row does not come, and the file goes."""
    anna = await house.member(status="ready")
    house.makes(3)
    await anna.generate(count=3)
    house.meanwhile("/images/", lambda: way_out(house, anna))
    storing = house.container()
    await storing.works()
    await nothing_is_left(house, anna)
