"""Many images as one ZIP archive, written while it is read: no temporary file, flat memory."""

import csv
import io
import json
import zipfile
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from sqlalchemy import select

from db.models import GeneratedImage
from services.deps import Deps
from services.files.zip_stream import Archive, entry
from services.gallery.files import file_name, key
from services.gallery.image_query import Selection, ordered, place_of, selected
from services.storage.base import ObjectMissing

BATCH = 200
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would run, not show


async def stream(deps: Deps, *, user_id: UUID, selection: Selection) -> AsyncIterator[bytes]:
    """The archive of a selection, chunk by chunk: the full images, recipes.json, recipes.csv.

    No transaction is open while bytes flow. An image whose file is missing from storage is
    named in missing.txt, and the others come all the same.
    """
    archive, missing = Archive(), list[str]()
    async for image in _images(deps, user_id, selection):
        full, name = key(image.folder, image.content_type, "full"), f"pictures/{file_name(image)}"
        try:
            async for chunk in archive.add_object(deps, key=full, name=name, at=image.created_at):
                yield chunk
        except ObjectMissing:
            missing.append(file_name(image))
    for name, lines in (("recipes.json", _as_json), ("recipes.csv", _as_csv)):
        with archive.zip.open(entry(name, deps.now(), zipfile.ZIP_DEFLATED), "w") as file:
            async for line in lines(_images(deps, user_id, selection)):
                file.write(line.encode())
                yield archive.take()
    if missing:
        archive.zip.writestr(entry("missing.txt", deps.now()), "\n".join(missing) + "\n")
    yield archive.close()


async def _images(deps: Deps, user_id: UUID, selection: Selection) -> AsyncIterator[GeneratedImage]:
    now, after = deps.now(), None
    while True:
        async with deps.transaction() as session:
            conditions = await selected(session, selection, user_id=user_id, now=now)
            query = select(GeneratedImage).where(*conditions).limit(BATCH)
            batch = list(await session.scalars(ordered(query, "newest", after=after)))
        for image in batch:
            yield image
        if len(batch) < BATCH:
            return
        after = place_of(batch[-1], "newest")


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
