"""The LoRAs of the last rounds, put at their URLs: the app keeps the best by likeness."""

from collections.abc import Callable
from pathlib import Path

from services.trainer.context import Context
from services.trainer.errors import JobFailed
from services.trainer.files import read_json, write_json
from services.trainer.spec import WEIGHTS_TYPE, PutFile, TrainPayload
from services.trainer.training import Training
from services.trainer.transfer import put

RECORD = "rounds.json"


def recorded(folder: Path) -> list[PutFile]:
    """The LoRAs of earlier rounds that are at their URLs, in order."""
    return [PutFile.model_validate(file) for file in read_json(folder / RECORD) or []]


class KeptRounds:
    """Of the rounds before the last one, as many as there are URLs. They never fail a training."""

    def __init__(
        self,
        payload: TrainPayload,
        rounds: list[int],
        training: Training,
        context: Context,
        write: Callable[[Path], None],
    ) -> None:
        """rounds: their steps. write: the LoRA as it is now, into a file."""
        self._urls, self._training, self._context = payload.checkpoint_put_urls, training, context
        before = rounds[:-1]
        self._steps = before[max(len(before) - len(self._urls), 0) :]
        self._write = write

    def put_due(self) -> None:
        """Put the LoRA if this step is one of them, unless that was done before."""
        step, folder = self._training.progress.step, self._context.folder
        if step not in self._steps:
            return
        index = self._steps.index(step)
        if any(known.index == index for known in recorded(folder)):
            return
        path = folder / f"round-{index}.safetensors"
        self._write(path)
        try:
            file = put(self._urls[index], path, content_type=WEIGHTS_TYPE, index=index)
        except JobFailed as error:
            self._context.report.warn(f"Round {index} was not kept: {error.failure.message}")
            return
        finally:
            path.unlink()
        known = [*recorded(folder), file.model_copy(update={"step": step})]
        write_json(folder / RECORD, [one.model_dump() for one in known])
