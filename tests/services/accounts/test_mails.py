"""The one job that sends every e-mail, through a real SMTP server."""

import json
from typing import Any

import pytest

from services.accounts import mail_job, mails
from services.app.bootstrap import FORMER_KINDS, KINDS
from services.deps import MAIL, Deps
from services.settings import Settings
from tests.accounts import member
from tests.mailbox import Mailbox
from tests.services.jobs.kit import enqueue, is_state, pass_time, row, run_sql, working
from tests.waiting import eventually


@pytest.fixture
def settings(settings: Settings, mailbox: Mailbox) -> Settings:
    return mailbox.sends_to(settings)


async def test_no_address_is_in_the_queue(live_deps: Deps) -> None:
    anna = await member(live_deps, email="anna@example.com")
    async with live_deps.transaction() as session:
        await mail_job.enqueue(session, live_deps, mails.password_reset, user_id=str(anna.id))
    (job,) = await run_sql(live_deps, "select payload, needs from job_queue")
    assert (job.payload, job.needs) == ({"mail": "password_reset", "user_id": str(anna.id)}, MAIL)
    assert "@" not in json.dumps(job.payload)


async def test_the_mail_goes_to_the_address_of_now(live_deps: Deps, mailbox: Mailbox) -> None:
    """The member changes the address between asking and the sending."""
    anna = await member(live_deps, email="anna@example.com")
    job = await queued(live_deps, user_id=str(anna.id))
    await run_sql(live_deps, "update users set email = 'new@example.com'")
    async with working(live_deps, KINDS) as worker:
        await worker.poll()
        await eventually(is_state(live_deps, job, "done"))
    assert [mail["To"] for mail in mailbox.mails] == ["new@example.com"]


async def test_a_mail_is_sent_once_whatever_is_refused_before(
    live_deps: Deps, mailbox: Mailbox
) -> None:
    anna = await member(live_deps, email="anna@example.com")
    mailbox.refuse = "451 Greylisted, try later"
    job = await queued(live_deps, user_id=str(anna.id))
    async with working(live_deps, KINDS) as worker:

        async def refused() -> bool:
            await worker.poll()
            return (await row(live_deps, job)).reason is not None

        await eventually(refused)
        mailbox.refuse = None

        async def done() -> bool:
            await pass_time(live_deps, 600)
            await worker.poll()
            return bool((await row(live_deps, job)).state == "done")

        await eventually(done)
        await worker.poll()
    assert len(mailbox.mails) == 1


async def test_mail_that_an_earlier_release_queued_is_sent(
    live_deps: Deps, mailbox: Mailbox
) -> None:
    anna = await member(live_deps, email="anna@example.com")
    job = await enqueue(live_deps, "password_reset_mail", payload={"user_id": str(anna.id)})
    async with working(live_deps, FORMER_KINDS) as worker:
        await worker.poll()
        await eventually(is_state(live_deps, job, "done"))
    (mail,) = mailbox.mails
    assert mail["Subject"] == "Set a new password for Likeness"


async def queued(deps: Deps, **ids: Any) -> Any:
    """A reset mail in the queue; the job's id."""
    async with deps.transaction() as session:
        await mail_job.enqueue(session, deps, mails.password_reset, **ids)
    (job,) = await run_sql(deps, "select id from job_queue")
    return job.id
