"""Runs at engines, from before their one submit until their results are stored."""

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id, Now, Owner, When
from db.states import RUN_OPEN, RunState, literals

# The source of durations. A later attempt makes only the images that are still missing.
MEASURED = text("state = 'succeeded' and attempt = 1 and running_at is not null")


class RunRow(Base):
    """One run: a training or images of a generation at an engine, which is sent the run's `id`.

    attempt: number of submits begun, and the fencing token of every transition.
    misses: submits that were never answered, or that failed and are worth another try.
    remote_id: the engine's name for the run. running_at: when the engine began to work on it.
    seconds_left: the engine's own estimate when it was last asked.
    image_cost_usd: the engine's price for one image when the run was queued; None: not known.
    made: positions of the images that the run has made, kept when the member erases the images: an
    image listed here is never stored a second time, and the generation is charged for it.
    below: those of `made` that did not look like the person. again: whether the run makes such an
    image a second time, with another seed.
    """

    __tablename__ = "remote_jobs"
    __table_args__ = (
        CheckConstraint(f"state in {literals(RunState)}", name="state"),
        CheckConstraint("kind in ('training', 'generation')", name="kind"),
        CheckConstraint("num_nonnulls(user_model_id, generation_id) = 1", name="one_target"),
        Index("ix_remote_jobs_state_deadline_at", "state", "deadline_at"),
        Index(
            "ix_remote_jobs_measured",
            "engine",
            "kind",
            "finished_at",
            postgresql_where=MEASURED,
        ),
        Index(
            "uq_remote_jobs_open_training",
            "user_model_id",
            unique=True,
            postgresql_where=text(f"state in {literals(RUN_OPEN)}"),
        ),
    )

    id: Mapped[Id]
    user_id: Mapped[Owner]
    kind: Mapped[str]
    user_model_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("user_models.id", ondelete="CASCADE"), index=True
    )
    generation_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("generations.id", ondelete="CASCADE"), index=True
    )
    job_id: Mapped[UUID | None]  # the queued job that drives it
    state: Mapped[str] = mapped_column(server_default=RunState.QUEUED)
    attempt: Mapped[int] = mapped_column(server_default="0")
    misses: Mapped[int] = mapped_column(server_default="0")
    engine: Mapped[str]
    first: Mapped[int] = mapped_column(server_default="0")  # position of its first image
    units: Mapped[int] = mapped_column(server_default="1")  # images, or one training
    credits: Mapped[int] = mapped_column(server_default="0")  # reserved for a training
    image_cost_usd: Mapped[float | None]
    made: Mapped[list[int]] = mapped_column(ARRAY(SmallInteger), server_default="{}")
    below: Mapped[list[int]] = mapped_column(ARRAY(SmallInteger), server_default="{}")
    again: Mapped[bool] = mapped_column(server_default="false")
    remote_id: Mapped[str | None]
    reason: Mapped[str | None]
    created_at: Mapped[Now]
    submitting_at: Mapped[When | None]
    submitted_at: Mapped[When | None]
    running_at: Mapped[When | None]
    seconds_left: Mapped[float | None]
    deadline_at: Mapped[When]
    finished_at: Mapped[When | None]
