"""Members' notifications for when they are elsewhere: push keys, browsers and choices."""

from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id, Now, Owner


class PushKey(Base):
    """The key by which this installation signs its requests to push services; one row.

    sealed_key: PEM, encrypted by the installation's secret. public_key: the point, as base64url.
    """

    __tablename__ = "push_keys"

    id: Mapped[Id]
    public_key: Mapped[str]
    sealed_key: Mapped[bytes]
    created_at: Mapped[Now]


class PushSubscription(Base):
    """A browser that a member wants messages in; deleted with the browser's session.

    endpoint: at the browser maker's push service. public_key, auth_secret: base64url, by which
    messages are encrypted for this browser alone.
    """

    __tablename__ = "push_subscriptions"

    id: Mapped[Id]
    user_id: Mapped[Owner]
    session_id: Mapped[UUID] = mapped_column(
        ForeignKey("sessions.id", ondelete="CASCADE"), unique=True
    )
    endpoint: Mapped[str] = mapped_column(unique=True)
    public_key: Mapped[str]
    auth_secret: Mapped[str]
    created_at: Mapped[Now]


class NotificationChoice(Base):
    """The events that a member wants e-mail about; without a row, none."""

    __tablename__ = "notification_choices"

    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    trainings: Mapped[bool]
    pictures: Mapped[bool]
