"""Command line: `python -m services.trainer serve [--port 8000] [--base-dir models] …`."""

import argparse
import dataclasses
import logging
from pathlib import Path

from services.trainer import hardware
from services.trainer.config import WorkerConfig


def main() -> None:
    """Start the worker's HTTP server; options win over TRAINER_* variables."""
    parser = argparse.ArgumentParser(prog="python -m services.trainer", description=__doc__)
    parser.add_argument("command", choices=["serve"])
    parser.add_argument("--host")
    parser.add_argument("--port", type=int, help="0 takes a free one, which the log names")
    parser.add_argument("--work-dir", type=Path)
    parser.add_argument("--base-dir", type=Path)
    parser.add_argument("--base-model")
    given = {k: v for k, v in vars(parser.parse_args()).items() if v is not None}
    given.pop("command")
    serve(dataclasses.replace(WorkerConfig.from_environment(), **given))


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


if __name__ == "__main__":
    main()
