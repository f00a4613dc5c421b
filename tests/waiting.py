"""Waiting for something to become true, instead of sleeping for a guessed time."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar, overload

T = TypeVar("T")
STEP = 0.02  # seconds between two looks
PATIENCE = 30  # seconds; a busy machine was seen to take 10 for what takes one alone


@overload
async def eventually(
    condition: Callable[[], Coroutine[Any, Any, T]],
    *,
    timeout: float = ...,  # noqa: ASYNC109
) -> T: ...


@overload
async def eventually(
    condition: Callable[[], T],
    *,
    timeout: float = ...,  # noqa: ASYNC109
) -> T: ...


async def eventually(
    condition: Callable[[], T | Awaitable[T]],
    *,
    timeout: float = PATIENCE,  # noqa: ASYNC109
) -> T:
    """Looks until the condition is true and returns its value; fails after `timeout` seconds.

    An AssertionError inside the condition means "not yet"; the last one is shown at the end.
    """
    deadline = time.monotonic() + timeout
    while True:
        try:
            found = condition()
            value = await found if inspect.isawaitable(found) else found
            failure = AssertionError(f"still {value!r} after {timeout} s")
            if value:
                return value
        except AssertionError as error:
            failure = error
        if time.monotonic() > deadline:
            raise failure
        await asyncio.sleep(STEP)


def eventually_sync(condition: Callable[[], T], *, timeout: float = PATIENCE) -> T:
    """The same for tests without an event loop."""
    deadline = time.monotonic() + timeout
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"still {value!r} after {timeout} s")
        time.sleep(STEP)
    return value
