"""Likeness: `main.py` serves until it is stopped, `main.py COMMAND` does one thing and ends."""

import contextlib
import gc
import os
import signal
import sys

import click

from db.errors import CannotStart, DatabaseLost
from services.app import commands
from services.app.version import VERSION


@click.group(commands=commands.COMMANDS, invoke_without_command=True)
@click.version_option(VERSION, prog_name="Likeness", message="%(prog)s %(version)s")
@click.pass_context
def main(context: click.Context) -> None:
    """Likeness, a personal AI photo studio.

    Without a command it serves until Ctrl-C. Settings are read from the environment and from .env;
    .env.example explains each of them.
    """
    os.umask(0o077)  # no other account may read files written from now on
    serving = context.invoked_subcommand is None
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0 if serving else 128 + signal.SIGTERM))
    if serving:
        with contextlib.suppress(KeyboardInterrupt):
            serve()


def serve() -> None:
    """Check settings, port and database; then run the server, whose import takes seconds."""
    gc.disable()  # imports make no garbage, and collecting takes a quarter of their time
    from services.app import startup
    from services.settings import Settings

    try:
        settings = startup.read_settings(Settings)
        startup.check_engine(settings)
        startup.check_port(settings)
        with startup.opened_database(settings, startup.say) as database:
            from pages.server import run

            gc.freeze()
            gc.enable()
            run.serve(settings, database)
    except DatabaseLost as error:
        sys.exit(f"Likeness has stopped. {error}")
    except CannotStart as error:
        sys.exit(f"Likeness cannot start. {error}")


if __name__ == "__main__":
    try:
        main()
    except CannotStart as error:
        sys.exit(str(error))
