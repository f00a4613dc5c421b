"""The storage protocol: keys in, bytes out, signed URLs for everybody else."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, Protocol

GET_EXPIRY = timedelta(minutes=15)


def lasting(seconds: int) -> str:
    """Cache-Control of a file whose URL works for so many seconds.

    The bytes of a key never change. But nobody asks by a URL that has expired, and on a shared
    computer a private picture must not stay in the cache for longer.
    """
    return f"private, max-age={seconds}, immutable"


class StorageError(Exception):
    """Storage did not do what it was asked; details are for the log, not for members."""


class ObjectMissing(StorageError):
    """There is no object at this key."""


class TooMuch(StorageError):
    """More bytes came than were allowed; nothing of them is kept."""


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """One stored object; size in bytes."""

    key: str
    size: int
    modified_at: datetime
    content_type: str


@dataclass(frozen=True, slots=True)
class Erasure:
    """Proof of an erased prefix: how many objects went, and how many are left (0 when done)."""

    prefix: str
    erased: int
    left: int


class Storage(Protocol):
    """Objects under keys like `<user id>/models/<random>/<random>/full.jpg`.

    Keys are relative, of `[A-Za-z0-9._-]` segments; anything else raises ValueError.
    Writes are atomic: a reader sees the old bytes, the new ones, or ObjectMissing.
    A prefix is a whole folder: "a/b" does not touch "a/bc". `end` is not included.
    content_type is the one that the key's ending stands for, else ValueError: `keys.py`.
    Names of new objects come from `keys.new_folder`.

    url: one object, one method, until `expires`, 15 minutes for what browsers show. By default
    it is for this product's own pages and may be relative; external=True is for other machines
    (GPU workers, engines): always absolute. max_bytes limits a PUT; a bucket cannot enforce it
    in a signed URL, so whoever hands one out checks `head(key).size` when it has been used.
    """

    async def put(  # noqa: D102
        self, key: str, data: bytes | Path, *, content_type: str
    ) -> None: ...

    async def get(self, key: str) -> bytes: ...  # noqa: D102

    def stream(  # noqa: D102
        self, key: str, *, start: int = 0, end: int | None = None
    ) -> AsyncIterator[bytes]: ...

    async def head(self, key: str) -> ObjectInfo | None: ...  # noqa: D102

    async def delete(self, keys: Iterable[str]) -> None: ...  # noqa: D102

    async def erase(self, prefix: str) -> Erasure: ...  # noqa: D102

    def list(self, prefix: str = "") -> AsyncIterator[ObjectInfo]: ...  # noqa: D102

    def url(  # noqa: D102
        self,
        key: str,
        *,
        method: Literal["GET", "PUT"] = "GET",
        expires: timedelta = GET_EXPIRY,
        content_type: str | None = None,
        max_bytes: int | None = None,
        download_name: str | None = None,
        external: bool = False,
    ) -> str: ...

    async def tidy(self) -> int: ...  # noqa: D102  # removes writes broken off a day ago

    async def check(self) -> None: ...  # noqa: D102  # raises StorageError when not writable

    async def close(self) -> None: ...  # noqa: D102
