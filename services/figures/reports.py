"""Figures that take long to compute, kept with the time they were computed at.

A tick renews them, so that a page which shows them costs one row, also where it is public.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import ReportRow


@dataclass(frozen=True, slots=True)
class Report:
    """value: as JSON has it."""

    made_at: datetime
    value: Any


async def keep(session: AsyncSession, *, name: str, value: Any) -> Report:
    """Stores a report in place of the one before."""
    row = insert(ReportRow).values(name=name, value=value, made_at=func.now())
    fresh = {"value": row.excluded.value, "made_at": row.excluded.made_at}
    stored = row.on_conflict_do_update(index_elements=["name"], set_=fresh)
    made_at = await session.scalar(stored.returning(ReportRow.made_at))
    assert made_at  # noqa: S101  # one row is always written
    return Report(made_at, value)


async def find(session: AsyncSession, *, name: str) -> Report | None:
    """The last report of this name; None before the first."""
    query = select(ReportRow.made_at, ReportRow.value).where(ReportRow.name == name)
    found = (await session.execute(query)).one_or_none()
    return Report(*found) if found else None
