"""Calls a minute, as all processes together have counted them."""

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base


class CallCount(Base):
    """Calls of one counter in one minute.

    Unlogged, so that a write costs no flush: after a crash of the database it is empty, and each
    process goes on by what it has counted itself.
    """

    __tablename__ = "call_counts"
    __table_args__ = (
        Index("ix_call_counts_minute", "minute"),
        {"prefixes": ["UNLOGGED"]},
    )

    key: Mapped[bytes] = mapped_column(primary_key=True)  # a keyed hash of whom it counts
    minute: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # since 1970
    count: Mapped[int]
