"""The hourly tick that ends the grace of members whose payment has failed for too long."""

from datetime import timedelta

from services.billing import entitlement
from services.deps import Deps

EVERY = timedelta(hours=1)


async def tick(deps: Deps) -> None:
    """Gives them the plan of those who do not pay."""
    async with deps.transaction() as session:
        for user_id in await entitlement.past_due_members(session):
            await entitlement.settle_plan(session, deps, user_id=user_id)
