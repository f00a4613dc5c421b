"""Images are made while their member erases them: none comes back, and each is paid once."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from services.billing import revenue
from services.credits import ledger_audit
from services.deps import Deps
from services.engines.base import RemoteState, RemoteStatus, ResultFile
from services.gallery import images as gallery_images
from services.gallery import purging
from services.gallery.image_query import Selection
from services.privacy import rights
from services.settings import Settings
from services.storage.local import LocalStorage
from services.studio import generations
from tests.conftest import SECRET
from tests.doubles.engine import ScriptedEngine, images, picture
from tests.pairs.table import pair
from tests.studio import Studio

FREE = 3
FIRST, SECOND = (ResultFile(i, data=picture(colour)) for i, colour in enumerate(("red", "blue")))


def at_work(*results: ResultFile, progress: float = 0.5) -> RemoteStatus:
    """The engine has made these so far."""
    return RemoteStatus("", RemoteState.RUNNING, progress, results=results)


def now_says(engine: ScriptedEngine, status: RemoteStatus) -> None:
    """From now on, every look at the engine finds this."""
    engine.on_poll.clear()
    engine.on_poll.append(status)


class Erasing:
    """A studio whose member throws pictures away while others are being made."""

    def __init__(self, studio: Studio) -> None:
        self.studio = studio

    async def erase(self, *image_ids: UUID) -> None:
        """Trash, then "Delete for ever"."""
        deps, who = self.studio.deps, self.studio.user_id
        selection = Selection(ids=list(image_ids))
        for act in (gallery_images.trash, gallery_images.erase):
            async with deps.transaction() as session:
                await act(session, deps, user_id=who, selection=selection)

    async def purge(self) -> None:
        """The tick comes."""
        await purging.purge(self.studio.deps)

    async def everything(self) -> None:
        """All that is there now goes, with its files."""
        await self.erase(*await self.image_ids())
        await self.purge()

    async def image_ids(self) -> list[UUID]:
        """Pictures whose rows are there."""
        async with self.studio.deps.transaction() as session:
            return list(await session.scalars(text("select id from generated_images")))

    async def until_there_are(self, generation_id: UUID, count: int) -> None:
        """Works until so many pictures of it have come."""

        async def come() -> bool:
            return len((await self.studio.generation(generation_id)).images) == count

        await self.studio.until(come)

    async def pictures_in_storage(self) -> set[str]:
        """Folders of pictures with files in them."""
        storage = self.studio.deps.storage
        prefix = f"{self.studio.user_id}/images"
        return {info.key.rsplit("/", 1)[0] async for info in storage.list(prefix)}

    async def spent(self) -> int:
        """Credits that were charged; what is wrong in the ledger fails the test."""
        async with self.studio.deps.transaction() as session:
            view = await ledger_audit.reckon(session)
        assert (view.broken, view.open_holds) == ({}, 0)
        return view.spent


class Interrupted(LocalStorage):
    """A disk that lets things happen between the rows of a request's first and second picture."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.meanwhile: list[Callable[[], Awaitable[None]]] = []
        self.pictures = 0

    async def put(self, key: str, data: Any, *, content_type: str) -> None:
        await super().put(key, data, content_type=content_type)
        if "/images/" in key and key.endswith("thumb.webp"):
            self.pictures += 1
            if self.pictures == 2:
                for act in self.meanwhile:
                    await act()


@pytest.fixture
def storage(settings: Settings, now: Callable[[], datetime]) -> Interrupted:
    files = settings.data_dir / "files"
    return Interrupted(files, secret=SECRET, base_url=settings.base_url, now=now)


@pytest.fixture
def engine() -> ScriptedEngine:
    return ScriptedEngine()


@pytest.fixture
async def erasing(live_deps: Deps) -> AsyncIterator[Erasing]:
    studio = await Studio(live_deps).open(plan="free", status="ready")
    yield Erasing(studio)
    await studio.close()


async def one_of_two_has_come(erasing: Erasing, engine: ScriptedEngine) -> UUID:
    """A request for two pictures, the first of which is in the gallery."""
    engine.on_submit.append(RemoteStatus("r1", RemoteState.PENDING))
    engine.on_poll.append(at_work(FIRST))
    asked = await erasing.studio.generate(count=2)
    await erasing.until_there_are(asked.id, 1)
    return asked.id


