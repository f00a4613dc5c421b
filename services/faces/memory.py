"""Faces of the photos that are at work now: in this process only, and not for long."""

import asyncio

from services.faces.base import Face

FORGOTTEN = 15 * 60  # seconds after they were last used; measured anew when needed again
MOST = 2000  # photos; some 16 MB, of a judge with 512 numbers a face four times as much
_Key = tuple[str, bool]  # the folder of a photo, and whether the judge measured it


class FaceMemory:
    """What was measured, by the folder of its photo; those used last stay longest.

    judged: what the operator's own network measured, see `OpenCVReader`.
    """

    def __init__(self) -> None:
        """Empty; nothing is ever written anywhere."""
        self._known: dict[_Key, tuple[Face, ...]] = {}
        self._ends: dict[_Key, asyncio.TimerHandle] = {}
        self._erased: set[str] = set()

    def get(self, folder: str, *, judged: bool = False) -> tuple[Face, ...] | None:
        """What was measured, if it has not been forgotten; it is kept for FORGOTTEN more."""
        faces = self._known.get((folder, judged))
        if faces is not None:
            self.keep(folder, faces, judged=judged)
        return faces

    def keep(self, folder: str, faces: tuple[Face, ...], *, judged: bool = False) -> None:
        """Remember for FORGOTTEN seconds; what was not used for longest goes for too many."""
        key = folder, judged
        self._forget(key)
        if folder in self._erased:  # while it was measured
            return
        loop = asyncio.get_running_loop()
        self._known[key] = faces
        self._ends[key] = loop.call_later(FORGOTTEN, self._forget, key)
        if len(self._known) > MOST:
            self._forget(next(iter(self._known)))

    def erase(self, folder: str) -> None:
        """The photo is gone, and what is being measured of it now is not kept either."""
        for judged in (False, True):
            self._forget((folder, judged))
        self._erased.add(folder)
        asyncio.get_running_loop().call_later(FORGOTTEN, self._erased.discard, folder)

    def _forget(self, key: _Key) -> None:
        if self._known.pop(key, None) is not None:
            self._ends.pop(key).cancel()
