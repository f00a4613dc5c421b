"""One process of the product without its pages: worker, scheduler and listener, as in production.

`python -m tests.chaos.app NAME DATABASE_URL OPTIONS`; OPTIONS is JSON: `listen_url` (through a
proxy, say), `lease` (seconds), `slots`, `clock_shift` (seconds by which this process's clock is
wrong), `kinds` (`module:function`, called with `Deps`; what it returns is worked as well).
"""

import asyncio
import dataclasses
import importlib
import json
import logging
import os
import random
import signal
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

from db.session import make_engine, make_transaction
from services.app.scheduler import Scheduler
from services.deps import Deps
from services.engines.registry import Registry
from services.jobs import Kind, Worker
from services.kit.notify import Listener
from services.payments.off import PaymentsOff
from services.settings import Settings
from tests.chaos import scripted
from tests.doubles.engine import ScriptedEngine

GRACE = timedelta(seconds=2)


async def main(name: str, url: str, options: Mapping[str, Any]) -> None:
    """Works until SIGTERM, then drains."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    database = make_engine(url)
    deps = make_deps(url, transaction=make_transaction(database), shift=options.get("clock_shift"))
    worker = Worker(
        deps,
        kinds=kinds_of(deps, name, options),
        ticks={"tick": (timedelta(seconds=1), scripted.tick(name))},
        slots=options.get("slots", 4),
        lease=timedelta(seconds=options.get("lease", 4)),
    )
    listener = Listener(options.get("listen_url", url))
    listener.subscribe(worker.heard)
    scheduler = Scheduler(worker.duties)
    await listener.start()
    scheduler.start()
    await stop.wait()
    await worker.drain(GRACE)
    await scheduler.stop()
    await listener.stop()
    await database.dispose()


def make_deps(url: str, **given: Any) -> Deps:
    """Deps with a clock that may be wrong; storage is for `kinds` to bring."""
    shift = given.pop("shift") or 0.0
    real = time.time
    time.time = lambda: real() + shift
    return Deps(
        **given,
        reading=given["transaction"],
        settings=Settings(data_dir=Path(os.devnull)),
        now=lambda: datetime.now(UTC) + timedelta(seconds=shift),
        new_id=uuid4,
        new_seed=lambda: random.getrandbits(31),
        engines=Registry.of(ScriptedEngine()),
        storage=cast(Any, None),
        payments=PaymentsOff(),
        secret=bytes(32),
    )


def kinds_of(deps: Deps, name: str, options: Mapping[str, Any]) -> dict[str, Kind]:
    """The scripted kinds, and those that a test brings along."""
    kinds = scripted.kinds(name)
    if where := options.get("kinds"):
        module, function = where.split(":")
        kinds |= getattr(importlib.import_module(module), function)(dataclasses.replace(deps))
    return kinds


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    asyncio.run(main(sys.argv[1], sys.argv[2], json.loads(sys.argv[3])))
