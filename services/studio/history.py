"""What a member wrote in the studio before, to write it again."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import Generation
from services.engines.base import Operation

READ = 200  # requests that are looked through, so that the query stays as short after years


async def sentences(session: AsyncSession, *, user_id: UUID, limit: int = 8) -> tuple[str, ...]:
    """The member's own last prompts, each once, newest first.

    Parts of packs and changes of a picture are left out: their words are no one's sentence.
    """
    last = (
        select(Generation.prompt, Generation.created_at)
        .where(
            Generation.user_id == user_id,
            Generation.album_id.is_(None),
            Generation.operation == Operation.GENERATE,
        )
        .order_by(Generation.created_at.desc(), Generation.id.desc())
        .limit(READ)
        .subquery()
    )
    text = func.btrim(last.c.prompt)
    newest = func.max(last.c.created_at).desc()
    found = await session.scalars(select(text).group_by(text).order_by(newest).limit(limit))
    return tuple(found)
