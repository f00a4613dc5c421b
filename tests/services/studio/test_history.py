"""The sentences that a member wrote before: their own, each once, newest first."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from db.models import Album
from services.studio import history
from tests.builders import make_generation, make_user

START = datetime(2026, 5, 4, tzinfo=UTC)


async def test_own_sentences_come_once_and_the_last_one_first(session: AsyncSession) -> None:
    me, other = await make_user(session), await make_user(session)
    album = Album(id=uuid4(), user_id=me.id, name="Business")
    session.add(album)
    asked: list[dict[str, Any]] = [
        {"prompt": "by the sea"},
        {"prompt": "in a café"},
        {"prompt": " by the sea "},
        {"prompt": "a pack’s own words", "album_id": album.id},
        {"prompt": "make the sky red", "operation": "edit"},
        {"prompt": "somebody else’s", "user_id": other.id},
    ]
    for i, values in enumerate(asked):
        at = START + timedelta(minutes=i)
        await make_generation(session, **{"user_id": me.id, "created_at": at} | values)
    found = await history.sentences(session, user_id=me.id)
    assert found == ("by the sea", "in a café")
    assert await history.sentences(session, user_id=me.id, limit=1) == ("by the sea",)
