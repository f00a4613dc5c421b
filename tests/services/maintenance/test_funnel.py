"""How far members come is told once for each step, and nothing else of them."""

import dataclasses
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text, update

from db.models import FunnelMember, User, UserModel
from services.analytics.base import Event
from services.analytics.posthog import PosthogAnalytics
from services.deps import Deps
from services.maintenance import funnel
from services.privacy import rights
from tests.builders import (
    PASSWORD,
    make_image,
    make_training_image,
    make_user,
    make_user_model,
)
from tests.doubles.posthog import KEY, PosthogServer, posthog_server

STEPS = ["registered", "first_photo", "first_picture", "second_picture", "training", "plan"]


@pytest.fixture
async def told(live_deps: Deps) -> AsyncIterator[tuple[Deps, PosthogServer]]:
    """Deps whose analytics are PostHog's own library, and what it tells."""
    with posthog_server() as server:
        analytics = PosthogAnalytics(KEY, host=server.url)
        yield dataclasses.replace(live_deps, analytics=analytics), server
        await analytics.close()


async def newcomer(deps: Deps, **values: object) -> UUID:
    async with deps.transaction() as session:
        given = {"created_at": deps.now(), "email": "anna.secret@example.com"} | values
        return (await make_user(session, **given)).id


async def everything(deps: Deps, user_id: UUID) -> None:
    """A photo, three pictures, a training and a subscription."""
    async with deps.transaction() as session:
        model = await make_user_model(session, user_id=user_id, name="Grandmother")
        await session.execute(
            update(UserModel).where(UserModel.id == model.id).values(queued_at=deps.now())
        )
        await make_training_image(session, user_model=model)
        for _ in range(3):
            key = {"user_id": user_id, "user_model_id": model.id}
            await make_image(session, prompt="in a secret garden", **key)
        await session.execute(
            text(
                "insert into subscriptions (id, user_id, stripe_id, status, price_id, plan, "
                "period_start, period_end, cancel_at_period_end, fetched_at, created_at) values "
                "(gen_random_uuid(), :user_id, 'sub_1', 'active', 'price_1', 'pro', now(), now(), "
                "false, now(), now())"
            ),
            {"user_id": user_id},
        )


def steps(server: PosthogServer) -> list[str]:
    return [event["event"] for event in server.events]


async def test_each_step_is_told_once(told: tuple[Deps, PosthogServer]) -> None:
    deps, server = told
    anna = await newcomer(deps)
    for _ in range(2):
        await funnel.tick(deps)
    assert steps(server) == ["registered"]
    await everything(deps, anna)
    for _ in range(2):
        await funnel.tick(deps)
    assert steps(server) == STEPS
    assert len({event["distinct_id"] for event in server.events}) == 1


async def test_nothing_says_whose_it_is(told: tuple[Deps, PosthogServer]) -> None:
    deps, server = told
    anna = await newcomer(deps, name="Anna Secret")
    await everything(deps, anna)
    await funnel.tick(deps)
    assert steps(server) == STEPS
    sent = "".join(server.bodies)
    for word in (str(anna), anna.hex, "secret", "Secret", "Grandmother", 'pro"', "price"):
        assert word not in sent


async def test_what_was_not_taken_is_told_again(told: tuple[Deps, PosthogServer]) -> None:
    deps, server = told
    await newcomer(deps)
    server.faults = [500, 500]
    await funnel.tick(deps)
    assert steps(server) == []
    await funnel.tick(deps)
    assert steps(server) == ["registered"]


async def test_who_deletes_the_account_is_nobody(told: tuple[Deps, PosthogServer]) -> None:
    deps, _ = told
    anna = await newcomer(deps)
    await funnel.tick(deps)
    await rights.delete_account(
        deps, user_id=anna, typed_email="anna.secret@example.com", password=PASSWORD
    )
    async with deps.reading() as session:
        assert (await session.scalars(select(FunnelMember.random_id))).all() == []
    await funnel.tick(deps)


async def test_an_account_that_goes_meanwhile_is_no_error(
    told: tuple[Deps, PosthogServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    deps, server = told
    anna = await newcomer(deps)
    record = deps.analytics.record

    def recorded(event: Event) -> None:
        record(event)
        gone.append(event.who)

    gone: list[UUID] = []
    monkeypatch.setattr(deps.analytics, "record", recorded)
    delivered = deps.analytics.delivered

    async def deleting() -> bool:
        async with deps.transaction() as session:
            await session.delete(await session.get_one(User, anna))
        return await delivered()

    monkeypatch.setattr(deps.analytics, "delivered", deleting)
    await funnel.tick(deps)
    assert [str(who) for who in gone] == [event["distinct_id"] for event in server.events]


async def test_members_of_before_are_never_told_of(told: tuple[Deps, PosthogServer]) -> None:
    deps, server = told
    long_ago = deps.now() - timedelta(days=2)
    await everything(deps, await newcomer(deps, created_at=long_ago))
    await funnel.tick(deps)
    assert steps(server) == []


async def test_without_a_key_nobody_gets_an_id(live_deps: Deps) -> None:
    await newcomer(live_deps)
    await funnel.tick(live_deps)
    async with live_deps.reading() as session:
        assert (await session.scalars(select(FunnelMember.random_id))).all() == []
