"""The installation's own secret: set by the operator, or created once and stored in DATA_DIR."""

import contextlib
import hashlib
import os
import secrets
from pathlib import Path

from services.settings import Settings

LENGTH = 32  # bytes


def installation_secret(settings: Settings) -> bytes:
    """Return 32 bytes that sign URLs; containers of one installation set the same SECRET_KEY."""
    if settings.secret_key:
        return hashlib.sha256(settings.secret_key.get_secret_value().encode()).digest()
    return _load_or_create(settings.data_dir / "secret")


def _load_or_create(path: Path) -> bytes:
    """Read the file; create it first if missing (mode 600, complete or not at all)."""
    if not path.exists():
        draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        draft.touch(mode=0o600)
        draft.write_bytes(secrets.token_bytes(LENGTH))
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)  # unlike a rename, never replaces another process's file
        draft.unlink()
    return path.read_bytes()
