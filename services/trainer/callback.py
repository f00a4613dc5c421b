"""Telling the app how a job goes, where it asked for that, and hearing whether it still wants it.

On Together no cancel reaches a worker: the answer to this call is the only way to stop a job.
"""

import asyncio
import logging
from collections.abc import Callable

import httpx
from pydantic import ValidationError

from services.trainer.spec import ProgressInfo, ProgressReply

log = logging.getLogger(__name__)

INTERVAL = 5.0  # seconds between two calls
TIMEOUT = 10.0


class Callback:
    """Posts the newest progress every five seconds; a call that fails is logged, never fatal."""

    def __init__(self, url: str | None, job_id: str, on_cancel: Callable[[], None]) -> None:
        self._info: ProgressInfo | None = None
        self._news = asyncio.Event()
        self._url, self._job_id, self._on_cancel = url, job_id, on_cancel
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Callback":
        if self._url:
            self._task = asyncio.create_task(self._keep_telling(self._url))
        return self

    async def __aexit__(self, *_error: object) -> None:
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def note(self, info: ProgressInfo) -> None:
        """Take the newest progress; the next call carries it."""
        self._info = info
        self._news.set()

    async def _keep_telling(self, url: str) -> None:
        async with httpx.AsyncClient(timeout=TIMEOUT) as client:
            while True:
                await self._news.wait()
                self._news.clear()
                await self._tell(client, url)
                await asyncio.sleep(INTERVAL)

    async def _tell(self, client: httpx.AsyncClient, url: str) -> None:
        info = None if self._info is None else self._info.model_dump(mode="json")
        body = {"client_job_id": self._job_id, "info": info}
        try:
            answer = await client.post(url, json=body)
            answer.raise_for_status()
            reply = ProgressReply.model_validate_json(answer.content)
        except (httpx.HTTPError, ValidationError) as error:
            log.warning("the progress call failed: %s", type(error).__name__)
            return
        if reply.cancel:
            self._on_cancel()
