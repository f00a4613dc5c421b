"""The operator's commands besides serving: `main.py COMMAND`.

A command connects to the database and does one thing. It runs no migration, changes no setting
and builds no engine: the serving process does these. Modules are imported where they are used,
so that help appears at once.
"""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from services.settings import Settings

FILE = click.Path(dir_okay=False, path_type=Path)


@click.command("backup", short_help="Save the database to a file.")
@click.argument("file", type=FILE)
def save(file: Path) -> None:
    """Save the database to FILE, also while Likeness runs.

    Photos and pictures are not in it: copy DATA_DIR/files (or the bucket) and DATA_DIR/secret
    afterwards.
    """
    from services.app import startup
    from services.maintenance import backup
    from services.settings import DatabaseSettings

    file = file.absolute()
    with startup.connected_database(startup.read_settings(DatabaseSettings), startup.say) as url:
        backup.save(url, file)
    startup.say(f"Saved to {file}.")


@click.command("restore", short_help="Replace the database by a saved one.")
@click.argument("file", type=FILE)
def restore(file: Path) -> None:
    """Replace the database by the one that was saved to FILE, all of it or nothing.

    Stop Likeness first. When it is started again it brings the database up to date.
    """
    from services.app import startup
    from services.maintenance import backup
    from services.settings import DatabaseSettings

    file, settings = file.absolute(), startup.read_settings(DatabaseSettings)
    with startup.connected_database(settings, startup.say, create=True) as url:
        backup.restore(url, file)
    startup.say(f"Restored from {file}.")


@click.command("move-files", short_help="Copy all files from the disk to the bucket.")
def move_files() -> None:
    """Copy all files from the disk to the bucket that S3_BUCKET names.

    It goes on where it was when it is run again, and removes nothing.
    """
    from db.errors import CannotStart
    from services.app import startup
    from services.settings import Settings
    from services.storage import move
    from services.storage.base import StorageError

    try:
        asyncio.run(move.run(startup.read_settings(Settings), startup.say))
    except StorageError as error:
        raise CannotStart(str(error)) from error


@click.command("stripe-setup", short_help="Set up plans and webhook at Stripe.")
def stripe_set_up() -> None:
    """Make products, prices, portal settings and the webhook endpoint at Stripe.

    Running it again changes nothing but what is missing.
    """
    from services.app import startup
    from services.settings import Settings

    settings = startup.read_settings(Settings)
    with startup.connected_database(settings, startup.say) as url:
        startup.check_schema(url)
        asyncio.run(_set_up_stripe(settings, url))


async def _set_up_stripe(settings: "Settings", url: str) -> None:
    from db.errors import CannotStart
    from db.session import make_engine, make_transaction
    from services.app.startup import say
    from services.billing import set_up
    from services.errors import Invalid

    database = make_engine(url)
    try:
        made = await set_up.run(make_transaction(database), settings)
    except Invalid as error:
        raise CannotStart(str(error)) from error
    finally:
        await database.dispose()
    for name, price_id in made.prices.items():
        say(f"{name}: {price_id}")
    if made.webhook_secret:
        say(f"Set STRIPE_WEBHOOK_SECRET={made.webhook_secret} and start Likeness again.")
        say("Stripe shows it only this once.")
    else:
        say("The webhook endpoint was there already; its secret is under Webhooks at Stripe.")


COMMANDS = [save, restore, move_files, stripe_set_up]
