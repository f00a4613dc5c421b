"""The engine protocol: what trains and generates, each as submit, poll, result."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any, Protocol
from uuid import UUID

from pydantic import Field as Hidden

from db.models.generations import OWN_PIXELS as OWN_PIXELS
from db.models.generations import Method as Method
from db.models.generations import Operation as Operation
from services.engines.errors import EngineError as EngineError
from services.engines.errors import Refused as Refused
from services.engines.errors import Unknown as Unknown

PHOTO = "photo of {subject}, {prompt}"  # the template where no style was chosen


class RemoteState(StrEnum):
    """Where a run stands at its engine; `final` ones never change again."""

    PENDING = "pending"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"
    LOST = "lost"  # the engine does not know the run: before the deadline this decides nothing

    @property
    def final(self) -> bool:
        """Whether the engine will never change it again."""
        return self in {self.SUCCEEDED, self.FAILED, self.CANCELED}


@dataclass(frozen=True, slots=True)
class FileRef:
    """One file of ours: in-process engines read `key`, remote ones the signed `url`."""

    key: str
    url: str


@dataclass(frozen=True, slots=True)
class TrainRequest:
    """Everything that one training needs; photos are upright sRGB JPEGs of at most 1024 px.

    dataset: a zip of the same photos at up to 2048 px.

    client_job_id: the run's, the same in every attempt, so that a worker can tell a repeat.
    face_boxes: one (left, top, right, bottom) in 0..1 for each photo, or None.
    alphas: each photo's cut-out, a grey picture of the same shape, or None.
    weights: where the LoRA is to be put. samples: where samples 0..n are to be put.
    progress_url: takes a worker's progress and answers whether to stop; None where there is none.
    have: indices of the samples that an earlier attempt brought; an engine may leave them out.
    checkpoints: where the LoRAs of so many rounds before the last are to be put.
    captions: what the member wrote that each photo shows, or None.
    """

    client_job_id: UUID
    user_model_id: UUID
    subject: str
    trigger_word: str
    photos: Sequence[FileRef]
    dataset: FileRef
    face_boxes: Sequence[tuple[float, float, float, float] | None]
    weights: FileRef
    samples: Sequence[FileRef]
    seed: int
    base_model: str | None = None
    options: dict[str, Any] = field(default_factory=dict)
    progress_url: str | None = None
    alphas: Sequence[FileRef | None] = ()
    have: Collection[int] = ()
    captions: Sequence[str | None] = ()
    checkpoints: Sequence[FileRef] = ()


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody to be seen: photos, best first, and what a prompt calls them."""

    subject: str
    photos: Sequence[FileRef]


@dataclass(frozen=True, slots=True)
class GenerateRequest:
    """n images of one prompt; image i uses `seeds[i]` and is put at `outputs[i]`.

    prompt: the member's own words. template: the style's words around them, for real models,
    with {subject} and {prompt}; `words` puts the three together. preset: the photo booth's look.
    width, height: pixels. None in an optional parameter means the engine's own default.
    method: how the person comes into the picture: by `photos`, or by `lora`.
    photos: the member's best photos, best first: references, or material for the preview.
    alphas: each photo's cut-out, a grey picture of the same shape, or None.
    have: indices of the images that an earlier attempt brought; an engine may leave them out.
    source: the picture that an operation starts from, and made: its recipe. scale: 2 or 4.
    mask: a grey picture of the source's shape, white where it may change. area: its face.
    second: another person who is to be seen beside the first, for engines that offer two.
    """

    client_job_id: UUID
    prompt: str
    seeds: Sequence[int]
    width: int
    height: int
    outputs: Sequence[FileRef]
    photos: Sequence[FileRef]
    preset: str | None = None
    negative_prompt: str | None = None
    steps: int | None = None
    guidance_scale: float | None = None
    lora: FileRef | None = None
    lora_scale: float | None = None
    trigger_word: str | None = None
    subject: str = "person"
    base_model: str | None = None
    face_boxes: Sequence[tuple[float, float, float, float] | None] = ()
    progress_url: str | None = None
    alphas: Sequence[FileRef | None] = ()
    have: Collection[int] = ()
    template: str = PHOTO
    operation: Operation = Operation.GENERATE
    source: FileRef | None = None
    made: Mapping[str, Any] = field(default_factory=dict)
    scale: int | None = None
    mask: FileRef | None = None
    area: tuple[float, float, float, float] | None = None
    method: Method = Method.TRAINED
    second: Person | None = None

    def words(self, subject: str) -> str:
        """The whole prompt for a real model; `subject` names the person to that model."""
        filled = self.template.replace("{subject}", subject).replace("{prompt}", self.prompt)
        return filled.strip(" ,")


