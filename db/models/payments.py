"""The payments provider's last state of its objects, and its handled events."""

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id, Json, Now, Owner, When


class Customer(Base):
    """A member's customer id at the payments provider."""

    __tablename__ = "customers"

    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    stripe_id: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[Now]


class Checkout(Base):
    """One visit to a payment page; its id is our reference at the provider."""

    __tablename__ = "checkouts"
    __table_args__ = (CheckConstraint("status in ('open', 'complete', 'expired')", name="status"),)

    id: Mapped[Id]
    user_id: Mapped[Owner]
    plan: Mapped[str]
    price_id: Mapped[str | None]  # the offered price, even if the plan's price changes later
    credits: Mapped[int | None]  # of a pack
    stripe_id: Mapped[str | None] = mapped_column(unique=True)
    status: Mapped[str] = mapped_column(server_default="open")
    created_at: Mapped[Now]


class Subscription(Base):
    """A subscription as Stripe described it at `fetched_at`; `plan` is our plan for its price."""

    __tablename__ = "subscriptions"

    id: Mapped[Id]
    user_id: Mapped[Owner]
    stripe_id: Mapped[str] = mapped_column(unique=True)
    status: Mapped[str]
    price_id: Mapped[str]
    plan: Mapped[str | None]
    next_plan: Mapped[str | None]  # from the period's end on
    period_start: Mapped[When]
    period_end: Mapped[When]
    cancel_at_period_end: Mapped[bool]
    past_due_since: Mapped[When | None]
    fetched_at: Mapped[When]
    created_at: Mapped[Now]
    ended_at: Mapped[When | None]


class Invoice(Base):
    """An invoice as Stripe described it at `fetched_at`; amounts in the currency's cents."""

    __tablename__ = "invoices"
    __table_args__ = (Index("ix_invoices_user_id_created_at", "user_id", "created_at"),)

    stripe_id: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    plan: Mapped[str | None]
    status: Mapped[str]
    currency: Mapped[str]
    amount_due: Mapped[int]
    amount_paid: Mapped[int]
    amount_reversed: Mapped[int] = mapped_column(server_default="0")
    reversals: Mapped[Json]  # the parts of amount_reversed: {id of the refund or dispute: cents}
    number: Mapped[str | None]
    hosted_url: Mapped[str | None]
    credits: Mapped[int] = mapped_column(server_default="0")  # granted for its lines
    created_at: Mapped[When] = mapped_column(index=True)
    failed_at: Mapped[When | None]
    fetched_at: Mapped[When]


class StripeEvent(Base):
    """One event from Stripe, stored once; the job that handles it fetches the object's state."""

    __tablename__ = "stripe_events"
    __table_args__ = (
        Index(
            "ix_stripe_events_unhandled", "received_at", postgresql_where=text("handled_at is null")
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    type: Mapped[str]
    object_id: Mapped[str]
    created_at: Mapped[When]
    received_at: Mapped[Now]
    handled_at: Mapped[When | None]
    details: Mapped[Json]
