"""What the worker is sent and what it answers; the app's client builds its payloads with this.

Photos, weights and images travel by signed URLs only, never inside a payload. A payload names
its job by `client_job_id`, which is also the worker's request id: a repeat is no second job.
On the wire a payload lies under one key ("job"), see `to_wire`.
Imports nothing but pydantic, so that the app can use it without the worker's packages.
"""

import hashlib
import json
import re
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from services.trainer.recipe import MAX_IMAGES as MAX_IMAGES
from services.trainer.recipe import MAX_PHOTOS as MAX_PHOTOS
from services.trainer.recipe import Recipe as Recipe
from services.trainer.recipe import Side, Strict, Unit

INFO_LIMIT = 4096  # bytes of JSON that a Together worker may report as progress
MAX_SAMPLES = 64
MAX_CHECKPOINTS = 8
MAX_REFERENCES = 4
ZIP_TYPE = "application/zip"
WEIGHTS_TYPE = "application/octet-stream"  # the Content-Type of each PUT, which S3 signs too
SAMPLE_TYPE = "image/jpeg"
IMAGE_TYPES = {"jpeg": "image/jpeg", "png": "image/png", "webp": "image/webp"}


def _web_address(value: str) -> str:
    if not re.match(r"https?://[^\s/]+", value):
        raise ValueError("must be an http or https URL")
    return value


Url = Annotated[str, Field(max_length=4096), AfterValidator(_web_address)]
JobId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{7,63}$")]
FaceBox = tuple[Unit, Unit, Unit, Unit]
Seed = Annotated[int, Field(ge=0, le=2**63 - 1)]
Prompt = Annotated[str, Field(max_length=2000)]


class TrainPayload(Strict):
    """One training. The zip holds the photos and nothing else, flat; order is by file name.

    face_boxes[i], captions[i]: of the i-th photo; (left, top, right, bottom) in 0..1; captions
    name scene, pose and clothes, never the face. Empty lists mean none.
    sample_put_urls: sample i is put at [i]; rounds of `recipe.samples_per_round` are spread
    evenly over the steps, the last at the end. progress_url: see `ProgressReply`.
    checkpoint_put_urls: the LoRAs of so many rounds before the last one, the earliest first; what
    the last round was made with is put at weights_put_url.
    """

    kind: Literal["train"] = "train"
    client_job_id: JobId
    dataset_url: Url
    weights_put_url: Url
    sample_put_urls: tuple[Url, ...] = Field(default=(), max_length=MAX_SAMPLES)
    checkpoint_put_urls: tuple[Url, ...] = Field(default=(), max_length=MAX_CHECKPOINTS)
    face_boxes: tuple[FaceBox | None, ...] = Field(default=(), max_length=MAX_PHOTOS)
    captions: tuple[Prompt | None, ...] = Field(default=(), max_length=MAX_PHOTOS)
    subject: str = Field(default="person", pattern=r"^[A-Za-z][A-Za-z -]{0,39}$")
    trigger_word: str = Field(default="ohwx", pattern=r"^[A-Za-z0-9]{2,24}$")
    base_model: str | None = Field(default=None, max_length=100)
    seed: Seed = 0
    recipe: Recipe = Recipe()
    progress_url: Url | None = None


