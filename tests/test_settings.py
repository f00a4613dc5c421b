"""`.env.example` and `Settings` say the same."""

import re
from pathlib import Path

import pytest

from services.settings import Settings

EXAMPLE = Path(__file__).parents[1] / ".env.example"
LINE = re.compile(r"^([A-Z0-9_]+)=(.*)$", re.MULTILINE)


def test_the_example_lists_every_setting_once() -> None:
    names = [name for name, _ in LINE.findall(EXAMPLE.read_text())]
    assert sorted(names) == sorted(name.upper() for name in Settings.model_fields)


def test_each_setting_is_explained() -> None:
    for block in EXAMPLE.read_text().strip().split("\n\n"):
        assert block.startswith("#"), block


def test_the_example_changes_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    assert Settings(_env_file=EXAMPLE) == Settings()  # type: ignore[call-arg]
