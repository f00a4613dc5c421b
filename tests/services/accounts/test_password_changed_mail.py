"""What a member is told by mail about the account, through a real SMTP server."""

import dataclasses
import re

import pytest
from sqlalchemy import select

from db.models import JobRow
from services.accounts import api_keys, mail_job, one_time_links, signing_in
from services.app.bootstrap import KINDS
from services.deps import Deps
from services.privacy import member_erasure, rights
from services.settings import Settings
from tests.builders import PASSWORD
from tests.mailbox import Mailbox
from tests.services.accounts.test_signing_in import CALLER, NEW, register, token_of
from tests.services.jobs.kit import run_sql, working
from tests.waiting import eventually


@pytest.fixture
def settings(settings: Settings, mailbox: Mailbox) -> Settings:
    return mailbox.sends_to(settings)


async def work(deps: Deps) -> None:
    """Let a worker do what is in the queue."""

    async def nothing_left() -> bool:
        return not await run_sql(deps, "select from job_queue where state <> 'done'")

    kinds = {mail_job.KIND: KINDS[mail_job.KIND]}
    async with working(deps, kinds) as worker:
        await worker.poll()
        await eventually(nothing_left)


def text_of(mailbox: Mailbox) -> str:
    return re.sub(r"\s+", " ", mailbox.text())


async def change(deps: Deps, *, keys: int = 0, revoke_keys: bool = False) -> list[str]:
    """Anna makes keys and changes her password; the keys."""
    here = await register(deps)
    async with deps.transaction() as session:
        made = [
            await api_keys.create(session, deps, user_id=here.user.id, name=f"{i}")
            for i in range(keys)
        ]
    await signing_in.change_password(
        deps,
        user_id=here.user.id,
        session_id=here.id,
        current=PASSWORD,
        new=NEW,
        caller=CALLER,
        revoke_keys=revoke_keys,
    )
    return [key for _, key in made]


async def test_a_new_password_is_told_of_with_the_keys_that_still_work(
    live_deps: Deps, mailbox: Mailbox
) -> None:
    keys = await change(live_deps, keys=2)
    await work(live_deps)
    (message,) = mailbox.mails
    assert message["To"] == "anna@example.com"
    assert message["Subject"] == "Your password for Likeness was changed"
    assert "from the address 192.0.2.7" in text_of(mailbox)
    assert "2 of your API keys still work" in text_of(mailbox)
    async with live_deps.transaction() as session:
        assert all([await api_keys.find(session, live_deps, key=key) for key in keys])


async def test_keys_that_were_revoked_with_it_are_told_of(
    live_deps: Deps, mailbox: Mailbox
) -> None:
    keys = await change(live_deps, keys=1, revoke_keys=True)
    await work(live_deps)
    assert "Your API key was revoked" in text_of(mailbox)
    async with live_deps.transaction() as session:
        assert await api_keys.find(session, live_deps, key=keys[0]) is None


async def test_who_has_no_keys_reads_nothing_of_keys(live_deps: Deps, mailbox: Mailbox) -> None:
    await change(live_deps, revoke_keys=True)
    await work(live_deps)
    assert "API" not in text_of(mailbox)


async def test_the_queue_knows_no_address_and_a_deleted_member_gets_no_mail(
    live_deps: Deps, mailbox: Mailbox
) -> None:
    await change(live_deps, keys=1)
    async with live_deps.transaction() as session:
        job = (await session.scalars(select(JobRow))).one()
        assert set(job.payload) == {"mail", "entry_id"}
        user_id = job.user_id
        assert user_id
        await rights.delete_member(session, live_deps, user_id=user_id, actor_id=user_id)
    await run_sql(live_deps, f"delete from job_queue where kind = '{member_erasure.KIND}'")
    await work(live_deps)
    assert mailbox.mails == []


async def test_a_reset_tells_of_it_as_well(live_deps: Deps, mailbox: Mailbox) -> None:
    here = await register(live_deps)
    async with live_deps.transaction() as session:
        await api_keys.create(session, live_deps, user_id=here.user.id, name="Backup")
        link = await one_time_links.create(
            session, live_deps, purpose="password_reset", user_id=here.user.id
        )
    await signing_in.reset_password(
        live_deps, token=token_of(link), new=NEW, caller=CALLER, revoke_keys=False
    )
    await work(live_deps)
    assert "1 of your API keys still works" in text_of(mailbox)


async def test_without_a_mail_server_nothing_waits(live_deps: Deps, mailbox: Mailbox) -> None:
    settings = live_deps.settings.model_copy(update={"smtp_url": None})
    deps = dataclasses.replace(live_deps, settings=settings)
    await change(deps, keys=1)
    assert await run_sql(deps, "select from job_queue") == []
