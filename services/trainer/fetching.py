"""Fetching the weights for another program, which shows how far it is.

`python -m services.trainer.fetching look|fetch PROFILE...`, with TRAINER_* as for `serve`; a
profile is "quality" or "fast". Out, as lines of JSON: {"repositories": [{"name", "licence",
"size", "left"}]}, for a fetch {"done", "total"} in bytes, and at the end {"finished": true} or
{"failed": "why, in plain words"}. In: nothing; the end of stdin ends it, the next one goes on.
"""

import os
import sys
import threading
import time
from collections.abc import Sequence

from services.trainer.attached import Say, private_stdout, until_end
from services.trainer.bases import find_base, folder_of
from services.trainer.config import WorkerConfig
from services.trainer.download import Repository, fetch, look_up, missing
from services.trainer.errors import JobFailed

EVERY = 0.5  # seconds between two lines


def main() -> None:
    """One look or fetch; the exit status is 1 where it failed."""
    say = private_stdout()
    threading.Thread(target=_end_with_stdin, daemon=True).start()
    config = WorkerConfig.from_environment()
    try:
        found = _repositories(config, sys.argv[2:], say)
        if sys.argv[1] == "fetch":
            _fetch(config, found, say)
    except (JobFailed, OSError) as error:
        say({"failed": error.failure.message if isinstance(error, JobFailed) else str(error)})
        sys.exit(1)
    say({"finished": True})


def _repositories(config: WorkerConfig, profiles: Sequence[str], say: Say) -> list[Repository]:
    base = find_base(config, None)
    names = dict.fromkeys(base.profile(name).hub for name in profiles)
    found = [look_up(name) for name in names]
    say({"repositories": [_described(config, each) for each in found]})
    return found


def _described(config: WorkerConfig, found: Repository) -> dict[str, str | int]:
    left = sum(file.size for file in missing(found, folder_of(config.base_dir, found.name)))
    return {"name": found.name, "licence": found.licence, "size": found.size, "left": left}


def _fetch(config: WorkerConfig, found: Sequence[Repository], say: Say) -> None:
    total, before, said = sum(each.size for each in found), 0, 0.0

    def on_progress(done: int, _total: int) -> None:
        nonlocal said
        now = time.monotonic()
        if now - said >= EVERY or before + done == total:
            said = now
            say({"done": before + done, "total": total})

    for each in found:
        fetch(each, config.base_dir, on_progress)
        before += each.size


def _end_with_stdin() -> None:
    until_end(sys.stdin.buffer)
    os._exit(0)


if __name__ == "__main__":
    main()
