"""Small secrets in the database, encrypted with the installation's own secret."""

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class Unreadable(Exception):
    """The data was sealed with another secret, or was changed."""


def seal(secret: bytes, data: bytes, *, purpose: str) -> bytes:
    """Encrypt and authenticate `data` with a key for this purpose alone."""
    return _cipher(secret, purpose).encrypt(data)


def unseal(secret: bytes, sealed: bytes, *, purpose: str) -> bytes:
    """Decrypt data that `seal` encrypted. Raises Unreadable."""
    try:
        return _cipher(secret, purpose).decrypt(sealed)
    except InvalidToken:
        raise Unreadable(purpose) from None


def _cipher(secret: bytes, purpose: str) -> Fernet:
    key = HKDF(SHA256(), length=32, salt=None, info=f"likeness {purpose}".encode()).derive(secret)
    return Fernet(base64.urlsafe_b64encode(key))
