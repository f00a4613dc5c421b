"""Faces of the photos that are at work now: in this process only, and not for long."""

import asyncio

from services.faces.base import Face

FORGOTTEN = 15 * 60  # seconds after they were last used; measured anew when needed again
MOST = 2000  # photos; some 16 MB


class FaceMemory:
    """What was measured, by the folder of its photo; those used last stay longest."""

    def __init__(self) -> None:
        """Empty; nothing is ever written anywhere."""
        self._known: dict[str, tuple[Face, ...]] = {}
        self._ends: dict[str, asyncio.TimerHandle] = {}
        self._erased: set[str] = set()

    def get(self, folder: str) -> tuple[Face, ...] | None:
        """What was measured, if it has not been forgotten; it is kept for FORGOTTEN more."""
        faces = self._known.get(folder)
        if faces is not None:
            self.keep(folder, faces)
        return faces

    def keep(self, folder: str, faces: tuple[Face, ...]) -> None:
        """Remember for FORGOTTEN seconds; what was not used for longest goes for too many."""
        self.forget(folder)
        if folder in self._erased:  # while it was measured
            return
        loop = asyncio.get_running_loop()
        self._known[folder] = faces
        self._ends[folder] = loop.call_later(FORGOTTEN, self.forget, folder)
        if len(self._known) > MOST:
            self.forget(next(iter(self._known)))

    def forget(self, folder: str) -> None:
        """Its time is up."""
        if self._known.pop(folder, None) is not None:
            self._ends.pop(folder).cancel()

    def erase(self, folder: str) -> None:
        """The photo is gone, and what is being measured of it now is not kept either."""
        self.forget(folder)
        self._erased.add(folder)
        asyncio.get_running_loop().call_later(FORGOTTEN, self._erased.discard, folder)
