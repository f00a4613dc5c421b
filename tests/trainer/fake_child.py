"""Stands for a job's process: does what the words of the prompt say, without any model."""

import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

from services.trainer.spec import Code, ProgressInfo, Stage, from_wire

stop: dict[str, Any] = {"event": threading.Event(), "code": Code.STOPPED}


def say(event: dict[str, Any]) -> None:
    """One line to the parent."""
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()


def work(run: dict[str, Any]) -> None:
    """done | fail CODE | crash N times | hang | wait for a stop | oom until RUNG."""
    payload = from_wire(run["payload"])
    words = payload.prompt if payload.kind == "generate" else "".join(map(str, payload.captions))
    verb, _, rest = words.partition(" ")
    folder = Path(run["folder"])
    with (folder.parent / "order.txt").open("a") as order:
        order.write(f"{payload.client_job_id} {os.getpid()} {run['rung']}\n")
    stage = Stage.TRAINING if payload.kind == "train" else Stage.GENERATING
    info = ProgressInfo(stage=stage, progress=0.5, step=1, sequence=1)
    say({"progress": info.model_dump(mode="json")})
    starts = [line for line in order_of(folder) if line.startswith(payload.client_job_id)]
    if verb == "hang":
        threading.Event().wait()
    if verb == "crash" and len(starts) <= int(rest):
        os._exit(9)
    if verb == "wait":
        stop["event"].wait()
        say({"failed": f"{stop['code']}: It was stopped."})
    elif verb == "fail":
        say({"failed": f"{rest}: As the test wanted."})
    elif verb == "oom" and run["rung"] < int(rest):
        say({"failed": "oom: There was not enough memory."})
    else:
        say({"done": {"kind": payload.kind, "client_job_id": payload.client_job_id}})


def order_of(folder: Path) -> list[str]:
    """Who was started so far: "job pid rung"."""
    return (folder.parent / "order.txt").read_text().splitlines()


def main() -> None:
    """Take commands until the parent is gone."""
    for line in sys.stdin:
        command = json.loads(line)
        if "stop" in command:
            stop["code"] = command["stop"]
            stop["event"].set()
        else:
            stop["event"].clear()
            threading.Thread(target=work, args=(command["run"],), daemon=True).start()


if __name__ == "__main__":
    main()
