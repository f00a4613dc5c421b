"""The app's side of pull mode, as a worker calls it: `/api/worker`, with the worker's key."""

from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import httpx

from services.trainer.spec import Failure, ProgressInfo

PATIENCE = httpx.Timeout(20, connect=10)
WAIT = 25.0  # seconds that the app may let a claim wait
BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})


class Unreachable(Exception):
    """The app did not answer, or not as itself: the same call may work later."""


class Revoked(Exception):
    """The app does not know the key, or not any more."""


class Lost(Exception):
    """The job is another worker's by now, or none at all."""


class Rejected(Exception):
    """The app does not take what was said, now or later."""


@dataclass(frozen=True, slots=True)
class Given:
    """A job as the app gave it; `token` is shown with everything that is said of the job."""

    job_id: str
    token: str
    payload: dict[str, Any]


class AppClient:
    """Calls of one worker. All raise Unreachable, Revoked, Rejected; those of a job Lost, too."""

    def __init__(
        self, url: str, key: str, *, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        """url: of the app, without a path. Raises ValueError where the key would be seen."""
        if reason := refusal(url):
            raise ValueError(reason)
        headers = {"Authorization": f"Bearer {key}"}
        self._http = httpx.AsyncClient(
            base_url=f"{url.rstrip('/')}/api/worker/",
            headers=headers,
            timeout=PATIENCE,
            transport=transport,
        )

    async def claim(
        self, kind: str, *, offers: Collection[str], hardware: str, busy: bool
    ) -> Given | None:
        """The next job of a kind, which the app waits for; None where none came."""
        body = {"kinds": [kind], "offers": sorted(offers), "hardware": hardware, "busy": busy}
        patience = httpx.Timeout(WAIT + 20, connect=10)
        answer = await self._post("claim", body | {"wait": WAIT}, timeout=patience)
        if answer.status_code == 204:
            return None
        given = _json(answer)
        return Given(given["job_id"], given["token"], given["payload"])

    async def progress(self, job_id: str, token: str, info: dict[str, Any]) -> bool:
        """Keeps a job; False where nobody waits for it any more."""
        return await self._say("progress", job_id, token, progress=_progress(info))

    async def finish(
        self, job_id: str, token: str, info: dict[str, Any], outputs: dict[str, Any]
    ) -> None:
        """What came of a job; safe to repeat."""
        await self._say("finish", job_id, token, progress=_progress(info), outputs=outputs)

    async def fail(self, job_id: str, token: str, failure: Failure) -> None:
        """Why nothing came of a job; safe to repeat."""
        await self._say("fail", job_id, token, **failure.model_dump(mode="json"))

    async def release(self, job_id: str, token: str) -> None:
        """Lets others have a job at once."""
        await self._post("release", {"job_id": job_id, "token": token})

    async def close(self) -> None:
        """Closes the connections."""
        await self._http.aclose()

    async def _say(self, path: str, job_id: str, token: str, **body: Any) -> bool:
        answer = await self._post(path, {"job_id": job_id, "token": token} | body)
        return not _json(answer)["cancel"]

    async def _post(self, path: str, body: dict[str, Any], **how: Any) -> httpx.Response:
        try:
            answer = await self._http.post(path, json=body, **how)
        except httpx.HTTPError as error:
            raise Unreachable(type(error).__name__) from error
        status = answer.status_code
        if status in {401, 403}:
            raise Revoked
        if status == 409:
            raise Lost
        if status in BUSY or 300 <= status < 400:
            raise Unreachable(f"status {status}")
        if status >= 400:
            raise Rejected(f"status {status}: {answer.text[:300]}")
        return answer


def refusal(url: str) -> str | None:
    """Why a worker does not call this address; None where it may.

    Over plain http everybody on the way would read the key: to a private address only.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme not in {"http", "https"} or not host:
        return "Write the app's address as https://studio.example.com."
    if parts.scheme == "http" and not _private(host):
        return "Call the app by https: over http everybody on the way could read the key."
    return None


def _private(host: str) -> bool:
    try:
        return not ip_address(host).is_global
    except ValueError:
        return host == "localhost" or "." not in host


def _progress(info: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in info.items() if name in ProgressInfo.model_fields}


def _json(answer: httpx.Response) -> dict[str, Any]:
    try:
        found: dict[str, Any] = answer.json()
    except ValueError as error:
        raise Unreachable("no JSON") from error
    return found
