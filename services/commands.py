"""What the operator may ask of the program besides running: `main.py COMMAND`."""

from collections.abc import Awaitable, Callable

from db.errors import CannotStart
from services.billing import set_up
from services.deps import Deps
from services.errors import Invalid

Say = Callable[[str], None]
Command = Callable[[Deps, Say], Awaitable[None]]


async def stripe_set_up(deps: Deps, say: Say) -> None:
    """Products, prices, portal settings and the webhook endpoint; safe to run twice."""
    try:
        made = await set_up.run(deps)
    except Invalid as error:
        raise CannotStart(str(error)) from error
    for name, price_id in made.prices.items():
        say(f"{name}: {price_id}")
    if made.webhook_secret:
        say(f"Set STRIPE_WEBHOOK_SECRET={made.webhook_secret} and start Likeness again.")
        say("Stripe shows it only this once.")
    else:
        say("The webhook endpoint was there already; its secret is under Webhooks at Stripe.")


COMMANDS: dict[str, Command] = {"stripe-setup": stripe_set_up}


def named(name: str) -> Command:
    """Raises CannotStart for a command that there is not."""
    try:
        return COMMANDS[name]
    except KeyError:
        known = ", ".join(COMMANDS)
        raise CannotStart(f"There is no command {name}: there is {known}.") from None
