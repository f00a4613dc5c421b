"""The tick that creates a new signing certificate each year; older marks stay valid."""

from datetime import timedelta

from services.deps import Deps
from services.provenance import certificates

EVERY = timedelta(days=1)


async def tick(deps: Deps) -> None:
    """Rotate the certificate; create the first one before the first picture is made."""
    async with deps.transaction() as session:
        await certificates.current(session, deps)
        await certificates.rotate(session, deps)
