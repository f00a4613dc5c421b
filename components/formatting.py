"""Figures in plain words: durations, counts, dates, sizes."""

import json
from datetime import datetime


def plural(count: int, one: str, many: str | None = None) -> str:
    """`1 photo`, `12 photos`, `1,204 images`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def credits(available: int | None) -> str:
    """What the balance says; None is an unlimited plan."""
    return "Unlimited" if available is None else plural(available, "credit")


def duration(seconds: float) -> str:
    """Rounded as a person would: `under a minute`, `about 4 minutes`, `about 2 hours`."""
    minutes = seconds / 60
    if seconds < 10:
        return "a few seconds"
    if seconds < 55:
        return f"about {round(seconds / 5) * 5} seconds"
    if minutes < 55:
        return f"about {plural(max(1, round(minutes)), 'minute')}"
    return f"about {plural(max(1, round(minutes / 60)), 'hour')}"


def date(when: datetime) -> str:
    """`4 May 2026`."""
    return f"{when.day} {when:%B %Y}"


def moment(when: datetime) -> str:
    """`4 May 2026, 12:31 UTC`."""
    return f"{date(when)}, {when:%H:%M} UTC"


def size(count: int) -> str:
    """Bytes with a unit: `812 KB`, `3.4 GB`."""
    value, unit = float(count), "bytes"
    for unit in ("bytes", "KB", "MB", "GB", "TB"):
        if value < 1000 or unit == "TB":
            break
        value /= 1000
    return f"{value:.0f} {unit}" if value >= 10 or unit == "bytes" else f"{value:.1f} {unit}"


def percent(progress: float) -> str:
    """0.0-1.0 as `42 %`; never 100 % before it is done."""
    return f"{int(progress * 100)}\u202f%"


def javascript(text: str) -> str:
    """The text as a literal that is safe within a script."""
    return json.dumps(text).replace("</", "<\\/")
