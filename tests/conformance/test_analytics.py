"""What all analytics keep: telling never waits and never fails, whatever becomes of it."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from services.analytics.base import Analytics, Event, Step
from services.analytics.off import AnalyticsOff
from services.analytics.posthog import PosthogAnalytics
from tests.doubles.posthog import KEY, PosthogServer, posthog_server

AT = datetime(2026, 5, 4, 12, tzinfo=UTC)
AT_ONCE = 0.1  # seconds in which twenty events are handed over, on a busy machine


def event(step: Step = Step.LANDING, who: UUID | None = None) -> Event:
    return Event(uuid4(), who or uuid4(), step, AT)


@pytest.fixture
def server() -> Iterator[PosthogServer]:
    with posthog_server() as server:
        yield server


@pytest.fixture(params=["off", "posthog", "posthog away", "posthog silent", "posthog broken"])
async def analytics(
    request: pytest.FixtureRequest, server: PosthogServer, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Analytics]:
    """Each of them, and PostHog in each of its moods."""
    monkeypatch.setattr("services.analytics.posthog.PATIENCE", 0.5)
    monkeypatch.setattr("services.analytics.posthog.LAST_WORDS", 0.5)
    made: Analytics = AnalyticsOff()
    if request.param != "off":
        away = "http://127.0.0.1:1"
        made = PosthogAnalytics(KEY, host=away if "away" in request.param else server.url)
    if "silent" in request.param:
        server.silent.set()
    server.faults = [500] * 100 if "broken" in request.param else []
    yield made
    server.silent.clear()
    await made.close()


async def test_telling_never_waits_and_never_fails(analytics: Analytics) -> None:
    started = time.process_time()
    for _ in range(20):
        analytics.record(event())
    assert time.process_time() - started < AT_ONCE


async def test_the_end_comes_soon_and_twice_is_no_error(analytics: Analytics) -> None:
    analytics.record(event())
    async with asyncio.timeout(10):
        await analytics.close()
        await analytics.close()
    analytics.record(event())


async def test_what_is_delivered_is_there(analytics: Analytics, server: PosthogServer) -> None:
    analytics.record(event())
    if await analytics.delivered():
        assert len(server.events) == int(analytics.enabled)
    else:
        assert server.events == []


async def test_what_posthog_gets(server: PosthogServer) -> None:
    analytics, who = PosthogAnalytics(KEY, host=server.url), uuid4()
    told = event(Step.FIRST_PICTURE, who)
    analytics.record(told)
    analytics.record(told)  # again, as after a crash between sending and noting it
    assert await analytics.delivered()
    (got,) = server.events
    assert (got["event"], got["distinct_id"]) == ("first_picture", str(who))
    assert datetime.fromisoformat(got["timestamp"]) == AT
    assert got["properties"]["$process_person_profile"] is False
    assert got["properties"]["$geoip_disable"] is True
    known = {"$lib", "$lib_version", "$is_server", "$os", "$os_version", "$os_distro"}
    known |= {"$python_runtime", "$python_version", "$process_person_profile", "$geoip_disable"}
    assert set(got["properties"]) <= known
    await analytics.close()


async def test_a_wrong_key_is_not_delivered(server: PosthogServer) -> None:
    analytics = PosthogAnalytics("phc_wrong", host=server.url)
    analytics.record(event())
    assert not await analytics.delivered()
    await analytics.close()


async def test_what_is_left_is_sent_at_the_end(server: PosthogServer) -> None:
    analytics = PosthogAnalytics(KEY, host=server.url)
    for _ in range(30):
        analytics.record(event())
    await analytics.close()
    assert len(server.events) == 30
