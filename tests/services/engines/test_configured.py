"""The registry of engines: which one the settings mean, and that each is told of."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from db.errors import CannotStart
from services.engines import configured
from tests.conftest import ExplicitSettings

ROOT = Path(__file__).parents[3]
KEY: dict[str, Any] = {"together_api_key": SecretStr("key")}
GPU: dict[str, Any] = {"gpu_worker_url": "http://gpu:9000", "gpu_worker_key": SecretStr("key")}


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({}, "preview"),
        (KEY, "together"),
        (KEY | GPU, "worker"),
        (KEY | GPU | {"engine": "together"}, "together"),
        (KEY | GPU | {"engine": "preview"}, "preview"),
    ],
)
def test_the_best_that_is_configured_is_taken_unless_one_is_named(
    tmp_path: Path, given: dict[str, Any], name: str
) -> None:
    assert configured.chosen(ExplicitSettings(data_dir=tmp_path, **given)) == name


def test_an_engine_that_there_is_not_is_refused_with_those_that_there_are(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="auto, worker, local, pull, together, preview"):
        configured.chosen(ExplicitSettings(data_dir=tmp_path, engine="nonsense"))


def test_the_example_and_the_readme_tell_of_every_engine() -> None:
    example = (ROOT / ".env.example").read_text()
    readme = (ROOT / "README.md").read_text()
    (said,) = re.findall(r"# (auto takes(?:.*\n# )?.*)\nENGINE=auto", example)
    for name, engine in configured.ENGINES.items():
        assert re.search(rf"\b{name}\b", said), name
        for setting in (field.setting.upper() for field in engine.FIELDS):
            assert f"`{setting}`" in readme, setting
            assert f"\n{setting}=" in example, setting


def test_an_engine_that_is_not_used_is_not_loaded() -> None:
    """Its SDK takes a second to import."""
    look = (
        "import sys; from services.engines import configured; "
        "print([name for name in ('together', 'cv2', 'numpy') if name in sys.modules])"
    )
    said = subprocess.run(
        [sys.executable, "-c", look], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "[]"
