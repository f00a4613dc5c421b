"""Renders in a process of its own, so that pages stay quick: `python -m` this is that process."""

import atexit
import io
import os
from collections.abc import Sequence
from typing import Any

from services.engines.preview.render import Made, render
from services.imaging import worker
from services.imaging.pool import Pool

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
        reply = await self._pool.ask(request, b"".join([*photos, *given]))
        if refused := reply.facts.get("refused"):
            raise OSError(refused)
        return Made(reply.blobs["picture"], **reply.facts["made"])

    def close(self) -> None:
        """Ends the process."""
        self._pool.close()


def answer(request: dict[str, Any], data: bytes) -> worker.Answer:
    """The picture that {"photos": [bytes each], "alphas": the same, "arguments": ...} asks for."""
    stream = io.BytesIO(data)
    photos = [stream.read(size) for size in request["photos"]]
    alphas = [stream.read(size) or None for size in request["alphas"]]
    try:
        made = render(photos, alphas=alphas, **request["arguments"])
    except (OSError, ValueError) as error:
        return {"refused": str(error)}, {}
    return {"made": made.facts()}, {"picture": made.data}


if __name__ == "__main__":
    os.nice(NICENESS)
    worker.serve(answer)