@pair("generate", "erase")
async def test_an_erased_picture_stays_away_and_is_paid(
    erasing: Erasing, engine: ScriptedEngine
) -> None:
    """Trash, erase and purge between two looks at the engine, which shows both pictures."""
    generation_id = await one_of_two_has_come(erasing, engine)
    [gone] = await erasing.image_ids()
    await erasing.everything()
    now_says(engine, images(picture("red"), picture("blue")))
    done = await erasing.studio.ended(generation_id)
    assert [image.seed - done.seed for image in done.images] == [1]
    assert gone not in await erasing.image_ids()
    assert len(await erasing.pictures_in_storage()) == 1
    assert (done.status, done.status_reason, await erasing.spent()) == ("succeeded", None, 2)


@pytest.mark.parametrize("purged", [False, True])
async def test_a_picture_erased_before_the_end_is_paid(
    erasing: Erasing, engine: ScriptedEngine, *, purged: bool
) -> None:
    generation_id = await one_of_two_has_come(erasing, engine)
    now_says(engine, at_work(FIRST, SECOND, progress=0.9))
    await erasing.until_there_are(generation_id, 2)
    await erasing.erase(*await erasing.image_ids())
    if purged:
        await erasing.purge()
    now_says(engine, images(picture("red"), picture("blue")))
    done = await erasing.studio.ended(generation_id)
    assert (done.status, done.images, await erasing.spent()) == ("succeeded", (), 2)
    await erasing.purge()
    assert (await erasing.image_ids(), await erasing.pictures_in_storage()) == ([], set())


async def test_a_cancel_after_erasing_is_paid_for_what_was_made(
    erasing: Erasing, engine: ScriptedEngine
) -> None:
    generation_id = await one_of_two_has_come(erasing, engine)
    await erasing.everything()
    deps, who = erasing.studio.deps, erasing.studio.user_id
    async with deps.transaction() as session:
        await generations.cancel(session, deps, user_id=who, generation_id=generation_id)
    assert await erasing.spent() == 1
    assert (await erasing.studio.balance()).available == FREE - 1


async def test_a_failure_after_erasing_is_paid_for_what_was_made(
    erasing: Erasing, engine: ScriptedEngine
) -> None:
    generation_id = await one_of_two_has_come(erasing, engine)
    await erasing.everything()
    now_says(engine, RemoteStatus("", RemoteState.FAILED, reason="It broke."))
    done = await erasing.studio.ended(generation_id)
    assert (done.status, done.images) == ("succeeded", ())
    assert "1 of 2 could not be made" in (done.status_reason or "")
    assert await erasing.spent() == 1


async def test_a_lost_answer_after_erasing_makes_only_what_is_missing(
    erasing: Erasing, engine: ScriptedEngine
) -> None:
    """The engine forgets the work, so it is asked once more, with the same seeds."""
    generation_id = await one_of_two_has_come(erasing, engine)
    await erasing.everything()
    engine.is_(resubmit_safe=True)
    engine.on_submit.append(images(picture("red"), picture("blue")))
    now_says(engine, RemoteStatus("", RemoteState.LOST))
    done = await erasing.studio.ended(generation_id)
    assert [image.seed - done.seed for image in done.images] == [1]
    assert await erasing.spent() == 2


async def test_runs_of_one_request_are_paid_each_for_its_own(
    erasing: Erasing, engine: ScriptedEngine
) -> None:
    """Three runs of one picture; two are erased before the third fails."""
    engine.is_(batch=1)
    engine.on_submit.extend(
        [images(picture()), images(picture()), RemoteStatus("r", RemoteState.PENDING)]
    )
    now_says(engine, RemoteStatus("", RemoteState.PENDING))
    asked = await erasing.studio.generate(count=3)
    await erasing.until_there_are(asked.id, 2)
    await erasing.everything()
    now_says(engine, RemoteStatus("", RemoteState.FAILED, reason="It broke."))
    await erasing.studio.ended(asked.id)
    assert await erasing.spent() == 2


