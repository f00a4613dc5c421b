"""The worker that is a child of the app, with its real server, and jobs that need no torch.

`python -m tests.doubles.local_worker`. A job puts one plain picture a seed; with "slowly" in its
prompt it waits after the first one until there is a file `go` in the work folder. With `look` or
`fetch` it is a fetch of two weights, which stays half-way until there is that file.
"""

import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

from services.trainer import attached
from services.trainer.config import WorkerConfig
from services.trainer.files import read_json, write_json
from services.trainer.spec import (
    GenerateOutputs,
    GeneratePayload,
    ProgressInfo,
    PutFile,
    Stage,
    from_wire,
)
from services.trainer.transfer import put
from tests.doubles.engine import picture

MODULE = FETCHING = ("-m", "tests.doubles.local_worker")
BASES = ("FLUX.2-klein-base-4B", "FLUX.2-klein-4B")
GIGABYTES = 8
GO = "go"


def main() -> None:
    """The worker, or the process of its jobs."""
    if sys.argv[1:] == ["jobs"]:
        for line in sys.stdin:
            command = json.loads(line)
            if "run" in command:
                threading.Thread(target=work, args=(command["run"],), daemon=True).start()
        return
    if sys.argv[1:]:
        threading.Thread(target=end_with_stdin, daemon=True).start()
        fetch(sys.argv[1])
        return
    attached.main((sys.executable, *MODULE, "jobs"))


def fetch(act: str) -> None:
    """What `services.trainer.fetching` says; half of it is here after the first time."""
    config = WorkerConfig.from_environment()
    begun = config.base_dir / "begun"
    size = GIGABYTES * 10**9
    left = size // 2 if begun.exists() else size
    one = {"licence": "apache-2.0", "size": size, "left": left}
    say({"repositories": [{"name": f"black-forest-labs/{base}", **one} for base in BASES]})
    if act == "fetch":
        config.base_dir.mkdir(parents=True, exist_ok=True)
        begun.touch()
        say({"done": size, "total": 2 * size})
        wait_for(config.work_dir / GO)
        put_weights(config.base_dir)
    say({"finished": True})


def put_weights(base_dir: Path) -> None:
    """As far as the app and the worker look before a job begins."""
    for base in BASES:
        (base_dir / base).mkdir(parents=True, exist_ok=True)
        (base_dir / base / "model_index.json").touch()


def end_with_stdin() -> None:
    """The parent wants it."""
    attached.until_end(sys.stdin.buffer)
    os._exit(0)


def work(run: dict[str, Any]) -> None:
    """One job; pictures that an earlier process has put are not put again."""
    payload = from_wire(run["payload"])
    assert isinstance(payload, GeneratePayload)
    record = Path(run["folder"]) / "images.json"
    for index, seed in enumerate(payload.seeds):
        done = read_json(record) or []
        if index in [one["index"] for one in done]:
            continue
        if index and "slowly" in payload.prompt:
            wait_for(WorkerConfig.from_environment().work_dir / GO)
        size = payload.width, payload.height
        colour = f"#{seed % 0xFFFFFF:06x}"
        url = payload.output_put_urls[index]
        sent = put(url, picture(colour, size), content_type="image/jpeg", index=index)
        write_json(record, [*done, sent.model_dump() | {"seed": seed}])
        progress(payload, done=index + 1)
    images = tuple(PutFile.model_validate(one) for one in read_json(record))
    outputs = GenerateOutputs(
        client_job_id=payload.client_job_id,
        images=images,
        seconds=1,
        vram_peak_bytes=None,
        ram_peak_bytes=None,
        warnings=(),
        recipe={},
    )
    say({"done": outputs.model_dump(mode="json")})


def progress(payload: GeneratePayload, *, done: int) -> None:
    """Says how many are there."""
    info = ProgressInfo(
        stage=Stage.GENERATING,
        progress=done / len(payload.seeds),
        done_images=tuple(range(done)),
        sequence=done,
    )
    say({"progress": info.model_dump(mode="json")})


def wait_for(path: Path) -> None:
    """Until a test has made the file."""
    while not path.exists():
        threading.Event().wait(0.02)


def say(event: dict[str, Any]) -> None:
    """One line to the worker."""
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
