"""Weights from the hub, with its own client against a hub on this machine."""

import dataclasses
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import constants

from services.trainer import download
from services.trainer.download import look_up, missing
from services.trainer.errors import JobFailed
from services.trainer.pulse import Work, alive, pulse
from services.trainer.reporting import Reporter
from services.trainer.spec import Code, GeneratePayload, ProgressInfo
from tests.trainer import tiny
from tests.trainer.conftest import Run
from tests.trainer.hub import Hub, running_hub

QUALITY, FAST = (f"black-forest-labs/{name}" for name in (tiny.KLEIN, tiny.KLEIN_FAST))
LARGE = "transformer/more.safetensors"
SIZE = 8 * 2**20


@pytest.fixture
def hub(base_dir: Path) -> Iterator[Hub]:
    """A hub with the tiny bases."""
    with running_hub({name: base_dir / name.split("/")[1] for name in (QUALITY, FAST)}) as hub:
        yield hub


@pytest.fixture
def client(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hub's client in this process, at that hub."""
    monkeypatch.setattr(constants, "ENDPOINT", hub.url)
    template = hub.url + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)


def _fetch(hub: Hub, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "services.trainer", "fetch", "--base-dir", str(folder)],
        capture_output=True,
        text=True,
        env={**os.environ, "HF_ENDPOINT": hub.url, "HF_HUB_OFFLINE": "0"},
        timeout=100,
    )


def test_the_command_fetches_goes_on_and_shares(hub: Hub, base_dir: Path, tmp_path: Path) -> None:
    source = shutil.copytree(base_dir / tiny.KLEIN, tmp_path / "source")
    (source / LARGE).write_bytes(os.urandom(SIZE))
    hub.folders[QUALITY] = source
    hub.cut = {LARGE}
    tmp_path /= "bases"
    broken = _fetch(hub, tmp_path)
    assert broken.returncode == 1
    assert "could not be fetched" in broken.stderr
    assert "Traceback" not in broken.stderr
    assert not (tmp_path / tiny.KLEIN / "model_index.json").exists()

    hub.cut, hub.closed = set(), False
    whole = _fetch(hub, tmp_path)
    assert whole.returncode == 0, whole.stderr
    assert hub.ranges == [f"bytes={SIZE // 2}-"]
    assert (tmp_path / tiny.KLEIN / LARGE).read_bytes() == (source / LARGE).read_bytes()
    assert f"{QUALITY}: licence apache-2.0, 0.0 GB" in whole.stdout
    assert "The weights are in" in whole.stdout
    for name in (tiny.KLEIN, tiny.KLEIN_FAST):
        for part in ("transformer", "vae", "text_encoder"):
            for file in (base_dir / name / part).iterdir():
                assert (tmp_path / name / part / file.name).read_bytes() == file.read_bytes()
    encoder = "text_encoder/model.safetensors"
    one, other = (tmp_path / name / encoder for name in (tiny.KLEIN, tiny.KLEIN_FAST))
    assert one.samefile(other)  # the same by its hash: fetched once
    assert hub.sent[encoder] == one.stat().st_size


def test_a_licence_is_confirmed_before_anything_is_fetched(hub: Hub, tmp_path: Path) -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "services.trainer", "fetch", "--base-model", "FLUX.1-dev"],
        capture_output=True,
        text=True,
        env={**os.environ, "HF_ENDPOINT": hub.url},
        cwd=Path(__file__).parents[2],
        timeout=100,
    )
    assert answer.returncode == 1
    assert "TRAINER_ACCEPT_LICENCES=FLUX.1-dev" in answer.stderr
    assert not hub.sent


@pytest.mark.usefixtures("client")
def test_a_gated_base_says_where_to_accept_its_licence(hub: Hub, tmp_path: Path) -> None:
    hub.gated = {QUALITY}
    with pytest.raises(JobFailed, match="HF_TOKEN") as failed:
        download.fetch(look_up(QUALITY), tmp_path, lambda _done, _total: None)
    assert f"https://huggingface.co/{QUALITY}" in str(failed.value)


@pytest.mark.usefixtures("client")
def test_a_full_disk_is_said_before_the_first_byte(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = type("Usage", (), {"free": 1000})
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage)
    with pytest.raises(JobFailed) as failed:
        download.fetch(look_up(QUALITY), tmp_path, lambda _done, _total: None)
    assert failed.value.code is Code.DISK_FULL
    assert not hub.sent


