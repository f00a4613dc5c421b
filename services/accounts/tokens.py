"""Secrets that are handed out once and stored only as a hash: sessions, API keys, links."""

import base64
import hashlib
import hmac
import secrets


def new() -> str:
    """Return 256 random bits as 43 URL-safe characters."""
    return secrets.token_urlsafe(32)


def derived(secret: bytes, purpose: str, name: str) -> str:
    """Return a token that is computed from its name by the installation's secret."""
    message = f"{purpose}\n{name}".encode()
    return base64.urlsafe_b64encode(hmac.digest(secret, message, "sha256")).decode().rstrip("=")


def digest(token: str) -> bytes:
    """Return the SHA-256 of a token, for storage (enough, since a token can't be guessed)."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
