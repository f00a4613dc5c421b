"""Keys of stored objects: how they are made and which ones are allowed."""

import re
import secrets

_SEGMENT = r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}"
_KEY = re.compile(rf"{_SEGMENT}(/{_SEGMENT})*\Z")
_TYPES = {
    "avif": "image/avif",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "json": "application/json",
    "png": "image/png",
    "txt": "text/plain",
    "webp": "image/webp",
    "zip": "application/zip",
}


def new_folder(*parts: str) -> str:
    """`parts` and a random segment of 128 bits, so that nobody can guess what lies under it."""
    return "/".join((*parts, secrets.token_hex(16)))


def checked(key: str) -> str:
    """`key` itself; raises ValueError unless it is relative segments of `[A-Za-z0-9._-]`.

    A segment has at most 200 characters and does not begin with a dot, so that no key can
    climb out of its folder or hide in it.
    """
    if len(key) > 900 or not _KEY.match(key):
        raise ValueError(f"not a storage key: {key[:120]!r}")
    return key


def folder(prefix: str) -> str:
    """`prefix` as a whole folder with its slash: "a/b" never touches "a/bc"; "" is everything."""
    return checked(prefix.rstrip("/")) + "/" if prefix else ""


def content_type(key: str) -> str:
    """The media type that the ending of `key` stands for."""
    return _TYPES.get(key.rpartition(".")[2], "application/octet-stream")


def check_type(key: str, claimed: str) -> None:
    """Raise ValueError when an object's media type is not the one that its ending stands for."""
    if claimed != content_type(key):
        raise ValueError(f"{key} cannot be stored as {claimed}")
