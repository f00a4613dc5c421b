"""Marks a finished picture before it is stored: XMP on each variant, C2PA on the full one."""

import asyncio
import io
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from PIL import Image

from services.deps import Deps
from services.imaging import Derived
from services.provenance import certificates, manifests, xmp
from services.provenance.manifests import Origin, Signature
from services.provenance.xmp import DigitalSource
from services.settings import Settings
from services.storage import keys

PREVIEW = "preview"  # the engine that uses no AI
MADE_NEW = "generate"


def origin(*, engine: str, recipe: Mapping[str, Any], at: datetime) -> Origin:
    """What the marks say, out of how a picture was made; `recipe` holds more than they may."""
    operation = str(recipe.get("operation") or MADE_NEW)
    base_model = recipe.get("base_model")
    return Origin(
        source=_source(engine, operation),
        engine=engine,
        at=at,
        operation=operation,
        base_model=str(base_model) if base_model else None,
    )


def check(settings: Settings) -> None:
    """Try the operator's certificate, if there is one. Raises BadCertificate."""
    if signature := certificates.operators(settings):
        sample = io.BytesIO()
        Image.new("RGB", (8, 8)).save(sample, "JPEG")
        trial = origin(engine=PREVIEW, recipe={}, at=datetime.now(UTC))
        try:
            manifests.sign(sample.getvalue(), "image/jpeg", trial, signature)
        except xmp.Unmarkable as error:
            raise certificates.BadCertificate(
                f"C2PA_CERTIFICATE cannot sign pictures: {error.__cause__}"
            ) from error


def _source(engine: str, operation: str) -> DigitalSource:
    if engine == PREVIEW:
        return DigitalSource.ENHANCED
    return DigitalSource.GENERATED if operation == MADE_NEW else DigitalSource.EDITED


async def mark(deps: Deps, derived: Derived, origin: Origin) -> Derived:
    """The same picture with marked files; the work is done in a thread, which lets others run.

    Raises Unmarkable for a file that cannot carry marks, such as a damaged container that
    decoders still read: nothing made by AI is stored without them.
    """
    async with deps.transaction() as session:
        signature = await certificates.current(session, deps)
    files = await asyncio.to_thread(_all_marked, derived.files, origin, signature)
    return replace(derived, files=files)


def _all_marked(
    files: Mapping[str, bytes], origin: Origin, signature: Signature
) -> dict[str, bytes]:
    return {name: _marked(name, data, origin, signature) for name, data in files.items()}


def _marked(name: str, data: bytes, origin: Origin, signature: Signature) -> bytes:
    kind = keys.content_type(name)
    if not name.startswith("full."):
        return xmp.embed(data, kind, origin.source)
    return manifests.sign(data, kind, origin, signature)
