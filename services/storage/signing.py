"""Signed, expiring URLs of our own `/files` route: one object, one method, one limit each."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from urllib.parse import urlencode

Method = Literal["GET", "PUT"]


@dataclass(frozen=True, slots=True)
class Grant:
    """What one URL allows. max_bytes: for PUT. download_name: the browser saves it by this name."""

    method: Method
    key: str
    expires_at: int  # Unix seconds
    content_type: str = ""
    max_bytes: int = 0
    download_name: str = ""


def expiry(now: datetime, lifetime: timedelta, *, method: Method) -> int:
    """When a URL made now ends, in Unix seconds: after `lifetime` at most.

    A GET ends on a whole half of its lifetime, so that all pages opened within one half get
    the same URL and the browser's cache can answer for it.
    """
    if method == "PUT":
        return int((now + lifetime).timestamp())
    half = max(1, int(lifetime.total_seconds() / 2))
    return (int(now.timestamp()) // half + 2) * half


def sign(secret: bytes, grant: Grant) -> str:
    """The URL's path and query that carry `grant`."""
    fields = {"t": grant.content_type, "m": grant.max_bytes, "n": grant.download_name}
    rest = urlencode({name: value for name, value in fields.items() if value})
    signature = _signature(secret, grant)
    return f"/files/{grant.key}?e={grant.expires_at}&{rest}{'&' if rest else ''}s={signature}"


def verify(
    secret: bytes, *, method: Method, key: str, query: Mapping[str, str], now: datetime
) -> Grant | None:
    """The grant that a URL carries; None if it is forged, altered, expired or for another use."""
    try:
        expires_at, max_bytes = int(query.get("e", "")), int(query.get("m", "0"))
    except ValueError:
        return None
    grant = Grant(
        method,
        key,
        expires_at,
        query.get("t", ""),
        max_bytes,
        query.get("n", ""),
    )
    genuine = hmac.compare_digest(_signature(secret, grant).encode(), query.get("s", "").encode())
    return grant if genuine and now < datetime.fromtimestamp(expires_at, UTC) else None


def _signature(secret: bytes, grant: Grant) -> str:
    message = (
        f"{grant.method}\n{grant.key}\n{grant.expires_at}\n{grant.content_type}\n"
        f"{grant.max_bytes}\n{grant.download_name}"
    )
    return hmac.digest(secret, message.encode(), "sha256").hex()
