"""`python -m tests.bench.trainer.learning`: what the recipe learns, against the first release's.

Three trainings of the tiny klein with each, from the same seeds: the loss on held-out portraits at
ten amounts of noise. It ends with 1 unless the new recipe is a fifth better at sigma 0.9, where an
image spends half its steps, and at most 15 % worse at 0.3. A tiny model of random weights has no
likeness: only the direction counts.
"""

import sys

import numpy
import torch

from tests.trainer.studio import NEW, OLD, held_out

SIGMAS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
SEEDS = 3


def main(seeds: int = SEEDS) -> int:
    """Print the table; 0 if both conditions hold."""
    torch.set_num_threads(1)
    old, new = (
        numpy.mean([held_out(changes, seed, SIGMAS) for seed in range(seeds)], axis=0)
        for changes in (OLD, NEW)
    )
    print("| sigma | first release | now | ratio |\n|---|---|---|---|")
    ratios = dict(zip(SIGMAS, new / old, strict=True))
    for sigma, before, after in zip(SIGMAS, old, new, strict=True):
        print(f"| {sigma} | {before:.3f} | {after:.3f} | {ratios[sigma]:.2f} |")
    return 0 if ratios[0.9] <= 0.8 and ratios[0.3] <= 1.15 else 1


if __name__ == "__main__":
    sys.exit(main())
