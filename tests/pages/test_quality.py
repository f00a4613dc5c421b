"""/quality: for visitors where the operator says so, and without the groups of few."""

import dataclasses

from nicegui.testing import User as Visitor

from components.quality_panel import LIMITS
from services.accounts.users import UserView
from services.deps import Deps
from services.figures import quality
from services.figures.quality import FEW
from services.maintenance import reports
from tests.services.jobs.kit import run_sql
from tests.serving import serving

MEASURES = """
    insert into work_measures (engine, method, operation, plan, style, status, reason, run, total,
        units, made, charged, given_back, likeness)
    select 'worker', 'trained', 'generate', '', case when i <= :few then 'oil' else 'neon' end,
        case when i = 1 then 'failed' else 'succeeded' end,
        case when i = 1 then 'timed_out' end, case when i > 1 then 4.2 end,
        case when i > 1 then 9.1 end, 1, 1, 1, 0, array[70.0 + i % 3]
    from generate_series(1, :few + 1) i"""


async def measured(deps: Deps) -> None:
    await run_sql(deps, MEASURES, few=FEW)
    async with deps.transaction() as session:
        await quality.refresh(session)


async def test_a_visitor_sees_it_where_it_is_public(live_deps: Deps) -> None:
    await measured(live_deps)
    settings = live_deps.settings.model_copy(update={"quality_public": True})
    async with serving(dataclasses.replace(live_deps, settings=settings)) as visitor:
        answer = await visitor.http_client.get("/quality")
    assert answer.status_code == 200
    for words in (
        "Oil painting",
        "New images, trained",
        "GPU worker",
        "9.1 s",
        "It took too long",
        *LIMITS[:1],
    ):
        assert words in answer.text
    assert "Neon" not in answer.text  # one image


async def test_else_there_is_no_such_page_but_for_administrators(
    live_deps: Deps, visitor: Visitor, anna: UserView
) -> None:
    assert (await visitor.http_client.get("/quality")).status_code == 404
    await run_sql(live_deps, "update users set role = 'admin' where id = :id", id=anna.id)
    assert (await visitor.http_client.get("/quality")).status_code == 200


async def test_the_administrator_sees_the_small_groups_too_and_measures_anew(
    live_deps: Deps, visitor: Visitor, anna: UserView
) -> None:
    live_deps.settings.data_dir.mkdir(exist_ok=True)
    await run_sql(live_deps, "update users set role = 'admin' where id = :id", id=anna.id)
    await reports.tick(live_deps)
    await run_sql(live_deps, MEASURES, few=FEW)
    await visitor.open("/admin")
    await visitor.should_see("Too few faces were measured yet.")
    visitor.find(marker="measure-quality").click()
    await visitor.should_see("Neon", retries=50)
    await visitor.should_see("QUALITY_PUBLIC=true shows it to everybody.", retries=10)
