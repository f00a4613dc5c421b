"""Embeddings of the photos that are at work now: in this process only, and not for long."""

import asyncio

from services.faces.base import Embedding

FORGOTTEN = 15 * 60  # seconds; they are measured anew from the photos when needed again
MOST = 2000  # some 8 MB


class FaceMemory:
    """Embeddings by the folder of their photo."""

    def __init__(self) -> None:
        """Empty; nothing is ever written anywhere."""
        self._known: dict[str, Embedding] = {}

    def get(self, folder: str) -> Embedding | None:
        """What was measured, if it has not been forgotten."""
        return self._known.get(folder)

    def keep(self, folder: str, embedding: Embedding) -> None:
        """Remember for FORGOTTEN seconds; the oldest goes when there are too many."""
        if folder not in self._known:
            asyncio.get_running_loop().call_later(FORGOTTEN, self.forget, folder)
        self._known[folder] = embedding
        if len(self._known) > MOST:
            self.forget(next(iter(self._known)))

    def forget(self, folder: str) -> None:
        """The photo is gone, or its time is up."""
        self._known.pop(folder, None)
