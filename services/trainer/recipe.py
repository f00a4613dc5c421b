"""How a LoRA is trained: every number of it, with the worker's own choice as the default.

Imports nothing but pydantic, as `spec` does. The sources of the defaults are BFL's own training
(the shift), and what published person recipes have in common (rate, length, rank).
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

MAX_PHOTOS = 100
MAX_IMAGES = 8
Unit = Annotated[float, Field(ge=0, le=1)]
Side = Annotated[int, Field(ge=16, le=2048, multiple_of=16)]


class Strict(BaseModel):
    """What is sent: nothing unknown in it, and never changed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Recipe(Strict):
    """How to train. The defaults are the worker's own recipe; steps None is 120 a photo, 1200-3000.

    adapter: a LoRA, or a LoKr, which is written as a LoRA of `rank` all the same, with about a
    quarter of the numbers to learn. schedule: the rate after the warm-up; cosine ends at
    final_rate of it. resolutions: bucket sizes in pixels; a photo is never enlarged to reach one.
    sigma_shift: the mean of logit(sigma) at 256 and at 4096 tokens, between which it is linear;
    None leaves it at 0. uniform_share: of the draws, with any sigma alike.
    framing: a photo without a caption is given one by its face box. trigger_share,
    caption_dropout: of the draws with the trigger word and subject alone, and with no words.
    face_crops: a second example of each photo, around its face, of face_crop_side pixels at least.
    class_share: of the steps that keep what the base makes of the subject without the word.
    ema_decay: of the average of the weights that is sampled and written; 0 takes the last ones.
    precise_encoding: the autoencoder in 32 bits while photos are encoded.
    face_weight_outside: loss weight beside the face (1.0 inside), where a face box is given.
    sample_*: the pictures made on the way, to be looked at; guidance 1.0 means none.
    min_photos: fewer readable photos than this end the job as `dataset_invalid`.
    extra_targets: further linear layers by exact name (for tiny test models).
    """

    steps: int | None = Field(default=None, ge=1, le=10_000)
    adapter: Literal["lora", "lokr"] = "lora"
    rank: int = Field(default=32, ge=1, le=128)
    alpha: int = Field(default=32, ge=1, le=256)
    learning_rate: float = Field(default=2e-4, gt=0, le=0.1)
    schedule: Literal["constant", "cosine"] = "cosine"
    final_rate: Unit = 0.1
    weight_decay: float = Field(default=1e-4, ge=0, le=0.1)
    warmup_steps: int = Field(default=50, ge=0, le=1000)
    clip_norm: float = Field(default=1.0, gt=0, le=100)
    resolutions: tuple[Side, ...] = Field(default=(512, 768, 1024), min_length=1, max_length=8)
    sigma_shift: tuple[float, float] | None = (0.5, 1.15)
    uniform_share: Unit = 0.2
    framing: bool = True
    caption_dropout: Unit = 0.05
    trigger_share: Unit = 0.12
    face_weight_outside: Unit = 0.3
    face_crops: bool = True
    face_crop_side: Side = 512
    class_share: float = Field(default=0.0, ge=0, le=0.5)
    ema_decay: float = Field(default=0.0, ge=0, lt=1)
    precise_encoding: bool = True
    checkpoint_every: int = Field(default=250, ge=1)
    samples_per_round: int = Field(default=5, ge=1, le=MAX_IMAGES)
    sample_size: Side = 768
    sample_steps: int = Field(default=28, ge=1, le=100)
    sample_guidance: float = Field(default=4.0, ge=1, le=20)
    max_sequence_length: int = Field(default=512, ge=16, le=512)
    min_photos: int = Field(default=4, ge=1, le=MAX_PHOTOS)
    extra_targets: tuple[str, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _of_an_older_release(cls, given: Any) -> Any:
        """A whole recipe that an older release wrote means what it meant there."""
        if isinstance(given, dict) and given.keys() >= FIRST and not (OFF.keys() & given.keys()):
            return {**OFF, **given}
        return given

    def named(self) -> dict[str, Any]:
        """What a checkpoint depends on: as an older release wrote it where nothing newer is on."""
        values = self.model_dump(mode="json")
        off = Recipe.model_construct(**OFF).model_dump(mode="json")
        return {k: v for k, v in values.items() if k not in OFF or v != off[k]}


# The fields of the first release, and what the later ones are where such a recipe comes.
OFF: dict[str, Any] = {
    "adapter": "lora",
    "schedule": "constant",
    "final_rate": 0.1,
    "sigma_shift": None,
    "uniform_share": 0.0,
    "framing": False,
    "trigger_share": 0.0,
    "face_crops": False,
    "face_crop_side": 512,
    "class_share": 0.0,
    "ema_decay": 0.0,
    "precise_encoding": False,
}
FIRST = Recipe.model_fields.keys() - OFF.keys()
