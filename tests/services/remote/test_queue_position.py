"""What a member is told of the time: one figure before the click and after it, without waits."""

from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.deps import Deps
from services.engines.base import FileRef, GenerateRequest, RemoteState, RemoteStatus
from services.engines.preview.engine import PreviewEngine
from services.engines.preview.render import Made
from services.remote import queue_position
from services.remote.queue_position import Promise
from services.studio import generations
from tests.doubles.engine import ScriptedEngine, images, picture
from tests.studio import Studio
from tests.waiting import eventually

IMAGE_SECONDS = 10.0  # of work, as measured
PENDING = RemoteStatus("there", RemoteState.PENDING)


@pytest.fixture
def engine() -> ScriptedEngine:
    return ScriptedEngine()


@pytest.fixture
async def studio(live_deps: Deps) -> AsyncIterator[Studio]:
    studio = await Studio(live_deps).open(plan="unlimited", status="ready")
    yield studio
    await studio.close()


async def make_measured(studio: Studio, engine: ScriptedEngine, *, waited: float = 0) -> None:
    """Two images were made in one run, after a wait here and as long a one at the engine."""
    engine.on_submit.append(images(picture(), picture()))
    await studio.ended((await studio.generate(count=2)).id)
    engine.on_submit.clear()
    await studio.execute(
        """update remote_jobs set running_at = finished_at - make_interval(secs => :work),
            submitted_at = finished_at - make_interval(secs => :work + :waited),
            submitting_at = finished_at - make_interval(secs => :work + :waited),
            created_at = finished_at - make_interval(secs => :work + 2 * :waited)""",
        work=2 * IMAGE_SECONDS,
        waited=waited,
    )
    await studio.execute(
        """update job_queue set started_at = finished_at - make_interval(secs => :all)
            where state = 'done'""",
        all=2 * IMAGE_SECONDS + waited,
    )


async def quoted(studio: Studio, count: int) -> float | None:
    """Seconds, as said before the click."""
    async with studio.deps.transaction() as session:
        quote = await generations.quote(session, studio.deps, user_id=studio.user_id, count=count)
        return quote.seconds


async def promised(studio: Studio, id: UUID) -> Promise:
    """What is said after it."""
    async with studio.deps.transaction() as session:
        found = await queue_position.promises(session, studio.deps, user_id=studio.user_id)
        return found[id]


@pytest.mark.parametrize("count", [1, 4, 8])
@pytest.mark.parametrize("batch", [1, 8])
async def test_quote_and_promise_are_one_figure(
    studio: Studio, engine: ScriptedEngine, batch: int, count: int
) -> None:
    await make_measured(studio, engine)
    engine.is_(batch=batch)
    before = await quoted(studio, count)
    asked = await studio.generate(count=count)
    assert before == pytest.approx(IMAGE_SECONDS * min(batch, count))
    assert await promised(studio, asked.id) == Promise(1, at_work=False, seconds_left=before)


async def test_after_a_busy_minute_the_estimate_is_still_the_time_of_work(
    studio: Studio, engine: ScriptedEngine
) -> None:
    await make_measured(studio, engine, waited=60)
    engine.on_submit.append(PENDING)
    engine.on_poll.append(PENDING)
    assert await quoted(studio, 2) == pytest.approx(2 * IMAGE_SECONDS)
    asked = await studio.generate(count=2)

    async def pending() -> bool:
        return "submitted" in await studio.run_states()

    await studio.until(pending)
    await studio.execute("update job_queue set started_at = started_at - interval '1 minute'")
    promise = await promised(studio, asked.id)  # it has waited for a minute, and not worked
    assert (promise.place, promise.at_work) == (None, False)
    assert promise.seconds_left == pytest.approx(2 * IMAGE_SECONDS)

    engine.on_poll.append(RemoteStatus("there", RemoteState.RUNNING, progress=0.1))
    await run_until_at_work(studio)
    promise = await promised(studio, asked.id)
    assert promise.at_work
    assert promise.seconds_left == pytest.approx(2 * IMAGE_SECONDS, abs=5)


async def test_the_engines_own_estimate_wins_while_it_works(
    studio: Studio, engine: ScriptedEngine
) -> None:
    await make_measured(studio, engine)
    engine.on_submit.append(PENDING)
    engine.on_poll.append(
        RemoteStatus("there", RemoteState.RUNNING, progress=0.1, seconds_left=42.0)
    )
    asked = await studio.generate(count=2)
    await run_until_at_work(studio)
    assert await promised(studio, asked.id) == Promise(None, at_work=True, seconds_left=42.0)


async def test_an_answer_at_once_is_measured_from_its_submit(
    studio: Studio, engine: ScriptedEngine
) -> None:
    engine.on_submit.append(images(picture(), picture()))
    await studio.ended((await studio.generate(count=2)).id)
    [run] = await studio.runs()
    assert run.running_at == run.submitting_at
    assert run.finished_at
    assert run.running_at
    taken = (run.finished_at - run.running_at).total_seconds()
    assert await quoted(studio, 2) == pytest.approx(taken)


async def test_an_engine_that_was_never_measured_is_asked_for_its_own_figure(
    studio: Studio, engine: ScriptedEngine
) -> None:
    assert await quoted(studio, 4) is None
    engine.is_(image_seconds=3.0)
    asked = await studio.generate(count=4)
    assert await quoted(studio, 4) == 12.0
    assert (await promised(studio, asked.id)).seconds_left == 12.0


async def test_a_preview_run_is_pending_until_it_has_a_slot(deps: Deps) -> None:
    """Its wait for others would be measured as its work."""
    at_work: list[int] = []
    ids = [str(uuid4()) for _ in range(2)]

    async def render(photos: Sequence[bytes], **arguments: Any) -> Made:
        for _ in range(5):  # time enough for the other to read its photo
            await deps.storage.get("photos/0/full.jpg")
        states = [(await preview.poll(id)).state for id in ids]
        at_work.append(states.count(RemoteState.RUNNING))
        return Made(picture(), photo=0)

    async def over() -> bool:
        return all([(await preview.poll(id)).state.final for id in ids])

    async def retouch(picture: bytes, **arguments: Any) -> bytes:
        return picture

    preview = PreviewEngine(deps.storage, render, retouch)
    await deps.storage.put("photos/0/full.jpg", picture(), content_type="image/jpeg")
    for id in ids:
        await preview.submit_generation(request(UUID(id)))
    await eventually(over)
    await preview.close()
    assert at_work == [1, 1, 1, 1]


def request(id: UUID) -> GenerateRequest:
    """Two images."""
    outputs = [FileRef(f"out/{id}/{i}.jpg", "") for i in range(2)]
    return GenerateRequest(
        client_job_id=id,
        prompt="at sea",
        seeds=[1, 2],
        width=64,
        height=64,
        outputs=outputs,
        photos=[FileRef("photos/0/full.jpg", "")],
    )


async def run_until_at_work(studio: Studio) -> None:
    """Works the queue until the engine was seen at work."""

    async def running() -> bool:
        return "running" in await studio.run_states()

    await studio.until(running)
