"""Whether and how a base fits into a GPU: decided before anything is loaded, by arithmetic.

Pure functions of (free memory, sizes, request). The sizes are those of the files; what the work
itself takes was counted on the meta device for klein-4B, 9B, FLUX.1 and Krea 2
(tests/trainer/test_real.py repeats it), and the rest, marked [E], is estimated and has not been
measured on a GPU.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from services.trainer.errors import JobFailed
from services.trainer.ladder import LAST, Economy, economy
from services.trainer.spec import Code, Recipe

GIB = 2**30
MIB = 2**20
TOKEN = 16  # pixels on the side of a token
TEXT_TOKENS = 512
REFERENCE_SIDE = 768  # pixels: a reference has at most the area of such a square
REFERENCE_TOKENS = (REFERENCE_SIDE // TOKEN) ** 2

# Saved for the backward pass, in bytes for each token, unit of width and block: 56 in bfloat16,
# and a quarter more for the float32 norms of autocast [E]. With checkpointing: a block's input,
# and one block at a time.
KEPT = 71
CHECKPOINTED = 2.13
# Parameters of an adapter for each rank, block and unit of width: 19.6 to 30.7; and their bytes:
# float32 weight and gradient, and AdamW's two moments.
ADAPTER, ADAPTER_BYTES = 31, 16
WORK = 1.5 * GIB  # the autoencoder, the libraries' buffers, one layer out of fp8 [E]

LIVE = 30  # bytes for each token and unit of width while an image is made, nothing kept [E]
DECODE = 1600 * MIB  # to decode one megapixel at once [E]
DECODE_TILED = 400 * MIB  # in tiles [E]
ENCODE = 1.0 * GIB  # to encode a photo of one megapixel in 16 bits, and a prompt [E]
MARGIN = 0.5 * GIB  # fragmentation, and the libraries' buffers while images are made [E]
CONTEXT = 0.6 * GIB  # of a second process on the same GPU [E]


@dataclass(frozen=True, slots=True)
class Sizes:
    """A base: bytes of its parts in 16 bits; blocks and width of its transformer."""

    transformer: int
    encoders: int
    autoencoder: int
    blocks: int
    width: int


@dataclass(frozen=True, slots=True)
class Pictures:
    """What a job of images asks for; width and height in pixels."""

    width: int
    height: int
    count: int
    references: int = 0


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the parts of a base are while images are made.

    offloaded: only the part at work is on the GPU, the others wait in main memory. fp8: the
    transformer's weights in 8 bits; encoders_fp8: the encoders' too. batch: images at once.
    """

    offloaded: bool = False
    fp8: bool = False
    encoders_fp8: bool = False
    batch: int = 4
    decode: Literal["whole", "one by one", "tiled"] = "whole"

    def __str__(self) -> str:
        words = ["encoders offloaded" if self.offloaded else "resident"]
        words += ["fp8"] if self.fp8 else []
        return ", ".join([*words, f"{self.batch} at once"])


# From fast to small. Offloading moves weights once a job; 8 bits cost likeness, so they come last.
PLACEMENTS = (
    Placement(),
    Placement(decode="one by one"),
    Placement(decode="tiled", batch=1),
    Placement(offloaded=True, decode="one by one"),
    Placement(offloaded=True, decode="tiled", batch=1),
    Placement(fp8=True, decode="one by one"),
    Placement(offloaded=True, fp8=True, decode="one by one"),
    Placement(offloaded=True, fp8=True, encoders_fp8=True, decode="one by one"),
    Placement(offloaded=True, fp8=True, encoders_fp8=True, decode="tiled", batch=1),
)


def sizes_of(folder: Path) -> Sizes | None:
    """The sizes of a base in a folder as diffusers writes it; None where it can't be told."""
    try:
        config = json.loads((folder / "transformer" / "config.json").read_text())
        blocks = config["num_layers"] + config.get("num_single_layers", 0)
        width = config["num_attention_heads"] * config["attention_head_dim"]
    except (OSError, ValueError, KeyError):
        return None
    return Sizes(
        transformer=_weights(folder, ["transformer"]),
        encoders=_weights(folder, ["text_encoder", "text_encoder_2"]),
        autoencoder=_weights(folder, ["vae"]),
        blocks=blocks,
        width=width,
    )


