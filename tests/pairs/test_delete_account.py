"""An account is deleted while something of it is under way, or comes again."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from db.base import Base
from services.accounts import mail_job, password_reset, past_members, signing_in
from services.accounts.sessions import Caller
from services.app.bootstrap import KINDS
from services.credits import ledger, ledger_audit, renewals
from services.deps import Deps
from services.errors import Conflict
from services.privacy import rights
from services.settings import Settings
from tests.services.jobs.kit import is_state, run_sql, working
from tests.waiting import eventually

ANNA = "anna.lee@example.com"
PASSWORD = "four quiet words here"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"smtp_url": SecretStr("smtp://127.0.0.1:1")})


@pytest.fixture
async def shop(live_deps: Deps) -> Deps:
    """A house where everybody has the plan Free, with its three images."""
    await default(live_deps, "free")
    return live_deps


async def default(deps: Deps, plan: str) -> None:
    await run_sql(deps, "update plans set is_default = false")
    await run_sql(deps, "update plans set is_default = true where name = :n", n=plan)


async def register(deps: Deps, email: str = ANNA, ip: str = "192.0.2.7") -> UUID:
    started = await signing_in.register(deps, email=email, password=PASSWORD, caller=Caller(ip))
    return started.user.id


async def delete(deps: Deps, user_id: UUID) -> None:
    async with deps.transaction() as session:
        await rights.delete_member(session, deps, user_id=user_id, actor_id=user_id)


async def use(deps: Deps, user_id: UUID, credits: int) -> None:
    """The member makes images."""
    name = f"generation:{UUID(int=credits)}"
    async with deps.transaction() as session:
        await ledger.reserve(
            session, user_id=user_id, credits=credits, reference=name, purpose="Images"
        )
        await ledger.capture(session, reference=name, credits=credits)


async def available(deps: Deps, user_id: UUID) -> int | None:
    async with deps.transaction() as session:
        found = await ledger.balance(session, user_id=user_id)
        assert (await ledger_audit.reckon(session)).broken == {}
    return found.available


async def renew(deps: Deps) -> None:
    """The hourly tick that grants what is due."""
    await renewals.tick(deps)


async def test_registering_again_renews_no_free_images(shop: Deps) -> None:
    first = await register(shop)
    assert await available(shop, first) == 3
    await use(shop, first, 3)
    await delete(shop, first)
    second = await register(shop)
    assert await available(shop, second) == 0
    async with shop.transaction() as session:
        said = await ledger.statement(session, user_id=second)
    assert said[0].reason == "Given to this address before"
    await renew(shop)
    assert await available(shop, second) == 0


async def test_what_was_left_of_them_is_there_again(shop: Deps) -> None:
    first = await register(shop)
    await use(shop, first, 1)
    await delete(shop, first)
    for _ in range(2):
        again = await register(shop)
        assert await available(shop, again) == 2
        await delete(shop, again)


async def test_an_account_that_asked_for_nothing_makes_nothing_forgotten(shop: Deps) -> None:
    """Deleted twice, the second time before its credits were ever looked at."""
    first = await register(shop)
    await use(shop, first, 3)
    await delete(shop, first)
    await delete(shop, await register(shop))
    assert await available(shop, await register(shop)) == 0


@pytest.mark.parametrize("same", ["Anna.Lee@Example.com", "anna.lee+2@example.com"])
async def test_another_spelling_of_the_mailbox_is_the_same(shop: Deps, same: str) -> None:
    first = await register(shop)
    await use(shop, first, 3)
    await delete(shop, first)
    assert await available(shop, await register(shop, same)) == 0


async def test_others_have_theirs(shop: Deps) -> None:
    first = await register(shop)
    await use(shop, first, 3)
    await delete(shop, first)
    for other in ("annalee@example.com", "anna.lee@example.org"):
        assert await available(shop, await register(shop, other)) == 3


def test_dots_count_but_where_the_provider_ignores_them() -> None:
    assert past_members.mailbox("Anna.Lee+x@GMail.com") == "annalee@gmail.com"
    assert past_members.mailbox("anna.lee@example.com") == "anna.lee@example.com"
    assert past_members.mailbox("+x@example.com") == "+x@example.com"


async def test_a_month_that_was_given_is_not_given_again_before_it_ends(shop: Deps) -> None:
    await default(shop, "creator")
    first = await register(shop)
    assert await available(shop, first) == 200
    await use(shop, first, 150)
    await delete(shop, first)
    second = await register(shop)
    assert await available(shop, second) == 50
    await renew(shop)
    assert await available(shop, second) == 50
    await run_sql(shop, "update credit_accounts set renews_at = now() - interval '1 day'")
    await renew(shop)
    assert await available(shop, second) == 250


async def test_who_comes_back_in_another_month_has_that_one(shop: Deps) -> None:
    await default(shop, "creator")
    first = await register(shop)
    await use(shop, first, 200)
    await delete(shop, first)
    await run_sql(shop, "update past_members set renews_at = now() - interval '1 day'")
    assert await available(shop, await register(shop)) == 200


async def test_after_its_time_the_address_is_forgotten(shop: Deps) -> None:
    first = await register(shop)
    await use(shop, first, 3)
    await delete(shop, first)
    [row] = await run_sql(shop, "select * from past_members")
    assert row.expires_at - shop.now() == timedelta(days=365)
    assert ANNA.encode() not in bytes(row.address_hash)
    await run_sql(shop, "update past_members set expires_at = :now", now=shop.now())
    async with shop.transaction() as session:
        await past_members.prune(session, shop)
    assert await run_sql(shop, "select * from past_members") == []
    assert await available(shop, await register(shop)) == 3


async def test_where_nothing_is_given_nothing_is_remembered(live_deps: Deps) -> None:
    first = await register(live_deps)
    assert await available(live_deps, first) is None
    await delete(live_deps, first)
    assert await run_sql(live_deps, "select * from past_members") == []


async def test_of_registrations_while_the_account_goes_none_renews(shop: Deps) -> None:
    first = await register(shop)
    await use(shop, first, 3)
    found = await asyncio.gather(
        delete(shop, first),
        *(register(shop, ip=f"198.51.{i}.7") for i in range(4)),
        return_exceptions=True,
    )
    ids = [id for id in found if isinstance(id, UUID)]
    assert all(id is None or isinstance(id, UUID | Conflict) for id in found), found
    assert len(ids) <= 1
    for id in ids or [await register(shop)]:
        assert await available(shop, id) == 0


async def test_no_row_of_any_table_has_the_address_of_a_deleted_member(shop: Deps) -> None:
    user_id = await register(shop)
    await use(shop, user_id, 1)
    caller = Caller("192.0.2.7")
    await password_reset.ask(shop, email=ANNA, caller=caller)
    await signing_in.login(shop, email=ANNA, password=PASSWORD, caller=caller)
    await delete(shop, user_id)
    for table in Base.metadata.sorted_tables:
        query = f'select t::text as row from "{table.name}" t where t::text ilike :address'
        found = await run_sql(shop, query, address=f"%{ANNA}%")
        assert found == [], table.name
    assert await run_sql(shop, "select 1 from job_queue where kind = 'mail'")


async def test_a_reset_mail_for_an_account_that_is_gone_is_not_sent(shop: Deps) -> None:
    user_id = await register(shop)
    await password_reset.ask(shop, email=ANNA, caller=Caller("192.0.2.7"))
    await delete(shop, user_id)
    await register(shop)  # somebody else's account by now
    [job] = await run_sql(shop, "select id from job_queue where kind = 'mail'")
    async with working(shop, {mail_job.KIND: KINDS[mail_job.KIND]}) as worker:
        await worker.poll()
        await eventually(is_state(shop, job.id, "done"))
    async with shop.transaction() as session:
        links = text("select count(*) from one_time_tokens where purpose = 'password_reset'")
        assert await session.scalar(links) == 0
