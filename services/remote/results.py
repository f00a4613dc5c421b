"""Engine results as bytes: from our storage, from the answer itself, or from a URL."""

import httpx

from services.deps import Deps
from services.engines.base import ResultFile
from services.storage.base import ObjectMissing

MAX_BYTES = 64 * 2**20
TIMEOUT = httpx.Timeout(30, connect=10)
_HEADERS = {"User-Agent": "likeness"}  # Together's CDN refuses an empty one


class BadResult(Exception):
    """A result without usable content; `str` is plain words."""


async def read(deps: Deps, result: ResultFile, *, put: str) -> bytes:
    """Return the bytes of one result; `put` is the key where the engine was told to put the file.

    Raises BadResult when the file is missing, empty or too large.

    A failure that may pass (a server's 5xx, a broken connection) is raised unchanged, so that the
    job is retried.
    """
    data = await _read(deps, result, put)
    if not data:
        raise BadResult("The engine sent an empty file.")
    return data


async def _read(deps: Deps, result: ResultFile, put: str) -> bytes:
    if result.data is not None:
        return result.data
    if result.url is not None:
        return await _download(result.url)
    key = result.key or put
    try:
        info = await deps.storage.head(key)
        if info and info.size > MAX_BYTES:
            raise BadResult("The engine sent a file that is far too large.")
        return await deps.storage.get(key)
    except ObjectMissing:
        raise BadResult("The engine said it was done, but its file never arrived.") from None


async def _download(url: str) -> bytes:
    async with (
        httpx.AsyncClient(timeout=TIMEOUT, headers=_HEADERS) as client,
        client.stream("GET", url) as response,
    ):
        if 300 <= response.status_code < 500:
            raise BadResult("The link to the finished picture had expired.")
        response.raise_for_status()
        data = bytearray()
        async for chunk in response.aiter_bytes():
            data += chunk
            if len(data) > MAX_BYTES:
                raise BadResult("The engine sent a file that is far too large.")
        return bytes(data)
