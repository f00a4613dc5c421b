"""A signed cookie that tells a browser that has signed in before from a stranger's.

The device cookies that OWASP describes ("Slow Down Online Guessing Attacks with Device Cookies"):
`<browser>.<mark>.<mark>...`, a random name of the browser and, latest first, a mark for each
account that the browser has signed in to. A mark is an HMAC under the installation's secret: nobody
can forge a mark, or use it for another account or in another browser.
"""

import hmac
import re
import secrets
from uuid import UUID

from services.accounts import tokens

ACCOUNTS = 5  # marks per browser; a family shares a computer
LENGTH = 22  # characters of a name or a mark: 132 bits
_COOKIE = re.compile(r"[\w-]{22}(\.[\w-]{22})*", re.ASCII)


def known(secret: bytes, cookie: str, user_id: UUID) -> str | None:
    """Return the browser's name, or None if it has not signed in to this account before."""
    browser, marks = _parts(cookie)
    mark = _mark(secret, browser, user_id)
    return browser if any(hmac.compare_digest(mark, each) for each in marks) else None


def remember(secret: bytes, cookie: str, user_id: UUID) -> str:
    """Return the new cookie of a browser that has just signed in."""
    browser, marks = _parts(cookie)
    browser = browser or secrets.token_urlsafe(16)
    mark = _mark(secret, browser, user_id)
    others = [each for each in marks if each != mark]
    return ".".join([browser, mark, *others[: ACCOUNTS - 1]])


def _parts(cookie: str) -> tuple[str, list[str]]:
    """Return the browser's name and the marks, or nothing if the cookie is not one of ours."""
    if not _COOKIE.fullmatch(cookie):
        return "", []
    browser, *marks = cookie.split(".")
    return browser, marks[:ACCOUNTS]


def _mark(secret: bytes, browser: str, user_id: UUID) -> str:
    return tokens.derived(secret, "device", f"{browser}\n{user_id}")[:LENGTH]
