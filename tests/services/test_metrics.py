"""What Prometheus reads agrees with the database."""

from services import jobs, metrics
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
