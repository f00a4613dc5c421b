"""Files on their way in: streamed to `DATA_DIR/uploads`, counted and hashed, gone afterwards."""

import asyncio
import hashlib
import time
import unicodedata
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from services.deps import Deps
from services.errors import Unavailable

MAX_BYTES = 25 * 2**20
READ_ON = 4 * MAX_BYTES
ABANDONED = timedelta(hours=1)  # no upload takes so long: its writer was killed
_NAME_LENGTH = 120


@dataclass(frozen=True, slots=True)
class Upload:
    """One file that has arrived. size: bytes, as many as were counted; kept only up to the limit.

    name: as the member's device called it, cleaned for showing; never used as a path.
    """

    path: Path
    name: str
    size: int
    sha256: bytes

    @property
    def too_large(self) -> bool:
        """Whether more than MAX_BYTES came; then the file on disk is not the whole one."""
        return self.size > MAX_BYTES


class Landing:
    """A file that is being written; `discard` it whatever happens."""

    def __init__(self, folder: Path, name: str) -> None:
        self.path, self.name = folder / uuid4().hex, display_name(name)
        self._hash, self.size = hashlib.sha256(), 0
        self._file: BinaryIO | None = None

    async def write(self, data: bytes) -> None:
        """Append; what goes beyond the limit is counted and thrown away."""
        self.size += len(data)
        if self.size <= MAX_BYTES:
            await asyncio.to_thread(self._append, data)

    async def finish(self) -> Upload:
        """Close the file: all of it is here."""
        await asyncio.to_thread(self._append, b"", whole=True)
        self._close()
        return Upload(self.path, self.name, self.size, self._hash.digest())

    def discard(self) -> None:
        """Remove the file."""
        self._close()
        self.path.unlink(missing_ok=True)

    def _append(self, data: bytes, *, whole: bool = False) -> None:
        try:
            if self._file is None:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self._file = self.path.open("xb")
            self._file.write(data)
            if whole:
                self._file.flush()  # what is still in our memory may find the disk full
        except OSError as error:
            raise Unavailable(
                "There is no room for uploads at present. Try again later."
            ) from error
        self._hash.update(data)

    def _close(self) -> None:
        if self._file is not None:
            with suppress(OSError):
                self._file.close()


@asynccontextmanager
async def landed(deps: Deps, chunks: AsyncIterator[bytes], *, name: str) -> AsyncIterator[Upload]:
    """One streamed file on disk for the length of the block.

    One that is too large is read on for a while, so that the sender gets to hear the answer.
    """
    landing = Landing(folder(deps), name)
    try:
        async for chunk in chunks:
            await landing.write(chunk)
            if landing.size > READ_ON:
                break
        yield await landing.finish()
    finally:
        landing.discard()


def folder(deps: Deps) -> Path:
    """Where uploads land, as an absolute path."""
    return deps.settings.data_dir.absolute() / "uploads"


def sweep(deps: Deps) -> int:
    """Remove what killed processes left there; how many files went."""
    limit, removed = time.time() - ABANDONED.total_seconds(), 0
    for path in folder(deps).glob("*"):
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < limit:
                path.unlink()
                removed += 1
    return removed


def display_name(name: str) -> str:
    """The last part of a file's name, printable and at most 120 characters; or "photo"."""
    last = unicodedata.normalize("NFC", name.replace("\\", "/").rpartition("/")[2])
    shown = "".join(c for c in last if unicodedata.category(c)[0] != "C").strip()
    if len(shown) > _NAME_LENGTH:
        shown = f"{shown[: _NAME_LENGTH - 13]}…{shown[-12:]}"
    return shown or "photo"
