"""What is given up, rung by rung, when a training does not fit into memory.

Each rung keeps what the ones before it gave up. Encoders are always freed after encoding. The
rank comes last, since a checkpoint of another rank can't be continued.
"""

from dataclasses import dataclass
from importlib.util import find_spec

from services.trainer.spec import Recipe

SMALLER = 768  # pixels: the largest bucket from rung 3 on
LOW_RANK = 16
LAST = 5


@dataclass(frozen=True, slots=True)
class Economy:
    """How a training saves memory. resolutions and rank are what is left of the recipe's."""

    checkpointing: bool
    fp8: bool
    resolutions: tuple[int, ...]
    eight_bit: bool
    rank: int


def economy(rung: int, recipe: Recipe) -> Economy:
    """What is given up on rung 0 (nothing) to LAST (everything)."""
    resolutions = tuple(r for r in recipe.resolutions if r <= SMALLER) or (SMALLER,)
    return Economy(
        checkpointing=rung >= 1,
        fp8=rung >= 2,
        resolutions=resolutions if rung >= 3 else tuple(recipe.resolutions),
        eight_bit=rung >= 4 and find_spec("bitsandbytes") is not None,
        rank=min(recipe.rank, LOW_RANK) if rung >= 5 else recipe.rank,
    )


def next_rung(rung: int, recipe: Recipe) -> int | None:
    """The first rung below that really changes something, or None."""
    later = range(rung + 1, LAST + 1)
    return next((r for r in later if economy(r, recipe) != economy(rung, recipe)), None)
