"""Styles and packs, as the operator edits them."""

from enum import StrEnum

from sqlalchemy import CheckConstraint, LargeBinary
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, deferred, mapped_column

from db.base import Base, When


class Medium(StrEnum):
    """The medium of a style's pictures; only a photo shows a face as a camera would."""

    PHOTO = "photo"
    EFFECT = "effect"  # a photo whose light or layers hide the face
    PAINTING = "painting"
    DRAWING = "drawing"
    PRINT = "print"


MEDIA = tuple(str(medium) for medium in Medium)


class StyleRow(Base):
    """A style. words: for real models, around {subject} and {prompt}.

    look: how the photo booth draws it; None: as a plain photo.
    picture: 240 x 300 px, WebP; None: the one that ships with the product, where there is one.
    edited_at: None while the style is unchanged, so that a later release may update it.
    """

    __tablename__ = "styles"
    __table_args__ = (CheckConstraint(f"medium in {MEDIA}", name="medium"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    description: Mapped[str]  # as members read it
    words: Mapped[str]
    medium: Mapped[str]
    look: Mapped[str | None]
    picture: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    picture_hash: Mapped[str | None]
    position: Mapped[int]  # order on the page
    offered: Mapped[bool] = mapped_column(server_default="true")
    edited_at: Mapped[When | None]


class PackRow(Base):
    """A set of pictures requested at once: each prompt in each style and each format.

    credits: of the whole pack; None: one for each picture. edited_at: as in `StyleRow`.
    """

    __tablename__ = "packs"
    __table_args__ = (CheckConstraint("credits > 0", name="credits"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    description: Mapped[str]
    prompts: Mapped[list[str]] = mapped_column(JSONB)
    styles: Mapped[list[str]] = mapped_column(JSONB)
    formats: Mapped[list[str]] = mapped_column(JSONB)
    credits: Mapped[int | None]
    position: Mapped[int]
    offered: Mapped[bool] = mapped_column(server_default="true")
    edited_at: Mapped[When | None]
