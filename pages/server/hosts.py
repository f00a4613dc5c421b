"""By which names this installation is reached: a page of another site must not find one more.

A site can let its own name point to this machine, and its pages are then of "our" origin for the
browser. That needs a name: so a name has to be known, and an address may be any.
"""

import ipaddress
import logging
import re
from functools import lru_cache
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope

from services.app import metrics
from services.errors import Misdirected
from services.settings import Settings

log = logging.getLogger("likeness.requests")
AUTHORITY = re.compile(r"^(\[[0-9a-f:.]+\]|[^\[\]:/@?#\\\s]+)(:\d{0,5})?$", re.ASCII)
REMEMBERED = 20  # names that are logged when they are refused for the first time

_refused: set[str] = set()


def check(settings: Settings, scope: Scope) -> None:
    """Raises Misdirected for a Host that is neither an address nor a name of this installation."""
    given = Headers(scope=scope).getlist("host")
    if given in ([], [""]) or (len(given) == 1 and is_known(settings, given[0])):
        return
    metrics.REFUSED.labels("host").inc()
    name = given[0][:100]
    if name not in _refused and len(_refused) < REMEMBERED:
        _refused.add(name)
        log.warning("refused the Host %r: a name has to be PUBLIC_URL's or in ALLOWED_HOSTS", name)
    raise Misdirected(
        "This installation does not know the name by which you reached it. Its operator can add "
        "it to ALLOWED_HOSTS."
    )


def is_known(settings: Settings, authority: str) -> bool:
    """Whether a host, perhaps with a port, is an address or one of our names."""
    found = AUTHORITY.match(authority.lower())
    if found is None:
        return False
    host = found[1].strip("[]").removesuffix(".")
    named = host in {"localhost", _own_name(settings.base_url)} or _is_allowed(settings, host)
    return named or _is_address(host)


def may_write(settings: Settings, scope: Scope, origin: str) -> bool:
    """Whether a page of this origin may change things: one of this very host, or of our names.

    Another port of the same name is another program, so the names count without a port only.
    """
    try:
        site = urlsplit(origin).netloc
    except ValueError:
        return False
    ours = {Headers(scope=scope).get("host"), urlsplit(settings.base_url).netloc} - {None, ""}
    return site in ours or (":" not in site and _is_allowed(settings, site))


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _is_allowed(settings: Settings, host: str) -> bool:
    """Whether ALLOWED_HOSTS has the name, or `*.` before a parent of it."""
    names = _names(settings.allowed_hosts)
    return host in names or any(f"*.{parent}" in names for parent in _parents(host))


def _parents(host: str) -> list[str]:
    labels = host.split(".")
    return [".".join(labels[first:]) for first in range(1, len(labels))]


@lru_cache(16)
def _names(setting: str) -> frozenset[str]:
    return frozenset(_as_sent(name.strip()) for name in setting.split(",") if name.strip())


@lru_cache(16)
def _own_name(base_url: str) -> str:
    return _as_sent(urlsplit(base_url).hostname or "")


def _as_sent(name: str) -> str:
    """The name as browsers write it: in lower case, and outside ASCII in its encoded form."""
    try:
        return name.lower().removesuffix(".").encode("idna").decode()
    except UnicodeError:
        return name.lower()
