"""The tick that renews the figures that take long to compute, each in its own transaction."""

from datetime import timedelta

from services.credits import ledger_audit
from services.deps import Deps
from services.figures import business, quality

EVERY = timedelta(hours=1)
REPORTS = (ledger_audit.refresh, business.refresh, quality.refresh)


async def tick(deps: Deps) -> None:
    """Renew the figures from the whole ledger, all members and all measures; this takes long."""
    for refresh in REPORTS:
        async with deps.transaction() as session:
            await refresh(session)
