"""No cell of the table is forgotten."""

import importlib
import itertools
from pathlib import Path

from tests.pairs import table


def cells_of_tests() -> dict[tuple[str, str], list[str]]:
    """The tests of each cell."""
    found: dict[tuple[str, str], list[str]] = {}
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        module = importlib.import_module(f"tests.pairs.{path.stem}")
        for name, value in vars(module).items():
            for cell in getattr(value, "cells", ()) if name.startswith("test_") else ():
                found.setdefault(cell, []).append(f"{path.stem}.{name}")
    return found


def test_every_cell_is_tested_or_said_to_be_apart() -> None:
    cells = set(itertools.product(table.ACTS, table.MEANWHILE))
    tests = cells_of_tests()
    assert cells == tests.keys() | table.APART.keys()
    assert not tests.keys() & table.APART.keys()
    assert len(tests) >= 30