async def test_a_picture_erased_while_the_next_is_stored_is_paid(
    erasing: Erasing, engine: ScriptedEngine, storage: Interrupted
) -> None:
    storage.meanwhile.append(erasing.everything)
    engine.on_submit.append(images(picture("red"), picture("blue")))
    done = await erasing.studio.ended((await erasing.studio.generate(count=2)).id)
    assert [image.seed - done.seed for image in done.images] == [1]
    assert await erasing.spent() == 2
    assert len(await erasing.pictures_in_storage()) == 1


async def test_a_crash_after_storing_repeats_nothing_that_was_erased(
    erasing: Erasing, engine: ScriptedEngine, storage: Interrupted
) -> None:
    """The process dies between the two rows; the next one has the same answer before it."""

    async def die() -> None:
        await erasing.everything()
        raise OSError("the power is gone")

    storage.meanwhile.append(die)
    engine.on_submit.append(RemoteStatus("r1", RemoteState.PENDING))
    now_says(engine, images(picture("red"), picture("blue")))
    done = await erasing.studio.ended((await erasing.studio.generate(count=2)).id)
    assert [image.seed - done.seed for image in done.images] == [1]
    assert await erasing.spent() == 2


async def test_a_picture_that_comes_after_the_cancel_is_thrown_away(
    erasing: Erasing, engine: ScriptedEngine, storage: Interrupted
) -> None:
    async def cancel() -> None:
        deps, who = erasing.studio.deps, erasing.studio.user_id
        async with deps.transaction() as session:
            [id] = await session.scalars(text("select id from generations"))
            await generations.cancel(session, deps, user_id=who, generation_id=id)

    storage.meanwhile.extend([erasing.everything, cancel])
    engine.on_submit.append(images(picture("red"), picture("blue")))
    done = await erasing.studio.ended((await erasing.studio.generate(count=2)).id)
    await erasing.studio.close()
    assert (done.status, done.images, await erasing.spent()) == ("canceled", (), 1)
    assert await erasing.pictures_in_storage() == set()


async def test_an_account_erased_while_its_pictures_are_stored_leaves_nothing(
    erasing: Erasing, engine: ScriptedEngine, storage: Interrupted
) -> None:
    deps, who = erasing.studio.deps, erasing.studio.user_id

    async def forget() -> None:
        async with deps.transaction() as session:
            await rights.delete_member(session, deps, user_id=who, actor_id=who)

    async def erased() -> bool:
        return not [info async for info in storage.list(str(who))]

    storage.meanwhile.append(forget)
    engine.on_submit.append(images(picture("red"), picture("blue")))
    await erasing.studio.generate(count=2)
    await erasing.studio.until(erased)
    await erasing.studio.close()
    assert (await erasing.image_ids(), await erasing.spent()) == ([], 0)
    async with deps.transaction() as session:
        assert not (await session.scalars(text("select id from remote_jobs"))).all()


async def test_a_consent_withdrawn_while_its_pictures_are_stored_leaves_none(
    erasing: Erasing, engine: ScriptedEngine, storage: Interrupted
) -> None:
    """What was made before is paid; no picture of the person stays or comes."""
    deps, who, model_id = erasing.studio.deps, erasing.studio.user_id, erasing.studio.model_id

    async def withdraw() -> None:
        async with deps.transaction() as session:
            await rights.withdraw_consent(session, deps, user_id=who, user_model_id=model_id)

    storage.meanwhile.append(withdraw)
    engine.on_submit.append(images(picture("red"), picture("blue")))
    done = await erasing.studio.ended((await erasing.studio.generate(count=2)).id)

    async def erased() -> bool:
        return not await erasing.pictures_in_storage()

    await erasing.studio.until(erased)
    await erasing.studio.close()
    assert (done.status, await erasing.image_ids(), await erasing.spent()) == ("canceled", [], 1)


async def test_what_the_operator_reads_counts_pictures_that_are_gone(
    erasing: Erasing, engine: ScriptedEngine
) -> None:
    engine.on_submit.append(images(picture("red"), picture("blue")))
    await erasing.studio.ended((await erasing.studio.generate(count=2)).id)
    await erasing.everything()
    async with erasing.studio.deps.transaction() as session:
        money = await revenue.money(session, erasing.studio.deps)
    assert [(cost.engine, cost.images) for cost in money.engines] == [("scripted", 2)]
