"""ZIP archives written while they are read: no temporary file, flat memory."""

import io
import zipfile
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, BinaryIO, cast

from services.deps import Deps


class Archive:
    """A ZIP archive whose finished bytes are taken out again and again; close it at the end."""

    def __init__(self) -> None:
        self._outlet = _Outlet()
        self.zip = zipfile.ZipFile(cast(BinaryIO, self._outlet), "w")

    def take(self) -> bytes:
        """What was written since the last time."""
        return self._outlet.take()

    def close(self) -> bytes:
        """The last bytes: the table of contents."""
        self.zip.close()
        return self._outlet.take()

    async def add_object(
        self, deps: Deps, *, key: str, name: str, at: datetime
    ) -> AsyncIterator[bytes]:
        """Add a stored object under a name. Raises ObjectMissing before the entry is begun."""
        chunks = deps.storage.stream(key)
        chunk = await anext(chunks, b"")
        with self.zip.open(entry(name, at), "w") as file:
            file.write(chunk)
            async for chunk in chunks:
                file.write(chunk)
                yield self.take()
        yield self.take()


def entry(name: str, at: datetime, method: int = zipfile.ZIP_STORED) -> zipfile.ZipInfo:
    """A file of the archive; pictures are stored as they are, texts are worth deflating."""
    info = zipfile.ZipInfo(name, date_time=at.timetuple()[:6])
    info.compress_type = method
    info.external_attr = 0o644 << 16
    return info


class _Outlet(io.RawIOBase):
    """A file that cannot seek; what was written since the last `take` is handed on."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        taken, self._parts = b"".join(self._parts), []
        return taken
