"""Who is counted on the way from signing up to a plan, under an id that says nothing."""

from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Now


class FunnelMember(Base):
    """A member whose steps are told; `random_id` is all that links them, and goes with the row.

    steps: those that the analytics have taken.
    """

    __tablename__ = "funnel_members"

    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    random_id: Mapped[UUID] = mapped_column(unique=True)
    steps: Mapped[list[str]] = mapped_column(ARRAY(String), server_default="{}")
    created_at: Mapped[Now]
