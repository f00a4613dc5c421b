"""Tiny base models, a bucket behind signed URLs, and jobs that run in this process."""

import gc
import io
import zipfile
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from services.trainer.config import WorkerConfig
from services.trainer.spec import (
    Code,
    GeneratePayload,
    ProgressInfo,
    Recipe,
    TrainPayload,
)
from tests.shared import shared_dir as shared_dir
from tests.trainer.bucket import Bucket


class NeedsTorch(pytest.Module):
    """A module of these tests in an environment without the trainer's packages."""

    def collect(self) -> Any:
        """Skip it all, with the reason."""
        pytest.skip("torch is not installed: `python -m tests` runs these in .venv-trainer")


def pytest_pycollect_makemodule(module_path: Path, parent: Any) -> pytest.Module | None:
    """Keep modules from being imported where torch is absent."""
    if find_spec("torch"):
        return None
    module: pytest.Module = NeedsTorch.from_parent(parent, path=module_path)
    return module


def pytest_configure(config: pytest.Config) -> None:
    """One thread: two are three times slower on models this small."""
    for package in ("torch", "diffusers", "transformers", "peft", "huggingface_hub"):
        config.addinivalue_line("filterwarnings", f"ignore:::{package}")
    if find_spec("torch"):
        import torch

        torch.set_num_threads(1)


@pytest.fixture(scope="session")
def base_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all tiny bases; what is imported by then is not looked at by collections."""
    from tests.trainer import tiny

    folder = tiny.build(tmp_path_factory.mktemp("bases"))
    gc.collect()
    gc.freeze()
    return folder


@pytest.fixture(scope="session")
def bucket() -> Iterator[Bucket]:
    """A place that signed URLs lead to."""
    with Bucket() as bucket:
        yield bucket


@pytest.fixture
def config(base_dir: Path, tmp_path: Path) -> WorkerConfig:
    """A worker on the tiny bases, with the licence of FLUX.1 accepted."""
    return worker_config(base_dir, tmp_path / "work")


def worker_config(base_dir: Path, work_dir: Path) -> WorkerConfig:
    """A configuration for tests; `dataclasses.replace` makes others of it."""
    return WorkerConfig(
        work_dir=work_dir,
        base_dir=base_dir,
        accepted_licences=frozenset({"FLUX.1-dev"}),
        device="cpu",
        threads=1,
        key="the key",
    )


def portrait(number: int = 0, size: tuple[int, int] = (64, 64)) -> Image.Image:
    """A drawn face; the number changes the background."""
    image = Image.new("RGB", (64, 64), (30 + 20 * number, 60, 120))
    draw = ImageDraw.Draw(image)
    draw.ellipse((16, 8, 48, 52), fill=(230, 180, 150))
    draw.ellipse((24, 22, 29, 27), fill=(0, 0, 0))
    draw.ellipse((35, 22, 40, 27), fill=(0, 0, 0))
    return image.resize(size)


def jpeg(image: Image.Image) -> bytes:
    """The picture as a JPEG."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


def zipped(files: Sequence[tuple[str, bytes]]) -> bytes:
    """A zip of files, in their order; the same bytes every time."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files:
            archive.writestr(zipfile.ZipInfo(name), data)
    return buffer.getvalue()


@pytest.fixture(scope="session")
def training(bucket: Bucket) -> Callable[..., TrainPayload]:
    """Make payloads of trainings on three drawn portraits; keywords replace fields."""
    from tests.trainer import tiny

    photos = zipped([(f"{n}.jpg", jpeg(portrait(n))) for n in range(3)])

    def build(job_id: str, *, samples: int = 0, **changes: Any) -> TrainPayload:
        bucket.objects[f"/{job_id}/dataset.zip"] = photos
        fields = {
            "client_job_id": job_id,
            "dataset_url": bucket.url(f"/{job_id}/dataset.zip"),
            "weights_put_url": bucket.url(f"/{job_id}/lora.safetensors"),
            "sample_put_urls": [bucket.url(f"/{job_id}/sample-{i}.jpg") for i in range(samples)],
            "face_boxes": [(0.25, 0.12, 0.75, 0.82)] * 3,
        }
        recipe = Recipe.model_validate({**tiny.RECIPE, **changes.pop("recipe", {})})
        return TrainPayload.model_validate({**fields, "recipe": recipe, **changes})

    return build


@pytest.fixture(scope="session")
def generation(bucket: Bucket) -> Callable[..., GeneratePayload]:
    """Make payloads of generations; keywords replace fields."""

    def build(job_id: str, **changes: Any) -> GeneratePayload:
        seeds = changes.pop("seeds", (7,))
        fields = {
            "client_job_id": job_id,
            "prompt": "in a park",
            "trigger_word": "ohwx",
            "seeds": seeds,
            "output_put_urls": [bucket.url(f"/{job_id}/{i}") for i in range(len(seeds))],
            "width": 64,
            "height": 64,
            "steps": 3,
            "output_format": "png",
            "max_sequence_length": 64,
        }
        return GeneratePayload.model_validate({**fields, **changes})

    return build


class Run:
    """Runs jobs in this process; `infos` is what the last one said of itself."""

    def __init__(self, config: WorkerConfig) -> None:
        self.config = config
        self.infos: list[ProgressInfo] = []
        self.warm: dict[str, Any] = {}

    def __call__(
        self,
        payload: TrainPayload | GeneratePayload,
        *,
        wish: Callable[[], Code | None] = lambda: None,
        rung: int = 0,
    ) -> Any:
        """The outputs; raises what the job raises."""
        from services.trainer.context import Context
        from services.trainer.jobs import run_job
        from services.trainer.reporting import Reporter

        self.infos = []
        report = Reporter(self.infos.append, wish, clock=lambda: 2.0 * len(self.infos))
        folder = self.config.work_dir / payload.client_job_id
        return run_job(payload, Context(self.config, folder, report, rung, self.warm))


@pytest.fixture
def run(config: WorkerConfig) -> Run:
    """Run a job in this process, in a work folder of this test alone."""
    return Run(config)
