"""How long a picture takes on this machine's CPU: told before one is asked for, so measured first.

A trial makes one picture as the studio would, by the same worker and the same links.
"""

import asyncio
import io
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from PIL import Image

from services.engines.base import Engine, EngineError, FileRef, GenerateRequest, Method, RemoteState
from services.engines.local.state import Trial
from services.storage.base import Storage
from services.trainer.files import read_json, write_json

SIDE = 1024  # pixels, of the studio's square
PHOTO_SIDE = 768
LONGEST = 840.0  # seconds: a run of one picture is ended after 15 minutes (studio's LIMITS)
EXPIRY = timedelta(hours=2)
LOOK = 0.5  # seconds between two looks
UNMEASURED = (
    "How long a picture takes on this CPU is not measured yet: an administrator makes a trial "
    "picture under Administration, Engines."
)

log = logging.getLogger("likeness.local_worker")


class Trials:
    """The last trial of this machine, kept in a file, and the one under way."""

    def __init__(self, path: Path, storage: Storage, *, base_model: str) -> None:
        """base_model: a trial of another one says nothing."""
        self._path, self._storage, self._base = path, storage, base_model
        self._task: asyncio.Task[None] | None = None
        kept = read_json(path) or {}
        same = kept.get("base_model") == base_model
        self.state = Trial(seconds=kept["seconds"] if same else None)
        self.changed: Callable[[], None] = lambda: None

    @property
    def objection(self) -> str | None:
        """Why no picture is to be made here, by what was measured."""
        if self.state.seconds is None:
            return UNMEASURED
        if self.state.seconds > LONGEST:
            minutes = round(self.state.seconds / 60)
            return f"A picture took {minutes} minutes here, which is longer than members wait."
        return None

    def begin(self, engine: Engine) -> None:
        """Make a trial picture; nothing where one is being made."""
        if self._task is None or self._task.done():
            self._tell(replace(self.state, running=True, trouble=None))
            self._task = asyncio.create_task(self._run(engine), name="trial")

    async def stop(self) -> None:
        """Give it up."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self, engine: Engine) -> None:
        seconds, trouble = self.state.seconds, None
        try:
            seconds = await self._measure(engine)
        except EngineError as error:
            trouble = str(error)
        finally:
            self._tell(Trial(seconds=seconds, trouble=trouble))
        if trouble is None:
            write_json(self._path, {"base_model": self._base, "seconds": seconds})

    async def _measure(self, engine: Engine) -> float:
        """Seconds from the request to the picture in our storage. Raises EngineError."""
        id = uuid4()
        photo, output = f"trial/{id.hex}/photo.jpg", f"trial/{id.hex}/picture.jpg"
        await self._storage.put(photo, _photo(), content_type="image/jpeg")
        loop = asyncio.get_running_loop()
        began = loop.time()
        request = GenerateRequest(
            client_job_id=id,
            prompt="at sea",
            seeds=[1],
            width=SIDE,
            height=SIDE,
            outputs=[self._writable(output)],
            photos=[FileRef(photo, self._storage.url(photo, expires=EXPIRY, external=True))],
            method=Method.INSTANT,
        )
        remote_id = ""
        try:
            status = await engine.submit_generation(request)
            remote_id = status.remote_id
            while not status.state.final:
                await asyncio.sleep(LOOK)
                status = await engine.poll(remote_id)
            if status.state is not RemoteState.SUCCEEDED:
                raise EngineError(status.reason or "The worker stopped the trial.")
            return round(loop.time() - began, 1)
        except asyncio.CancelledError:
            await engine.cancel(remote_id)
            raise
        finally:
            await self._storage.delete([photo, output])

    def _writable(self, key: str) -> FileRef:
        url = self._storage.url(
            key,
            method="PUT",
            expires=EXPIRY,
            content_type="image/jpeg",
            max_bytes=2**25,
            external=True,
        )
        return FileRef(key, url)

    def _tell(self, state: Trial) -> None:
        self.state = state
        self.changed()


def _photo() -> bytes:
    """What is on it makes no difference to the time."""
    out = io.BytesIO()
    noise = Image.effect_noise((PHOTO_SIDE, PHOTO_SIDE), 40).convert("RGB")
    noise.save(out, "JPEG")
    return out.getvalue()
