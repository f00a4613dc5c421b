"""Fetching from and putting to signed URLs: bounded in size and time, tried again when it helps."""

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from services.trainer.errors import JobFailed
from services.trainer.files import write_whole
from services.trainer.spec import Code, PutFile

TIMEOUT = httpx.Timeout(60.0, connect=10.0)
PAUSES = (0.5, 2.0, 5.0)  # seconds before the second, third and fourth try
CHUNK = 2**20


def fetch(url: str, target: Path, *, max_bytes: int) -> None:
    """Write what `url` holds to `target`; no redirects.

    Raises JobFailed(TRANSFER_FAILED), also for an expired URL or more than max_bytes.
    """
    _patiently("fetched", lambda: _fetch_once(url, target, max_bytes))


def _fetch_once(url: str, target: Path, max_bytes: int) -> None:
    with _client() as client, client.stream("GET", url) as answer:
        _check(answer)
        write_whole(target, lambda path: _save(answer, path, max_bytes))


def _save(answer: httpx.Response, path: Path, max_bytes: int) -> None:
    size = 0
    with path.open("wb") as file:
        for chunk in answer.iter_bytes(CHUNK):
            size += len(chunk)
            if size > max_bytes:
                raise JobFailed(Code.TRANSFER_FAILED, f"A file is larger than {max_bytes} bytes.")
            file.write(chunk)


def put(url: str, data: bytes | Path, *, content_type: str, index: int) -> PutFile:
    """Put bytes or a file at a signed URL and say what was put; raises as `fetch` does."""
    _patiently("stored", lambda: _put_once(url, data, content_type))
    size = len(data) if isinstance(data, bytes) else data.stat().st_size
    return PutFile(index=index, bytes=size, sha256=_digest(data), content_type=content_type)


def _put_once(url: str, data: bytes | Path, content_type: str) -> None:
    size = len(data) if isinstance(data, bytes) else data.stat().st_size
    headers = {"Content-Type": content_type, "Content-Length": str(size)}
    with _client() as client:
        _check(client.put(url, content=_chunks(data), headers=headers))


def _chunks(data: bytes | Path) -> Iterator[bytes]:
    if isinstance(data, bytes):
        yield data
        return
    with data.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def _digest(data: bytes | Path) -> str:
    digest = hashlib.sha256()
    for chunk in _chunks(data):
        digest.update(chunk)
    return digest.hexdigest()


@contextmanager
def _client() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=TIMEOUT, follow_redirects=False) as client:
        yield client


def _check(answer: httpx.Response) -> None:
    """Refusals of the URL itself are final; a busy or broken server may be asked again."""
    if answer.is_success:
        return
    if answer.status_code >= 500 or answer.status_code in {408, 425, 429}:
        answer.raise_for_status()
    raise JobFailed(
        Code.TRANSFER_FAILED, f"A signed URL was refused with status {answer.status_code}."
    )


def _patiently(done: str, action: Callable[[], None]) -> None:
    """Run an action that may be repeated, up to four times; the URL is never named."""
    for pause in (*PAUSES, None):
        try:
            return action()
        except httpx.HTTPError as error:
            if pause is None:
                reason = f"A file could not be {done}: {type(error).__name__}."
                raise JobFailed(Code.TRANSFER_FAILED, reason) from None
            time.sleep(pause)
    return None
