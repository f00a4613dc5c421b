"""Command line: `python -m services.trainer serve [--port 8000] [--base-dir models] …`.

`fetch` brings the weights of the base from the Hugging Face hub, before or without a GPU.
`work --app https://studio.example.com` asks an app for work instead of being asked; its key, made
on the app's page /admin, is in TRAINER_APP_KEY or after `--key`.
"""

import argparse
import asyncio
import dataclasses
import logging
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from services.trainer import hardware
from services.trainer.config import WorkerConfig


def main() -> None:
    """Run a command; options win over TRAINER_* variables."""
    parser = argparse.ArgumentParser(prog="python -m services.trainer", description=__doc__)
    parser.add_argument("command", choices=["serve", "work", "fetch"])
    parser.add_argument("--host")
    parser.add_argument("--port", type=int, help="0 takes a free one, which the log names")
    parser.add_argument("--app", help="the app that `work` asks; else TRAINER_APP_URL")
    parser.add_argument("--key", help="for `work`; others on this machine see it: TRAINER_APP_KEY")
    parser.add_argument("--work-dir", type=Path)
    parser.add_argument("--base-dir", type=Path)
    parser.add_argument("--base-model")
    given = {k: v for k, v in vars(parser.parse_args()).items() if v is not None}
    app = given.pop("app", None) or os.environ.get("TRAINER_APP_URL", "")
    key = given.pop("key", None) or os.environ.get("TRAINER_APP_KEY", "")
    commands: dict[str, Callable[[WorkerConfig], None]] = {
        "serve": serve,
        "fetch": fetch,
        "work": lambda config: work(config, app, key),
    }
    command = commands[given.pop("command")]
    command(dataclasses.replace(WorkerConfig.from_environment(), **given))


def serve(config: WorkerConfig) -> None:
    """Serve until SIGTERM or Ctrl-C, which leave a checkpoint of the running job."""
    import uvicorn

    from services.trainer.server import create_app

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    found = hardware.require(config)
    logging.getLogger(__name__).info("jobs run on %s", found)
    app = create_app(config, found)
    if config.key is None:
        logging.getLogger(__name__).info("the key is in %s", config.work_dir / "key")
    uvicorn.run(app, host=config.host, port=config.port, log_config=None, access_log=False)


def work(config: WorkerConfig, app: str, key: str) -> None:
    """Ask `app` for work until SIGTERM or Ctrl-C, which leave a checkpoint and give work back."""
    from services.trainer.app_client import Revoked
    from services.trainer.pulling import ask

    if not app or not key:
        raise SystemExit("Say whom to ask: --app https://… and the key, in TRAINER_APP_KEY.")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    found = hardware.require(config)
    logging.getLogger(__name__).info("jobs of %s run on %s", app, found)
    try:
        asyncio.run(ask(config, found, app, key))
    except ValueError as error:
        raise SystemExit(str(error)) from None
    except Revoked:
        raise SystemExit("The app does not know this key, or it was revoked.") from None


def fetch(config: WorkerConfig) -> None:
    """Fetch the base's weights; run it again to go on after it was cut off."""
    from services.trainer.bases import find_base
    from services.trainer.download import fetch_all
    from services.trainer.errors import JobFailed

    try:
        find_base(config, None)  # its licence
        fetch_all(config, _say, Progress())
    except JobFailed as error:
        raise SystemExit(error.failure.message) from None
    _say(f"The weights are in {config.base_dir}.")


class Progress:
    """Writes how far it is, once a second on a terminal and every ten seconds into a log."""

    def __init__(self) -> None:
        self._began: tuple[float, int] | None = None
        self._last = 0.0

    def __call__(self, done: int, total: int) -> None:
        """Bytes that are there, and bytes in all."""
        now = time.monotonic()
        began, before = self._began = self._began or (now, done)
        if done < total and now - self._last < (1 if sys.stdout.isatty() else 10):
            return
        self._last = now
        pace = (done - before) / max(now - began, 1e-3)
        left = f", {(total - done) / pace:.0f} s left" if done < total and pace else ""
        _say(f"  {done / 1e9:.2f} of {total / 1e9:.2f} GB, {pace / 1e6:.0f} MB/s{left}")
        if done == total:
            self._began = None


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
