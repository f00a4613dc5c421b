"""Work that outlives a request: the queue, and when each periodic job is due again."""

from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Sequence, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id, Json, Now, When
from db.states import JOB_OPEN, JobState, literals

# The queue's virtual clock: the highest `turn` that was ever claimed. A sequence, because the clock
# has to move without a lock and without leaving dead rows.
JOB_TURN = Sequence("job_turn", metadata=Base.metadata)


class JobRow(Base):
    """One job. `services/jobs` is the only reader and writer; states are described there."""

    __tablename__ = "job_queue"
    __table_args__ = (
        CheckConstraint(f"state in {literals(JobState)}", name="state"),
        CheckConstraint("priority between -1 and 1", name="priority"),
        CheckConstraint("(state = 'leased') = (lease_until is not null)", name="lease"),
        Index("ix_job_queue_line", "turn", "run_at", postgresql_where=text("state = 'queued'")),
        Index("ix_job_queue_flow", "flow", "turn", postgresql_where=text("state = 'queued'")),
        Index("ix_job_queue_due", "run_at", postgresql_where=text("state = 'waiting'")),
        Index("ix_job_queue_leases", "lease_until", postgresql_where=text("state = 'leased'")),
        Index(
            "ix_job_queue_finished",
            "state",
            "kind",
            "finished_at",
            postgresql_where=text("finished_at is not null"),
        ),
        Index(
            "uq_job_queue_dedupe",
            "kind",
            "dedupe_key",
            unique=True,
            postgresql_where=text(f"state in {literals(JOB_OPEN)} and dedupe_key is not null"),
        ),
    )

    id: Mapped[Id]
    kind: Mapped[str]
    payload: Mapped[Json]
    user_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), index=True
    )
    state: Mapped[str]
    priority: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    flow: Mapped[str]  # jobs of one flow take turns with those of the others
    # Place in the queue, lowest first; None until the job is in the queue.
    turn: Mapped[int | None] = mapped_column(BigInteger)
    run_at: Mapped[Now]
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    # Counts the claims: an old number identifies a former owner.
    lease_token: Mapped[int] = mapped_column(BigInteger, server_default="0")
    lease_owner: Mapped[str | None]
    lease_until: Mapped[When | None]
    dedupe_key: Mapped[str | None]
    needs: Mapped[str | None]  # what only some processes have, such as `mail`; one of `offers`
    reason: Mapped[str | None]  # of the last failure
    created_at: Mapped[Now]
    started_at: Mapped[When | None]  # first claim
    finished_at: Mapped[When | None]


class JobOffer(Base):
    """A capability of some process that works jobs: unbroken since `since`, at last `seen_at`."""

    __tablename__ = "job_offers"

    name: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[When]
    seen_at: Mapped[When]


class JobTick(Base):
    """A periodic job and when it is due again, by the database's clock."""

    __tablename__ = "job_ticks"

    name: Mapped[str] = mapped_column(primary_key=True)
    due_at: Mapped[When]
