"""Keyset pages: a cursor names the last row seen, so that page 1,000 costs the same as page 1."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import Generation, UserModel
from services.errors import Invalid

T = TypeVar("T")
R = TypeVar("R", Generation, UserModel)
MAX_LIMIT = 200
NEWEST = "newest"
INVALID = "This page of the list is no longer valid. Start from its beginning."


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some items, newest first, and the cursor of the next page, None at the end."""

    items: tuple[T, ...]
    next_cursor: str | None


def to_token(text: str) -> str:
    """Encode any text in URL-safe characters; `from_token` decodes it."""
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def from_token(token: str) -> str:
    """Decode a text that `to_token` encoded. Raises Invalid."""
    try:
        return base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
    except ValueError:  # includes binascii.Error and UnicodeError
        raise Invalid(INVALID) from None


def encode(order: str, place: Sequence[Any]) -> str:
    """Encode a row's place in an order as an opaque text: numbers first, then created_at and id."""
    values = [value if isinstance(value, int | float) else str(value) for value in place]
    return to_token(json.dumps([order, *values]))


def decode(cursor: str, order: str = NEWEST, numbers: Sequence[type] = ()) -> tuple[Any, ...]:
    """Return the place that a cursor names.

    numbers: the types of the columns before created_at and id.
    Raises Invalid for a cursor of another order, or one that `encode` did not make.
    """
    try:
        given, *first, created_at, id = json.loads(from_token(cursor))
        if given != order or [type(value) for value in first] != list(numbers):
            raise ValueError(given)
        return (*first, datetime.fromisoformat(created_at), UUID(id))
    except (ValueError, TypeError, AttributeError) as error:
        raise Invalid(INVALID) from error


def after(
    place: tuple[Any, ...], columns: Sequence[Any], *, ascending: bool = False
) -> ColumnElement[bool]:
    """Return the condition for rows behind a place in the order of these columns."""
    row = tuple_(*columns)
    return row > tuple_(*place) if ascending else row < tuple_(*place)


async def newest(
    session: AsyncSession,
    table: type[R],
    *where: ColumnElement[bool],
    cursor: str | None,
    limit: int,
) -> Page[R]:
    """Return a page of rows, newest first, as they are in the database now. limit: cut to 1..200.

    table: has `created_at` and `id`. Raises Invalid for a bad cursor.
    """
    limit = max(1, min(limit, MAX_LIMIT))
    query = select(table).where(*where).order_by(table.created_at.desc(), table.id.desc())
    if cursor:
        query = query.where(after(decode(cursor), (table.created_at, table.id)))
    query = query.limit(limit + 1).execution_options(populate_existing=True)
    rows = (await session.scalars(query)).all()
    shown, more = rows[:limit], len(rows) > limit
    last = encode(NEWEST, (shown[-1].created_at, shown[-1].id)) if more else None
    return Page(tuple(shown), last)
