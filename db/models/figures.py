"""Measures of trainings and generations: the installation's rows, without personal data."""

from datetime import date
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Float, Index, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Now
from db.states import WORK_ENDS, literals

TODAY = "(now() at time zone 'utc')::date"


class WorkMeasure(Base):
    """One training or generation that has ended; written in the transaction that ends it.

    day: UTC; no finer time is stored, and no id. operation: `train`, or the pictures' operation.
    plan: the member's at the end. style: one of the studio's, `own`, or empty.
    reason: one of `figures.reasons`, of a failure. wait, run, total: seconds, if it succeeded:
    until an engine began, its work, and both. units: images requested; made: images stored.
    charged, given_back: credits. cost_usd: the engine's price, None where it is not known.
    likeness: 0-100 of each image, or of a training's last samples, where it was measured.
    judged: the likeness of images by the operator's own network.
    counted: whether `measure_totals` has it.
    """

    __tablename__ = "work_measures"
    __table_args__ = (
        CheckConstraint(f"status in {literals(WORK_ENDS)}", name="status"),
        Index("ix_work_measures_day", "day"),
        Index("ix_work_measures_uncounted", "id", postgresql_where=text("not counted")),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    day: Mapped[date] = mapped_column(server_default=text(TODAY))
    engine: Mapped[str]
    method: Mapped[str]
    operation: Mapped[str]
    plan: Mapped[str]
    style: Mapped[str]
    status: Mapped[str]
    reason: Mapped[str | None]
    wait: Mapped[float | None]
    run: Mapped[float | None]
    total: Mapped[float | None]
    units: Mapped[int]
    made: Mapped[int]
    charged: Mapped[int]
    given_back: Mapped[int]
    cost_usd: Mapped[float | None]
    likeness: Mapped[list[float]] = mapped_column(ARRAY(Float), server_default="{}")
    judged: Mapped[list[float]] = mapped_column(ARRAY(Float), server_default="{}")
    counted: Mapped[bool] = mapped_column(server_default="false")


class MeasureTotal(Base):
    """A sum of all measures so far: one row for each bucket of a histogram, or a counter.

    detail: an outcome, or the reason of a failure. bucket: how many bounds lie below the values.
    """

    __tablename__ = "measure_totals"

    name: Mapped[str] = mapped_column(primary_key=True)
    engine: Mapped[str] = mapped_column(primary_key=True)
    method: Mapped[str] = mapped_column(primary_key=True)
    operation: Mapped[str] = mapped_column(primary_key=True)
    detail: Mapped[str] = mapped_column(primary_key=True)
    bucket: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    count: Mapped[int] = mapped_column(BigInteger)
    total: Mapped[float]


class ReportRow(Base):
    """Figures of the installation that take long to compute, as of `made_at`."""

    __tablename__ = "reports"

    name: Mapped[str] = mapped_column(primary_key=True)
    made_at: Mapped[Now]
    value: Mapped[dict[str, Any]] = mapped_column(JSONB)
