"""Pictures: any file in; upright sRGB variants without metadata out. Decoding is not done here."""

import asyncio
import atexit
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from services.errors import Invalid
from services.faces.base import Box, Face
from services.imaging import pool, silhouette
from services.imaging.silhouette import Silhouette
from services.storage import keys
from services.storage.base import Storage

log = logging.getLogger(__name__)
REASONS = {
    "empty": "The file is empty. Choose it again.",
    "not_a_picture": "This is not a picture we can read. Use JPEG, PNG, WebP, HEIC or AVIF.",
    "damaged": "The picture is damaged or cut off. Send the original again.",
    "too_many_pixels": "The picture has more than 60 megapixels. Send a smaller copy.",
    "too_heavy": "The picture takes too much to read. Save it as a JPEG and send that.",
}
Faces = tuple[Face, ...] | None
ALPHA = "alpha.webp"  # the person cut out of a photo: grey, as large as train.jpg
ExportFormat = Literal["jpeg", "png", "webp"]
EXTENSIONS = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp", "AVIF": "avif"}


class Rejected(Invalid):
    """A file that we do not take; `code` is one of REASONS, the text says what to do."""

    def __init__(self, code: str) -> None:
        super().__init__(REASONS[code])
        self.code = code


@dataclass(frozen=True, slots=True)
class Ingested:
    """A member's photo. files: full.jpg (at most 2048 px), train.jpg (1024), thumb.webp (512).

    format, width, height: of the uploaded picture, upright. phash: 64 bits, signed.
    sharpness: 0..16256, light: 0..255 (see `variants.measures`).
    faces: the largest first, measured on full.jpg; None where nobody looked.
    cutout: what the person's outline tells; ALPHA is among the files where it is usable. None
    without OpenCV. taken: the hour, as 2026-05-04T12; empty where the file does not say.
    """

    files: Mapping[str, bytes]
    format: str
    width: int
    height: int
    thumbhash: bytes
    phash: int
    sharpness: float
    light: float
    faces: Faces = None
    cutout: Silhouette | None = None
    taken: str = ""


@dataclass(frozen=True, slots=True)
class Derived:
    """A picture that we made. files: full.<ext> as it was, medium.webp (1024), thumb.webp (512).

    What is transparent in the picture is so in all of them.

    faces: the largest first; None where nobody looked. fingerprints: see `fingerprints.stored`.
    """

    files: Mapping[str, bytes]
    content_type: str
    width: int
    height: int
    thumbhash: bytes
    faces: Faces = None
    fingerprints: tuple[str, ...] = ()


async def ingest(path: Path, *, faces: bool = False) -> Ingested:
    """Decode the photo at an absolute path; raises Rejected. Nothing of the file itself is kept."""
    return _ingested(*await _ask({"task": "ingest", "path": str(path), "faces": faces}))


async def edit(
    data: bytes, *, turn: int = 0, crop: Box | None = None, faces: bool = False
) -> Ingested:
    """A photo of ours, turned by quarters clockwise, then cut; raises Rejected."""
    edits = {"turn": turn, "crop": crop}
    return _ingested(*await _ask({"task": "ingest", "edits": edits, "faces": faces}, data))


def _ingested(facts: dict[str, Any], blobs: dict[str, bytes]) -> Ingested:
    files = {"full.jpg": blobs["full"], "train.jpg": blobs["train"], "thumb.webp": blobs["thumb"]}
    if "alpha" in blobs:
        files[ALPHA] = blobs["alpha"]
    return Ingested(
        files,
        facts["format"],
        facts["width"],
        facts["height"],
        blobs["thumbhash"],
        facts["phash"],
        **facts["measures"],
        faces=_faces(facts),
        cutout=silhouette.of_facts(facts["cutout"]) if facts["cutout"] else None,
        taken=facts["taken"],
    )


async def derive(data: bytes, *, faces: bool = False) -> Derived:
    """Check a picture of ours by decoding it, and make its variants; raises Rejected."""
    facts, blobs = await _ask({"task": "derive", "faces": faces}, data)
    if facts["format"] not in EXTENSIONS:
        raise Rejected("not_a_picture")
    full = f"full.{EXTENSIONS[facts['format']]}"
    files = {full: data, "medium.webp": blobs["medium"], "thumb.webp": blobs["thumb"]}
    size = facts["width"], facts["height"]
    return Derived(
        files,
        keys.content_type(full),
        *size,
        blobs["thumbhash"],
        _faces(facts),
        tuple(facts["fingerprints"]),
    )


async def look(data: bytes, *, judge: Path | None = None) -> tuple[Face, ...]:
    """The faces of a picture that is kept already, the largest first; raises Rejected.

    judge: the operator's network, whose embeddings are asked for. Its process is one of its own,
    as it may be large.
    """
    facts, _ = await _ask({"task": "look", "faces": True}, data, judge=judge)
    return _faces(facts) or ()


async def mask(data: bytes) -> bytes:
    """A painted mask as a black and white PNG; raises Rejected, Invalid where nothing is white."""
    facts, blobs = await _ask({"task": "mask", "faces": False}, data)
    if not facts["painted"]:
        raise Invalid("Nothing was painted.")
    return blobs["mask"]


async def export(
    data: bytes,
    *,
    crop: Box | None,
    size: tuple[int, int] | None,
    dpi: int | None,
    format: ExportFormat,
) -> bytes:
    """A picture of ours, cut, then resampled to `size`, without metadata; raises Rejected."""
    to = {"size": size, "dpi": dpi, "format": format}
    request = {"task": "export", "edits": {"crop": crop}, "to": to, "faces": False}
    _, blobs = await _ask(request, data)
    return blobs["export"]


async def store(storage: Storage, folder: str, files: Mapping[str, bytes]) -> int:
    """Put all variants under `folder`, or none; how many bytes they are together."""
    try:
        async with asyncio.TaskGroup() as group:
            for name, data in files.items():
                kind = keys.content_type(name)
                group.create_task(storage.put(f"{folder}/{name}", data, content_type=kind))
    except BaseException:
        await asyncio.shield(storage.erase(folder))
        raise
    return sum(map(len, files.values()))


def close() -> None:
    """Stop the worker processes; the next picture starts new ones."""
    while _pools:
        _, one = _pools.popitem()
        one.close()


_pools: dict[Path | None, pool.Pool] = {}
atexit.register(close)


def _faces(facts: dict[str, Any]) -> Faces:
    found = facts["faces"]
    return None if found is None else tuple(Face(**face) for face in found)


async def _ask(
    request: dict[str, Any], data: bytes = b"", *, judge: Path | None = None
) -> tuple[dict[str, Any], dict[str, bytes]]:
    if judge not in _pools:
        _pools[judge] = pool.Pool(arguments=[str(judge)], workers=1) if judge else pool.Pool()
    try:
        reply = await _pools[judge].ask(request, data)
    except pool.WorkerFailed as error:
        raise Rejected("too_heavy") from error
    if refused := reply.facts.get("refused"):
        log.info("picture refused: %s (%s)", refused, reply.facts["cause"])
        raise Rejected(refused)
    return reply.facts, reply.blobs
