"""How many photos a second one core looks for faces in, and what memory that takes.

`uv run -m tests.bench.faces [PHOTO.jpg ...]`; without photos, those of the tests. Embeddings of a
set stay in memory while it is worked on, so the 20th photo of a set costs one reading and one
comparison, which is the third figure.
"""

import asyncio
import resource
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from services.faces.base import Face
from services.faces.memory import FaceMemory
from services.faces.opencv import OpenCVReader
from services.faces.person import judge
from tests.real_faces import ONE, OTHER, photograph

SECONDS = 5.0
SIDE = 2048  # px, as photos are kept


def main(pictures: Sequence[Image.Image], *, seconds: float = SECONDS) -> None:
    """Prints three lines."""
    before = _megabytes()
    reader = OpenCVReader()
    photos = [_kept(picture) for picture in pictures]
    faces = [reader.read(photo) or () for photo in photos]
    print(f"memory of the two networks and OpenCV: {_megabytes() - before:.0f} MB")
    print(
        f"photos of {SIDE} px read on one core: {_a_second(reader, photos, seconds):.1f} a second"
    )
    print(f"comparing a set of 30: {asyncio.run(_compared(faces)) * 1000:.1f} ms")


def _a_second(reader: OpenCVReader, photos: Sequence[Image.Image], seconds: float) -> float:
    done, began = 0, time.process_time()
    while (spent := time.process_time() - began) < seconds or not done:
        reader.read(photos[done % len(photos)])
        done += 1
    return done / spent


async def _compared(faces: Sequence[tuple[Face, ...]]) -> float:
    """Seconds to judge a full set that is in memory."""
    known = FaceMemory()
    for i in range(30):
        known.keep(str(i), faces[i % len(faces)])
    began = time.process_time()
    judge({str(i): known.get(str(i)) or () for i in range(30)})
    return time.process_time() - began


def _kept(picture: Image.Image) -> Image.Image:
    scale = SIDE / max(picture.size)
    return picture.resize((round(picture.width * scale), round(picture.height * scale)))


def _megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    files = [Image.open(Path(name)).convert("RGB") for name in sys.argv[1:]]
    main(files or [photograph(name) for name in (*ONE, OTHER)])
