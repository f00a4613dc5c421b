"""The daily look: what was left open is closed, and what may have cost money is named."""

from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlsplit

import pytest

from services.deps import Deps
from services.engines.base import RemoteState, RemoteStatus, Unknown
from services.errors import NotFound
from services.maintenance import stuck_runs
from services.maintenance.stuck_runs import Report
from services.remote import progress_urls
from services.studio import generations
from tests.doubles.engine import ScriptedEngine, images, picture
from tests.studio import Studio


@pytest.fixture
def engine() -> ScriptedEngine:
    return ScriptedEngine()


@pytest.fixture
async def studio(live_deps: Deps) -> AsyncIterator[Studio]:
    studio = await Studio(live_deps).open(plan="free", status="ready")
    yield studio
    await studio.close()


async def look(studio: Studio) -> Report:
    async with studio.deps.transaction() as session:
        return await stuck_runs.tie_up(session)


async def test_a_run_whose_job_is_gone_is_driven_on(studio: Studio, engine: ScriptedEngine) -> None:
    engine.on_submit.append(images(picture(), picture()))
    asked = await studio.generate()
    await studio.execute("update job_queue set state = 'canceled', finished_at = now()")
    assert (await look(studio)).restarted == 1
    assert (await studio.ended(asked.id)).status == "succeeded"
    assert (await look(studio)) == Report(0, 0, ())


async def test_a_hold_of_something_ended_is_released(
    studio: Studio, engine: ScriptedEngine
) -> None:
    asked = await studio.generate()
    assert (await look(studio)).released == 0
    await studio.execute("update generations set status = 'failed'")
    assert (await look(studio)).released == 1
    assert (await studio.balance()).available == 3
    assert asked.cost == 2


async def test_what_may_have_been_charged_is_named(studio: Studio, engine: ScriptedEngine) -> None:
    engine.on_submit.extend([Unknown("504"), images(picture(), picture())])
    await studio.ended((await studio.generate()).id)
    (run,) = await studio.runs()
    assert (await look(studio)).doubtful == (run.id,)


async def test_a_worker_is_told_to_stop_once_nobody_waits(
    studio: Studio, engine: ScriptedEngine
) -> None:
    engine.on_submit.append(RemoteStatus("r1", RemoteState.RUNNING))
    engine.on_poll.append(RemoteStatus("r1", RemoteState.RUNNING))
    asked = await studio.generate()

    async def sent() -> bool:
        return bool(engine.submitted)

    await studio.until(sent)
    (run,) = await studio.runs()
    url = urlsplit(engine.submitted[0].progress_url or "")
    assert url.path == f"/worker/progress/{run.id}"
    signature = parse_qs(url.query)["signature"][0]
    assert not await progress_urls.is_ended(studio.deps, run_id=run.id, signature=signature)
    with pytest.raises(NotFound):
        await progress_urls.is_ended(studio.deps, run_id=run.id, signature="0" * 64)
    async with studio.deps.transaction() as session:
        await generations.cancel(
            session, studio.deps, user_id=studio.user_id, generation_id=asked.id
        )
    assert await progress_urls.is_ended(studio.deps, run_id=run.id, signature=signature)
