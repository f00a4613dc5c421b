"""A pack: one price, one click, one album; and what is given back when a part of it fails."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import select, update

from db.models import AlbumImage, Generation, PackRow, StyleRow
from services.deps import Deps
from services.errors import Conflict, DomainError, InsufficientCredits, NotFound
from services.gallery import albums
from services.studio import packs
from services.studio.packs import PackRequest, PackRun
from tests.doubles.engine import ScriptedEngine, images, picture
from tests.studio import Studio


@pytest.fixture
def engine() -> ScriptedEngine:
    return ScriptedEngine()


@pytest.fixture
async def studio(live_deps: Deps) -> AsyncIterator[Studio]:
    studio = await Studio(live_deps).open(plan="creator", status="ready")
    await change(studio, prompts=["at sea", "on a roof"], styles=["oil", "neon"], credits=3)
    yield studio
    await studio.close()


async def change(studio: Studio, **values: Any) -> None:
    """What the operator does to the pack."""
    async with studio.deps.transaction() as session:
        await session.execute(update(PackRow).where(PackRow.id == "dating").values(**values))


async def order(studio: Studio, credits: int | None = None) -> PackRun:
    async with studio.deps.transaction() as session:
        request = PackRequest(studio.model_id, credits=credits)
        return await packs.run(
            session, studio.deps, user_id=studio.user_id, pack_id="dating", request=request
        )


async def in_album(studio: Studio, run: PackRun) -> int:
    async with studio.deps.transaction() as session:
        query = select(AlbumImage).where(AlbumImage.album_id == run.album.id)
        return len((await session.scalars(query)).all())


async def test_every_prompt_in_every_style_goes_into_one_album(
    studio: Studio, engine: ScriptedEngine
) -> None:
    engine.on_submit += [images(picture()) for _ in range(4)]
    before = (await studio.balance()).available or 0
    run = await order(studio, credits=3)
    assert [(g.prompt, g.preset, g.aspect) for g in run.generations] == [
        ("at sea", "oil", "4:5"),
        ("at sea", "neon", "4:5"),
        ("on a roof", "oil", "4:5"),
        ("on a roof", "neon", "4:5"),
    ]
    assert (run.quote.credits, (await studio.balance()).held) == (3, 3)
    for each in run.generations:
        assert (await studio.ended(each.id)).status == "succeeded"
    assert await in_album(studio, run) == 4
    assert ((await studio.balance()).available, await studio.open_holds()) == (before - 3, [])


async def test_what_fails_is_given_back(studio: Studio, engine: ScriptedEngine) -> None:
    await change(studio, credits=8)
    engine.on_submit += [images(picture()), images(b"<html>"), images(picture()), images(b"")]
    before = (await studio.balance()).available or 0
    run = await order(studio)
    ended = [await studio.ended(each.id) for each in run.generations]
    assert sorted(each.status for each in ended) == ["failed", "failed", "succeeded", "succeeded"]
    assert await in_album(studio, run) == 2
    assert (await studio.balance()).available == before - 4


async def test_who_cannot_pay_for_all_gets_nothing(studio: Studio) -> None:
    await change(studio, credits=5000)
    with pytest.raises(InsufficientCredits, match="needs 5000 credits"):
        await order(studio)
    async with studio.deps.transaction() as session:
        assert not (await session.scalars(select(Generation))).all()
        assert not await albums.list_albums(session, studio.deps, user_id=studio.user_id)


async def test_an_album_that_is_deleted_meanwhile_costs_no_picture(
    studio: Studio, engine: ScriptedEngine
) -> None:
    engine.on_submit += [images(picture()) for _ in range(4)]
    run = await order(studio)
    async with studio.deps.transaction() as session:
        await albums.remove(session, user_id=studio.user_id, album_id=run.album.id)
    assert (await studio.ended(run.generations[0].id)).status == "succeeded"


async def test_a_style_that_is_switched_off_while_it_is_ordered(studio: Studio) -> None:
    """The order is made whole, or the member reads what is left of the pack."""

    async def switch_off() -> None:
        async with studio.deps.transaction() as session:
            await session.execute(
                update(StyleRow).where(StyleRow.id == "neon").values(offered=False)
            )

    asked, _ = await asyncio.gather(order(studio, 3), switch_off(), return_exceptions=True)
    whole = isinstance(asked, PackRun) and len(asked.generations) == 4
    assert whole or isinstance(asked, DomainError), asked
    assert (await studio.balance()).held == (3 if whole else 0)
    with pytest.raises(Conflict, match="is now 2 pictures for 1 credit"):
        await order(studio, credits=3)
    await change(studio, offered=False)
    with pytest.raises(NotFound):
        await order(studio)
