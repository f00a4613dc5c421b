"""What work took is counted once, whatever ends it and whatever runs beside it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from services.app import metrics
from services.deps import Deps
from services.engines.base import Refused, RemoteState, RemoteStatus
from services.figures import counting, reasons
from services.figures.reasons import Reason
from services.privacy import rights
from services.studio import generations
from tests.doubles.engine import ScriptedEngine, images, picture
from tests.services.jobs.kit import run_sql
from tests.studio import Studio

SCRIPTED = {"engine": "scripted", "method": "preview", "operation": "generate"}


@pytest.fixture
def engine() -> ScriptedEngine:
    return ScriptedEngine()


@pytest.fixture
async def studio(live_deps: Deps) -> AsyncIterator[Studio]:
    studio = await Studio(live_deps).open(plan="pro", status="ready")
    yield studio
    await studio.close()


async def shown(deps: Deps, name: str, **labels: str) -> float | None:
    """A sample of the exposition as Prometheus's own parser reads it; None where there is none."""
    text = (await metrics.exposition(deps)).decode()
    found = [
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    ]
    assert len(found) <= 1, "two series have these labels"
    return found[0] if found else None


async def ended(deps: Deps, outcome: str, **labels: str) -> float:
    """How many generations ended so."""
    wanted = SCRIPTED | labels | {"outcome": outcome}
    return await shown(deps, "likeness_work_ended_total", **wanted) or 0


async def test_a_generation_is_measured_when_it_ends(
    studio: Studio, engine: ScriptedEngine
) -> None:
    engine.is_(cost_per_image_usd=0.04)
    engine.on_submit.append(images(picture(), picture("red")))
    asked = await studio.generate(count=2, preset="oil")
    assert await ended(studio.deps, "succeeded") == 0
    await studio.ended(asked.id)
    deps = studio.deps
    assert await ended(deps, "succeeded") == 1
    assert await shown(deps, "likeness_images_made_total", **SCRIPTED) == 2
    assert await shown(deps, "likeness_credits_charged_total", **SCRIPTED) == 2
    assert await shown(deps, "likeness_engine_cost_usd_total", **SCRIPTED) == pytest.approx(0.08)
    for name in ("likeness_work_wait_seconds", "likeness_work_run_seconds"):
        assert await shown(deps, f"{name}_count", **SCRIPTED) == 1
        assert await shown(deps, f"{name}_bucket", **SCRIPTED, le="+Inf") == 1
    [row] = await run_sql(deps, "select * from work_measures")
    assert (row.style, row.plan, row.units, row.made) == ("oil", "pro", 2, 2)
    assert row.total == pytest.approx(row.wait + row.run, abs=0.01)


async def test_a_failure_is_counted_by_its_reason_and_what_was_given_back(
    studio: Studio, engine: ScriptedEngine
) -> None:
    engine.on_submit.append(Refused("The safety check refused this prompt.", retryable=False))
    await studio.ended((await studio.generate(count=3)).id)
    deps = studio.deps
    assert await ended(deps, "failed") == 1
    failures = "likeness_work_failures_total"
    assert await shown(deps, failures, **SCRIPTED, reason="refused") == 1
    assert await shown(deps, "likeness_credits_given_back_total", **SCRIPTED) == 3
    assert await shown(deps, "likeness_work_seconds_count", **SCRIPTED) is None  # of no success


async def test_a_training_is_measured_when_it_ends(studio: Studio, engine: ScriptedEngine) -> None:
    await studio.execute("update user_models set status = 'draft'")
    engine.on_submit.append(RemoteStatus("r1", RemoteState.SUCCEEDED, progress=1.0))
    await studio.train()
    assert (await studio.trained()).status == "ready"
    training = {"engine": "scripted", "method": "trained", "operation": "train"}
    assert await ended(studio.deps, "succeeded", **training) == 1
    assert await shown(studio.deps, "likeness_work_seconds_count", **training) == 1


