"""Pictures come out of the trash while others throw them away for good."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from db.models import GeneratedImage
from services.gallery import purging
from services.gallery.image_query import TRASH_KEPT
from tests.pairs.house import House, at_once
from tests.pairs.table import pair
from tests.studio import Studio

ROUNDS = 5


async def in_the_trash(house: House, count: int = 4) -> tuple[Studio, set[UUID]]:
    """A member, and pictures that are in the trash."""
    anna = await house.member(status="ready")
    house.makes(count)
    await anna.ended((await anna.generate(count=count)).id)
    ids = await house.pictures(anna)
    await house.trash(anna, ids)
    return anna, ids


async def rows(house: House, anna: Studio) -> set[UUID]:
    """All pictures that the database knows, in the trash or not."""
    async with house.act() as session:
        query = select(GeneratedImage.id).where(GeneratedImage.user_id == anna.user_id)
        return set(await session.scalars(query))


@pair("restore", "erase")
@pair("restore", "tab")
async def test_one_tab_restores_what_the_other_deletes_for_ever(house: House) -> None:
    """Each picture is wholly there, with its files, or wholly gone; no tab wins half."""
    anna, ids = await in_the_trash(house)
    for _ in range(ROUNDS):
        await at_once(house.restore(anna, ids), house.erase(anna, ids), house.purge())
        await house.purge()
        shown = await house.pictures(anna)
        assert shown in (ids, set())
        assert shown == await rows(house, anna)
        if not shown:
            return
        await house.trash(anna, ids)


@pair("restore", "erase")
async def test_what_is_back_stays_back_when_the_purge_comes(house: House) -> None:
    """A purge that had begun to look before lets go of what was restored."""
    anna, ids = await in_the_trash(house)
    some = set(sorted(ids)[:2])
    await at_once(house.restore(anna, some), house.erase(anna, ids - some))
    await at_once(house.purge(), house.purge())
    assert await house.pictures(anna) == await rows(house, anna) == some


@pair("restore", "erase")
async def test_pictures_are_thrown_away_again_while_they_come_back(house: House) -> None:
    anna, ids = await in_the_trash(house)
    await at_once(house.restore(anna, ids), house.trash(anna, ids), house.restore(anna, ids))
    assert await house.pictures(anna) in (ids, set())
    assert await rows(house, anna) == ids


@pair("restore", "container")
@pytest.mark.parametrize("minutes", [-10, 10])
async def test_a_container_whose_clock_is_off_purges(house: House, minutes: int) -> None:
    """What can be restored here is not purged there; what was deleted for ever does not come back.

    Clocks of containers differ by minutes; the trash keeps pictures for days.
    """
    anna, ids = await in_the_trash(house)
    off = replace(house.deps, now=lambda: house.deps.now() + timedelta(minutes=minutes))
    await purging.purge(off)
    assert await rows(house, anna) == ids
    some = set(sorted(ids)[:2])
    await house.erase(anna, some)
    await purging.purge(off)
    await house.restore(anna, ids)
    assert await house.pictures(anna) == ids - some
    later = replace(house.deps, now=lambda: house.deps.now() + TRASH_KEPT)
    await purging.purge(later)
    assert await house.pictures(anna) == await rows(house, anna) == ids - some
