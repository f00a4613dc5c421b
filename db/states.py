"""The states of what lasts: one enum for each, and the groups that queries ask for."""

from enum import StrEnum


class ModelStatus(StrEnum):
    """Of a user model."""

    DRAFT = "draft"  # photos are being collected
    QUEUED = "queued"
    PREPARING = "preparing"
    TRAINING = "training"
    READY = "ready"
    FAILED = "failed"
    CANCELED = "canceled"


class GenerationStatus(StrEnum):
    """Of a request for images."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"  # with at least one image
    FAILED = "failed"
    CANCELED = "canceled"


class SheetStatus(StrEnum):
    """Of the sheet that shows the person in every style."""

    MAKING = "making"
    MADE = "made"
    FAILED = "failed"


class RunState(StrEnum):
    """Of a run at an engine."""

    QUEUED = "queued"
    SUBMITTING = "submitting"
    SUBMITTED = "submitted"
    RUNNING = "running"
    FETCHING = "fetching"  # done there; its results are being stored
    UNKNOWN = "unknown"  # whether the engine took it
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"
    EXPIRED = "expired"


class JobState(StrEnum):
    """Of a job in the queue; `services/jobs` describes the moves between them."""

    WAITING = "waiting"  # until it is due
    QUEUED = "queued"
    LEASED = "leased"  # a process works on it
    DONE = "done"
    FAILED = "failed"
    CANCELED = "canceled"
    DEAD = "dead"  # it was tried too often


MODEL_ACTIVE = (ModelStatus.QUEUED, ModelStatus.PREPARING, ModelStatus.TRAINING)
GENERATION_OPEN = (GenerationStatus.QUEUED, GenerationStatus.RUNNING)
RUN_FINAL = (RunState.SUCCEEDED, RunState.FAILED, RunState.CANCELED, RunState.EXPIRED)
RUN_OPEN = tuple(state for state in RunState if state not in RUN_FINAL)
JOB_OPEN = (JobState.WAITING, JobState.QUEUED, JobState.LEASED)
WORK_ENDS = (GenerationStatus.SUCCEEDED, GenerationStatus.FAILED, GenerationStatus.CANCELED)


def literals(states: tuple[StrEnum, ...] | type[StrEnum]) -> str:
    """The states as the list of an SQL `in`."""
    return f"({', '.join(repr(str(state)) for state in states)})"
