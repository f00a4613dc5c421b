"""Quality over 30 days, against work that was counted by hand."""

from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.figures import quality
from services.figures.quality import Alike, Time


async def worked(session: AsyncSession, *, day: int = 0, **values: Any) -> None:
    given: dict[str, Any] = {
        "engine": "worker", "method": "trained", "operation": "generate", "style": "",
        "status": "succeeded", "reason": None, "run": None, "total": None, "charged": 0,
        "given_back": 0, "likeness": [], "judged": [],
    }  # fmt: skip
    await session.execute(
        text(
            """insert into work_measures (day, engine, method, operation, plan, style, status,
                reason, run, total, units, made, charged, given_back, likeness,
                judged)
            values ((now() at time zone 'utc')::date - cast(:day as int), :engine, :method,
                :operation, '', :style, :status, :reason, :run, :total, 1, 1, :charged,
                :given_back, :likeness, :judged)"""
        ),
        given | values | {"day": day},
    )


async def test_times_are_medians_of_what_succeeded(session: AsyncSession) -> None:
    for total in (10, 20, 90):
        await worked(session, total=total, run=total / 2)
    await worked(session, status="failed", reason="timed_out")
    await worked(session, operation="train", total=1800, run=1200)
    await worked(session, total=9999, run=9999, day=30)  # the day before the first
    found = await quality.refresh(session)
    assert found.times == [
        Time("train", "worker", "trained", 1, 1800, 1200),
        Time("generate", "worker", "trained", 3, 20, 10),
    ]


async def test_likeness_is_by_method_and_by_style(session: AsyncSession) -> None:
    await worked(session, style="oil", likeness=[50.0, 60.0])
    await worked(session, likeness=[80.0, 90.0, 100.0])
    await worked(session, method="instant", likeness=[40.0])
    await worked(session, operation="train", likeness=[1.0])  # samples are no images
    found = (await quality.refresh(session)).alike
    assert found == [
        Alike("instant", None, 1, 40, 40),
        Alike("instant", "", 1, 40, 40),
        Alike("trained", None, 5, 80, 54),  # 50, 60, 80, 90, 100
        Alike("trained", "", 3, 90, 82),
        Alike("trained", "oil", 2, 55, 51),
    ]


async def test_a_second_network_is_a_column_of_its_own(session: AsyncSession) -> None:
    await worked(session, likeness=[80.0] * 20, judged=[60.0] * 9 + [70.0] * 10)
    await worked(session, style="oil", likeness=[50.0] * 20, judged=[40.0] * 20)
    found = await quality.refresh(session)
    rows = [(row.style, row.images, row.judged_images, row.judged) for row in found.alike]
    assert rows == [(None, 40, 39, 40), ("", 20, 19, 70), ("oil", 20, 20, 40)]
    few = [(row.style, row.median, row.judged) for row in found.of_many().alike]
    assert few == [(None, 65, 40), ("", 80, None), ("oil", 50, 40)]


async def test_failures_have_reasons_and_what_members_stopped_is_none(
    session: AsyncSession,
) -> None:
    await worked(session, charged=3, given_back=1)
    for reason in ("timed_out", "timed_out", "refused"):
        await worked(session, status="failed", reason=reason, given_back=4)
    await worked(session, status="canceled", given_back=8)
    found = await quality.refresh(session)
    assert (found.ended, found.failed) == (4, {"timed_out": 2, "refused": 1})
    assert (found.charged, found.given_back) == (3, 13)
    kept = await quality.kept(session)
    assert kept == found


async def test_visitors_see_no_figures_of_few(session: AsyncSession) -> None:
    await worked(session, total=10, run=5, likeness=[50.0] * 19)
    few = (await quality.refresh(session)).of_many()
    assert (few.times, few.alike, few.failed) == ([], [], {})
    await worked(session, style="oil", likeness=[50.0] * 20)
    many = (await quality.refresh(session)).of_many()
    assert [(row.style, row.images) for row in many.alike] == [(None, 39), ("oil", 20)]
