"""Repeats, after a gap in the notices, the notices of everything that may have changed in it."""

from uuid import UUID

from sqlalchemy import text

from services.deps import Deps

# The listener is back within seconds; while the database is away, nothing changes in it.
CHANGED = text("""
    select 'user_model', id, user_id from user_models
    where status in ('queued', 'preparing', 'training')
        or greatest(created_at, finished_at) > now() - interval '10 minutes'
    union all select 'generation', id, user_id from generations
    where status in ('queued', 'running')
        or greatest(created_at, finished_at) > now() - interval '10 minutes'""")


async def missed(deps: Deps) -> list[tuple[str, UUID, UUID | None]]:
    """Return notices (topic, id, user_id) of work that is open or ended in the last ten minutes."""
    async with deps.transaction() as session:
        rows = (await session.execute(CHANGED)).all()
    return [(topic, id, user_id) for topic, id, user_id in rows]
