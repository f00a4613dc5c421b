"""Members' models, and the photos that they are trained from."""

from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Blob, Id, Json, Now, Owner, When
from db.states import ModelStatus, SheetStatus, literals


class UserModel(Base):
    """A likeness of one person. progress is 0.0-1.0; `status_reason` says what to do next."""

    __tablename__ = "user_models"
    __table_args__ = (
        CheckConstraint(f"status in {literals(ModelStatus)}", name="status"),
        CheckConstraint("subject in ('person', 'woman', 'man')", name="subject"),
        CheckConstraint("progress between 0 and 1", name="progress"),
        Index("ix_user_models_user_id_created_at", "user_id", "created_at", "id"),
    )

    id: Mapped[Id]
    user_id: Mapped[Owner]
    name: Mapped[str]
    subject: Mapped[str]
    status: Mapped[str] = mapped_column(server_default=ModelStatus.DRAFT)
    progress: Mapped[float] = mapped_column(server_default="0")
    stage: Mapped[str] = mapped_column(server_default="")
    status_reason: Mapped[str | None]
    engine: Mapped[str | None]
    base_model: Mapped[str | None]
    trigger_word: Mapped[str]
    recipe: Mapped[Json]
    metrics: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default="[]")
    seconds_left: Mapped[float | None]
    likeness: Mapped[float | None]  # 0-100
    folder: Mapped[str] = mapped_column(unique=True)  # storage prefix of all files of the model
    lora_key: Mapped[str | None]
    dismissed_at: Mapped[When | None]  # when its card was hidden on the dashboard
    created_at: Mapped[Now]
    queued_at: Mapped[When | None]
    started_at: Mapped[When | None]
    finished_at: Mapped[When | None]


class TrainingImage(Base):
    """One accepted photo; full.jpg, thumb.webp and train.jpg are stored under `folder`."""

    __tablename__ = "training_images"
    __table_args__ = (
        UniqueConstraint("user_model_id", "sha256"),
        Index("ix_training_images_user_model_id_created_at", "user_model_id", "created_at", "id"),
    )

    id: Mapped[Id]
    user_id: Mapped[Owner]
    user_model_id: Mapped[UUID] = mapped_column(ForeignKey("user_models.id", ondelete="CASCADE"))
    sha256: Mapped[bytes]  # of the bytes that were uploaded
    phash: Mapped[int] = mapped_column(BigInteger)  # 64-bit difference hash, signed
    folder: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    format: Mapped[str]
    width: Mapped[int]
    height: Mapped[int]
    bytes: Mapped[int]  # of all variants together
    thumbhash: Mapped[Blob]
    verdict: Mapped[Json]
    included: Mapped[bool | None]  # the member's choice; None: the verdict decides
    caption: Mapped[str | None]  # the member's caption; None: the usual words
    created_at: Mapped[Now]


class LoraVersion(Base):
    """The LoRA of one training of a model, with the model row's values while the LoRA is used."""

    __tablename__ = "lora_versions"
    __table_args__ = (UniqueConstraint("user_model_id", "number"),)

    id: Mapped[Id]
    user_model_id: Mapped[UUID] = mapped_column(ForeignKey("user_models.id", ondelete="CASCADE"))
    number: Mapped[int]
    key: Mapped[str]
    photos: Mapped[int]
    engine: Mapped[str | None]
    base_model: Mapped[str | None]
    recipe: Mapped[Json]
    metrics: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default="[]")
    likeness: Mapped[float | None]
    created_at: Mapped[Now]


class TrainingSample(Base):
    """A picture made during a training, at `step`, to show its progress."""

    __tablename__ = "training_samples"
    __table_args__ = (UniqueConstraint("user_model_id", "key"),)

    id: Mapped[Id]
    user_model_id: Mapped[UUID] = mapped_column(
        ForeignKey("user_models.id", ondelete="CASCADE"), index=True
    )
    key: Mapped[str]
    step: Mapped[int]
    likeness: Mapped[float | None]
    created_at: Mapped[Now]


class ModelSheet(Base):
    """A user model's sheet: the person in every style, made from `photos` and stored in `folder`.

    edition: counts how often the sheet was begun; the seeds of its pictures follow from it.
    """

    __tablename__ = "model_sheets"
    __table_args__ = (CheckConstraint(f"status in {literals(SheetStatus)}", name="status"),)

    user_model_id: Mapped[UUID] = mapped_column(
        ForeignKey("user_models.id", ondelete="CASCADE"), primary_key=True
    )
    edition: Mapped[int]
    status: Mapped[str]
    photos: Mapped[list[str]] = mapped_column(JSONB)  # ids of training images
    folder: Mapped[str]
    created_at: Mapped[Now]


class SheetPicture(Base):
    """One small picture of a sheet, free of charge and not counted in any figure."""

    __tablename__ = "sheet_pictures"

    user_model_id: Mapped[UUID] = mapped_column(
        ForeignKey("model_sheets.user_model_id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True)
    preset: Mapped[str]
    prompt: Mapped[str]
    key: Mapped[str]
    thumbhash: Mapped[Blob]
    created_at: Mapped[Now]


class PhoneLink(Base):
    """A link by which one phone adds photos to one user model, without signing in; one per model.

    Deleted with the session that created it. device_hash: SHA-256 of the cookie of the phone that
    opened the link; None until a phone did.
    """

    __tablename__ = "phone_links"

    id: Mapped[Id]
    user_id: Mapped[Owner]
    session_id: Mapped[UUID] = mapped_column(
        ForeignKey("sessions.id", ondelete="CASCADE"), index=True
    )
    user_model_id: Mapped[UUID] = mapped_column(
        ForeignKey("user_models.id", ondelete="CASCADE"), unique=True
    )
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    device_hash: Mapped[bytes | None] = mapped_column(unique=True)
    created_at: Mapped[Now]
    expires_at: Mapped[When] = mapped_column(index=True)
