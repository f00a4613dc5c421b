"""GPU workers that ask this installation for work: their keys, and their jobs."""

from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, SmallInteger, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TEXT
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id, Json, Now, When


class WorkerJobState(StrEnum):
    """The state of a worker job: the last three are final, except that a failed job may change."""

    QUEUED = "queued"
    LEASED = "leased"
    DONE = "done"
    FAILED = "failed"
    CANCELED = "canceled"


STATES = tuple(str(state) for state in WorkerJobState)


class WorkerKey(Base):
    """The key of one GPU worker, hashed, and what the worker last reported about itself.

    about: {"hardware", "version"}. offers: its capabilities, see `services.trainer.offers`.
    present: whether the worker was heard from lately; `seen_at` says when.
    """

    __tablename__ = "worker_keys"

    id: Mapped[Id]
    name: Mapped[str]
    prefix: Mapped[str]
    key_hash: Mapped[bytes] = mapped_column(unique=True)
    created_at: Mapped[Now]
    revoked_at: Mapped[When | None]
    seen_at: Mapped[When | None]
    present: Mapped[bool] = mapped_column(server_default="false")
    about: Mapped[Json]
    offers: Mapped[list[str]] = mapped_column(ARRAY(TEXT), server_default="{}")


class WorkerJob(Base):
    """One run's work as a GPU worker takes it; its id is the run's.

    needs: the capabilities that a worker must offer. signed_payload: as sent to the worker, with
    signed addresses; deleted when the job has ended. digest: of the payload without addresses.
    token: of the present claim, drawn at random; every write has to show it.
    attempts: claims so far, less those that a worker gave back in good order.
    progress: the worker's last report. result: its outputs.
    """

    __tablename__ = "worker_jobs"
    __table_args__ = (
        CheckConstraint(f"state in {STATES}", name="state"),
        CheckConstraint("kind in ('train', 'generate')", name="kind"),
        CheckConstraint("(state = 'leased') = (lease_until is not null)", name="lease"),
        Index(
            "ix_worker_jobs_line",
            "kind",
            "created_at",
            postgresql_where=text("state in ('queued', 'leased')"),
        ),
    )

    id: Mapped[UUID] = mapped_column(
        ForeignKey("remote_jobs.id", ondelete="CASCADE"), primary_key=True
    )
    kind: Mapped[str]
    needs: Mapped[list[str]] = mapped_column(ARRAY(TEXT))
    signed_payload: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    digest: Mapped[str]
    state: Mapped[str] = mapped_column(server_default=WorkerJobState.QUEUED)
    worker_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("worker_keys.id", ondelete="SET NULL"), index=True
    )
    token: Mapped[int] = mapped_column(BigInteger, server_default="0")
    lease_until: Mapped[When | None]
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    progress: Mapped[Json]
    result: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    reason: Mapped[str | None]
    created_at: Mapped[Now]
    finished_at: Mapped[When | None]
