"""Published collections of hostile and odd pictures, out of the source archives of packages.

Downloaded once by pip into the user's cache; a test that cannot have one is skipped.
"""

import os
import re
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from functools import cache
from importlib.metadata import version
from pathlib import Path

import pytest

CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "likeness-tests"
TIMEOUT = 300  # seconds: pip prepares the build before it hands over an archive


def pillow() -> Iterator[tuple[str, bytes]]:
    """Name and bytes of each of the thousand pictures that Pillow is tested with."""
    yield from _members(f"pillow=={version('pillow')}", "Tests/images/")


def heif() -> Iterator[tuple[str, bytes]]:
    """The same for HEIC and HEIF."""
    yield from _members(f"pi-heif=={version('pi-heif')}", "tests/images/")


@cache
def portraits() -> dict[str, bytes]:
    """Photographs of two persons by name: five of one (obama...), biden.jpg of the other.

    Official portraits of the government of the USA and cuttings from them, in the public domain,
    with which face_recognition (MIT) is tested.
    """
    return {
        name: data
        for name, data in _members("face_recognition==1.3.0", "tests/test_images/")
        if name.endswith(".jpg")
    }


@cache
def hopper() -> bytes:
    """Grace Hopper, 512 x 600: a photograph of the US Navy, in the public domain.

    From Wikimedia Commons (File:Grace_Hopper.jpg), as the wheel of matplotlib carries it.
    """
    options = ["--only-binary", ":all:", "--python-version", "3.12"]
    wheel = _downloaded("matplotlib==3.10.8", "*.whl", options)
    with zipfile.ZipFile(wheel) as archive:
        return archive.read("matplotlib/mpl-data/sample_data/grace_hopper.jpg")


def png_suite() -> Iterator[tuple[str, bytes]]:
    """The PNGs of PngSuite that pypng carries, as hexadecimal text, in its source archive."""
    for _, source in _members("pypng==0.20220715.0", "code/pngsuite.py"):
        for name, digits in re.findall(
            r"'(\w+)': _dehex\(b\"{3}(.*?)\"{3}\)", source.decode(), re.S
        ):
            yield f"{name}.png", bytes.fromhex(digits)


def _members(requirement: str, part: str) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(_archive(requirement)) as archive:
        for member in archive:
            file = archive.extractfile(member) if member.isfile() else None
            if file and part in member.name:
                yield member.name.rpartition("/")[2], file.read()


@cache
def _archive(requirement: str) -> Path:
    return _downloaded(requirement, "*.tar.gz", ["--no-binary", ":all:"])


def _downloaded(requirement: str, ending: str, options: list[str]) -> Path:
    folder = CACHE / requirement
    if not list(folder.glob(ending)):
        options = ["--quiet", "--no-deps", *options, "--dest", str(folder)]
        command = [sys.executable, "-m", "pip", "download", *options, requirement]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            pytest.skip(f"{requirement} did not come within {TIMEOUT} s")
        if done.returncode:
            pytest.skip(f"{requirement} cannot be had here: {done.stderr.strip()[-200:]}")
    return next(folder.glob(ending))