async def test_the_totals_stay_when_measures_are_moved_and_members_leave(
    studio: Studio, engine: ScriptedEngine
) -> None:
    engine.on_submit.append(images(picture(), picture()))
    await studio.ended((await studio.generate()).id)
    await run_sql(studio.deps, "update work_measures set likeness = '{27, 81.5}'")
    before = await all_work(studio.deps)
    await counting.tick(studio.deps)
    assert await all_work(studio.deps) == before
    assert await run_sql(studio.deps, "select 1 from work_measures where not counted") == []
    async with studio.deps.transaction() as session:
        await rights.delete_member(session, studio.deps, user_id=studio.user_id, actor_id=None)
    assert await all_work(studio.deps) == before
    await run_sql(studio.deps, "update work_measures set day = day - 91")
    await counting.tick(studio.deps)
    assert await run_sql(studio.deps, "select 1 from work_measures") == []
    assert await all_work(studio.deps) == before
    below = {le: n for (_, le), n in before["likeness_image_likeness_bucket"].items()}
    assert (below["20"], below["27"], below["80"], below["85"]) == (0, 1, 1, 2)


async def all_work(deps: Deps) -> dict[str, dict[Any, float]]:
    """Every series of work by its name, engine and further label."""
    text = (await metrics.exposition(deps)).decode()
    found: dict[str, dict[Any, float]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if "operation" in sample.labels:
                key = (
                    sample.labels["engine"],
                    sample.labels.get("le", sample.labels.get("reason")),
                )
                found.setdefault(sample.name, {})[key] = sample.value
    return found


async def test_an_end_that_is_rolled_back_is_not_counted_and_a_repeat_once(
    studio: Studio, engine: ScriptedEngine
) -> None:
    engine.on_submit.append(RemoteStatus("r1", RemoteState.PENDING))
    asked = await studio.generate()
    deps = studio.deps
    ids = {"user_id": studio.user_id, "generation_id": asked.id}

    async def undone() -> None:
        async with deps.transaction() as session:
            await generations.cancel(session, deps, **ids)
            assert await ended(deps, "canceled") == 0  # a scrape before the commit
            raise TimeoutError

    with pytest.raises(TimeoutError):
        await undone()
    assert await ended(deps, "canceled") == 0
    for _ in range(2):
        async with deps.transaction() as session:
            await generations.cancel(session, deps, **ids)
        assert await ended(deps, "canceled") == 1


async def test_scrapes_beside_ends_and_moves_never_count_twice(
    studio: Studio, engine: ScriptedEngine
) -> None:
    """Work ends, measures are moved by two processes, and every scrape says what is committed."""
    engine.on_submit.append(RemoteStatus("r1", RemoteState.PENDING))
    asked = [await studio.generate(count=1) for _ in range(12)]
    deps, seen, done = studio.deps, [0.0], asyncio.Event()

    async def scrape() -> None:
        while not done.is_set():
            seen.append(await ended(deps, "canceled"))

    async def move() -> None:
        while not done.is_set():
            await counting.tick(deps)

    async def end() -> None:
        for each in asked:
            async with deps.transaction() as session:
                await generations.cancel(
                    session, deps, user_id=studio.user_id, generation_id=each.id
                )
        done.set()

    await asyncio.gather(scrape(), move(), move(), end())
    seen.append(await ended(deps, "canceled"))
    assert seen == sorted(seen), "a counter went back"
    assert (seen[-1], max(seen)) == (12, 12)


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("The safety check of Together refused this prompt or a photo.", Reason.REFUSED),
        ("No engine took it in time. Nothing was charged.", Reason.TIMED_OUT),
        ("It was interrupted too often, so we stopped trying.", Reason.INTERRUPTED),
        ("It failed several times for a reason on our side.", Reason.OUR_SIDE),
        ("The engine was changed while this was under way.", Reason.UNREACHABLE),
        ("The trained model arrived damaged.", Reason.BAD_RESULT),
        ("This model has no photos to work from.", Reason.BAD_INPUT),
        ("There was not enough memory.", Reason.RESOURCES),
        ("The worker's GPU is not there any more.", Reason.RESOURCES),
        ("A signed URL was refused with status 403.", Reason.UNREACHABLE),
        ("The engine sent something that is not a picture.", Reason.BAD_RESULT),
        ("The picture that it starts from was deleted.", Reason.BAD_INPUT),
        ("Together did not accept the API key.", Reason.SETUP),
        ("Something that no engine has said before.", Reason.ENGINE),
        (None, Reason.ENGINE),
    ],
)
def test_a_reason_is_one_of_few(sentence: str | None, reason: Reason) -> None:
    assert reasons.of(sentence) is reason
    assert reason.said
