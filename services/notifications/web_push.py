"""Web Push: the installation's key, and one encrypted message to a browser's push service.

RFC 8030 (the request), 8291 (the encryption) and 8292 (the signature). Requests go only to push
services that the operator allows: a browser names its own, and a program may name anything.
"""

import base64
import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import timedelta
from urllib.parse import urlsplit

import httpx
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import PushKey
from services.deps import Deps
from services.errors import Unavailable
from services.kit import sealing
from services.kit.loopback import is_loopback
from services.settings import Settings

PURPOSE = "push key"
KEPT = timedelta(days=1)  # at the push service, for a browser that is switched off
SIGNED = timedelta(hours=12)  # RFC 8292: at most 24
TIMEOUT_SECONDS = 20.0
_LOCK = text("select pg_advisory_xact_lock(hashtextextended('push_keys', 0))")


class Gone(Exception):
    """The browser is no longer subscribed."""


class Refused(Exception):
    """The push service refused this message for good; `str` holds its answer."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """A browser. public_key, auth_secret: base64url, as the browser sent them."""

    endpoint: str
    public_key: str
    auth_secret: str


@dataclass(frozen=True, slots=True)
class Message:
    """What the browser shows. path: what a click opens. tag: a later message replaces this one."""

    title: str
    body: str
    path: str
    tag: str


def is_allowed(settings: Settings, endpoint: str) -> bool:
    """Return whether an endpoint is on an https host of WEB_PUSH_HOSTS.

    Plain http is allowed on this machine alone, for tests and relays.
    """
    try:
        url = urlsplit(endpoint)
        host = (url.hostname or "").lower()
        safe = url.scheme == "https" or (url.scheme == "http" and is_loopback(host))
        if not safe or url.username or url.password:
            return False
        authority = host if url.port is None else f"{host}:{url.port}"
    except ValueError:
        return False
    names = {name.strip().lower() for name in settings.web_push_hosts.split(",")} - {""}
    return authority in names or any(
        name.startswith("*.") and authority.endswith(name[1:]) for name in names
    )


async def public_key(session: AsyncSession, deps: Deps) -> str:
    """Return the key that browsers subscribe with, base64url of 65 bytes; create it once."""
    return (await _key(session, deps)).public_key


async def signing_key(session: AsyncSession, deps: Deps) -> bytes:
    """Return the private key as PEM."""
    row = await _key(session, deps)
    return sealing.unseal(deps.secret, row.sealed_key, purpose=PURPOSE)


async def send(deps: Deps, key: bytes, to: Receiver, message: Message) -> None:
    """Send the message to the push service. Raises Gone, Refused, and Unavailable for later."""
    if not is_allowed(deps.settings, to.endpoint):
        raise Refused("its push service is not in WEB_PUSH_HOSTS")
    headers = {
        "TTL": str(int(KEPT.total_seconds())),
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "Urgency": "normal",
        "Topic": _topic(message.tag),
        "Authorization": _authorization(deps, key, to.endpoint),
    }
    body = _encrypted(to, json.dumps(asdict(message)).encode())
    try:
        async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS) as client:
            answer = await client.post(to.endpoint, content=body, headers=headers)
    except httpx.HTTPError as error:
        raise Unavailable("The push service can’t be reached.") from error
    _judge(answer.status_code)


def _judge(status: int) -> None:
    if status in {404, 410}:
        raise Gone
    if status == 429 or status >= 500:
        raise Unavailable(f"The push service answered {status}.")
    if not 200 <= status < 300:
        raise Refused(f"the push service answered {status}")


def _topic(tag: str) -> str:
    """Return at most 32 characters of base64url; a message that waits under it is replaced."""
    return base64.urlsafe_b64encode(hashlib.sha256(tag.encode()).digest()).decode()[:32]


# Imported when the first message is sent: both modules bring HTTP clients of their own, which are
# not used and take 20 MB of every process.
def _encrypted(to: Receiver, data: bytes) -> bytes:
    from pywebpush import WebPusher  # type: ignore[import-untyped]

    keys = {"p256dh": to.public_key, "auth": to.auth_secret}
    pusher = WebPusher({"endpoint": to.endpoint, "keys": keys})
    return bytes(pusher.encode(data, content_encoding="aes128gcm")["body"])


def _authorization(deps: Deps, key: bytes, endpoint: str) -> str:
    from py_vapid import Vapid02  # type: ignore[import-untyped]

    url = urlsplit(endpoint)
    claims = {
        "aud": f"{url.scheme}://{url.netloc}",
        "exp": int((deps.now() + SIGNED).timestamp()),
        "sub": _contact(deps.settings),
    }
    return str(Vapid02.from_pem(key).sign(claims)["Authorization"])


def _contact(settings: Settings) -> str:
    """Return the installation's own address, where a push service may ask about its sender."""
    if settings.base_url.startswith("https:"):
        return settings.base_url
    return f"mailto:likeness@{urlsplit(settings.base_url).hostname}"


async def _key(session: AsyncSession, deps: Deps) -> PushKey:
    found: PushKey | None = await session.scalar(select(PushKey))
    if found is None:
        await session.execute(_LOCK)
        found = await session.scalar(select(PushKey))
    return found or await _make(session, deps)


async def _make(session: AsyncSession, deps: Deps) -> PushKey:
    from py_vapid import Vapid02, b64urlencode

    made = Vapid02()
    made.generate_keys()
    numbers = made.public_key.public_numbers()
    point = b"\4" + numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big")
    sealed = sealing.seal(deps.secret, made.private_pem(), purpose=PURPOSE)
    row = PushKey(
        id=deps.new_id(),
        public_key=b64urlencode(point),
        sealed_key=sealed,
        created_at=deps.now(),
    )
    session.add(row)
    await session.flush()
    return row
