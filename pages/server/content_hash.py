"""SHA-256 of what an upload carries, computed while it arrives.

Every attempt of a browser draws a new boundary, so a hash of the raw body would differ each time.
"""

import hashlib

from fastapi import Request


def start(request: Request) -> None:
    """Hash whatever the route reads from now on, if its body is streamed."""
    if request.state.streamed:
        request.state.content_hash = hashlib.sha256()


def add(request: Request, data: bytes) -> None:
    """Append to the hash; does nothing where `start` was not called."""
    if running := getattr(request.state, "content_hash", None):
        running.update(data)


def digest(request: Request) -> bytes | None:
    """The hash so far; None for a request whose body is not streamed."""
    running = getattr(request.state, "content_hash", None)
    return running.digest() if running else None
