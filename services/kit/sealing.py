"""Small secrets in the database, encrypted by the installation's own secret."""

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class Unreadable(Exception):
    """It was sealed by another secret, or was changed."""


def seal(secret: bytes, data: bytes, *, purpose: str) -> bytes:
    """`data`, encrypted and authenticated by a key of this purpose alone."""
    return _cipher(secret, purpose).encrypt(data)


def unseal(secret: bytes, sealed: bytes, *, purpose: str) -> bytes:
    """What was sealed. Raises Unreadable."""
    try:
        return _cipher(secret, purpose).decrypt(sealed)
    except InvalidToken:
        raise Unreadable(purpose) from None


def _cipher(secret: bytes, purpose: str) -> Fernet:
    key = HKDF(SHA256(), length=32, salt=None, info=f"likeness {purpose}".encode()).derive(secret)
    return Fernet(base64.urlsafe_b64encode(key))
