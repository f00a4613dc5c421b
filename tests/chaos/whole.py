"""One process of the whole product without its pages, as `bootstrap` builds it.

`python -m tests.chaos.whole NAME URL OPTIONS`; OPTIONS is JSON: `data_dir`. It prints "ready PID"
when it works, which is seconds before the whole program would.
"""

import asyncio
import json
import logging
import os
import signal
import sys
from pathlib import Path

from services.app import bootstrap
from services.settings import Settings


async def main(url: str, data_dir: Path) -> None:
    """Works until SIGTERM, then drains."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    product = bootstrap.build(settings(data_dir), url)
    await product.start()
    sys.stdout.write(f"ready {os.getpid()}\n")
    sys.stdout.flush()
    await stop.wait()
    await product.stop()


def settings(data_dir: Path) -> Settings:
    """Those of an operator who set nothing but DATA_DIR; drawn photos have no faces."""
    return Settings(  # type: ignore[call-arg]
        _env_file=None,
        data_dir=data_dir,
        engine="preview",
        face_checks="off",
        model_sheets=False,
    )


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    asyncio.run(main(sys.argv[2], Path(json.loads(sys.argv[3])["data_dir"])))
