"""What forms that set a password ask about API keys."""

from components import formatting
from components.controls import Tick


def revoke_keys_tick(count: int) -> None:
    """Offers to revoke them with the old password: who knew it may have made one."""
    if count:
        keys = "API key" if count == 1 else formatting.plural(count, "API key")
        Tick(f"Revoke my {keys} as well", name="revoke_keys")
