"""The remembered answer is always NiceGUI's own."""

import functools
import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from nicegui import events, observables
from nicegui.helpers.functions import expects_arguments as own

from components.cached_signatures import expects_arguments


class Thing:
    def takes_one(self, event: object) -> None: ...

    def takes_none(self) -> None: ...

    def may_take(self, event: object = None, *more: object, **named: object) -> None: ...

    @staticmethod
    def static(event: object) -> None: ...

    def __call__(self, event: object) -> None: ...


def wrapped(event: object) -> None: ...


@functools.wraps(wrapped)
def wrapper(*given: object) -> None: ...


thing = Thing()
CALLABLES: list[Callable[..., Any]] = [
    thing.takes_one,
    thing.takes_none,
    thing.may_take,
    thing.static,
    Thing.takes_one,
    Thing.takes_none,
    thing,
    wrapper,
    wrapped,
    functools.partial(wrapped, 1),
    functools.partial(thing.takes_one, 1),
    lambda: None,
    lambda event: event,
    lambda event=1: event,
    print,
]


@pytest.mark.parametrize("callable_", CALLABLES)
def test_the_answer_is_the_same_at_every_asking(callable_: Callable[..., Any]) -> None:
    assert expects_arguments(callable_) == expects_arguments(callable_) == own(callable_)


@pytest.mark.parametrize("module", [events, observables])
def test_nicegui_still_asks_by_the_name_that_is_replaced(module: ModuleType) -> None:
    """Otherwise pages would be as slow as before, and nobody would notice."""
    assert "helpers.expects_arguments(handler)" in inspect.getsource(module)
