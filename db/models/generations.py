"""Requests for images, and the images themselves."""

from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    ForeignKey,
    Index,
    LargeBinary,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlalchemy.orm import Mapped, deferred, mapped_column

from db.base import Base, Blob, Id, Json, Now, Owner, When
from db.search import vector
from db.states import GenerationStatus, literals

RATED = "coalesce(rating, 0)"
SEARCHED = "prompt || ' ' || coalesce(style, '')"
LIKENESS = "coalesce(likeness, -1)"
WORDS = ("not_her", "recognisable", "close")  # likeness, where a number would say too much


class Operation(StrEnum):
    """The kind of work: a new picture, or one made from an existing picture."""

    GENERATE = "generate"  # by words, from the person's photos
    EDIT = "edit"  # by words
    INPAINT = "inpaint"  # by words, inside a mask
    EXTEND = "extend"  # the same picture in another format
    ENLARGE = "enlarge"  # twice or four times as wide and high
    CUTOUT = "cutout"  # without its background
    FACE = "face"  # the face made again, in its place


OPERATIONS = tuple(str(operation) for operation in Operation)
OWN_PIXELS = frozenset({Operation.ENLARGE, Operation.CUTOUT})  # no photo of the person is needed


class Method(StrEnum):
    """How the person is put into a picture."""

    INSTANT = "instant"  # by reference photos
    TRAINED = "trained"  # by the LoRA that was trained on the person
    PREVIEW = "preview"  # by the photo booth's own method


METHODS = tuple(str(method) for method in Method)


def _second(table: str) -> Index:
    """Return an index by the second person, whom few rows have."""
    column = "second_model_id"
    there = text(f"{column} is not null")
    return Index(f"ix_{table}_{column}", column, postgresql_where=there)


class Generation(Base):
    """One request for `count` images; image i uses seed + i.

    source_image_id: the picture that an operation starts from; None when it was erased.
    people: the number of people in the picture: with two, second_model_id is the other person's
    model until that is deleted. scale: of an enlargement, 2 or 4.
    mask: a PNG, white where the picture may change, until the end.
    album_id: the album that its pictures are added to.
    """

    __tablename__ = "generations"
    __table_args__ = (
        CheckConstraint(f"status in {literals(GenerationStatus)}", name="status"),
        CheckConstraint("count between 1 and 8", name="count"),
        CheckConstraint("progress between 0 and 1", name="progress"),
        CheckConstraint(f"operation in {OPERATIONS}", name="operation"),
        CheckConstraint(f"method in {METHODS}", name="method"),
        CheckConstraint("people between 1 and 2", name="people"),
        Index("ix_generations_user_id_created_at", "user_id", "created_at", "id"),
        _second("generations"),
    )

    id: Mapped[Id]
    user_id: Mapped[Owner]
    user_model_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("user_models.id", ondelete="SET NULL"), index=True
    )
    status: Mapped[str] = mapped_column(server_default=GenerationStatus.QUEUED)
    progress: Mapped[float] = mapped_column(server_default="0")
    stage: Mapped[str] = mapped_column(server_default="")
    status_reason: Mapped[str | None]
    engine: Mapped[str]
    method: Mapped[str] = mapped_column(server_default=Method.TRAINED)
    prompt: Mapped[str]
    negative_prompt: Mapped[str | None]
    preset: Mapped[str | None]
    aspect: Mapped[str]
    width: Mapped[int]
    height: Mapped[int]
    count: Mapped[int]
    seed: Mapped[int] = mapped_column(BigInteger)
    steps: Mapped[int | None]
    guidance_scale: Mapped[float | None]
    lora_scale: Mapped[float | None]
    operation: Mapped[str] = mapped_column(server_default=Operation.GENERATE)
    source_image_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("generated_images.id", ondelete="SET NULL", use_alter=True), index=True
    )
    scale: Mapped[int | None]
    mask: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    people: Mapped[int] = mapped_column(server_default="1")
    second_model_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("user_models.id", ondelete="SET NULL")
    )
    cost: Mapped[int]  # credits
    album_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("albums.id", ondelete="SET NULL"), index=True
    )
    reading: Mapped[Json]  # how an engine with a vocabulary read the prompt; {} of any other
    dismissed_at: Mapped[When | None]
    created_at: Mapped[Now]
    started_at: Mapped[When | None]
    finished_at: Mapped[When | None]


