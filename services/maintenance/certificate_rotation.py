"""The tick that makes a new signing certificate each year; marks of the earlier ones verify on."""

from datetime import timedelta

from services.deps import Deps
from services.provenance import certificates

EVERY = timedelta(days=1)


async def tick(deps: Deps) -> None:
    """Also makes the first one, so that it is there before the first picture is."""
    async with deps.transaction() as session:
        await certificates.current(session, deps)
        await certificates.rotate(session, deps)
