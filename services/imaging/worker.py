"""The process that decodes: no secrets in it, little memory, no writing; run by `pool.py`.

Its argument, if it has one, is the operator's network that judges faces, see `OpenCVReader`.

One message each way, on standard input and output: a line of JSON, then the bytes it announces.
JSON and not pickle: what a hijacked decoder answers must not be able to run code in the parent.
"""

import contextlib
import json
import os
import resource
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import Any, BinaryIO

from PIL import Image

from services.faces.base import Face
from services.faces.reading import reader
from services.imaging import decode, fingerprints, variants

NICENESS = 10  # pages come first
# Address space, in bytes. Measured with OpenCV loaded: 60 megapixels with transparency take 1.2 GB,
# a HEIC of 33 megapixels 1.4 GB.
MEMORY = 2048 * 2**20
JUDGE_MEMORY = 8  # times the size of its file: OpenCV keeps weights once more for its convolutions
WHITE = 128  # of 255: what is brighter in a mask was painted
Blobs = dict[str, bytes]
Answer = tuple[dict[str, Any], Blobs]
JUDGE = Path(sys.argv[1]) if __name__ == "__main__" and len(sys.argv) > 1 else None


def ingest(picture: decode.Picture) -> Answer:
    """Variants of a member's photo; nothing of the uploaded bytes is kept."""
    full = picture.image
    train = variants.fitted(full, variants.TRAIN_SIDE)
    thumb = variants.fitted(train, variants.THUMB_SIDE)
    facts = {
        "phash": variants.difference_hash(thumb),
        "measures": variants.measures(thumb),
        "full_width": full.width,
        "full_height": full.height,
    }
    blobs = {
        "full": variants.jpeg(full, quality=92),
        "train": variants.jpeg(train, quality=95),
        "thumb": variants.webp(thumb),
        "thumbhash": variants.placeholder(thumb),
    }
    return facts, blobs


def derive(picture: decode.Picture) -> Answer:
    """Variants of a picture that we made ourselves; it is kept as it is."""
    medium = variants.fitted(picture.image, variants.MEDIUM_SIDE)
    thumb = variants.fitted(medium, variants.THUMB_SIDE)
    blobs = {
        "medium": variants.webp(medium, quality=84),
        "thumb": variants.webp(thumb),
        "thumbhash": variants.placeholder(decode.opaque(thumb)),  # its library knows no alpha
    }
    return {"fingerprints": fingerprints.stored(decode.opaque(medium))}, blobs


def cut_out(photo: Image.Image, faces: tuple[Face, ...] | None) -> Answer:
    """The person's alpha for train.jpg, and what her outline tells; nothing without OpenCV."""
    if find_spec("cv2") is None:
        return {"cutout": None}, {}
    from services.imaging.cutout import cut, failures

    try:
        boxes = None if faces is None else tuple(face.box for face in faces)
        found = cut(variants.fitted(photo, variants.TRAIN_SIDE), boxes)
    except failures() as error:
        print(f"nobody was cut out: {error!r:.200}")  # noqa: T201 (goes to the log)
        return {"cutout": None}, {}
    facts = {"cutout": found.silhouette.facts()}
    if found.silhouette.unusable:
        return facts, {}
    return facts, {"alpha": variants.webp(found.alpha, lossless=True)}


def mask(picture: decode.Picture) -> Answer:
    """What was painted, black and white; `painted` is its share of the picture."""
    grey = picture.image.convert("L").point(lambda value: 255 if value >= WHITE else 0)
    facts = {"painted": grey.histogram()[255] / (grey.width * grey.height)}
    return facts, {"mask": variants.png(grey)}


def look(_picture: decode.Picture) -> Answer:
    """Nothing but the faces, which `answer` reads."""
    return {}, {}


def export(
    picture: decode.Picture, *, size: Sequence[int] | None, dpi: int | None, format: str
) -> Answer:
    """The picture as a file to take away, resampled to `size` in px where that is given."""
    image = decode.opaque(picture.image) if format == "jpeg" else picture.image
    if size:
        image = image.resize((size[0], size[1]), Image.Resampling.LANCZOS)
    return {}, {"export": variants.exported(image, format, dpi)}


TASKS: dict[str, tuple[Callable[..., Answer], int]] = {
    "ingest": (ingest, variants.FULL_SIDE),
    "derive": (derive, variants.MEDIUM_SIDE),
    "export": (export, variants.WHOLE),
    "look": (look, variants.FULL_SIDE),
    "mask": (mask, variants.MEDIUM_SIDE),
}


def answer(request: dict[str, Any], data: bytes) -> Answer:
    """Do what the request says: {"task": one of TASKS, "faces": whether to look for them}.

    The picture is at its "path", or comes as bytes; "edits" are made to it first, "to" are
    the task's own arguments.
    """
    work, side = TASKS[request["task"]]
    source = Path(request["path"]) if "path" in request else data
    try:
        picture = decode.read(source, side=side, transparent=work in {derive, export})
        picture = decode.edited(picture, **request.get("edits", {}))
        facts, blobs = work(picture, **request.get("to", {}))
        found = reader(on=request["faces"], judge=JUDGE).read(decode.opaque(picture.image))
        if work is ingest:
            more, alpha = cut_out(picture.image, found)
            facts, blobs = facts | more, blobs | alpha
    except decode.Undecodable as error:
        return {"refused": error.code, "cause": repr(error.__cause__)[:300]}, {}
    except MemoryError:
        return {"refused": "too_heavy", "cause": "memory"}, {}
    facts["faces"] = found and [asdict(face) for face in found]
    facts |= {"format": picture.format, "width": picture.width, "height": picture.height}
    facts["taken"] = picture.taken
    return facts, blobs


def confine(more: int = 0) -> None:
    """Bound what a hostile file can do to the machine. more: bytes of memory beyond MEMORY."""
    memory = MEMORY + more
    with contextlib.suppress(ValueError):  # macOS has no limit on a process's addresses
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(NICENESS)


def serve(answer: Callable[[dict[str, Any], bytes], Answer]) -> None:
    """Answer on standard input and output until the parent closes its end or dies."""
    requests, answers = sys.stdin.buffer, _private_output()
    while line := requests.readline():
        request = json.loads(line)
        facts, blobs = answer(request, requests.read(request["bytes"]))
        sizes = {name: len(blob) for name, blob in blobs.items()}
        answers.write(json.dumps({**facts, "blobs": sizes}).encode() + b"\n")
        answers.writelines(blobs.values())
        answers.flush()


def _private_output() -> BinaryIO:
    """Standard output for our answers alone: what a library prints goes to the log instead."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return answers


if __name__ == "__main__":
    decode.prepare()
    Image.init()
    confine(JUDGE_MEMORY * JUDGE.stat().st_size if JUDGE else 0)
    serve(answer)
