"""The operator saves or restores the database while members are at work, or after they left."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pydantic import SecretStr

from services.app import startup
from services.maintenance import backup, storage_orphans
from services.privacy import deleted_members, rights
from services.settings import DatabaseSettings, Settings
from tests.pairs.house import House
from tests.pairs.table import pair
from tests.services.jobs.kit import run_sql
from tests.services.maintenance.test_backup import terminate_others


async def save(house: House, file: Path) -> None:
    """`main.py backup FILE`, beside whatever runs."""
    await asyncio.to_thread(backup.save, house.url, file)


async def restore(house: House, file: Path) -> None:
    """Likeness is stopped, `main.py restore FILE`, and started again."""
    await house.close()
    terminate_others(house.url)
    await asyncio.to_thread(backup.restore, house.url, file)


@pair("command", "container")
async def test_pictures_are_made_while_the_database_is_saved_and_again_after_a_restore(
    house: House, tmp_path: Path
) -> None:
    """The copy has the work as it stood; restored, it is done to the end and paid once."""
    anna = await house.member(plan="free", status="ready")
    house.takes()
    asked = await anna.generate(count=2)
    working = house.container()
    await asyncio.gather(save(house, tmp_path / "copy"), working.works())
    house.finishes(2)
    await anna.ended(asked.id)
    assert (await anna.balance()).available == 1

    await restore(house, tmp_path / "copy")
    assert ((await anna.balance()).available, (await anna.balance()).held) == (1, 2)
    again = house.container()
    await again.takes_over()

    async def over() -> bool:
        return not (await anna.generation(asked.id)).active

    await again.until(over)
    assert len(await house.pictures(anna)) == 2
    assert ((await anna.balance()).available, await house.spent()) == (1, 2)
    await forget_files_without_rows(house)


@pair("command", "erase")
async def test_who_left_after_a_backup_does_not_come_back_with_it(
    house: House, tmp_path: Path
) -> None:
    anna, bert = await house.member(photos=2), await house.member(photos=2)
    await run_sql(house.deps, "insert into job_ticks values ('t', now() + interval '1 hour')")
    await save(house, tmp_path / "copy")
    async with house.act() as session:
        await rights.delete_member(session, house.deps, user_id=anna.user_id, actor_id=anna.user_id)
    await house.container().works()
    assert await house.files(anna) == []

    await restore(house, tmp_path / "copy")
    assert await house.count("user_models", anna) == 1
    assert await run_sql(house.deps, "select name from job_ticks where due_at > now()") == []
    await deleted_members.forget(house.deps)
    await house.settle()
    for table in ("user_models", "training_images", "consents", "sessions"):
        assert await house.count(table, anna) == 0
    assert (await bert.model()).photos == 2


@pair("command", "erase")
async def test_pictures_are_purged_while_the_database_is_saved(
    house: House, tmp_path: Path
) -> None:
    """The copy is of one moment: a picture is in it with all of its rows, or not at all."""
    anna = await house.member(status="ready")
    house.makes(4)
    await anna.ended((await anna.generate(count=4)).id)
    ids = await house.pictures(anna)
    await house.trash(anna, ids)
    await house.erase(anna, ids)
    await asyncio.gather(save(house, tmp_path / "copy"), house.purge())
    await restore(house, tmp_path / "copy")
    await house.purge()
    assert await house.count("generated_images", anna) == 0
    assert (await anna.balance()).held == 0


CONTAINERS: dict[str, dict[str, Any]] = {
    "role": {"role": "worker"},
    "restart": {"default_plan": "pro", "stripe_price_pro": "price_new", "registration": "closed"},
    "engine": {"engine": "worker", "gpu_worker_url": None},
}


@pair("command", "role")
@pair("command", "restart")
@pair("command", "engine")
@pytest.mark.parametrize("container", CONTAINERS)
async def test_a_command_of_another_container_decides_nothing(
    house: House, settings: Settings, tmp_path: Path, container: str
) -> None:
    """Its settings differ, or its engine can't be built: it saves and restores what is there."""
    await choose(house, settings, stripe_secret_key=SecretStr("sk_test_1"), stripe_price_pro="old")
    anna = await house.member(plan=None, photos=2)
    before = await chosen(house), await anna.balance()
    url = {"database_url": SecretStr(house.url)}
    other = settings.model_copy(update=CONTAINERS[container] | url)
    said: list[str] = []
    with startup.connected_database(other, said.append) as address:
        await asyncio.to_thread(backup.save, address, tmp_path / "copy")
        await restore(house, tmp_path / "copy")
    assert (await chosen(house), await anna.balance()) == before
    assert isinstance(other, DatabaseSettings)


async def choose(house: House, settings: Settings, **changes: Any) -> None:
    """The serving process starts with these settings."""
    url = {"database_url": SecretStr(house.url)}
    with startup.opened_database(settings.model_copy(update=changes | url), lambda _: None):
        pass


async def chosen(house: House) -> list[tuple[Any, ...]]:
    """The default plan and every price, as the database has them."""
    with psycopg.connect(house.url) as connection:
        query = "select name, is_default, stripe_price_id from plans order by position"
        return connection.execute(query).fetchall()


async def forget_files_without_rows(house: House) -> None:
    """What was stored after the backup has no row any more: the daily look removes it."""
    later = replace(house.deps, now=lambda: house.deps.now() + storage_orphans.GRACE * 2)
    await storage_orphans.reconcile(later)
