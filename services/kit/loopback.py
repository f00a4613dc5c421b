"""Addresses that lead nowhere but to this machine."""

from ipaddress import ip_address


def is_loopback(host: str | None) -> bool:
    """Whether a host is such an address, as 127.0.0.1 and ::1; of a name nothing is known."""
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return False
