"""Secrets that we hand out once and keep only as a hash: sessions, API keys, links."""

import base64
import hashlib
import hmac
import secrets


def new() -> str:
    """256 random bits as 43 URL-safe characters."""
    return secrets.token_urlsafe(32)


def derived(secret: bytes, purpose: str, name: str) -> str:
    """A token that whoever has the installation's secret can tell again from its name."""
    message = f"{purpose}\n{name}".encode()
    return base64.urlsafe_b64encode(hmac.digest(secret, message, "sha256")).decode().rstrip("=")


def digest(token: str) -> bytes:
    """What we store of a token: its SHA-256 (enough, since a token can't be guessed)."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
