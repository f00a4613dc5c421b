"""What an address says about its caller: the caller's own part of it, and the network around it."""

from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address

UNKNOWN = "unknown"  # for anything that is no address, such as the name of a Unix socket


@dataclass(frozen=True, slots=True)
class Place:
    """An address in parts.

    own: the part that one caller has; None where many callers share it. network: around `own`.
    """

    own: str | None
    network: str


@lru_cache(maxsize=4096)
def place(address: str) -> Place:
    """Return an IPv4 address in its /24, or an IPv6 customer's /64 in its /48.

    A private address counts only as a network: it may be a proxy's, with a whole home behind it.
    """
    try:
        ip = parsed(address)
    except ValueError:
        return Place(None, UNKNOWN)
    own = prefix(ip, 64) if isinstance(ip, IPv6Address) else str(ip)
    around = prefix(ip, 48) if isinstance(ip, IPv6Address) else prefix(ip, 24)
    return Place(own if ip.is_global else None, around)


def parsed(address: str) -> IPv4Address | IPv6Address:
    """Parse an address; an IPv4 address written as IPv6 becomes IPv4. Raises ValueError."""
    ip = ip_address(address)
    return ip.ipv4_mapped or ip if isinstance(ip, IPv6Address) else ip


def prefix(ip: IPv4Address | IPv6Address, bits: int) -> str:
    """Return the network of this many bits around an address, such as `192.0.2.0/24`."""
    rest = ip.max_prefixlen - bits
    return f"{type(ip)(int(ip) >> rest << rest)}/{bits}"
