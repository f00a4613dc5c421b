"""Change notices: `pg_notify` inside the transaction, so that they arrive with the commit."""

import json
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

CHANNEL = "likeness"


async def publish(session: AsyncSession, *, topic: str, id: UUID, user_id: UUID | None) -> None:
    """Tell every process that `topic` (user_model, generation, credits, session...) changed."""
    payload = json.dumps({"topic": topic, "id": str(id), "user_id": user_id and str(user_id)})
    await session.execute(text("select pg_notify(:c, :p)"), {"c": CHANNEL, "p": payload})
