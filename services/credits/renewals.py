"""The hourly tick that grants the credits of plans whose month has begun or which were changed."""

from datetime import timedelta

from sqlalchemy import text

from services.credits import ledger
from services.deps import Deps

EVERY = timedelta(hours=1)
# Members whose month has begun, and members of a default plan that was changed since its last
# grant (a plan of one's own is granted when it is set, a paid plan by its invoices).
DUE = text("""
    select account.user_id from credit_accounts account
    join users member on member.id = account.user_id
    join plans usual on usual.is_default
    where account.renews_at <= now()
        or (member.plan is null and usual.credits_monthly > 0 and account.renews_at is null)
        or (member.plan is null and usual.credits_once > 0 and not exists (
            select from credit_entries entry where entry.kind = 'grant'
                and entry.reference = 'plan:' || usual.name || ':' || member.id))
    limit 1""")


async def tick(deps: Deps) -> None:
    """Grant what is due, one member per transaction."""
    while True:
        async with deps.transaction() as session:
            user_id = await session.scalar(DUE)
            if user_id is None:
                return
            await ledger.renew_plan(session, user_id=user_id)