@pytest.mark.usefixtures("client")
def test_a_job_fetches_its_base_with_progress_and_can_be_canceled(
    run: Run, generation: Callable[..., GeneratePayload], tmp_path: Path
) -> None:
    run.config = dataclasses.replace(run.config, hub=True, base_dir=tmp_path / "bases")

    def wish() -> Code | None:
        return Code.CANCELED if run.infos and run.infos[-1].progress > 0.005 else None

    with pytest.raises(JobFailed, match="canceled"):
        run(generation("canceled-fetch"), wish=wish)
    folder = run.config.base_dir / tiny.KLEIN
    assert missing(look_up(QUALITY), folder)
    run(generation("fetched-first"))
    assert not missing(look_up(QUALITY), folder)
    shares = [info.progress for info in run.infos if info.stage == "preparing"]
    assert shares == sorted(shares)
    assert len({share for share in shares if 0 < share < 0.02}) >= 2


@pytest.mark.parametrize(
    ("now", "lives"),
    [
        (Work(10.0, 0), False),
        (Work(10.5, 0), False),
        (Work(10.7, 0), True),
        (Work(10.0, 2**19), False),
        (Work(10.0, 2**20), True),
    ],
)
def test_a_process_lives_while_it_computes_or_reads(now: Work, lives: bool) -> None:
    assert alive(Work(10.0, 0), now, seconds=30) is lives


def test_loading_gives_signs_of_life_and_hanging_does_not() -> None:
    infos: list[ProgressInfo] = []
    report = Reporter(infos.append, lambda: None, lambda: 0.0)
    with pulse(report, every=0.05):
        while len(infos) < 2:
            sum(range(10_000))
    infos.clear()
    with pulse(report, every=0.2):
        threading.Event().wait(0.7)
    assert infos == []


def test_only_what_a_base_needs_is_fetched() -> None:
    wanted: list[Any] = [
        "model_index.json",
        "transformer/config.json",
        "transformer/diffusion_pytorch_model-00001-of-00002.safetensors",
        "tokenizer/merges.txt",
        "LICENSE.md",
    ]
    other = ["flux1-dev.safetensors", "README.md", "sample.png", "ae.sft", "text_encoder/model.bin"]
    found = [path for path in [*wanted, *other] if download.WANTED.fullmatch(path)]
    assert found == wanted


def _fetching(hub: Hub, folder: Path, act: str) -> subprocess.Popen[str]:
    """As the app runs it."""
    return subprocess.Popen(
        [sys.executable, "-m", "services.trainer.fetching", act, "quality", "fast"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={
            **os.environ,
            "HF_ENDPOINT": hub.url,
            "HF_HUB_OFFLINE": "0",
            "TRAINER_BASE_DIR": str(folder),
        },
    )


def test_another_program_is_told_what_there_is_and_how_far_it_is(
    hub: Hub, base_dir: Path, tmp_path: Path
) -> None:
    with _fetching(hub, tmp_path, "look") as looking:
        assert looking.stdin
        assert looking.stdout
        *_, found, end = map(json.loads, looking.stdout)
        assert end == {"finished": True}
        assert [each["name"] for each in found["repositories"]] == [QUALITY, FAST]
        assert {each["licence"] for each in found["repositories"]} == {"apache-2.0"}
        assert all(each["size"] == each["left"] > 0 for each in found["repositories"])
    assert looking.returncode == 0
    assert not hub.sent
    with _fetching(hub, tmp_path, "fetch") as fetching:
        assert fetching.stdin
        assert fetching.stdout
        _, *told, end = map(json.loads, fetching.stdout)
    assert end == {"finished": True}
    assert told[-1]["done"] == told[-1]["total"] == sum(e["size"] for e in found["repositories"])
    assert (tmp_path / tiny.KLEIN_FAST / "model_index.json").exists()


def test_a_fetch_ends_with_the_program_that_wanted_it(hub: Hub, tmp_path: Path) -> None:
    waiting, go_on = threading.Event(), threading.Event()

    def hold(_path: str) -> None:
        waiting.set()
        go_on.wait(60)

    hub.on_file = hold
    with _fetching(hub, tmp_path, "fetch") as fetching:
        assert fetching.stdin
        assert waiting.wait(60)
        fetching.stdin.close()
        assert fetching.wait(60) == 0
        go_on.set()
    assert not (tmp_path / tiny.KLEIN / "model_index.json").exists()
