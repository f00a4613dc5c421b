"""The append-only record of events that matter for security and money."""

import logging
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from db.models import AuditEntry

log = logging.getLogger("likeness.security")


def record(
    session: AsyncSession,
    *,
    action: str,
    actor_id: UUID | None,
    target: str = "",
    ip: str | None = None,
    **details: Any,
) -> AuditEntry:
    """Record that `actor_id` did `action` (`noun.verb`) to `target`; ids only, no personal data."""
    entry = AuditEntry(actor_id=actor_id, action=action, target=target, ip=ip, details=details)
    session.add(entry)
    log.info("%s %s", action, target, extra={"actor_id": str(actor_id or ""), **details})
    return entry
