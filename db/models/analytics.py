"""Members whose steps from registering to a plan are counted, under a random id."""

from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Now


class FunnelMember(Base):
    """A member whose steps are sent to the analytics, linked only by `random_id`.

    The random id is deleted with the row. steps: those that the analytics have accepted.
    """

    __tablename__ = "funnel_members"

    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    random_id: Mapped[UUID] = mapped_column(unique=True)
    steps: Mapped[list[str]] = mapped_column(ARRAY(String), server_default="{}")
    created_at: Mapped[Now]
