"""What people do in an evening meets no limit.

`evening.txt` is what the running program was asked, call by call, by the browser tests of the
gallery, of the main job (sign-up, twelve photos, training, pictures, sharing) and of copying, in
261 seconds: seconds since the first call, method, path with ids taken out. Presses on Make came
over sockets; here somebody presses every ten seconds.
"""

import dataclasses
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from pages.server.call_limits import act_of
from services.limits.calls import Asking, Calls
from services.limits.policy import FIGURES, Act

START = datetime(2026, 5, 4, 20, tzinfo=UTC)
SECONDS = 261
HOME = "192.168.1.20"  # as seen behind the proxy of a home


@dataclasses.dataclass
class Clock:
    seconds: float = 0

    def __call__(self) -> datetime:
        return START + timedelta(seconds=self.seconds)


def _no_database() -> AbstractAsyncContextManager[AsyncSession]:
    raise AssertionError("a call is counted without a look at the database")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def calls(clock: Clock) -> Calls:
    return Calls(secret=b"s", reading=_no_database, now=clock)


def recorded() -> Iterator[tuple[float, Act]]:
    """Seconds and act of each call."""
    for line in Path(__file__).with_name("evening.txt").read_text().splitlines():
        seconds, method, path = line.split()
        act = act_of({"type": "http", "method": method, "path": path})
        assert act
        yield float(seconds), act


def evening() -> list[tuple[float, Act]]:
    """The recording again and again for three hours, and a press on Make every ten seconds."""
    times = range(0, 3 * 3600, SECONDS)
    asked = [(start + seconds, act) for start in times for seconds, act in recorded()]
    pressed = [(float(second), Act.GENERATE) for second in range(0, 3 * 3600, 10)]
    return sorted(asked + pressed)


def test_a_family_of_four_is_never_refused(calls: Calls, clock: Clock) -> None:
    family = [Asking(HOME, UUID(int=number)) for number in range(1, 5)]
    least = dict.fromkeys(Act, 1.0)
    for seconds, act in evening():
        clock.seconds = seconds
        for asking in family:
            standing = calls.count(act, asking)
            least[act] = min(least[act], standing.remaining / standing.limit)
    assert min(least.values()) > 0.6, least


def test_all_that_the_browser_tests_ask_fits_into_a_minute(calls: Calls, clock: Clock) -> None:
    """By one member, at four times the pace of a machine."""
    for seconds, act in recorded():
        clock.seconds = seconds / SECONDS * 60
        calls.count(act, Asking(HOME, UUID(int=1)))


@pytest.mark.parametrize(("act", "burst"), [(Act.READS, 1_500), (Act.GENERATE, 60)])
def test_a_burst_by_one_member_does_not_fit(act: Act, burst: int) -> None:
    assert FIGURES[act].member < burst