# One index for each order and each narrow filter of the gallery, so that a page of it is a short
# index scan whatever the number of images; the trash has its own.
GALLERY_INDEXES: tuple[tuple[str, tuple[Any, ...], str], ...] = (
    ("gallery", (), "null"),
    ("rated", (text(RATED),), "null"),
    ("likeness", (text(LIKENESS),), "null"),
    ("preset", ("preset",), "null"),
    ("model", ("user_model_id",), "null"),
    ("favourite", (), "null and favourite"),
    ("trash", (), "not null"),
)


class GeneratedImage(Base):
    """One finished image: full.<ext>, medium.webp and thumb.webp are stored under `folder`.

    parent_id: the image that it was made from, unless that image is erased.
    second_model_id, second_likeness: of the other person in an image of two.
    """

    __tablename__ = "generated_images"
    __table_args__ = (
        UniqueConstraint("generation_id", "position"),
        CheckConstraint("rating between 1 and 5", name="rating"),
        CheckConstraint(f"likeness_word in {WORDS}", name="likeness_word"),
        CheckConstraint(f"operation in {OPERATIONS}", name="operation"),
        CheckConstraint(f"method in {METHODS}", name="method"),
        *(
            Index(
                f"ix_generated_images_{name}",
                "user_id",
                *keys,
                "created_at",
                "id",
                postgresql_where=text(f"deleted_at is {state}"),
            )
            for name, keys, state in GALLERY_INDEXES
        ),
        _second("generated_images"),
        Index("ix_generated_images_unmarked", "id", postgresql_where=text("marked_at is null")),
        Index("ix_generated_images_search", "search", postgresql_using="gin"),
    )

    id: Mapped[Id]
    user_id: Mapped[Owner]
    generation_id: Mapped[UUID] = mapped_column(ForeignKey("generations.id", ondelete="CASCADE"))
    user_model_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("user_models.id", ondelete="SET NULL"), index=True
    )
    operation: Mapped[str] = mapped_column(server_default=Operation.GENERATE)
    parent_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("generated_images.id", ondelete="SET NULL"), index=True
    )
    position: Mapped[int]  # 0-based within its generation
    seed: Mapped[int] = mapped_column(BigInteger)
    prompt: Mapped[str]
    preset: Mapped[str | None]
    style: Mapped[str | None]  # the preset's name at the time, for the search
    engine: Mapped[str | None]
    method: Mapped[str | None]
    recipe: Mapped[Json]
    folder: Mapped[str] = mapped_column(unique=True)
    content_type: Mapped[str]
    width: Mapped[int]
    height: Mapped[int]
    bytes: Mapped[int]  # of all variants together
    thumbhash: Mapped[Blob]
    likeness: Mapped[float | None]  # 0-100
    likeness_word: Mapped[str | None]
    face_box: Mapped[list[float] | None] = mapped_column(JSONB)  # left, top, right, bottom: 0..1
    charged: Mapped[bool] = mapped_column(server_default="true")
    second_model_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("user_models.id", ondelete="SET NULL")
    )
    second_likeness: Mapped[float | None]  # 0-100
    favourite: Mapped[bool] = mapped_column(server_default="false")
    rating: Mapped[int | None]
    created_at: Mapped[Now]
    deleted_at: Mapped[When | None] = mapped_column(index=True)  # when it was put in the trash
    marked_at: Mapped[When | None]  # when its files were marked and its fingerprint stored
    search: Mapped[str] = deferred(
        mapped_column(TSVECTOR, Computed(vector(SEARCHED), persisted=True))
    )
