"""Copy everything from the local disk to the bucket.

Resumable: what is in the bucket already, in its full size, is not sent again. Nothing is removed
from the disk.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from services.settings import Settings
from services.storage.base import ObjectInfo, ObjectMissing, Storage, StorageError
from services.storage.configured import bucket, local
from services.storage.local import LocalStorage

AT_ONCE = 8
SHOWN_EVERY = 1.0  # seconds between two lines of progress
Say = Callable[[str], None]


@dataclass(slots=True)
class Progress:
    """What has to be there in the end, and what is; sizes in bytes."""

    say: Say
    files: int = 0
    size: int = 0
    done: int = 0
    done_size: int = 0
    failed: list[str] = field(default_factory=list)
    _shown_at: float = 0

    def count(self, info: ObjectInfo) -> None:
        """One more is there."""
        self.done, self.done_size = self.done + 1, self.done_size + info.size
        if time.monotonic() - self._shown_at > SHOWN_EVERY:
            self._shown_at = time.monotonic()
            self.show()

    def show(self) -> None:
        """One line for the person who waits."""
        gigabytes = f"{self.done_size / 1e9:.2f} of {self.size / 1e9:.2f} GB"
        self.say(f"{self.done:,} of {self.files:,} files, {gigabytes}")


async def move(source: LocalStorage, target: Storage, *, say: Say) -> list[str]:
    """Copy what is missing, then look whether all is there; the keys of what is not.

    Raises StorageError when the target cannot be used at all.
    """
    await target.check()
    progress, waiting = Progress(say), list[ObjectInfo]()
    there = {info.key: info.size async for info in target.list()}
    async for info in source.list():
        progress.files, progress.size = progress.files + 1, progress.size + info.size
        if there.get(info.key) == info.size:
            progress.count(info)
        else:
            waiting.append(info)
    queue = iter(waiting)
    await asyncio.gather(*(_copy(queue, source, target, progress) for _ in range(AT_ONCE)))
    progress.show()
    return progress.failed


async def _copy(
    queue: Iterator[ObjectInfo], source: LocalStorage, target: Storage, progress: Progress
) -> None:
    for info in queue:
        try:
            path = source.path(info.key)
            await target.put(info.key, path, content_type=info.content_type)
            arrived = await target.head(info.key)
            if arrived is None or arrived.size != info.size:
                raise StorageError("it did not arrive whole")
            progress.count(info)
        except (FileNotFoundError, ObjectMissing):
            progress.files, progress.size = progress.files - 1, progress.size - info.size
        except StorageError as error:
            progress.failed.append(info.key)
            progress.say(f"{info.key}: {error}")


async def run(settings: Settings, say: Say) -> None:
    """Move all that these settings say. Raises StorageError with what is to be done."""
    if not settings.s3_bucket:
        raise StorageError("Set S3_BUCKET, and what .env.example says beside it, first.")
    source, target = local(settings, b""), bucket(settings)
    try:
        failed = await move(source, target, say=say)
    finally:
        await target.close()
    if failed:
        raise StorageError(
            f"{len(failed):,} files are not there yet. Run this again: it goes on where it was."
        )
    say(f"All files are in {settings.s3_bucket}. Start Likeness, and run this once more for what")
    say(f"came in meanwhile; when the pictures show, {source.root} may go.")