@dataclass(frozen=True, slots=True)
class ResultFile:
    """One result: already at `key` in our storage, or `data` that the caller has to store.

    With neither, nor a `url`, it lies where the request told the engine to put this index.
    seed: of an image. step: of the training, where it is a sample or a checkpoint.
    portrait: whether a sample shows a face that likeness can be measured on.
    recipe: what is particular to this one, beside the recipe of all.
    """

    index: int
    key: str | None = None
    data: bytes | None = None
    url: str | None = None
    seed: int | None = None
    step: int | None = None
    portrait: bool = False
    recipe: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RemoteStatus:
    """What an engine knows of one run. progress is 0.0-1.0; seconds_left is its own estimate.

    stage: preparing, encoding, training, sampling, uploading, generating.
    metrics: for a training {"step", "total_steps", "loss", "s_per_step", "vram_peak_bytes"},
    and "loss_curve" [(step, loss)] where the engine keeps one; "bands" [(step, loss at little, half
    and much noise)] where it measures them.
    results: images (generation), or the weights at index 0 (training).
    samples: so far, for a training. checkpoints: of its earlier rounds, at its end.
    recipe: everything needed to make it again.
    """

    remote_id: str
    state: RemoteState
    progress: float = 0.0
    stage: str = ""
    reason: str | None = None
    retryable: bool = False
    seconds_left: float | None = None
    metrics: dict[str, Any] = field(default_factory=dict)
    results: Sequence[ResultFile] = ()
    samples: Sequence[ResultFile] = ()
    checkpoints: Sequence[ResultFile] = ()
    recipe: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number that the member may set: its range, its step and the engine's default."""

    minimum: float
    maximum: float
    step: float
    default: float


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """What the screens say of an engine and which parameters they offer.

    label: a short name. notice: what it means, shown wherever the engine is used.
    privacy: where the photos go. image_seconds, training_seconds: its own estimates, used
    until runs were measured; None if not known.
    resubmit_safe: an unknown submit may simply be repeated (nothing is charged elsewhere).
    in_process: it works inside the process that submits, under the id that it is sent: no other
    process can ask it, and what it knows dies with that process.
    batch: images in one submit; a larger count becomes several, at the same time.
    methods: how it makes images. min_photos: for the one that needs fewest; max_references: how
    many photos an instant image is made from, and max_people how many persons it may show.
    by_method: what it says of a method for which any of this differs; see `of`.
    cost_per_image_usd: None where it is not known or nothing is paid.
    tag: what its pictures are marked with; empty where nothing need be said.
    operations: what it can do; with which pictures, its `objection` says. enlarging: how it makes
    pictures larger, in a few words, upscaler: by which network. slow: ENGINE=auto leaves it out.
    """

    name: str
    label: str
    notice: str
    privacy: str
    trains: bool
    base_model: str
    max_count: int = 8
    batch: int = 8
    negative_prompt: bool = False
    steps: Parameter | None = None
    guidance_scale: Parameter | None = None
    lora_scale: Parameter | None = None
    resubmit_safe: bool = False
    in_process: bool = False
    methods: tuple[Method, ...] = (Method.TRAINED,)
    operations: tuple[Operation, ...] = (Operation.GENERATE,)
    enlarging: str = ""
    upscaler: str = ""
    min_photos: int = 10
    max_references: int = 8
    max_people: int = 1
    image_seconds: float | None = None
    training_seconds: float | None = None
    cost_per_image_usd: float | None = None
    tag: str = ""
    slow: bool = False
    by_method: Annotated["Mapping[Method, EngineInfo]", Hidden(exclude=True)] = field(
        default_factory=dict
    )

    @property
    def needs_weights(self) -> bool:
        """Whether a training ends with a LoRA."""
        return self.trains and Method.TRAINED in self.methods

    def of(self, method: Method) -> "EngineInfo":
        """What it says of one of its methods."""
        return self.by_method.get(method, self)


