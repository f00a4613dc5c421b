"""Vue templates: the browser holds what is typed, and no render writes over it."""

import re
from pathlib import Path

import pytest

COMPONENTS = sorted((Path(__file__).parents[2] / "components").glob("*.js"))
BOUND = re.compile(r"<(?:input|textarea|select)\b[^>]*\s:value=")


@pytest.mark.parametrize("file", COMPONENTS, ids=lambda file: file.name)
def test_no_field_binds_its_value_one_way(file: Path) -> None:
    """`:value` alone is written back at every render; `v-model` takes what is typed."""
    assert BOUND.findall(file.read_text()) == []
