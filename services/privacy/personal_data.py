"""The rows that belong to a member: one list for export, deletion and its proof."""

import base64
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Table, false, func, or_, select, tuple_
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.ext.asyncio import AsyncSession

from db.base import Base
from services.deps import Deps

# tables about the installation, not a person; a new table is a member's unless it is named here
HOUSE = frozenset(
    {
        "plans",
        "call_counts",
        "engine_settings",
        "fingerprints",  # about pictures made here, with nothing that leads to a person
        "job_offers",
        "job_ticks",
        "measure_totals",
        "packs",
        "plan_prices",
        "push_keys",
        "reports",
        "signing_certificates",
        "stripe_events",
        "styles",
        "throttle_hits",
        "work_measures",
        "worker_keys",
    }
)
# kept after a member is deleted, with ids only
KEPT = frozenset({"audit_log"})
SECRET = frozenset(
    {
        "address_hash",
        "auth_secret",
        "device_hash",
        "password_hash",
        "token_hash",
        "key_hash",
        "signed_payload",
    }
)
BATCH = 500


def tables() -> list[Table]:
    """Return the tables with rows of members, parents before children."""
    return [t for t in Base.metadata.sorted_tables if t.name not in HOUSE]


def owned(table: Table, user_id: UUID) -> ColumnElement[bool]:
    """Return the condition for the member's rows: by their own column, or by their parents."""
    if table.name == "users":
        return table.c.id == user_id
    for name in ("user_id", "actor_id"):
        if name in table.c:
            return table.c[name] == user_id
    parents = [
        fk.parent.in_(select(fk.column).where(owned(fk.column.table, user_id)))
        for fk in table.foreign_keys
        if fk.column.table is not table and fk.column.table.name not in HOUSE
    ]
    return or_(false(), *parents)


async def counts(session: AsyncSession, *, user_id: UUID) -> dict[str, int]:
    """Return how many rows a member has in each table that deletion empties, if any."""
    found = {}
    for table in tables():
        if table.name not in KEPT:
            query = select(func.count()).select_from(table).where(owned(table, user_id))
            found[table.name] = await session.scalar(query) or 0
    return {name: count for name, count in found.items() if count}


async def rows(deps: Deps, table: Table, *, user_id: UUID) -> AsyncIterator[dict[str, Any]]:
    """Yield the member's rows, fit for JSON and without secrets; each batch is one transaction."""
    columns = [c for c in table.c if c.name not in SECRET and not isinstance(c.type, TSVECTOR)]
    place = list(table.primary_key.columns)
    query = select(*columns).where(owned(table, user_id)).order_by(*place).limit(BATCH)
    after: tuple[Any, ...] | None = None
    while True:
        page = query if after is None else query.where(tuple_(*place) > after)
        async with deps.transaction() as session:
            batch = (await session.execute(page)).mappings().all()
        for row in batch:
            yield {name: _plain(value) for name, value in row.items()}
        if len(batch) < BATCH:
            return
        after = tuple(batch[-1][column.name] for column in place)


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return (
        value
        if value is None or isinstance(value, bool | int | float | list | dict)
        else str(value)
    )
