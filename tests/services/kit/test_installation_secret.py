"""The installation's secret: the same at every start, private, shared by SECRET_KEY."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pydantic import SecretStr

from services.kit import installation_secret
from tests.conftest import ExplicitSettings


def test_it_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    settings = ExplicitSettings(data_dir=tmp_path)
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(installation_secret.installation_secret, [settings] * 16))
    assert len(found) == 1
    assert len(found.pop()) == installation_secret.LENGTH
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]


def test_containers_with_the_same_secret_key_agree(tmp_path: Path) -> None:
    a, b = (ExplicitSettings(data_dir=tmp_path / name, secret_key=SecretStr("s")) for name in "ab")
    assert installation_secret.installation_secret(a) == installation_secret.installation_secret(b)
