"""Whether a training and images fit on this worker's GPU at the same time."""

from pathlib import Path

from services.trainer.bases import find_base, locate
from services.trainer.config import WorkerConfig
from services.trainer.errors import JobFailed
from services.trainer.hardware import Hardware
from services.trainer.ladder import economy
from services.trainer.placement import (
    PLACEMENTS,
    Pictures,
    Sizes,
    first_rung,
    fit_together,
    image_bytes,
    sizes_of,
    training_bytes,
)
from services.trainer.spec import GeneratePayload, TrainPayload, from_wire
from services.trainer.store import StoredJob

SMALLEST_RESIDENT = PLACEMENTS[2]


class Room:
    """The GPU's memory against what two jobs take."""

    def __init__(self, config: WorkerConfig, hardware: Hardware) -> None:
        self._config, self._total = config, hardware.memory_bytes

    def for_both(self, training: StoredJob | None, image: StoredJob | None) -> bool:
        """Whether both jobs fit; false where one is not there, or its size is not known."""
        if self._total is None or training is None or image is None:
            return False
        if training.payload is None or image.payload is None:
            return False
        return fit_together(self._total, self._training(training), self._image(image))

    def _training(self, job: StoredJob) -> int | None:
        payload = from_wire(job.payload)
        sizes = self._sizes(payload.base_model, "quality")
        if sizes is None or not isinstance(payload, TrainPayload):
            return None
        rung = first_rung(self._total, sizes, payload.recipe)
        if rung is None:
            return None
        estimate = training_bytes(economy(rung, payload.recipe), sizes, payload.recipe)
        return max(estimate, job.info.get("vram_peak_bytes") or 0)

    def _image(self, job: StoredJob) -> int | None:
        payload = from_wire(job.payload)
        if not isinstance(payload, GeneratePayload):
            return None
        sizes = self._sizes(payload.base_model, payload.profile)
        references = len(payload.reference_urls) + bool(payload.source_url)
        wanted = Pictures(payload.width, payload.height, len(payload.seeds), references)
        return None if sizes is None else image_bytes(SMALLEST_RESIDENT, sizes, wanted)

    def _sizes(self, name: str | None, profile: str) -> Sizes | None:
        try:
            base = find_base(self._config, name)
            source = locate(self._config, base.profile(profile))
        except JobFailed:
            return None
        return sizes_of(Path(source))