@dataclass(frozen=True, slots=True)
class ConnectionField:
    """A setting of `Settings` that connects an engine. secret: never shown again on the page."""

    setting: str
    label: str
    secret: bool = False
    example: str = ""


@dataclass(frozen=True, slots=True)
class Term:
    """Something of the prompt that the picture will show. word: as the member wrote it.

    kind: place, light, weather, season, mood, lens, framing, colour, text, or without (what the
    member did not want and the picture will not have).
    """

    label: str
    kind: str
    word: str


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    """Something of the prompt that the picture won't show; reason: why, where it is known."""

    word: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Understanding:
    """A prompt as an engine with a vocabulary reads it, in the prompt's order."""

    understood: tuple[Term, ...] = ()
    not_understood: tuple[NotUnderstood, ...] = ()


@dataclass(frozen=True, slots=True)
class Option:
    """A word of the vocabulary that can be picked; colour: `#rrggbb` where it is one."""

    kind: str
    value: str
    label: str
    colour: str | None = None


@dataclass(frozen=True, slots=True)
class Choices:
    """A part of the vocabulary under its heading."""

    title: str
    options: tuple[Option, ...]


class Words(Protocol):
    """How an engine reads prompts that follows a vocabulary of its own.

    ideas: whole sentences that it follows. understand: for pictures in a style (a preset's id), as
    styles may hide what a photograph shows. choose: the prompt with the option written into it,
    in place of what excludes it; without the option where the prompt already has it.
    """

    @property
    def ideas(self) -> Sequence[str]: ...  # noqa: D102

    @property
    def vocabulary(self) -> Sequence[Choices]: ...  # noqa: D102

    def understand(self, prompt: str, style: str | None = None) -> Understanding: ...  # noqa: D102

    def choose(self, prompt: str, option: Option) -> str: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class SheetPicture:
    """One place of a model's sheet: a style and a sentence, as the studio would be asked."""

    preset: str
    prompt: str


@dataclass(frozen=True, slots=True)
class SheetRequest:
    """One picture of a sheet; photos, face_boxes and alphas as in `GenerateRequest`."""

    picture: SheetPicture
    seed: int
    photos: Sequence[FileRef]
    face_boxes: Sequence[tuple[float, float, float, float] | None] = ()
    alphas: Sequence[FileRef | None] = ()


class Sheet(Protocol):
    """How an engine shows a person in every style, at no cost and within seconds.

    make: one encoded picture. Raises Refused.
    """

    @property
    def pictures(self) -> Sequence[SheetPicture]: ...  # noqa: D102

    async def make(self, request: SheetRequest, /) -> bytes: ...  # noqa: D102


class Engine(Protocol):
    """Trains and generates. Every call is bounded in time and never retries a submit by itself.

    submit_*: raises Refused or Unknown; a synchronous engine answers with a final status.
    poll: raises Refused(retryable=True) when the engine cannot be asked at present.
    cancel: True if the engine stopped it; False if it can't, and the result is to be discarded.
    words: None where the engine takes any words.
    sheet: None where pictures cost something.
    objection: why one of its operations can't be done with the picture of this recipe; None
    where it can. scale: of an enlargement.
    """

    @property
    def info(self) -> EngineInfo: ...  # noqa: D102

    @property
    def words(self) -> Words | None: ...  # noqa: D102

    @property
    def sheet(self) -> Sheet | None: ...  # noqa: D102

    def objection(  # noqa: D102
        self, operation: Operation, made: Mapping[str, Any], *, scale: int | None = None
    ) -> str | None: ...

    async def submit_training(self, request: TrainRequest) -> RemoteStatus: ...  # noqa: D102

    async def submit_generation(self, request: GenerateRequest) -> RemoteStatus: ...  # noqa: D102

    async def poll(self, remote_id: str) -> RemoteStatus: ...  # noqa: D102

    async def cancel(self, remote_id: str) -> bool: ...  # noqa: D102

    async def check(self) -> str: ...  # noqa: D102  # one sentence on its state; raises Refused

    async def close(self) -> None: ...  # noqa: D102