class GeneratePayload(Strict):
    """n images of one prompt: image i uses seeds[i] and is put at output_put_urls[i].

    lora_url: a LoRA that this worker trained, for the same base; lora_id: any name that is the
    same for the same weights, so that they are fetched once. None in steps and guidance_scale:
    the profile's own. profile: `fast` is the distilled base, `quality` the one trained on.
    With a trigger_word that the prompt lacks, "photo of <trigger> <subject>, " is put before it.
    reference_urls: pictures of the person, JPEG, PNG or WebP; taken at 768 x 768 pixels in area.
    source_url: a picture that is changed as the prompt says. mask_url: white where it may change,
    every other pixel stays; extend: the picture stays whole, and what the size leaves around it is
    made; strength: how far, 1.0 from noise alone. All go with a LoRA or without,
    on FLUX.2 klein only.
    area: a face in the picture that is changed, made again at width x height and set back softly;
    every pixel away from it stays. enlarge: the picture is only made larger, by `upscaler`, whose
    weights lie with the worker; words and size have no part in it.
    """

    kind: Literal["generate"] = "generate"
    client_job_id: JobId
    prompt: Prompt
    negative_prompt: Prompt | None = None
    seeds: tuple[Seed, ...] = Field(min_length=1, max_length=MAX_IMAGES)
    output_put_urls: tuple[Url, ...] = Field(min_length=1, max_length=MAX_IMAGES)
    width: Side = 1024
    height: Side = 1024
    profile: Literal["fast", "quality"] = "quality"
    steps: int | None = Field(default=None, ge=1, le=100)
    guidance_scale: float | None = Field(default=None, ge=1, le=20)
    lora_url: Url | None = None
    lora_id: str | None = Field(default=None, max_length=200)
    lora_scale: float = Field(default=1.0, ge=0, le=2)
    reference_urls: tuple[Url, ...] = Field(default=(), max_length=MAX_REFERENCES)
    source_url: Url | None = None
    mask_url: Url | None = None
    extend: bool = False
    area: FaceBox | None = None
    enlarge: Literal[2, 4] | None = None
    upscaler: str | None = Field(default=None, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$")
    strength: float = Field(default=0.8, gt=0, le=1)
    output_format: Literal["jpeg", "png", "webp"] = "jpeg"
    subject: str = Field(default="person", pattern=r"^[A-Za-z][A-Za-z -]{0,39}$")
    trigger_word: str | None = Field(default=None, pattern=r"^[A-Za-z0-9]{2,24}$")
    base_model: str | None = Field(default=None, max_length=100)
    max_sequence_length: int = Field(default=512, ge=16, le=512)
    progress_url: Url | None = None

    def model_post_init(self, _context: Any, /) -> None:
        """Raise ValueError unless every image has a place to go, and a mask its picture."""
        if len(self.seeds) != len(self.output_put_urls):
            raise ValueError("seeds and output_put_urls must have the same length")
        if self.mask_url and not self.source_url:
            raise ValueError("mask_url needs a source_url")
        if self.extend and (self.mask_url or not self.source_url):
            raise ValueError("extend needs a source_url and takes no mask_url")
        if self.area and (self.mask_url or self.extend or not self.source_url):
            raise ValueError("area needs a source_url alone")
        if self.enlarge and not (self.source_url and self.upscaler and len(self.seeds) == 1):
            raise ValueError("enlarge needs a source_url and an upscaler, and makes one image")


Payload = Annotated[TrainPayload | GeneratePayload, Field(discriminator="kind")]


class _Wire(Strict):
    job: Payload


def to_wire(payload: TrainPayload | GeneratePayload) -> dict[str, Any]:
    """A queue's `payload`: nested, since Sprocket fetches every https URL at the top level."""
    return {"job": payload.model_dump(mode="json")}


def from_wire(value: Any) -> TrainPayload | GeneratePayload:
    """The payload in what `to_wire` made; raises pydantic.ValidationError."""
    return _Wire.model_validate(value).job


def without_urls(payload: dict[str, Any]) -> dict[str, Any]:
    """What a payload asks for: URLs are signed anew for each attempt and do not count."""
    return {key: value for key, value in payload.items() if not key.endswith(("_url", "_urls"))}


def digest(payload: dict[str, Any]) -> str:
    """A name for what a payload asks for, whatever URLs it travels by."""
    text = json.dumps(without_urls(payload), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


class Code(StrEnum):
    """Why a job ended without a result."""

    INVALID_PAYLOAD = "invalid_payload"
    DATASET_INVALID = "dataset_invalid"
    IMAGE_INVALID = "image_invalid"
    LORA_MISMATCH = "lora_mismatch"
    LORA_INVALID = "lora_invalid"
    BASE_MISSING = "base_missing"
    LICENCE_REQUIRED = "licence_required"
    DIVERGED = "diverged"
    CANCELED = "canceled"
    OUT_OF_MEMORY = "oom"
    NO_GPU = "no_gpu"
    DISK_FULL = "disk_full"
    TRANSFER_FAILED = "transfer_failed"
    CRASHED = "crashed"
    STOPPED = "stopped"


RETRYABLE = {Code.TRANSFER_FAILED, Code.CRASHED, Code.STOPPED, Code.DISK_FULL, Code.NO_GPU}


class Failure(Strict):
    """A code, plain words, and whether the same job may succeed when it is sent again."""

    code: Code
    message: str = Field(max_length=500)

    @property
    def retryable(self) -> bool:
        """True for faults of the machinery, not of the job."""
        return self.code in RETRYABLE

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"

    @classmethod
    def parse(cls, value: object) -> "Failure":
        """Read `info["error"]`: our "code: message", also inside Sprocket's repr(exception)."""
        text = str(value)
        if match := re.search(rf"\b({'|'.join(Code)}): (.*)", text, re.DOTALL):
            return cls(code=Code(match[1]), message=match[2].rstrip("')\"")[:500])
        return cls(code=Code.CRASHED, message=text[:500])


class Stage(StrEnum):
    """What a running job does; the words of the engine protocol."""

    PREPARING = "preparing"
    ENCODING = "encoding"
    TRAINING = "training"
    SAMPLING = "sampling"
    UPLOADING = "uploading"
    GENERATING = "generating"


class ProgressInfo(BaseModel):
    """Progress, as the keys of a queue job's `info`; always under INFO_LIMIT bytes of JSON.

    progress: 0.0-1.0 of the whole job. loss: moving average. s_per_step, seconds_left: measured.
    loss_curve: up to 60 of (step, loss). bands: of (step, loss at little, half and much noise),
    always of the same noise: what the curve, of ever other noise, can't show.
    samples: indexes already put. done_images: likewise.
    vram_peak_bytes: None without a GPU; ram_peak_bytes: of the job's process.
    sequence grows with every report; error is `str(Failure)`, on a job that ended without result.
    """

    model_config = ConfigDict(extra="ignore")

    stage: Stage = Stage.PREPARING
    progress: Unit = 0.0
    step: int = 0
    total_steps: int = 0
    loss: float | None = None
    s_per_step: float | None = None
    seconds_left: float | None = None
    vram_peak_bytes: int | None = None
    ram_peak_bytes: int | None = None
    loss_curve: tuple[tuple[int, float], ...] = Field(default=(), max_length=60)
    bands: tuple[tuple[int, float, float, float], ...] = Field(default=(), max_length=60)
    samples: tuple[int, ...] = ()
    done_images: tuple[int, ...] = ()
    warnings: tuple[str, ...] = Field(default=(), max_length=8)
    sequence: int = 0
    error: str | None = None


class ProgressReply(BaseModel):
    """What progress_url answers to a POST of {"client_job_id", "info"}: whether to stop."""

    model_config = ConfigDict(extra="ignore")

    cancel: bool = False


class PutFile(Strict):
    """One file that was put at its signed URL; size in bytes. portrait: a sample of her face."""

    index: int
    bytes: int
    sha256: str
    content_type: str
    seed: int | None = None
    step: int | None = None
    width: int | None = None
    height: int | None = None
    portrait: bool | None = None


class TrainOutputs(Strict):
    """A finished training. recipe: everything needed to make it again, as in the LoRA's metadata.

    first_loss, last_loss: mean of the first and the last tenth of the steps. weights: of the last
    step; checkpoints: of the rounds before.
    """

    kind: Literal["train"] = "train"
    client_job_id: str
    weights: PutFile
    samples: tuple[PutFile, ...]
    checkpoints: tuple[PutFile, ...] = ()
    steps: int
    photos: int
    first_loss: float
    last_loss: float
    seconds: float
    vram_peak_bytes: int | None
    ram_peak_bytes: int | None
    loss_curve: tuple[tuple[int, float], ...]
    bands: tuple[tuple[int, float, float, float], ...] = ()
    warnings: tuple[str, ...]
    recipe: dict[str, Any]


class GenerateOutputs(Strict):
    """Finished images. recipe: what they were made with, prompt as it was used."""

    kind: Literal["generate"] = "generate"
    client_job_id: str
    images: tuple[PutFile, ...]
    seconds: float
    vram_peak_bytes: int | None
    ram_peak_bytes: int | None
    warnings: tuple[str, ...]
    recipe: dict[str, Any]
