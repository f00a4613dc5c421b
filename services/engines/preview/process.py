"""Renders in a process of its own, so that pages stay quick: `python -m` this is that process."""

import atexit
import io
import os
from collections.abc import Sequence
from typing import Any

from services.engines.preview.operations import RETOUCHES, Impossible
from services.engines.preview.render import Made, render
from services.imaging import worker
from services.imaging.pool import Pool, Reply

NICENESS = 10  # pages come first


class Renderer:
    """`render.render` for the event loop; pictures are made one after the other."""

    def __init__(self) -> None:
        self._pool = Pool(__name__, workers=1)
        atexit.register(self.close)

    async def __call__(
        self,
        photos: Sequence[bytes],
        *,
        alphas: Sequence[bytes | None] = (),
        **arguments: Any,
    ) -> Made:
        """Raises OSError for a photo that does not decode, WorkerFailed for a crash."""
        given = [alpha or b"" for alpha in alphas]
        request = {
            "photos": [len(photo) for photo in photos],
            "alphas": [len(alpha) for alpha in given],
            "arguments": arguments,
        }
        reply = await self._ask(request, b"".join([*photos, *given]))
        return Made(reply.blobs["picture"], **reply.facts["made"])

    async def retouch(self, picture: bytes, *, task: str, **arguments: Any) -> bytes:
        """One of `operations.RETOUCHES`. Raises Impossible, OSError, WorkerFailed."""
        reply = await self._ask({"task": task, "arguments": arguments}, picture)
        return reply.blobs["picture"]

    async def _ask(self, request: dict[str, Any], data: bytes) -> Reply:
        reply = await self._pool.ask(request, data)
        if impossible := reply.facts.get("impossible"):
            raise Impossible(impossible)
        if refused := reply.facts.get("refused"):
            raise OSError(refused)
        return reply

    def close(self) -> None:
        """Ends the process."""
        self._pool.close()


def answer(request: dict[str, Any], data: bytes) -> worker.Answer:
    """The picture that is asked for.

    {"photos": [bytes each], "alphas": the same, "arguments"} renders one;
    {"task": one of RETOUCHES, "arguments"} changes the one that is sent.
    """
    try:
        if "task" in request:
            changed = RETOUCHES[request["task"]](data, **request["arguments"])
            return {}, {"picture": changed}
        return _rendered(request, data)
    except Impossible as error:
        return {"impossible": str(error)}, {}
    except (OSError, ValueError) as error:
        return {"refused": str(error)}, {}


def _rendered(request: dict[str, Any], data: bytes) -> worker.Answer:
    stream = io.BytesIO(data)
    photos = [stream.read(size) for size in request["photos"]]
    alphas = [stream.read(size) or None for size in request["alphas"]]
    made = render(photos, alphas=alphas, **request["arguments"])
    return {"made": made.facts()}, {"picture": made.data}


if __name__ == "__main__":
    os.nice(NICENESS)
    worker.serve(answer)
