"""The list of keys says what the viewer does."""

import re
from pathlib import Path

from components.shortcuts import SHORTCUTS

VIEWER = Path(__file__).parents[2] / "components" / "viewer.js"


def test_each_key_of_the_viewer_is_in_the_list() -> None:
    shown = {key for _, keys in SHORTCUTS for _, names in keys for key in names}
    line = re.search(r"const KEYS = \{(.+)\};", VIEWER.read_text())
    assert line
    acted_on = {key if len(key) > 1 else key.upper() for key in re.findall(r"(\w+):", line[1])}
    assert acted_on
    assert acted_on <= shown
