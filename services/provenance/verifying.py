"""Whether a picture was made here: by its signed manifest, else by what it looks like.

Nothing of the file is kept, and no answer says whose a picture is or whom it shows.
"""

import atexit
from dataclasses import dataclass
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any, Literal

from services import imaging
from services.deps import Deps
from services.imaging import pool
from services.provenance import certificates, fingerprints
from services.provenance.fingerprints import Near
from services.provenance.manifests import Found
from services.provenance.xmp import DigitalSource

AT_ONCE = 1  # files of strangers wait for one another, never for members' photos
_AI = {DigitalSource.GENERATED, DigitalSource.EDITED}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What can be said of a picture.

    made_at: to the second by a manifest, the day in UTC by a fingerprint.
    ai: whether AI made or changed it; None where nothing says so.
    unchanged: true only where the manifest proves that no byte is other than it was signed; None
    for a picture that was not made here.
    matched_by: the proof that it was made here.
    elsewhere: another's manifest is in the file. alike: it looks like a picture of ours.
    """

    made_here: bool
    made_at: datetime | None = None
    ai: bool | None = None
    unchanged: bool | None = None
    matched_by: Literal["c2pa", "fingerprint"] | None = None
    elsewhere: bool = False
    alike: bool = False


async def verify(deps: Deps, path: Path) -> Verdict:
    """The file at an absolute path, decoded in a process of its own. Raises imaging.Rejected."""
    async with deps.reading() as session:
        roots, serials = await certificates.roots(session)
    facts = await _ask({"path": str(path), "roots": roots})
    found = Found.of(facts["manifest"]) if facts["manifest"] else None
    async with deps.reading() as session:
        near = await fingerprints.nearest(session, facts["sought"])
    if found and found.signed and found.serial in serials:
        return _signed_here(found, near)
    return _unsigned(found, near)


def _signed_here(found: Found, near: Near | None) -> Verdict:
    return Verdict(
        made_here=True,
        made_at=found.at,
        ai=found.source in _AI,
        unchanged=found.intact,
        matched_by="c2pa",
        alike=near is not None,
    )


def _unsigned(found: Found | None, near: Near | None) -> Verdict:
    elsewhere = found is not None
    if near is None:
        says_ai = found is not None and found.intact and found.source in _AI
        return Verdict(made_here=False, ai=True if says_ai else None, elsewhere=elsewhere)
    return Verdict(
        made_here=True,
        made_at=datetime.combine(near.made_on, time(), UTC),
        ai=near.source in _AI,
        unchanged=False,
        matched_by="fingerprint",
        elsewhere=elsewhere,
        alike=True,
    )


def close() -> None:
    """Stop the worker process; the next file starts another."""
    global _pool
    if _pool:
        _pool.close()
    _pool = None


_pool: pool.Pool | None = None
atexit.register(close)


async def _ask(request: dict[str, Any]) -> dict[str, Any]:
    global _pool
    _pool = _pool or pool.Pool("services.provenance.worker", workers=AT_ONCE)
    try:
        reply = await _pool.ask(request)
    except pool.WorkerFailed as error:
        raise imaging.Rejected("too_heavy") from error
    if refused := reply.facts.get("refused"):
        raise imaging.Rejected(refused)
    return reply.facts
