"""Keyset pages: a cursor names the last row seen, so that page 1,000 costs what page 1 does."""

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import Generation, UserModel
from services.errors import Invalid

T = TypeVar("T")
R = TypeVar("R", Generation, UserModel)
MAX_LIMIT = 200


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some items, newest first, and the cursor of the next page, None at the end."""

    items: tuple[T, ...]
    next_cursor: str | None


def encode(created_at: datetime, id: UUID) -> str:
    """An opaque, URL-safe cursor."""
    return base64.urlsafe_b64encode(f"{created_at.isoformat()} {id}".encode()).decode()


def decode(cursor: str) -> tuple[datetime, UUID]:
    """What `encode` was given. Raises Invalid."""
    try:
        created_at, id = base64.urlsafe_b64decode(cursor.encode()).decode().split(" ")
        return datetime.fromisoformat(created_at), UUID(id)
    except (ValueError, binascii.Error):
        raise Invalid("This page's cursor is not valid. Start again from the first page.") from None


async def newest(
    session: AsyncSession,
    table: type[R],
    *where: ColumnElement[bool],
    cursor: str | None,
    limit: int,
) -> Page[R]:
    """A page of rows, newest first, as the database has them now. limit: cut to 1..200.

    table: has `created_at` and `id`. Raises Invalid for a bad cursor.
    """
    limit = max(1, min(limit, MAX_LIMIT))
    place = tuple_(table.created_at, table.id)
    query = select(table).where(*where).order_by(table.created_at.desc(), table.id.desc())
    if cursor:
        query = query.where(place < tuple_(*decode(cursor)))
    query = query.limit(limit + 1).execution_options(populate_existing=True)
    rows = (await session.scalars(query)).all()
    shown, more = rows[:limit], len(rows) > limit
    return Page(tuple(shown), encode(shown[-1].created_at, shown[-1].id) if more else None)
