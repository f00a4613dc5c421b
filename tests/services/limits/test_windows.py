"""A sliding minute of two numbers: what still counts, and when there is room again."""

import pytest

from services.limits.windows import Window


def test_the_minute_before_counts_less_and_less() -> None:
    window = Window(minute=7, current=10, previous=60)
    assert [window.used(elapsed) for elapsed in (0, 30, 60)] == [70, 40, 10]


def test_after_a_silent_minute_nothing_counts() -> None:
    window = Window(minute=7, current=10)
    window.turn(8)
    assert window.used(0) == 10
    window.turn(10)
    assert window.used(0) == 0


@pytest.mark.parametrize(("current", "previous"), [(0, 30), (10, 30), (30, 0), (30, 30), (1, 90)])
@pytest.mark.parametrize("elapsed", [0, 20, 59])
def test_there_is_room_when_it_was_said(current: int, previous: int, elapsed: float) -> None:
    window = Window(minute=7, current=current, previous=previous)
    wait = window.wait(30, elapsed)
    assert _used_after(window, elapsed + wait) + 1 == pytest.approx(30, abs=0.5) or wait <= 0


def _used_after(window: Window, seconds: float) -> float:
    """Calls that count `seconds` after this minute began."""
    later = Window(window.minute, window.current, window.previous)
    later.turn(window.minute + int(seconds // 60))
    return later.used(seconds % 60)
