"""How a job ends early: one exception with a code that the app understands."""

import errno

from services.trainer.spec import Code, Failure


class JobFailed(Exception):
    """The job ends here; `str(error)` is "code: plain words", also inside a repr."""

    def __init__(self, code: Code, message: str) -> None:
        self.failure = Failure(code=code, message=message[:500])
        super().__init__(str(self.failure))

    @property
    def code(self) -> Code:
        """Why."""
        return self.failure.code


_OUT_OF_MEMORY = ("out of memory", "alloc_failed", "allocate memory")


def failure_of(error: BaseException) -> Failure:
    """The failure that stands for any exception: memory and disk by what they say, else crashed."""
    if isinstance(error, JobFailed):
        return error.failure
    text = f"{type(error).__name__}: {error}"
    if isinstance(error, MemoryError) or any(mark in text.lower() for mark in _OUT_OF_MEMORY):
        return Failure(code=Code.OUT_OF_MEMORY, message="There was not enough memory.")
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return Failure(code=Code.DISK_FULL, message="The worker's disk is full.")
    return Failure(code=Code.CRASHED, message=text[:500])
