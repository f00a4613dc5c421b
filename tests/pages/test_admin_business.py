"""/admin: the business in figures, and a ledger that is not audited by every notice."""

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from nicegui.testing import User as Visitor
from sqlalchemy import Engine, event, text

from components import live
from pages.admin import business as business_page
from services.accounts.users import UserView
from services.credits import ledger
from services.deps import Deps
from services.figures import business
from services.figures.business import Unit
from services.maintenance import reports
from tests.builders import make_user
from tests.services.jobs.kit import enqueue, run_sql
from tests.waiting import eventually


@contextmanager
def everything_sent() -> Iterator[list[str]]:
    """The SQL statements of all tasks during the block."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(Engine, "before_cursor_execute", note)


async def as_admin(deps: Deps, anna: UserView) -> None:
    deps.settings.data_dir.mkdir(exist_ok=True)
    await run_sql(deps, "update users set role = 'admin' where id = :id", id=anna.id)


async def test_each_figure_stands_beside_its_definition(
    live_deps: Deps, visitor: Visitor, anna: UserView
) -> None:
    await as_admin(live_deps, anna)
    await visitor.open("/admin")
    for figure in business.FIGURES:
        await visitor.should_see(figure.title)
        await visitor.should_see(figure.definition)
    await visitor.should_see("From signing up to paying")


async def test_the_file_has_every_figure_and_is_for_administrators_alone(
    live_deps: Deps, visitor: Visitor, anna: UserView
) -> None:
    hidden = await visitor.http_client.get(business_page.CSV)
    assert hidden.status_code == 404
    await as_admin(live_deps, anna)
    async with live_deps.transaction() as session:
        await make_user(session)
    answer = await visitor.http_client.get(business_page.CSV)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    alone = [row for row in rows if row["section"] == "Business"]
    assert [row["figure"] for row in alone] == [figure.title for figure in business.FIGURES]
    assert [row["definition"] for row in alone] == [each.definition for each in business.FIGURES]
    assert {row["value"] for row in alone if row["figure"].startswith("Revenue")} == {"0"}
    steps = {row["row"] for row in rows if row["section"] == "From signing up to paying"}
    assert "First picture" in steps


def test_a_label_is_no_formula() -> None:
    assert business_page._harmless("=1+1") == "'=1+1"
    assert business_page.shown(-12.5, Unit.USD) == "-$12.50"
    assert business_page.shown(0.125, Unit.SHARE) == "12.5\u202f%"
    assert business_page.shown(None, Unit.CENTS) == "–"


async def test_a_notice_of_a_job_does_not_audit_the_ledger(
    live_deps: Deps, visitor: Visitor, anna: UserView
) -> None:
    """The audit reads every entry; the page shows the last one, and a button makes a new one."""
    await as_admin(live_deps, anna)
    await reports.tick(live_deps)
    async with live_deps.transaction() as session:
        await ledger.balance(session, user_id=anna.id)
        await session.execute(text("update credit_accounts set owed = 3"))
    await visitor.open("/admin")
    with everything_sent() as sent:
        live.changed("job", await enqueue(live_deps), None)
        await eventually(lambda: any("open_jobs" in each for each in sent))  # the page read it
    assert not any("credit_" in each for each in sent)
    await visitor.should_see("Every balance is the sum of its movements.")
    visitor.find(marker="check-ledger").click()
    broken = "Broken for 1 member: Owed credits are the sum of their entries."
    await visitor.should_see(broken, retries=50)
