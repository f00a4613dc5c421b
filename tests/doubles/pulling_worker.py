"""A worker that asks an app for work, with jobs that need no torch.

`python -m tests.doubles.pulling_worker URL KEY`, with TRAINER_* as for the real one. A job puts one
plain picture a seed, or a few bytes of weights; with "slowly" in its prompt or caption it waits
until there is a file `go` in the work folder, or until it is stopped.
"""

import asyncio
import io
import json
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
from PIL import Image

from services.trainer.app_client import Revoked
from services.trainer.config import WorkerConfig
from services.trainer.hardware import Hardware
from services.trainer.pulling import Puller, ask
from services.trainer.spec import (
    WEIGHTS_TYPE,
    Code,
    GenerateOutputs,
    GeneratePayload,
    ProgressInfo,
    PutFile,
    Stage,
    TrainOutputs,
    TrainPayload,
    from_wire,
)
from services.trainer.transfer import put
from tests.doubles.engine import picture
from tests.doubles.local_worker import GO as GO
from tests.doubles.local_worker import say

COMMAND = (sys.executable, "-m", "tests.doubles.pulling_worker", "jobs")
CPU = Hardware("cpu", "2.15.0")
MEASURED: dict[str, Any] = {"vram_peak_bytes": None, "ram_peak_bytes": None, "warnings": ()}

stop: dict[str, Code] = {}


def main() -> None:
    """The worker, or the process of its jobs."""
    if sys.argv[1:] == ["jobs"]:
        return serve()
    Puller.__init__.__defaults__ = (COMMAND,)
    asyncio.run(ask(WorkerConfig.from_environment(), CPU, *sys.argv[1:3]))
    return None


@asynccontextmanager
async def at_work(puller: Puller) -> AsyncIterator[asyncio.Task[None]]:
    """The worker in this process, stopped in good order at the end."""
    task = asyncio.create_task(puller.run())
    try:
        yield task
    finally:
        puller.stop()
        with suppress(Revoked):
            await task


def serve() -> None:
    """Take commands until the parent is gone."""
    for line in sys.stdin:
        command = json.loads(line)
        if "stop" in command:
            stop["code"] = Code(command["stop"])
        else:
            stop.clear()
            threading.Thread(target=work, args=(command["run"],), daemon=True).start()


def work(run: dict[str, Any]) -> None:
    """One job."""
    payload = from_wire(run["payload"])
    if isinstance(payload, TrainPayload):
        stage, words = Stage.TRAINING, " ".join(map(str, payload.captions))
    else:
        stage, words = Stage.GENERATING, payload.prompt
    say({"progress": ProgressInfo(stage=stage, progress=0.5).model_dump(mode="json")})
    if "slowly" in words and not _waited(WorkerConfig.from_environment().work_dir / GO):
        say({"failed": f"{stop['code']}: It was stopped."})
        return
    outputs = trained(payload) if isinstance(payload, TrainPayload) else made(payload)
    say({"done": outputs.model_dump(mode="json")})


def _waited(go: Path) -> bool:
    """Until a test has made the file; False where it was stopped before."""
    while not go.exists():
        if stop:
            return False
        threading.Event().wait(0.02)
    return True


def made(payload: GeneratePayload) -> GenerateOutputs:
    """A plain picture a seed."""
    size = size_of(payload)
    images = tuple(
        put(
            payload.output_put_urls[i],
            picture(f"#{seed % 0xFFFFFF:06x}", size),
            content_type="image/jpeg",
            index=i,
        ).model_copy(update={"seed": seed})
        for i, seed in enumerate(payload.seeds)
    )
    return GenerateOutputs(
        client_job_id=payload.client_job_id, images=images, seconds=1, recipe={}, **MEASURED
    )


def size_of(payload: GeneratePayload) -> tuple[int, int]:
    """As asked for, or of the picture that stays as large as it is, or is enlarged."""
    larger = payload.enlarge or 1
    if payload.source_url is None or (payload.area is None and larger == 1):
        return payload.width, payload.height
    source = Image.open(io.BytesIO(httpx.get(payload.source_url).content))
    return source.width * larger, source.height * larger


def trained(payload: TrainPayload) -> TrainOutputs:
    """Some weights, and one sample."""
    weights = put(payload.weights_put_url, b"weights", content_type=WEIGHTS_TYPE, index=0)
    samples: tuple[PutFile, ...] = ()
    if payload.sample_put_urls:
        sent = put(
            payload.sample_put_urls[0], picture("#808080"), content_type="image/jpeg", index=0
        )
        samples = (sent.model_copy(update={"step": 1}),)
    return TrainOutputs(
        client_job_id=payload.client_job_id,
        weights=weights,
        samples=samples,
        steps=1,
        photos=1,
        first_loss=1,
        last_loss=0.5,
        seconds=1,
        loss_curve=((1, 1.0),),
        recipe={},
        **MEASURED,
    )


if __name__ == "__main__":
    main()
