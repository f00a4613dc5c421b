"""The button by which a member lets this browser be told of what is ready."""

from collections.abc import Awaitable, Callable
from typing import Any

from nicegui.element import Element

from services.notifications.web_push import Receiver

LONGEST = 1000  # characters that are read of each thing that a browser sends


class PushSwitch(Element, component="push_switch.js"):
    """Asks the browser, and hands over what it subscribed with; `told` is what the server knows."""

    def __init__(
        self,
        *,
        key: str,
        told: bool,
        on_subscribe: Callable[[Receiver], Awaitable[None]],
        on_stop: Callable[[], Awaitable[None]],
    ) -> None:
        """key: base64url, which the subscription is bound to."""
        super().__init__()
        self.props["application-key"] = key
        self.props["told"] = told

        async def subscribed(event: Any) -> None:
            await on_subscribe(_receiver(event.args))

        async def stopped(_: Any) -> None:
            await on_stop()

        self.on("subscribed", subscribed)
        self.on("stopped", stopped)

    def show(self, told: bool) -> None:
        """What the server knows now."""
        self.props["told"] = told


def _receiver(sent: Any) -> Receiver:
    """What a browser sends is not to be trusted: `choices.subscribe` judges the texts."""
    found = sent if isinstance(sent, dict) else {}
    keys = found.get("keys")
    keys = keys if isinstance(keys, dict) else {}
    texts = (found.get("endpoint"), keys.get("p256dh"), keys.get("auth"))
    return Receiver(*(str(each or "")[: LONGEST + 1] for each in texts))
