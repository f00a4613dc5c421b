"""Members: their accounts, sessions, keys, consents, and the audit log."""

from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id, Json, Now, Owner, When


class User(Base):
    """A person with an account; `plan` is None where the operator's default applies."""

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint("role in ('member', 'admin')", name="role"),
        Index("uq_users_email", func.lower(text("email")), unique=True),
    )

    id: Mapped[Id]
    email: Mapped[str]
    name: Mapped[str] = mapped_column(server_default="")
    password_hash: Mapped[str]
    role: Mapped[str] = mapped_column(server_default="member")
    plan: Mapped[str | None]
    quota_bytes: Mapped[int | None] = mapped_column(BigInteger)  # None: MEMBER_QUOTA_BYTES
    disabled_at: Mapped[When | None]
    created_at: Mapped[Now]


class Session(Base):
    """One signed-in browser; only the token's SHA-256 is stored."""

    __tablename__ = "sessions"

    id: Mapped[Id]
    user_id: Mapped[Owner]
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    ip: Mapped[str]
    user_agent: Mapped[str]
    created_at: Mapped[Now]
    last_seen_at: Mapped[Now]
    expires_at: Mapped[When] = mapped_column(index=True)


class ApiKey(Base):
    """A named key for the REST API; `prefix` is the part that the member sees, the rest a hash."""

    __tablename__ = "api_keys"

    id: Mapped[Id]
    user_id: Mapped[Owner]
    name: Mapped[str]
    prefix: Mapped[str]
    key_hash: Mapped[bytes] = mapped_column(unique=True)
    created_at: Mapped[Now]
    last_used_at: Mapped[When | None]
    revoked_at: Mapped[When | None]


class OneTimeToken(Base):
    """A link that works once: the first administrator's, an invitation, a password reset.

    mail_state, mail_problem: of an invitation that is mailed.
    """

    __tablename__ = "one_time_tokens"
    __table_args__ = (
        CheckConstraint("purpose in ('first_admin', 'invite', 'password_reset')", name="purpose"),
        CheckConstraint("mail_state in ('queued', 'sent', 'failed')", name="mail_state"),
    )

    id: Mapped[Id]
    purpose: Mapped[str]
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    user_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), index=True
    )
    email: Mapped[str | None]
    created_at: Mapped[Now]
    expires_at: Mapped[When]
    used_at: Mapped[When | None]
    mail_state: Mapped[str | None]
    mail_problem: Mapped[str | None]


class ThrottleHit(Base):
    """One counted attempt under a key such as `login:ip:192.0.2.0/24`; pruned when old."""

    __tablename__ = "throttle_hits"
    __table_args__ = (Index("ix_throttle_hits_key_at", "key", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str]
    at: Mapped[Now]


class IdempotencyKey(Base):
    """The answer to an unsafe request, so that a repeat of the request gets the same answer."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (UniqueConstraint("user_id", "key"),)

    id: Mapped[Id]
    user_id: Mapped[Owner]
    key: Mapped[str]
    request_hash: Mapped[bytes]  # SHA-256 of method, address and JSON body
    content_hash: Mapped[bytes | None]  # of an upload's content; None before its end
    status: Mapped[int | None]  # None while the first request is running
    body: Mapped[dict[str, object] | None] = mapped_column(JSONB)
    created_at: Mapped[Now] = mapped_column(index=True)


class Consent(Base):
    """A member's consent for one user model: its text (as SHA-256), and when it was given."""

    __tablename__ = "consents"
    __table_args__ = (
        CheckConstraint("subject_is in ('self', 'other_with_permission')", name="subject_is"),
    )

    id: Mapped[Id]
    user_id: Mapped[Owner]
    user_model_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("user_models.id", ondelete="SET NULL"), index=True
    )
    subject_is: Mapped[str]
    text_version: Mapped[str]
    text_hash: Mapped[bytes]
    ip: Mapped[str]
    given_at: Mapped[Now]
    withdrawn_at: Mapped[When | None]


class PastMember(Base):
    """The free credits of a deleted account; the address is a keyed hash, until `expires_at`.

    user_id: the member who came back with the address. left: free credits left at the deletion.
    """

    __tablename__ = "past_members"

    address_hash: Mapped[bytes] = mapped_column(primary_key=True)
    user_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("users.id", ondelete="SET NULL"), index=True
    )
    plans: Mapped[list[str]] = mapped_column(ARRAY(String))
    left: Mapped[int]
    renews_at: Mapped[When | None]  # the next monthly grant
    expires_at: Mapped[When]


class AuditEntry(Base):
    """An append-only record of events for security and money; outlives its actor."""

    __tablename__ = "audit_log"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[Now] = mapped_column(index=True)
    actor_id: Mapped[UUID | None] = mapped_column(index=True)
    action: Mapped[str]
    target: Mapped[str]
    ip: Mapped[str | None]
    details: Mapped[Json]
