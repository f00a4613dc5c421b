"""/admin: what an operator has to know of the queue and of the engine."""

from nicegui import ElementFilter
from nicegui.testing import User as Visitor

from components.dom import El, html_id
from services.accounts.users import UserView
from services.deps import PAYMENTS, Deps
from services.jobs import Worker
from tests.services.jobs.kit import SECOND, enqueue, run_sql


async def test_it_names_the_setting_that_jobs_wait_for(
    live_deps: Deps, visitor: Visitor, anna: UserView
) -> None:
    await run_sql(live_deps, "update users set role = 'admin' where id = :id", id=anna.id)
    for _ in range(2):
        await enqueue(live_deps, "end_subscription", needs=PAYMENTS)
    live_deps.settings.data_dir.mkdir(exist_ok=True)  # the page says how much room there is
    worker = Worker(live_deps, kinds={})
    await worker.announce()
    await visitor.open("/admin")
    await visitor.should_not_see("STRIPE_SECRET_KEY")
    await run_sql(live_deps, "update job_offers set since = since - interval '10 minutes'")
    await visitor.open("/admin")
    await visitor.should_see(
        "2 jobs (end_subscription) wait for a process with STRIPE_SECRET_KEY, and none is running."
    )
    await worker.drain(SECOND)


async def test_it_shows_who_signs_pictures_and_how_to_change_that(
    live_deps: Deps, visitor: Visitor, anna: UserView
) -> None:
    await run_sql(live_deps, "update users set role = 'admin' where id = :id", id=anna.id)
    live_deps.settings.data_dir.mkdir(exist_ok=True)
    await visitor.open("/admin")
    await visitor.should_see("a certificate made here")
    await visitor.should_see("CN=Likeness pictures")
    await visitor.should_see("C2PA_CERTIFICATE")


async def test_every_section_is_reached_from_its_top(
    live_deps: Deps, visitor: Visitor, anna: UserView
) -> None:
    await run_sql(live_deps, "update users set role = 'admin' where id = :id", id=anna.id)
    live_deps.settings.data_dir.mkdir(exist_ok=True)
    await visitor.open("/admin")
    with visitor:
        headings = {
            f"#{html_id(e)}": e.text for e in ElementFilter(kind=El) if e.tag == "h2" and e.text
        }
        links = {
            e.props["href"]: e.text
            for e in ElementFilter(kind=El)
            if e.tag == "a" and e.props.get("href", "").startswith("#c")
        }
    assert len(links) >= 8
    assert links == {id: text for id, text in headings.items() if id in links}
    assert "Errors" in links.values()
