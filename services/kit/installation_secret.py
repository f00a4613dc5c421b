"""The installation's own secret: set by the operator, or made once and kept in DATA_DIR."""

import contextlib
import hashlib
import os
import secrets
from pathlib import Path

from services.settings import Settings

LENGTH = 32  # bytes


def installation_secret(settings: Settings) -> bytes:
    """32 bytes that sign URLs; containers that serve one installation set the same SECRET_KEY."""
    if settings.secret_key:
        return hashlib.sha256(settings.secret_key.get_secret_value().encode()).digest()
    return _kept(settings.data_dir / "secret")


def _kept(path: Path) -> bytes:
    """Reads the file, after making it (mode 600, complete or not at all) where there is none."""
    if not path.exists():
        draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        draft.touch(mode=0o600)
        draft.write_bytes(secrets.token_bytes(LENGTH))
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)  # unlike a rename, never replaces what another process made
        draft.unlink()
    return path.read_bytes()
