"""Figures in plain words."""

import pytest

from components import formatting


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (3, "a few seconds"),
        (32, "about 30 seconds"),
        (57, "about 1 minute"),
        (250, "about 4 minutes"),
        (3400, "about 1 hour"),
        (9000, "about 2 hours"),
    ],
)
def test_durations_are_rounded_as_people_do(seconds: float, said: str) -> None:
    assert formatting.duration(seconds) == said


def test_work_is_never_done_before_it_is() -> None:
    assert formatting.percent(0.999) == "99\u202f%"
    assert formatting.percent(1.0) == "100\u202f%"


@pytest.mark.parametrize(
    ("count", "said"), [(0, "0 bytes"), (812_000, "812 KB"), (3_400_000_000, "3.4 GB")]
)
def test_sizes_have_units(count: int, said: str) -> None:
    assert formatting.size(count) == said


def test_text_cannot_leave_its_script() -> None:
    assert "</script" not in formatting.javascript('</script><script>alert("x")')
