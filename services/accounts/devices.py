"""Browsers that have signed in before: a signed cookie tells them from strangers who guess.

The device cookies that OWASP describes ("Slow Down Online Guessing Attacks with Device Cookies"):
`<browser>.<mark>.<mark>...`, a random name of the browser and, latest first, a mark for each
account that it has signed in to. A mark is an HMAC under the installation's secret, so that it
can be neither made up nor used for another account or in another browser.
"""

import hmac
import re
import secrets
from uuid import UUID

from services.accounts import tokens

ACCOUNTS = 5  # that one browser is known to; a family shares a computer
LENGTH = 22  # characters of a name or a mark: 132 bits
_COOKIE = re.compile(r"[\w-]{22}(\.[\w-]{22})*", re.ASCII)


def known(secret: bytes, cookie: str, user_id: UUID) -> str | None:
    """The browser's name, if it has signed in to this account before."""
    browser, marks = _parts(cookie)
    mark = _mark(secret, browser, user_id)
    return browser if any(hmac.compare_digest(mark, each) for each in marks) else None


def remember(secret: bytes, cookie: str, user_id: UUID) -> str:
    """The cookie of a browser that has signed in now."""
    browser, marks = _parts(cookie)
    browser = browser or secrets.token_urlsafe(16)
    mark = _mark(secret, browser, user_id)
    others = [each for each in marks if each != mark]
    return ".".join([browser, mark, *others[: ACCOUNTS - 1]])


def _parts(cookie: str) -> tuple[str, list[str]]:
    """Name and marks; nothing of what is no cookie of ours."""
    if not _COOKIE.fullmatch(cookie):
        return "", []
    browser, *marks = cookie.split(".")
    return browser, marks[:ACCOUNTS]


def _mark(secret: bytes, browser: str, user_id: UUID) -> str:
    return tokens.derived(secret, "device", f"{browser}\n{user_id}")[:LENGTH]
