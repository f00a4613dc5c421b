"""What the product consists of: the jobs and ticks that it knows, and which process has them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from uuid import UUID

import pytest
from pydantic import SecretStr

from services.analytics.base import Event, Step
from services.analytics.off import AnalyticsOff
from services.app import bootstrap
from services.app.bootstrap import TICKS, Product, build, make_worker
from services.deps import Deps
from services.errors import TooManyRequests
from services.jobs import Worker
from services.limits.calls import Asking
from services.limits.policy import FIGURES, Act
from services.settings import Settings
from tests.doubles.posthog import KEY, posthog_server
from tests.services.jobs.kit import SECOND, enqueue, run_sql
from tests.waiting import eventually

# what release 1.0.0 fires
FORMER_TICKS = (
    "loose_ends",
    "runs.without_engine",
    "billing.past_due",
    "deleted_members",
    "gallery.purge",
    "housekeeping",
    "jobs.prune",
    "reconcile",
    "membership.renew",
)


@pytest.fixture
async def worker(live_deps: Deps) -> AsyncIterator[Worker]:
    """The worker of the whole product."""
    worker = make_worker(live_deps)
    yield worker
    await worker.drain(SECOND)


async def test_what_an_earlier_release_left_queued_is_worked(
    live_deps: Deps, worker: Worker
) -> None:
    """A container of release 1.0.0 is beside this one, or was stopped for this one."""
    for kind in FORMER_TICKS:
        await enqueue(live_deps, kind)
    await eventually(all_done(live_deps, worker, len(FORMER_TICKS)))


async def test_every_tick_runs(live_deps: Deps, worker: Worker) -> None:
    await worker.tick()
    await eventually(all_done(live_deps, worker, len(TICKS)))


def all_done(deps: Deps, worker: Worker, count: int) -> Callable[[], Awaitable[bool]]:
    """A condition for `eventually`."""

    async def look() -> bool:
        await worker.poll()
        rows = await run_sql(deps, "select kind, state, reason from job_queue")
        assert [row.state for row in rows] == ["done"] * count, rows
        return True

    return look


@pytest.fixture
async def containers(
    database_url: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[list[Product]]:
    """Two that serve pages of one installation, in a minute that does not end."""
    monkeypatch.setattr(bootstrap, "_now", lambda: datetime(2026, 5, 4, 12, tzinfo=UTC))
    settings.data_dir.mkdir()
    web = settings.model_copy(update={"role": "web"})
    products = [build(web, database_url) for _ in range(2)]
    for product in products:
        product.scheduler.start()
    yield products
    for product in products:
        await product.stop()


async def test_containers_agree_on_a_members_calls(containers: list[Product]) -> None:
    one, other = (product.deps.calls for product in containers)
    anna = Asking("93.184.216.34", UUID(int=1))
    assert one
    assert other
    for _ in range(FIGURES[Act.GENERATE].member):
        one.count(Act.GENERATE, anna)
    await eventually(lambda: not one._unsent and not one._exchanging.locked())

    other.count(Act.GENERATE, anna)
    await eventually(lambda: any(w.current > 30 for w in other._windows.values()))
    with pytest.raises(TooManyRequests):
        other.count(Act.GENERATE, anna)


async def test_settings_say_what_a_process_counts_and_tells(
    settings: Settings, database_url: str
) -> None:
    settings.data_dir.mkdir()
    for changes in ({"call_limits": "off"}, {"role": "worker"}):
        product = build(settings.model_copy(update=changes), database_url)
        assert product.deps.calls is None
        assert isinstance(product.deps.analytics, AnalyticsOff)
        await product.stop()


async def test_what_was_told_is_sent_before_the_end(settings: Settings, database_url: str) -> None:
    settings.data_dir.mkdir()
    with posthog_server() as server:
        key = {"posthog_key": SecretStr(KEY), "posthog_host": server.url}
        product = build(settings.model_copy(update=key), database_url)
        assert product.worker
        assert "maintenance.funnel" in product.worker._ticks
        deps = product.deps
        deps.analytics.record(Event(deps.new_id(), deps.new_id(), Step.LANDING, deps.now()))
        await product.stop()
    assert [event["event"] for event in server.events] == ["landing"]
