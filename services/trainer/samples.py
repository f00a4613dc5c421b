"""Sample pictures on the way: evenly spread rounds, put at their URLs as they come."""

import time
from pathlib import Path
from typing import Any

from PIL import Image

from services.trainer import device
from services.trainer.captions import SAMPLE_SCENES
from services.trainer.context import Context
from services.trainer.errors import JobFailed, failure_of
from services.trainer.files import read_json, write_json
from services.trainer.sampling import encoded, make_images
from services.trainer.spec import SAMPLE_TYPE, Code, PutFile, Stage, TrainPayload
from services.trainer.training import Training
from services.trainer.transfer import put

RECORD = "samples.json"


def rounds(total_steps: int, urls: int, per_round: int) -> list[int]:
    """After which step each round of samples is made; the last one at the end."""
    count = -(-urls // per_round)
    return [total_steps * (number + 1) // count for number in range(count)]


def recorded(folder: Path) -> list[PutFile]:
    """The samples of a job that are at their URLs, in order."""
    return [PutFile.model_validate(sample) for sample in read_json(folder / RECORD) or []]


class Samples:
    """The sample rounds of one training. They never fail it: what can't be made is left out."""

    def __init__(
        self, payload: TrainPayload, pipe: Any, training: Training, context: Context
    ) -> None:
        self.payload, self.pipe, self.training, self.context = payload, pipe, training, context
        self.per_round = payload.recipe.samples_per_round
        self.rounds = rounds(training.steps, len(payload.sample_put_urls), self.per_round)
        self.batch = device.batch_of(device.device_of(context.config))
        self.thrifty = False
        self.done = {sample.index for sample in recorded(context.folder)}
        self._announce()

    def next_after(self, step: int) -> int:
        """The step of the next round; the last step where there is none."""
        return min((at for at in self.rounds if at > step), default=self.training.steps)

    def make_due(self) -> None:
        """Make the samples of the round that is due at this step, but those made before."""
        step = self.training.progress.step
        for number, at in enumerate(self.rounds):
            first = number * self.per_round
            indexes = range(first, min(first + self.per_round, len(self.payload.sample_put_urls)))
            missing = [index for index in indexes if index not in self.done]
            if at == step and missing:
                self._make_round(missing, rounds_left=len(self.rounds) - number - 1)

    def _make_round(self, indexes: list[int], rounds_left: int) -> None:
        started = time.monotonic()
        self.context.report.stage(Stage.SAMPLING)
        while indexes:
            batch, indexes = indexes[: self.batch], indexes[self.batch :]
            try:
                self._make(batch)
            except Exception as error:
                indexes = self._save_memory(batch, error) + indexes
        self.training.other_seconds = (time.monotonic() - started) * rounds_left

    def _make(self, indexes: list[int]) -> None:
        recipe, places = self.payload.recipe, [index % self.per_round for index in indexes]
        images = make_images(
            self.training.kind,
            self.pipe,
            prompts=[self.training.material.samples[place] for place in places],
            negative=self.training.material.empty,
            seeds=tuple(self.payload.seed + place for place in places),
            size=(recipe.sample_size, recipe.sample_size),
            steps=recipe.sample_steps,
            guidance_scale=recipe.sample_guidance,
            on_step=lambda _step: self.context.report.check(),
        )
        for index, image in zip(indexes, images, strict=True):
            self._put(index, image)

    def _put(self, index: int, image: Image.Image) -> None:
        url, data = self.payload.sample_put_urls[index], encoded(image, "jpeg")
        try:
            sample = put(url, data, content_type=SAMPLE_TYPE, index=index)
        except JobFailed as error:
            return self._leave_out(index, error)
        seed, step = self.payload.seed + index % self.per_round, self.training.progress.step
        portrait = SAMPLE_SCENES[index % self.per_round].portrait
        details = {"seed": seed, "step": step, "portrait": portrait}
        details |= {"width": image.width, "height": image.height}
        return self._record(sample.model_copy(update=details))

    def _record(self, sample: PutFile) -> None:
        samples = [*recorded(self.context.folder), sample]
        values = [known.model_dump() for known in sorted(samples, key=lambda known: known.index)]
        write_json(self.context.folder / RECORD, values)
        self.done.add(sample.index)
        self._announce()

    def _announce(self) -> None:
        self.context.report.now(samples=tuple(sorted(self.done)))

    def _save_memory(self, indexes: list[int], error: Exception) -> list[int]:
        """What to try once more, with less memory; the rest is left out. A wish to stop goes on."""
        if isinstance(error, JobFailed) and error.code in {Code.CANCELED, Code.STOPPED}:
            raise error
        if failure_of(error).code is Code.OUT_OF_MEMORY and not self.thrifty:
            self.thrifty, self.batch = True, 1
            self.pipe.vae.enable_tiling()
            device.free_memory()
            return indexes
        for index in indexes:
            self._leave_out(index, error)
        return []

    def _leave_out(self, index: int, error: Exception) -> None:
        self.context.report.warn(f"Sample {index} was left out: {failure_of(error).message}")
