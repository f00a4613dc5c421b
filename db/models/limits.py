"""Calls a minute, as counted by all processes together."""

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base


class CallCount(Base):
    """The calls of one counter in one minute.

    Unlogged, so that a write costs no flush: after a crash of the database the table is empty, and
    each process continues with its own counts.
    """

    __tablename__ = "call_counts"
    __table_args__ = (
        Index("ix_call_counts_minute", "minute"),
        {"prefixes": ["UNLOGGED"]},
    )

    key: Mapped[bytes] = mapped_column(primary_key=True)  # a keyed hash of the counted caller
    minute: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # since 1970
    count: Mapped[int]
