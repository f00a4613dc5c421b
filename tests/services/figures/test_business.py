"""Each figure of the business against members and payments that were counted by hand."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import User
from services.deps import Deps
from services.figures import business, reports
from services.figures.business import Business
from services.privacy import rights
from tests.builders import make_generation, make_training_image, make_user, make_user_model


async def run(session: AsyncSession, statement: str, **values: Any) -> None:
    await session.execute(text(statement), values)


async def ago(session: AsyncSession, table: str, id: UUID, **columns: str) -> None:
    """Sets times of one row to so long ago, such as `created_at="3 days"`."""
    times = ", ".join(f"{name} = now() - interval '{age}'" for name, age in columns.items())
    await run(session, f"update {table} set {times} where id = :id", id=id)


async def member(session: AsyncSession, name: str, joined: str, **values: Any) -> User:
    user = await make_user(session, email=f"{name}@example.com", **values)
    await ago(session, "users", user.id, created_at=joined)
    return user


async def subscribes(
    session: AsyncSession, user: User, plan: str, status: str, since: str, ended: str | None = None
) -> None:
    over = f"now() - interval '{ended}'" if ended else "null"
    await run(
        session,
        f"""insert into subscriptions (id, user_id, stripe_id, status, price_id, plan, period_start,
            period_end, cancel_at_period_end, fetched_at, created_at, ended_at)
        values (gen_random_uuid(), :user, gen_random_uuid(), :status, 'p', :plan, now(), now(),
            false, now(), now() - interval '{since}', {over})""",
        user=user.id,
        status=status,
        plan=plan,
    )


async def pays(
    session: AsyncSession, user: User, plan: str | None, cents: int, when: str, **values: Any
) -> None:
    given = {"currency": "usd", "returned": 0} | values
    await run(
        session,
        f"""insert into invoices (stripe_id, user_id, plan, status, currency, amount_due,
            amount_paid, amount_reversed, created_at, fetched_at)
        values (gen_random_uuid(), :user, :plan, 'paid', :currency, :cents, :cents, :returned,
            now() - interval '{when}', now())""",
        user=user.id,
        plan=plan,
        cents=cents,
        **given,
    )


async def makes(session: AsyncSession, user: User, asked: str, done: str | None = None) -> None:
    made = await make_generation(
        session, user_id=user.id, status="succeeded" if done else "canceled"
    )
    await ago(session, "generations", made.id, created_at=asked, finished_at=done or asked)


async def trains(session: AsyncSession, user: User, done: str) -> None:
    model = await make_user_model(session, user_id=user.id)
    await run(
        session,
        f"""insert into remote_jobs (id, user_id, kind, user_model_id, state, engine, created_at,
            finished_at, deadline_at)
        values (gen_random_uuid(), :user, 'training', :model, 'succeeded', 'worker',
            now() - interval '{done}', now() - interval '{done}', now())""",
        user=user.id,
        model=model.id,
    )


async def has(session: AsyncSession, user: User, available: int, held: int, owed: int) -> None:
    await run(
        session,
        "insert into credit_accounts (user_id, available, held, owed) values (:u, :a, :h, :o)",
        u=user.id,
        a=available,
        h=held,
        o=owed,
    )


async def worked(session: AsyncSession, plan: str, engine: str, day: int, *values: Any) -> None:
    """values: images, credits charged, cost."""
    made, charged, cost = values
    await run(
        session,
        """insert into work_measures (day, engine, method, operation, plan, style, status, units,
            made, charged, given_back, cost_usd)
        values ((now() at time zone 'utc')::date - cast(:day as int), :engine, 'trained',
            'generate', :plan, '', 'succeeded', :made, :made, :charged, 0, :cost)""",
        day=day,
        engine=engine,
        plan=plan,
        made=made,
        charged=charged,
        cost=cost,
    )


@pytest.fixture
async def counted(session: AsyncSession, deps: Deps) -> Business:
    """A year of a small business; who is what is said where it is added."""
    ann = await member(session, "ann", "200 days")  # pays for Creator, and uses it
    await subscribes(session, ann, "creator", "active", "60 days")
    await pays(session, ann, "creator", 2000, "20 days", returned=500)
    await makes(session, ann, "2 hours", "1 hour")
    await has(session, ann, 150, 4, 0)
    ben = await member(session, "ben", "200 days")  # left Pro 10 days ago
    await subscribes(session, ben, "pro", "canceled", "45 days", "10 days")
    await pays(session, ben, "pro", 4000, "40 days")
    photo = await make_training_image(
        session, user_model=await make_user_model(session, user_id=ben.id)
    )
    await ago(session, "training_images", photo.id, created_at="20 days")
    await has(session, ben, 0, 0, 7)
    cat = await member(session, "cat", "5 days")  # tries Creator
    await subscribes(session, cat, "creator", "trialing", "5 days")
    dan = await member(session, "dan", "200 days")  # owes for Enterprise, paid in euros once
    await subscribes(session, dan, "enterprise", "past_due", "100 days")
    await pays(session, dan, "enterprise", 1000, "3 days", currency="eur")
    await has(session, dan, 0, 8, 0)
    await run(
        session,
        """insert into credit_holds (reference, user_id, amount, source, purpose)
        values ('generation:x', :id, 8, 'included', '')""",
        id=dan.id,
    )
    eve = await member(session, "eve", "6 days")  # on Free, bought a pack
    await makes(session, eve, "4 days", "3 days")  # 72 hours after joining
    await pays(session, eve, None, 500, "4 days")  # 48 hours
    await has(session, eve, 2, 0, 0)
    fay = await member(session, "fay", "10 days")  # did everything on the first day
    await makes(session, fay, "10 days", "238 hours")  # 2 hours
    await trains(session, fay, "235 hours")  # 5 hours
    await pays(session, fay, "creator", 2000, "216 hours")  # 24 hours
    await subscribes(session, fay, "creator", "active", "9 days")
    gus = await member(session, "gus", "1 day", role="admin")  # nothing of his counts
    await makes(session, gus, "1 hour", "1 hour")
    await subscribes(session, gus, "pro", "active", "60 days")
    await pays(session, gus, "pro", 4000, "2 days")
    await has(session, gus, 999, 0, 5)
    hal = await member(session, "hal", "200 days")  # deletes the account while paying
    await subscribes(session, hal, "pro", "active", "60 days")
    await pays(session, hal, "pro", 4000, "2 days")
    await rights.delete_member(session, deps, user_id=hal.id, actor_id=hal.id)
    ivy = await member(session, "ivy", "200 days")  # never paid: no loss
    await rights.delete_member(session, deps, user_id=ivy.id, actor_id=ivy.id)
    await worked(session, "creator", "worker", 0, 30, 30, 1.5)
    await worked(session, "creator", "together", 29, 10, 10, 0.4)
    await worked(session, "creator", "together", 31, 999, 999, 99.0)  # before
    await worked(session, "pro", "worker", 1, 5, 0, None)
    return await business.refresh(session)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("active_1", 1),  # ann
        ("active_7", 2),  # and eve
        ("active_30", 4),  # and ben and fay
        ("mrr", 4000),  # ann and fay; neither cat's trial nor what dan owes
        ("paying", 2),
        ("arppu", 2000),
        ("arpu", 1000),  # of the four
        ("received", 4000),  # ann 1500, fay 2000, eve's pack 500
        ("churn", 0.5),  # ben and hal, of ann, ben, dan and hal
        ("credits", 156),  # ann 154, eve 2; dan's are included in his plan
        ("credits_owed", 7),
    ],
)
async def test_a_figure_is_what_it_says(counted: Business, key: str, value: float) -> None:
    assert counted.values[key] == pytest.approx(value)


async def test_every_figure_and_column_is_defined_once_and_tested(counted: Business) -> None:
    marks: list[Any] = vars(test_a_figure_is_what_it_says)["pytestmark"]
    [table] = [mark for mark in marks if mark.name == "parametrize"]
    keys = [each.key for each in business.FIGURES]
    assert sorted(keys) == sorted(key for key, _ in table.args[1])
    columns = [column.definition for sheet in business.SHEETS for column in sheet.columns]
    for definition in [*columns, *(figure.definition for figure in business.FIGURES)]:
        assert definition.endswith(".")


async def test_how_far_new_members_come(counted: Business) -> None:
    third = pytest.approx(1 / 3)
    assert counted.rows["funnel"] == [
        ["Signed up", 3, 1.0, None],  # cat, eve and fay
        ["First picture", 2, pytest.approx(2 / 3), pytest.approx(37)],  # 2 and 72 hours
        ["First training", 1, third, pytest.approx(5)],
        ["First payment", 2, pytest.approx(2 / 3), pytest.approx(36)],  # 24 and 48
    ]


async def test_margin_by_plan_and_engine(counted: Business) -> None:
    """Creator brought 35 dollars, of which 10 of 40 credits were made by Together."""
    money = [
        [*row[:4], *(cell and pytest.approx(cell) for cell in row[4:])]
        for row in (
            ["creator", "together", 10, 10, 8.75, 0.4, 8.35],
            ["creator", "worker", 30, 30, 26.25, 1.5, 24.75],
            ["other", "none", 0, 0, 5.0, 0.0, 5.0],
            ["pro", "worker", 5, 0, 0.0, None, None],
        )
    ]
    assert counted.rows["margin"] == money


async def test_an_empty_installation_has_figures(session: AsyncSession) -> None:
    found = await business.refresh(session)
    assert (found.values["mrr"], found.values["arppu"], found.values["churn"]) == (0, None, None)
    assert found.rows["margin"] == []


async def test_what_is_kept_is_what_was_counted(session: AsyncSession, counted: Business) -> None:
    kept = await business.kept(session)
    assert (kept.values, kept.at) == (counted.values, counted.at)
    assert kept.rows == counted.rows
    assert await reports.find(session, name="nothing") is None
