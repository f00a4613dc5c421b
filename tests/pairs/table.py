"""Two things at once: nearly every real defect of the first release lived between features.

A row is what a member or an operator does, a column what happens meanwhile. Each cell is tested
by a function that names it with `@pair`, or stands in `APART` with the reason why the two never
meet. `test_table.py` looks that none was forgotten.
"""

from collections.abc import Callable
from typing import Literal, TypeVar

Act = Literal["generate", "train", "upload", "buy", "leave", "withdraw", "restore", "command"]
Meanwhile = Literal["erase", "restart", "role", "engine", "plan", "price", "tab", "container"]
Test = TypeVar("Test", bound=Callable[..., object])

ACTS: dict[Act, str] = {
    "generate": "asks for pictures",
    "train": "has a model trained",
    "upload": "adds a photo",
    "buy": "pays for a plan",
    "leave": "deletes the account",
    "withdraw": "takes a consent back",
    "restore": "takes pictures out of the trash",
    "command": "saves or restores the database",
}
MEANWHILE: dict[Meanwhile, str] = {
    "erase": "pictures, photos or models are deleted, and the purge comes",
    "restart": "a process starts with other settings",
    "role": "another process lacks the keys",
    "engine": "the engine is switched",
    "plan": "the member's plan changes, or what it grants",
    "price": "a price changes",
    "tab": "the same member acts in a second tab",
    "container": "a second process works the same queue",
}
APART: dict[tuple[Act, Meanwhile], str] = {
    ("upload", "role"): "taking a photo in needs no key",
    ("upload", "plan"): "no plan limits photos",
    ("upload", "price"): "a photo costs nothing",
    ("buy", "erase"): "what is bought is credits",
    ("buy", "engine"): "what is bought is credits",
    ("leave", "price"): "leaving costs nothing",
    ("withdraw", "plan"): "no plan limits it",
    ("withdraw", "price"): "withdrawing costs nothing",
    ("restore", "restart"): "one statement of the database",
    ("restore", "role"): "it needs no key",
    ("restore", "engine"): "a picture is a picture, whoever made it",
    ("restore", "plan"): "no plan limits it",
    ("restore", "price"): "it costs nothing",
    ("command", "plan"): "the database is saved as a whole",
    ("command", "price"): "the database is saved as a whole",
    ("command", "tab"): "pages are closed while it restores, and saving changes nothing",
}


def pair(act: Act, meanwhile: Meanwhile) -> Callable[[Test], Test]:
    """Says which cell a test is for; one test may be for several."""

    def mark(test: Test) -> Test:
        cells = getattr(test, "cells", ())
        test.cells = (*cells, (act, meanwhile))  # type: ignore[attr-defined]
        return test

    return mark