def _weights(folder: Path, parts: Iterable[str]) -> int:
    files = (path for part in parts for path in (folder / part).glob("*.safetensors"))
    return sum(path.stat().st_size for path in files)


# -- images -------------------------------------------------------------------------------------


def image_bytes(placement: Placement, sizes: Sizes, wanted: Pictures) -> int:
    """The most GPU memory that making the pictures takes."""
    batch = min(placement.batch, wanted.count)
    pixels = wanted.width * wanted.height
    tokens = pixels // TOKEN**2 + TEXT_TOKENS + wanted.references * REFERENCE_TOKENS
    transformer = sizes.transformer // (2 if placement.fp8 else 1)
    encoders = sizes.encoders // (2 if placement.encoders_fp8 else 1)
    steps = batch * tokens * sizes.width * LIVE
    decoding = {
        "whole": batch * DECODE * pixels / MIB,
        "one by one": DECODE * pixels / MIB,
        "tiled": DECODE_TILED,
    }[placement.decode]
    if placement.offloaded:
        phases = (encoders, transformer + steps, decoding)
        return round(max(phases) + sizes.autoencoder + MARGIN)
    weights = transformer + encoders + sizes.autoencoder
    return round(weights + max(steps, decoding) + MARGIN)


def place_images(free: int | None, sizes: Sizes | None, wanted: Pictures) -> int | None:
    """The first of PLACEMENTS that fits; None if none does. On a CPU (free is None): the first."""
    if free is None or sizes is None:
        return 0
    fitting = (
        number
        for number, placement in enumerate(PLACEMENTS)
        if image_bytes(placement, sizes, wanted) <= free
    )
    return next(fitting, None)


# -- training -----------------------------------------------------------------------------------


def training_bytes(plan: Economy, sizes: Sizes, recipe: Recipe) -> int:
    """The most GPU memory that a training takes: while it encodes, or while it learns.

    The autoencoder encodes in 32 bits where the recipe says so: twice its weights and its work.
    """
    half = 2 if plan.fp8 else 1
    precise = 2 if recipe.precise_encoding else 1
    encoding = sizes.encoders // half + precise * (sizes.autoencoder + ENCODE)
    tokens = (max(plan.resolutions) // TOKEN) ** 2 + TEXT_TOKENS
    layer = tokens * sizes.width
    kept = layer * KEPT * sizes.blocks
    if plan.checkpointing:
        kept = round(layer * (CHECKPOINTED * sizes.blocks + KEPT))
    adapter = plan.rank * ADAPTER * sizes.blocks * sizes.width * ADAPTER_BYTES
    learning = sizes.transformer // half + adapter + kept + WORK
    return round(max(encoding, learning))


def first_rung(free: int | None, sizes: Sizes | None, recipe: Recipe) -> int | None:
    """The first rung of the ladder that fits; None if none does. On a CPU: the first."""
    if free is None or sizes is None:
        return 0
    rungs = range(LAST + 1)
    fitting = (r for r in rungs if training_bytes(economy(r, recipe), sizes, recipe) <= free)
    return next(fitting, None)


def too_large(what: str, needed: int, free: int) -> JobFailed:
    """The failure that says how much memory is missing."""
    return JobFailed(
        Code.OUT_OF_MEMORY,
        f"{what} on this base needs about {needed / GIB:.1f} GiB of GPU memory at the least, and "
        f"{free / GIB:.1f} GiB are free.",
    )


def fit_together(total: int | None, training: int | None, images: int | None) -> bool:
    """Whether images can be made beside a training, each in a process of its own; all in bytes."""
    if total is None or training is None or images is None:
        return False
    return training + images + 2 * CONTEXT + MARGIN <= total
