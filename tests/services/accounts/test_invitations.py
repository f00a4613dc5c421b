"""Invitations, mailed by the queue through a real SMTP server."""

import asyncio
import dataclasses
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from db.models import JobRow
from services.accounts import invitations, mail_job, signing_in
from services.accounts.invitations import InvitationView
from services.accounts.one_time_links import MailState
from services.accounts.sessions import Caller
from services.app.bootstrap import KINDS
from services.deps import Deps
from services.errors import Conflict, Invalid, NotFound
from services.settings import Settings
from tests.accounts import member
from tests.builders import PASSWORD
from tests.mailbox import Mailbox
from tests.services.jobs.kit import pass_time, working
from tests.waiting import eventually

BERT = "bert@example.com"


@pytest.fixture
def settings(settings: Settings, mailbox: Mailbox) -> Settings:
    """Only who is invited may register, and mail is sent."""
    return mailbox.sends_to(settings.model_copy(update={"registration": "invite"}))


@pytest.fixture
async def admin(live_deps: Deps) -> UUID:
    return (await member(live_deps, role="admin", name="Anna Berg")).id


async def invite(deps: Deps, admin: UUID, email: str | None = BERT) -> InvitationView:
    async with deps.transaction() as session:
        return await invitations.create(session, deps, actor_id=admin, email=email)


async def waiting(deps: Deps, admin: UUID) -> list[InvitationView]:
    async with deps.transaction() as session:
        return list(await invitations.waiting(session, deps, actor_id=admin))


async def register(deps: Deps, link: str | None, email: str = BERT) -> None:
    assert link
    await signing_in.register(
        deps,
        email=email,
        password=PASSWORD,
        token=link.partition("token=")[2],
        caller=Caller("192.0.2.7"),
    )


async def work(deps: Deps, until: Callable[[], Awaitable[bool]]) -> None:
    """Work the queue until the condition holds; waits of jobs are skipped."""

    async def there() -> bool:
        await pass_time(deps, 600)
        await worker.poll()
        return await until()

    async with working(deps, {mail_job.KIND: KINDS[mail_job.KIND]}) as worker:
        await eventually(there)


def is_(deps: Deps, admin: UUID, state: MailState) -> Callable[[], Awaitable[bool]]:
    async def look() -> bool:
        return [view.mail for view in await waiting(deps, admin)] == [state]

    return look


async def no_jobs(deps: Deps) -> bool:
    async with deps.transaction() as session:
        return not (await session.scalars(select(JobRow.id).where(JobRow.state != "done"))).all()


async def test_the_mail_brings_the_link_that_lets_in(
    live_deps: Deps, admin: UUID, mailbox: Mailbox
) -> None:
    invited = await invite(live_deps, admin, " Bert@Example.com ")
    assert (invited.email, invited.mail) == (BERT, MailState.QUEUED)
    await work(live_deps, is_(live_deps, admin, MailState.SENT))
    (message,) = mailbox.mails
    text = mailbox.text()
    assert (message["To"], message["Subject"]) == (BERT, "You are invited to Likeness")
    assert "Anna Berg invites you" in text
    (link,) = re.findall(r"http\S+/register\?token=\S+", text)
    assert link == invited.link
    await register(live_deps, link)
    assert await waiting(live_deps, admin) == []
    with pytest.raises(Invalid, match="used already"):
        await register(live_deps, link, "carl@example.com")


async def test_the_queue_knows_ids_only(live_deps: Deps, admin: UUID) -> None:
    invited = await invite(live_deps, admin)
    async with live_deps.transaction() as session:
        job = (await session.scalars(select(JobRow))).one()
    ids = {"invitation_id": str(invited.id), "actor_id": str(admin)}
    assert job.payload == {"mail": "invitation"} | ids


async def test_a_server_that_refuses_is_told_of_and_tried_again(
    live_deps: Deps, admin: UUID, mailbox: Mailbox
) -> None:
    mailbox.refuse = "451 Greylisted, try later"
    invited = await invite(live_deps, admin)
    await work(live_deps, is_(live_deps, admin, MailState.FAILED))
    (view,) = await waiting(live_deps, admin)
    assert view.problem == "The mail server refused the address: 451 Greylisted, try later."
    mailbox.refuse = None
    await work(live_deps, is_(live_deps, admin, MailState.SENT))
    (view,) = await waiting(live_deps, admin)
    assert (view.problem, view.link) == (None, invited.link)
    await register(live_deps, view.link)


async def test_without_mail_or_address_there_is_the_link(
    live_deps: Deps, admin: UUID, mailbox: Mailbox
) -> None:
    settings = live_deps.settings.model_copy(update={"smtp_url": None})
    silent = dataclasses.replace(live_deps, settings=settings)
    for deps, email in ((silent, BERT), (live_deps, None)):
        assert (await invite(deps, admin, email)).mail is None
    async with live_deps.transaction() as session:
        assert (await session.scalars(select(JobRow.id))).all() == []
    for view in await waiting(live_deps, admin):
        await register(live_deps, view.link, view.email or "carl@example.com")


async def test_who_has_an_account_is_not_invited(live_deps: Deps, admin: UUID) -> None:
    await member(live_deps, email=BERT)
    with pytest.raises(Conflict, match="has an account already") as refusal:
        await invite(live_deps, admin)
    assert refusal.value.details == {"field": "email"}


async def test_invited_again_only_the_last_link_works(
    live_deps: Deps, admin: UUID, mailbox: Mailbox
) -> None:
    first, second = [await invite(live_deps, admin) for _ in range(2)]
    await work(live_deps, lambda: no_jobs(live_deps))
    assert len(mailbox.mails) == 1
    with pytest.raises(Invalid):
        await register(live_deps, first.link)
    await register(live_deps, second.link)


async def test_a_withdrawn_or_expired_invitation_is_neither_mailed_nor_used(
    live_deps: Deps, admin: UUID, mailbox: Mailbox
) -> None:
    invited, late = await invite(live_deps, admin), await invite(live_deps, admin, "c@example.com")
    async with live_deps.transaction() as session:
        await invitations.withdraw(session, actor_id=admin, invitation_id=invited.id)
        with pytest.raises(NotFound):
            await invitations.withdraw(session, actor_id=admin, invitation_id=invited.id)
    later = dataclasses.replace(live_deps, now=lambda: live_deps.now() + timedelta(days=7))
    await work(later, lambda: no_jobs(live_deps))
    assert mailbox.mails == []
    assert await waiting(later, admin) == []
    for deps, link in ((live_deps, invited.link), (later, late.link)):
        with pytest.raises(Invalid):
            await register(deps, link)


async def test_members_neither_see_nor_end_invitations(live_deps: Deps, admin: UUID) -> None:
    invited, other = await invite(live_deps, admin), (await member(live_deps)).id
    with pytest.raises(NotFound):
        await waiting(live_deps, other)
    async with live_deps.transaction() as session:
        with pytest.raises(NotFound):
            await invitations.withdraw(session, actor_id=other, invitation_id=invited.id)
    assert len(await waiting(live_deps, admin)) == 1


async def test_used_while_it_is_being_mailed(
    live_deps: Deps, admin: UUID, mailbox: Mailbox
) -> None:
    """By the link that the administrator copied; the mail's result finds no invitation."""
    invited = await invite(live_deps, admin)
    mailing = work(live_deps, lambda: no_jobs(live_deps))
    await asyncio.gather(mailing, register(live_deps, invited.link))
    assert await waiting(live_deps, admin) == []
    assert len(mailbox.mails) <= 1
