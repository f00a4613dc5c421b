"""Secrets that we hand out once and keep only as a hash: sessions, API keys, links."""

import hashlib
import secrets


def new() -> str:
    """256 random bits as 43 URL-safe characters."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> bytes:
    """What we store of a token: its SHA-256 (enough, since a token can't be guessed)."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
