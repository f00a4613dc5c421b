"""Counting what is asked of the database."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event


@contextmanager
def counted() -> Iterator[list[str]]:
    """The SQL statements that the present task sends during the block, over any engine."""
    sent: list[str] = []
    task = asyncio.current_task()

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if asyncio.current_task() is task:
            sent.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(Engine, "before_cursor_execute", note)
