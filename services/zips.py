"""Many images as one ZIP archive, written while it is read: no temporary file, flat memory."""

import csv
import io
import json
import zipfile
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, BinaryIO, cast
from uuid import UUID

from sqlalchemy import select

from db.models import GeneratedImage
from services.deps import Deps
from services.gallery import file_name, key
from services.selection import Selection, ordered, place_of, selected
from services.storage.base import ObjectMissing

BATCH = 200
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would run, not show


class _Outlet(io.RawIOBase):
    """A file that cannot seek; what was written since the last `take` is handed on."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        taken, self._parts = b"".join(self._parts), []
        return taken


async def stream(deps: Deps, *, user_id: UUID, selection: Selection) -> AsyncIterator[bytes]:
    """The archive of a selection, chunk by chunk: the full images, recipes.json, recipes.csv.

    No transaction is open while bytes flow. An image whose file is missing from storage is
    named in missing.txt, and the others come all the same.
    """
    outlet, missing = _Outlet(), list[str]()
    with zipfile.ZipFile(cast(BinaryIO, outlet), "w") as archive:
        async for image in _images(deps, user_id, selection):
            try:
                async for chunk in _picture(deps, archive, outlet, image):
                    yield chunk
            except ObjectMissing:
                missing.append(file_name(image))
        for name, lines in (("recipes.json", _as_json), ("recipes.csv", _as_csv)):
            with archive.open(_entry(name, deps.now(), zipfile.ZIP_DEFLATED), "w") as entry:
                async for line in lines(_images(deps, user_id, selection)):
                    entry.write(line.encode())
                    yield outlet.take()
        if missing:
            archive.writestr(_entry("missing.txt", deps.now()), "\n".join(missing) + "\n")
    yield outlet.take()


async def _images(deps: Deps, user_id: UUID, selection: Selection) -> AsyncIterator[GeneratedImage]:
    now, after = deps.now(), None
    while True:
        conditions = selected(selection, user_id=user_id, now=now)
        query = select(GeneratedImage).where(*conditions).limit(BATCH)
        async with deps.transaction() as session:
            batch = list(await session.scalars(ordered(query, "newest", after=after)))
        for image in batch:
            yield image
        if len(batch) < BATCH:
            return
        after = place_of(batch[-1], "newest")


async def _picture(
    deps: Deps, archive: zipfile.ZipFile, outlet: _Outlet, image: GeneratedImage
) -> AsyncIterator[bytes]:
    chunks = deps.storage.stream(key(image.folder, image.content_type, "full"))
    chunk = await anext(chunks, b"")  # raises ObjectMissing before the entry is begun
    with archive.open(_entry(f"pictures/{file_name(image)}", image.created_at), "w") as entry:
        entry.write(chunk)
        async for chunk in chunks:
            entry.write(chunk)
            yield outlet.take()
    yield outlet.take()


def _entry(name: str, at: datetime, method: int = zipfile.ZIP_STORED) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, date_time=at.timetuple()[:6])
    entry.compress_type = method
    entry.external_attr = 0o644 << 16
    return entry


async def _as_json(images: AsyncIterator[GeneratedImage]) -> AsyncIterator[str]:
    before = "[\n"
    async for image in images:
        yield before + json.dumps(_facts(image) | {"recipe": image.recipe}, ensure_ascii=False)
        before = ",\n"
    yield "[]\n" if before == "[\n" else "\n]\n"


async def _as_csv(images: AsyncIterator[GeneratedImage]) -> AsyncIterator[str]:
    before = "\ufeff"  # by which spreadsheets know UTF-8
    async for image in images:
        facts, line = _facts(image), io.StringIO()
        writer = csv.DictWriter(line, facts)
        if before:
            writer.writeheader()
        writer.writerow({name: _harmless(value) for name, value in facts.items()})
        yield before + line.getvalue()
        before = ""


def _facts(image: GeneratedImage) -> dict[str, Any]:
    names = ("prompt", "preset", "seed", "width", "height", "likeness", "favourite", "rating")
    facts = {"file": f"pictures/{file_name(image)}", "created_at": image.created_at.isoformat()}
    return facts | {name: getattr(image, name) for name in names}


def _harmless(value: Any) -> Any:
    """A text that a spreadsheet would run as a formula gets an apostrophe in front."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
