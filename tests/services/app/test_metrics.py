"""What Prometheus reads agrees with the database."""

import dataclasses
from contextlib import AbstractAsyncContextManager

import psycopg
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from services import jobs
from services.app import metrics
from services.deps import Deps
from tests.builders import make_user


async def test_members_and_jobs_are_counted(deps: Deps) -> None:
    async with deps.transaction() as session:
        await make_user(session)
        await make_user(session)
        for _ in range(3):
            await jobs.enqueue(session, kind="counted", payload={})
    shown = (await metrics.exposition(deps)).decode()
    assert "likeness_members 2.0" in shown
    assert 'likeness_jobs{kind="counted",state="queued"} 3.0' in shown
    assert "likeness_jobs_ready 3.0" in shown


async def test_what_is_over_is_shown_no_more(deps: Deps) -> None:
    shown = (await metrics.exposition(deps)).decode()
    assert 'kind="counted"' not in shown
    assert "likeness_members 0.0" in shown


async def test_without_the_database_the_process_tells_what_it_knows(deps: Deps) -> None:
    """An alert on errors must not fall silent when they are most."""
    metrics.REQUESTS.labels("GET", "/", "503").inc()
    await metrics.exposition(deps)

    def away() -> AbstractAsyncContextManager[AsyncSession]:
        raise OperationalError("select 1", {}, psycopg.OperationalError("away"))

    told = (
        await metrics.exposition(dataclasses.replace(deps, transaction=away, reading=away))
    ).decode()
    assert 'likeness_requests_total{method="GET",route="/",status="503"}' in told
    assert "likeness_database_up 0.0" in told
    assert "likeness_members NaN" in told
    assert "likeness_database_up 1.0" in (await metrics.exposition(deps)).decode()
