"""Renders in a process of its own, so that pages stay quick: `python -m` this is that process."""

import atexit
import io
import os
from collections.abc import Sequence
from typing import Any

from services.engines.preview.render import render
from services.imaging import worker
from services.imaging.pool import Pool

NICENESS = 10  # pages come first


class Renderer:
    """`render.render` for the event loop; pictures are made one after the other."""

    def __init__(self) -> None:
        self._pool = Pool(__name__, workers=1)
        atexit.register(self.close)

    async def __call__(self, photos: Sequence[bytes], **arguments: Any) -> bytes:
        """A JPEG. Raises OSError for a photo that does not decode, WorkerFailed for a crash."""
        request = {"photos": [len(photo) for photo in photos], "arguments": arguments}
        reply = await self._pool.ask(request, b"".join(photos))
        if refused := reply.facts.get("refused"):
            raise OSError(refused)
        return reply.blobs["picture"]

    def close(self) -> None:
        """Ends the process."""
        self._pool.close()


def answer(request: dict[str, Any], data: bytes) -> worker.Answer:
    """The picture that {"photos": [bytes each], "arguments": {...}} asks for."""
    stream = io.BytesIO(data)
    photos = [stream.read(size) for size in request["photos"]]
    try:
        return {}, {"picture": render(photos, **request["arguments"])}
    except (OSError, ValueError) as error:
        return {"refused": str(error)}, {}


if __name__ == "__main__":
    os.nice(NICENESS)
    worker.serve(answer)
