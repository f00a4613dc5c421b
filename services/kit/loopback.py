"""Addresses that lead only to this machine."""

from ipaddress import ip_address


def is_loopback(host: str | None) -> bool:
    """Return whether a host is a loopback address such as 127.0.0.1 or ::1; False for a name."""
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return False
