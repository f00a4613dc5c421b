"""Together AI as an operator sets it up: what is refused, and what the connection test says."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from db.errors import CannotStart
from services.engines import configured
from services.engines.base import Refused
from services.engines.together.engine import _is_public, make_engine
from tests.doubles import together
from tests.doubles.together import Together
from tests.services.engines.test_together import NO_STORAGE, settings
from tests.services.engines.test_together import double as double


@pytest.mark.parametrize(
    ("url", "public"),
    [
        ("https://likeness.example.com/x", True),
        ("https://203.0.113.9/x", False),
        ("https://8.8.8.8/x", True),
        ("http://likeness.example.com/x", False),
        ("https://localhost/x", False),
        ("https://nas/x", False),
        ("https://10.0.0.1/x", False),
    ],
)
def test_public_addresses(url: str, public: bool) -> None:
    assert _is_public(url) is public


async def test_the_connection_test_says_what_is_wrong(
    double: tuple[Together, str], tmp_path: Path
) -> None:
    wrong = make_engine(settings(tmp_path, double[1], together_api_key=SecretStr("no")))
    with pytest.raises(Refused, match="API key"):
        await wrong.check()
    names = {"together_trainer": "nobody", "together_generator": "nobody"}
    unknown = make_engine(settings(tmp_path, double[1], **names))
    with pytest.raises(Refused, match="does not know the deployment “nobody”"):
        await unknown.check()
    await wrong.close()
    await unknown.close()


async def test_an_own_worker_also_says_what_it_runs_on(
    double: tuple[Together, str], tmp_path: Path
) -> None:
    @double[0].app.get("/health")
    async def health() -> dict[str, Any]:
        return {"hardware": {"summary": "one H100"}}

    given = {"gpu_worker_url": double[1], "gpu_worker_key": SecretStr(together.KEY)}
    own = settings(tmp_path, double[1], engine="worker", **given)
    engine = configured.build(own, NO_STORAGE).default
    said = await engine.check()
    assert said.startswith("Your GPU worker accepts the key.")
    assert said.endswith("It runs on one H100.")
    await engine.close()


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"together_api_key": None}, "TOGETHER_API_KEY"),
        ({"together_trainer": "t"}, "TOGETHER_GENERATOR"),
        ({"engine": "worker", "gpu_worker_url": "http://gpu:8000"}, "GPU_WORKER_KEY"),
    ],
)
def test_half_a_configuration_is_refused(
    tmp_path: Path, values: dict[str, Any], words: str
) -> None:
    with pytest.raises(CannotStart, match=words):
        configured.build(settings(tmp_path, "http://127.0.0.1:9", **values), NO_STORAGE)
