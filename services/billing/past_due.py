"""The hourly tick that ends the grace of members whose payment has failed for too long."""

from datetime import timedelta

from services.billing import entitlement
from services.deps import Deps

EVERY = timedelta(hours=1)


async def tick(deps: Deps) -> None:
    """Settle the plan of each member with a failed payment, which ends the plan after the grace."""
    async with deps.transaction() as session:
        for user_id in await entitlement.past_due_members(session):
            await entitlement.settle_plan(session, deps, user_id=user_id)
