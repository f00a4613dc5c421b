"""The states of models, requests, sheets, runs and jobs, and the groups that queries use."""

from enum import StrEnum


class ModelStatus(StrEnum):
    """The state of a user model."""

    DRAFT = "draft"  # photos are being collected
    QUEUED = "queued"
    PREPARING = "preparing"
    TRAINING = "training"
    READY = "ready"
    FAILED = "failed"
    CANCELED = "canceled"


class GenerationStatus(StrEnum):
    """The state of a request for images."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"  # with at least one image
    FAILED = "failed"
    CANCELED = "canceled"


class SheetStatus(StrEnum):
    """The state of the sheet that shows the person in every style."""

    MAKING = "making"
    MADE = "made"
    FAILED = "failed"


class RunState(StrEnum):
    """The state of a run at an engine."""

    QUEUED = "queued"
    SUBMITTING = "submitting"
    SUBMITTED = "submitted"
    RUNNING = "running"
    FETCHING = "fetching"  # done at the engine; its results are being stored
    UNKNOWN = "unknown"  # it is unknown whether the engine accepted the run
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"
    EXPIRED = "expired"


class JobState(StrEnum):
    """The state of a job in the queue; `services/jobs` describes the transitions."""

    WAITING = "waiting"  # not due yet
    QUEUED = "queued"
    LEASED = "leased"  # a process works on it
    DONE = "done"
    FAILED = "failed"
    CANCELED = "canceled"
    DEAD = "dead"  # it failed too often


MODEL_ACTIVE = (ModelStatus.QUEUED, ModelStatus.PREPARING, ModelStatus.TRAINING)
GENERATION_OPEN = (GenerationStatus.QUEUED, GenerationStatus.RUNNING)
RUN_FINAL = (RunState.SUCCEEDED, RunState.FAILED, RunState.CANCELED, RunState.EXPIRED)
RUN_OPEN = tuple(state for state in RunState if state not in RUN_FINAL)
JOB_OPEN = (JobState.WAITING, JobState.QUEUED, JobState.LEASED)
WORK_ENDS = (GenerationStatus.SUCCEEDED, GenerationStatus.FAILED, GenerationStatus.CANCELED)


def literals(states: tuple[StrEnum, ...] | type[StrEnum]) -> str:
    """Return the states as the list of an SQL `in`."""
    return f"({', '.join(repr(str(state)) for state in states)})"
