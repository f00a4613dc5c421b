"""Password rules and hashes; all hashing happens outside the event loop."""

import asyncio
import os
import sys
import threading
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from passlib.context import CryptContext

from services.errors import Invalid

MINIMUM, MAXIMUM = 8, 1000  # characters; OWASP ASVS 5.0, 6.2.1 and 6.2.9
ROUNDS = 12

# bcrypt_sha256 hashes the whole password first: bcrypt alone reads 72 bytes
_context = CryptContext(
    schemes=["bcrypt_sha256", "bcrypt"], deprecated=["bcrypt"], bcrypt_sha256__rounds=ROUNDS
)
# Hash of a random password, checked for unknown accounts so that they take the same time.
DUMMY_HASH = "$bcrypt-sha256$v=2,t=2b,r=12$BFklVsqc7Yx.N0E0jQkHIO$PEB3ixd5DmTleB3468d.6ognTcFDl7a"
NICENESS = 10


def _lower_priority() -> None:
    """Let pages come first; only on Linux does a thread have a priority of its own."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)


# A hash takes a core for 0.3 s: own threads keep a flood of logins from blocking everything else.
_threads = ThreadPoolExecutor(os.cpu_count() or 1, "password", initializer=_lower_priority)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the password is correct; `new_hash` replaces a hash of an older kind."""

    correct: bool
    new_hash: str | None = None


@cache
def _common() -> frozenset[str]:
    """Return 8,354 breached passwords of 8 and more characters, by frequency in Pwned Passwords.

    From Django's `common-passwords.txt.gz` (BSD licence), made by Royce Williams.
    """
    path = Path(__file__).with_name("common_passwords.txt")
    return frozenset(path.read_text(encoding="utf-8").split())


def check(password: str, *, email: str = "") -> None:
    """Refuse a password that is too short, too long or easily guessed. Raises Invalid."""
    if len(password) < MINIMUM:
        raise Invalid(f"Use at least {MINIMUM} characters.", field="password")
    if len(password) > MAXIMUM:
        raise Invalid(f"Use at most {MAXIMUM:,} characters.", field="password")
    guess = password.lower()
    personal = {email.lower(), email.lower().partition("@")[0]} if email else set()
    if guess in _common() or guess in personal or len(set(guess)) < 3:
        raise Invalid(
            "This password is among the first that are tried. Choose one that is yours alone.",
            field="password",
        )


async def hashed(password: str) -> str:
    """Return a bcrypt hash with 12 rounds over every character; takes about 0.3 s of one core."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_threads, _hash, _normal(password))


async def verify(password: str, password_hash: str | None) -> Verdict:
    """Compare with the hash, or with a dummy of the same cost if there is no account."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_threads, _verify, _normal(password), password_hash)


def _hash(password: str) -> str:
    return str(_context.hash(password))


def _verify(password: str, password_hash: str | None) -> Verdict:
    known = password_hash is not None and len(password) <= MAXIMUM
    try:
        correct, new_hash = _context.verify_and_update(
            password[:MAXIMUM], password_hash if known else DUMMY_HASH
        )
    except ValueError:  # over 72 bytes against a plain bcrypt hash
        return Verdict(correct=False)
    return Verdict(correct=known and correct, new_hash=new_hash if known and correct else None)


def _normal(password: str) -> str:
    """Return one form for what keyboards compose differently, with unpaired surrogates replaced."""
    return unicodedata.normalize("NFC", password).encode("utf-8", "replace").decode()
