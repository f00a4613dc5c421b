"""Password resets by mail, through a real SMTP server."""

import dataclasses

import pytest
from pydantic import SecretStr

from services.accounts import mail_job, password_reset, sessions, signing_in
from services.accounts.sessions import Caller
from services.app.bootstrap import KINDS
from services.deps import Deps
from services.errors import Invalid, TooManyRequests, Unavailable
from services.kit import mail
from services.settings import Settings
from tests.accounts import member
from tests.mailbox import Mailbox
from tests.services.jobs.kit import run_sql, working
from tests.waiting import eventually

CALLER = Caller("192.0.2.7")
NEW = "another quiet sentence"


@pytest.fixture
def settings(settings: Settings, mailbox: Mailbox) -> Settings:
    return mailbox.sends_to(settings)


async def work(deps: Deps, done: int) -> None:
    """Let a worker send the mails that are due."""

    async def all_done() -> bool:
        rows = await run_sql(deps, "select state from job_queue where state = 'done'")
        return len(rows) == done

    async with working(deps, {mail_job.KIND: KINDS[mail_job.KIND]}) as worker:
        await worker.poll()
        await eventually(all_done)


async def test_the_link_in_the_mail_sets_a_new_password(live_deps: Deps, mailbox: Mailbox) -> None:
    user = await member(live_deps, email="anna@example.com")
    await password_reset.ask(live_deps, email="Anna@Example.com", caller=CALLER)
    await work(live_deps, done=1)
    (message,) = mailbox.mails
    assert message["To"] == "anna@example.com"
    assert message["From"] == "Likeness <studio@example.com>"
    token = str(message.get_payload()).partition("token=")[2].split()[0]
    started = await signing_in.reset_password(live_deps, token=token, new=NEW, caller=CALLER)
    assert started.user.id == user.id
    async with live_deps.transaction() as session:
        assert await sessions.find(session, live_deps, token=started.token)


async def test_an_unknown_address_asks_alike_and_gets_nothing(
    live_deps: Deps, mailbox: Mailbox
) -> None:
    await password_reset.ask(live_deps, email="nobody@example.com", caller=CALLER)
    await work(live_deps, done=1)
    assert mailbox.mails == []


async def test_an_address_is_mailed_five_times_at_most(deps: Deps) -> None:
    for i in range(5):
        await password_reset.ask(deps, email="anna@example.com", caller=Caller(f"192.0.2.{i}"))
    with pytest.raises(TooManyRequests):
        await password_reset.ask(deps, email="anna@example.com", caller=Caller("198.51.100.1"))


async def test_without_a_mail_server_the_administrator_helps(deps: Deps) -> None:
    settings = deps.settings.model_copy(update={"smtp_url": None})
    with pytest.raises(Invalid, match="Ask the administrator"):
        await password_reset.ask(
            dataclasses.replace(deps, settings=settings), email="a@example.com", caller=CALLER
        )


async def test_a_server_that_is_away_is_tried_again(settings: Settings) -> None:
    away = settings.model_copy(update={"smtp_url": SecretStr("smtp://127.0.0.1:1")})
    with pytest.raises(Unavailable):
        await mail.send(away, to="anna@example.com", subject="Hello", text="Hello")
