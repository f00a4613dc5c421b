"""The reader of faces of this process; knows no settings, as worker processes import it."""

from functools import cache
from pathlib import Path

from services.faces.base import FaceReader
from services.faces.off import NoFaceReader


@cache
def reader(*, on: bool, judge: Path | None = None) -> FaceReader:
    """The reader of this process; the networks are loaded once. judge: see `OpenCVReader`."""
    if not on:
        return NoFaceReader()
    from services.faces.opencv import OpenCVReader

    return OpenCVReader(judge)
