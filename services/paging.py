"""Keyset pages: a cursor names the last row seen, so that page 1,000 costs what page 1 does."""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from services.errors import Invalid

T = TypeVar("T")
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


def clamp(limit: int) -> int:
    """A page size within 1..200."""
    return max(1, min(limit, MAX_LIMIT))


def cut(rows: Sequence[Any], *, limit: int, view: Callable[[Any], T]) -> Page[T]:
    """A page from `limit + 1` rows that have `created_at` and `id`."""
    shown = rows[:limit]
    more = len(rows) > limit
    return Page(
        tuple(view(row) for row in shown),
        encode(shown[-1].created_at, shown[-1].id) if more else None,
    )
