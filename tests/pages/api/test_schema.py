"""The whole API under schemathesis, as two members who must never see each other's objects."""

import asyncio
import json
import sys
from pathlib import Path

import pytest

from services.accounts import api_keys
from services.deps import Deps
from services.engines.base import Engine
from services.storage.base import Storage
from services.storage.local import LocalStorage
from tests.accounts import furnish
from tests.doubles.engine import ScriptedEngine
from tests.serving import listening

EXAMPLES = 8  # a route and phase
CONFIG = """
[auth.wfc]
path = "{auth}"
peers = ["anna", "bert"]

[generation]
max-examples = {examples}
deterministic = true
database = "none"
allow-x00 = false

# 400 and 402: well-formed, and refused for a reason that a schema can't tell
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "3xx", 400, 401, 402, 403, 404, 409, 413, 429, 503]

# Here it guesses what follows from what, and writes a whole list where one id belongs.
[phases.stateful.checks.positive_data_acceptance]
expected-statuses = ["2xx", "3xx", 400, 401, 402, 403, 404, 409, 413, 422, 429, 503]
"""


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return LocalStorage(tmp_path / "files", secret=b"s" * 32, base_url="http://test", cdn_url="")


@pytest.fixture
def engine() -> Engine:
    return ScriptedEngine()


async def keys(deps: Deps) -> dict[str, str]:
    """Two members with models, photos and pictures, and the API key of each."""
    made = {}
    for name in ("anna", "bert"):
        async with deps.transaction() as session:
            user_id = await furnish(session, deps, name=name, plan="unlimited")
            _, made[name] = await api_keys.create(session, deps, user_id=user_id, name="Test")
    return made


def configure(folder: Path, secrets: dict[str, str]) -> Path:
    auth = folder / "auth.json"
    users = [
        {"name": n, "fixedHeaders": [{"name": "Authorization", "value": f"Bearer {key}"}]}
        for n, key in secrets.items()
    ]
    auth.write_text(json.dumps({"auth": users}))
    config = folder / "schemathesis.toml"
    config.write_text(CONFIG.format(auth=auth, examples=EXAMPLES))
    return config


@pytest.mark.timeout(300)
async def test_no_error_no_violation_and_no_way_to_anothers_objects(
    live_deps: Deps, tmp_path: Path
) -> None:
    config = configure(tmp_path, await keys(live_deps))
    async with listening(live_deps) as address:
        process = await asyncio.create_subprocess_exec(
            str(Path(sys.executable).with_name("schemathesis")),
            *("--config-file", str(config), "run", f"{address}/api/openapi.json"),
            *("--exclude-path", "/api/auth/logout", "--no-color", "--warnings", "off"),
            cwd=tmp_path,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()[-20_000:]
