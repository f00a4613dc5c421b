"""Credits and plans: an append-only ledger, the holds on it, and what a plan grants."""

from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Now, When

ACCOUNTS = ("issued", "included", "available", "held", "spent", "withdrawn", "owed")
KINDS = ("grant", "reserve", "capture", "release", "debit", "debt", "repay")


class PlanRow(Base):
    """A plan as the operator edits it; None in a limit means unlimited."""

    __tablename__ = "plans"
    __table_args__ = (
        CheckConstraint("price_cents >= 0", name="price_cents"),
        CheckConstraint("credits_once >= 0 and credits_monthly >= 0", name="credits"),
        CheckConstraint("training_credits >= 0", name="training_credits"),
        CheckConstraint("model_slots >= 0", name="model_slots"),
        CheckConstraint("fair_use_monthly >= 0", name="fair_use_monthly"),
        CheckConstraint("generations_per_minute > 0", name="generations_per_minute"),
        CheckConstraint("reads_per_minute > 0", name="reads_per_minute"),
        Index("uq_plans_default", "is_default", unique=True, postgresql_where=text("is_default")),
    )

    name: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]
    position: Mapped[int]  # order on the page; hidden plans are not offered
    hidden: Mapped[bool] = mapped_column(server_default="false")
    price_cents: Mapped[int] = mapped_column(server_default="0")  # US cents a month
    credits_once: Mapped[int] = mapped_column(server_default="0")
    credits_monthly: Mapped[int] = mapped_column(server_default="0")
    unlimited: Mapped[bool] = mapped_column(server_default="false")
    fair_use_monthly: Mapped[int | None]  # ceiling of an unlimited plan
    model_slots: Mapped[int | None]
    training_credits: Mapped[int] = mapped_column(server_default="0")
    generations_per_minute: Mapped[int | None]  # calls; None: the default, see limits.policy
    reads_per_minute: Mapped[int | None]
    stripe_price_id: Mapped[str | None] = mapped_column(unique=True)
    is_default: Mapped[bool] = mapped_column(server_default="false")


class PlanPrice(Base):
    """A price at Stripe, and the plan that it is or was for: members go on paying by old prices."""

    __tablename__ = "plan_prices"

    price_id: Mapped[str] = mapped_column(primary_key=True)
    plan: Mapped[str]


class CreditAccount(Base):
    """One member's running balances, equal to the sum of the entries, and the lock for them."""

    __tablename__ = "credit_accounts"
    __table_args__ = (
        CheckConstraint("available >= 0", name="available"),
        CheckConstraint("held >= 0", name="held"),
        CheckConstraint("owed >= 0", name="owed"),
    )

    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    available: Mapped[int] = mapped_column(server_default="0")
    held: Mapped[int] = mapped_column(server_default="0")
    owed: Mapped[int] = mapped_column(server_default="0")
    renews_at: Mapped[When | None] = mapped_column(index=True)  # our next monthly grant


class CreditEntry(Base):
    """An immutable transfer of whole credits between two accounts of one member.

    Both sides are in one row, so an entry cannot be unbalanced; a trigger refuses changes.
    """

    __tablename__ = "credit_entries"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("source <> target", name="sides"),
        CheckConstraint(f"source in {ACCOUNTS} and target in {ACCOUNTS}", name="accounts"),
        CheckConstraint(f"kind in {KINDS}", name="kind"),
        Index("uq_credit_entries_kind_reference", "kind", "reference", unique=True),
        Index("ix_credit_entries_user_id_id", "user_id", "id"),
        # rows are stored in the order of their time, so a few kilobytes find the last month
        Index("ix_credit_entries_created_at", "created_at", postgresql_using="brin"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    kind: Mapped[str]
    source: Mapped[str]
    target: Mapped[str]
    amount: Mapped[int]
    available_after: Mapped[int]
    reference: Mapped[str]  # the subject, such as `generation:<id>`
    reason: Mapped[str]  # in words that the member reads
    created_at: Mapped[Now]


class CreditHold(Base):
    """Credits reserved for open work; closed once, by a capture or a release."""

    __tablename__ = "credit_holds"
    __table_args__ = (
        CheckConstraint("amount >= 0", name="amount"),
        CheckConstraint("captured between 0 and amount", name="captured"),
        CheckConstraint("source in ('available', 'included')", name="source"),
        Index("ix_credit_holds_open", "user_id", postgresql_where=text("closed_at is null")),
    )

    reference: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    amount: Mapped[int]
    captured: Mapped[int] = mapped_column(server_default="0")
    source: Mapped[str]  # included: an unlimited plan pays
    purpose: Mapped[str]
    created_at: Mapped[Now]
    closed_at: Mapped[When | None]
