"""What the operator may ask of the program besides running: `main.py COMMAND`."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from db.errors import CannotStart
from services.billing import set_up
from services.deps import Deps
from services.errors import Invalid
from services.maintenance import backup
from services.storage import move
from services.storage.base import StorageError


@dataclass(frozen=True, slots=True)
class Order:
    """A command's surroundings; arguments: what came after its name."""

    deps: Deps
    url: str
    say: Callable[[str], None]
    arguments: Sequence[str]

    def file(self) -> Path:
        """The one argument, as a file. Raises CannotStart."""
        if len(self.arguments) != 1:
            raise CannotStart("Name one file after the command.")
        return Path(self.arguments[0]).absolute()


Command = Callable[[Order], Awaitable[None]]


async def save(order: Order) -> None:
    """The database into a file; also while Likeness runs."""
    file = order.file()
    await asyncio.to_thread(backup.save, order.url, file)
    order.say(f"Saved to {file}.")


async def restore(order: Order) -> None:
    """The database from a file, in place of what is there."""
    file = order.file()
    await asyncio.to_thread(backup.restore, order.url, file)
    order.say(f"Restored from {file}.")


async def move_files(order: Order) -> None:
    """All files from the disk to the bucket; goes on where it was."""
    try:
        await move.run(order.deps.settings, order.say)
    except StorageError as error:
        raise CannotStart(str(error)) from error


async def stripe_set_up(order: Order) -> None:
    """Products, prices, portal settings and the webhook endpoint; safe to run twice."""
    try:
        made = await set_up.run(order.deps)
    except Invalid as error:
        raise CannotStart(str(error)) from error
    for name, price_id in made.prices.items():
        order.say(f"{name}: {price_id}")
    if made.webhook_secret:
        order.say(f"Set STRIPE_WEBHOOK_SECRET={made.webhook_secret} and start Likeness again.")
        order.say("Stripe shows it only this once.")
    else:
        order.say("The webhook endpoint was there already; its secret is under Webhooks at Stripe.")


COMMANDS: dict[str, Command] = {
    "backup": save,
    "restore": restore,
    "move-files": move_files,
    "stripe-setup": stripe_set_up,
}


def named(name: str) -> Command:
    """Raises CannotStart for a command that there is not."""
    try:
        return COMMANDS[name]
    except KeyError:
        known = ", ".join(COMMANDS)
        raise CannotStart(f"There is no command {name}: there is {known}.") from None
