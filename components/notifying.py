"""The browser's own notifications: asked for politely, used when nobody is looking."""

from components import formatting
from components.controls import button
from components.dom import El

_ASK = """async (e) => {
    const button = e.currentTarget;
    const answer = 'Notification' in window ? await Notification.requestPermission() : 'denied';
    button.querySelector('span').textContent = answer === 'granted'
        ? 'You will be told' : 'Notifications are off in this browser';
    button.disabled = true;
}"""


def ask_to_notify(text: str) -> El:
    """A button that asks the browser for the permission; it says what came of it."""
    made = button(text, icon_name="bell")
    made.on("click", js_handler=_ASK)
    return made


def tell(text: str) -> str:
    """JavaScript that notifies a member who looks at something else and has allowed it."""
    return (
        "if (document.hidden && window.Notification?.permission === 'granted') "
        f"new Notification('Likeness', {{ body: {formatting.javascript(text)} }})"
    )
