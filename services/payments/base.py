"""The payments protocol: who takes money for plans and credit packs."""

from typing import Protocol


class Payments(Protocol):
    """Takes money for plans and credit packs, or is off."""

    enabled: bool
