"""Storage on a local disk: one file an object, under `DATA_DIR/files`."""

import asyncio
import os
import shutil
import stat
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from itertools import islice
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from services.storage import keys, signing
from services.storage.base import (
    GET_EXPIRY,
    Erasure,
    ObjectInfo,
    ObjectMissing,
    StorageError,
    TooMuch,
)

CHUNK = 1 << 18
SIGNED = 4096  # addresses kept, of about 300 bytes
ABANDONED = timedelta(hours=24)  # a half-written file this old has no writer any more


class LocalStorage:
    """Objects as files; URLs lead to the product's own `/files` route.

    base_url: where other machines reach us. cdn_url: put before the URLs that browsers get.
    secret: signs the URLs. now: the clock by which they expire.
    """

    def __init__(
        self,
        root: Path,
        *,
        secret: bytes,
        base_url: str,
        cdn_url: str = "",
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.root = root
        self._secret = secret
        # lists are asked for again and again while their addresses stay the same
        self._sign = lru_cache(SIGNED)(partial(signing.sign, secret))
        self._base_url, self._cdn_url, self._now = base_url, cdn_url.rstrip("/"), now
        self._unfinished = root / ".unfinished"

    def path(self, key: str) -> Path:
        """Where the object lies, if it exists."""
        return self.root / keys.checked(key)

    async def put(self, key: str, data: bytes | Path, *, content_type: str) -> None:
        """Write the object in one step, durably."""
        keys.check_type(keys.checked(key), content_type)
        with _translated():
            await asyncio.to_thread(self._put, key, data)

    async def receive(self, key: str, chunks: AsyncIterator[bytes], *, max_bytes: int) -> None:
        """Write an object from a stream; raises TooMuch, and keeps nothing, beyond `max_bytes`."""
        target, written = self.path(key), 0
        with _translated(), self._unfinished_file() as file:
            async for chunk in chunks:
                written += len(chunk)
                if written > max_bytes:
                    raise TooMuch(f"{key}: more than {max_bytes} bytes")
                await asyncio.to_thread(file.write, chunk)
            await asyncio.to_thread(_take_place, file, target)

    async def get(self, key: str) -> bytes:
        """The whole object; raises ObjectMissing."""
        try:
            return await asyncio.to_thread(self.path(key).read_bytes)
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            raise ObjectMissing(key) from None

    async def stream(
        self, key: str, *, start: int = 0, end: int | None = None
    ) -> AsyncIterator[bytes]:
        """The bytes from `start` to `end` (not included), in pieces; raises ObjectMissing."""
        try:
            file = await asyncio.to_thread(self.path(key).open, "rb")
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            raise ObjectMissing(key) from None
        with file:
            file.seek(start)
            left = None if end is None else max(0, end - start)
            while chunk := await asyncio.to_thread(file.read, _piece(left)):
                yield chunk
                left = None if left is None else left - len(chunk)

    async def head(self, key: str) -> ObjectInfo | None:
        """Size, type and time of the object; None if there is none."""
        return await asyncio.to_thread(self._info, keys.checked(key))

    async def delete(self, keys: Iterable[str]) -> None:
        """Remove the objects; one that is not there is no error."""
        await asyncio.to_thread(self._delete, [self.path(key) for key in keys])

    async def erase(self, prefix: str) -> Erasure:
        """Remove every object in the folder `prefix`, look again, and say what was found."""
        if not prefix:
            raise ValueError("erase needs a folder: it does not empty the whole storage")
        return await asyncio.to_thread(self._erase, keys.folder(prefix))

    async def list(self, prefix: str = "") -> AsyncIterator[ObjectInfo]:
        """Every object in the folder `prefix`, in no special order."""
        found = self._walk(keys.folder(prefix))
        while batch := await asyncio.to_thread(lambda: list(islice(found, 500))):
            for info in batch:
                yield info

    def url(
        self,
        key: str,
        *,
        method: signing.Method = "GET",
        expires: timedelta = GET_EXPIRY,
        content_type: str | None = None,
        max_bytes: int | None = None,
        download_name: str | None = None,
        external: bool = False,
    ) -> str:
        """A signed URL of the `/files` route: see the protocol. A PUT needs `max_bytes`."""
        if method == "PUT" and not max_bytes:
            raise ValueError("a URL for PUT needs max_bytes")
        grant = signing.Grant(
            method,
            keys.checked(key),
            signing.expiry(self._now(), expires, method=method),
            content_type or "",
            max_bytes or 0,
            download_name or "",
        )
        return (self._base_url if external else self._cdn_url) + self._sign(grant)

    def granted(
        self, key: str, query: Mapping[str, str], *, method: signing.Method
    ) -> signing.Grant | None:
        """What the query of a URL allows now; None if it is forged, expired or for another use."""
        return signing.verify(self._secret, method=method, key=key, query=query, now=self._now())

    def seconds_left(self, grant: signing.Grant) -> int:
        """For how long its URL still works."""
        return max(0, grant.expires_at - int(self._now().timestamp()))

    async def check(self) -> None:
        """Write and remove a small file; raises StorageError when that fails."""
        with _translated():
            await asyncio.to_thread(self._put, "check", b"ok")
            await self.delete(["check"])

    async def tidy(self) -> int:
        """Remove what a killed process left half written; how many files went."""
        return await asyncio.to_thread(self._tidy)

    async def close(self) -> None:
        """Nothing is held open."""

    @contextmanager
    def _unfinished_file(self) -> Iterator[BinaryIO]:
        """A new file out of every reader's sight; gone after the block unless it took a place."""
        self._unfinished.mkdir(parents=True, exist_ok=True)
        path = self._unfinished / uuid4().hex
        try:
            with path.open("xb") as file:
                yield file
        finally:
            path.unlink(missing_ok=True)

    def _put(self, key: str, data: bytes | Path) -> None:
        with self._unfinished_file() as file:
            if isinstance(data, Path):
                with data.open("rb") as source:
                    shutil.copyfileobj(source, file, CHUNK)
            else:
                file.write(data)
            _take_place(file, self.path(key))

    def _info(self, key: str) -> ObjectInfo | None:
        try:
            found = (self.root / key).stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        modified = datetime.fromtimestamp(found.st_mtime, UTC)
        info = ObjectInfo(key, found.st_size, modified, keys.content_type(key))
        return info if stat.S_ISREG(found.st_mode) else None

    def _walk(self, prefix: str) -> Iterator[ObjectInfo]:
        for folder, subfolders, names in os.walk(self.root / prefix):
            subfolders[:] = [name for name in subfolders if not name.startswith(".")]
            for name in names:
                key = (Path(folder) / name).relative_to(self.root).as_posix()
                if info := self._info(key):  # it may go while we look
                    yield info

    def _delete(self, paths: Iterable[Path]) -> None:
        for path in paths:
            path.unlink(missing_ok=True)
            with suppress(OSError):  # the folder still holds something
                path.parent.rmdir()

    def _erase(self, prefix: str) -> Erasure:
        erased = sum(1 for _ in self._walk(prefix))
        shutil.rmtree(self.root / prefix, ignore_errors=True)
        return Erasure(prefix, erased, left=sum(1 for _ in self._walk(prefix)))

    def _tidy(self) -> int:
        limit, removed = time.time() - ABANDONED.total_seconds(), 0
        for path in self._unfinished.glob("*"):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < limit:
                    path.unlink()
                    removed += 1
        return removed


@contextmanager
def _translated() -> Iterator[None]:
    """Turns what a disk refuses (it is full, or read-only) into StorageError."""
    try:
        yield
    except OSError as error:
        raise StorageError(f"DATA_DIR is not writable: {error.strerror}") from error


def _piece(left: int | None) -> int:
    return CHUNK if left is None else min(CHUNK, left)


def _take_place(file: BinaryIO, target: Path) -> None:
    """Move the finished file to its place, durably.

    The folder may vanish between the two steps when its last object is deleted: try again.
    """
    file.flush()
    os.fsync(file.fileno())
    for attempt in range(3):
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            Path(file.name).replace(target)
            break
        except FileNotFoundError:
            if attempt == 2:
                raise
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
