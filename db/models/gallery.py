"""Albums, and links by which a member shows a picture or an album to others."""

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id, Now, Owner, When


class Album(Base):
    """A named set of a member's images."""

    __tablename__ = "albums"

    id: Mapped[Id]
    user_id: Mapped[Owner]
    name: Mapped[str]
    created_at: Mapped[Now]


class AlbumImage(Base):
    """An image's place in an album, newest addition first."""

    __tablename__ = "album_images"
    __table_args__ = (Index("ix_album_images_album_id_added_at", "album_id", "added_at"),)

    album_id: Mapped[UUID] = mapped_column(
        ForeignKey("albums.id", ondelete="CASCADE"), primary_key=True
    )
    image_id: Mapped[UUID] = mapped_column(
        ForeignKey("generated_images.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    added_at: Mapped[Now]


class ShareLink(Base):
    """An unguessable link to one image or one album; only the token's SHA-256 is stored."""

    __tablename__ = "share_links"
    __table_args__ = (CheckConstraint("num_nonnulls(image_id, album_id) = 1", name="one_target"),)

    id: Mapped[Id]
    user_id: Mapped[Owner]
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    image_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("generated_images.id", ondelete="CASCADE"), index=True
    )
    album_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("albums.id", ondelete="CASCADE"), index=True
    )
    created_at: Mapped[Now]
    expires_at: Mapped[When]
    revoked_at: Mapped[When | None]
