"""The reader of faces of this process; knows no settings, as worker processes import it."""

import os
from functools import cache

from services.faces.base import FaceReader
from services.faces.off import NoFaceReader


@cache
def reader(*, on: bool) -> FaceReader:
    """The reader of this process; the networks are loaded once."""
    if not on:
        return NoFaceReader()
    # one thread, or the memory that numpy's algebra sets aside grows with the machine's cores
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from services.faces.opencv import OpenCVReader

    return OpenCVReader()
