"""The rules of a recipe: which noise a step draws, at which rate it learns, what is averaged."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from services.trainer.recipe import Recipe

FEW, MANY = 256, 4096  # tokens: where the scheduler's shift is given, 256 and 1024 pixels square


def shift(tokens: int, recipe: Recipe, many: int = MANY) -> float:
    """The mean of logit(sigma) for a picture of so many tokens; the shift ends at `many`.

    As BFL trained (FLUX.1's parameters of the scheduler: 0.5 at 256 tokens, 1.15 at 4096); without
    it 1.4 % of the steps come to sigma 0.9 and more, where an image of 28 steps spends half.
    """
    if recipe.sigma_shift is None:
        return 0.0
    low, high = recipe.sigma_shift
    return low + (high - low) * (tokens - FEW) / (many - FEW)


def draw_sigma(tokens: int, recipe: Recipe, generator: torch.Generator, many: int = MANY) -> Tensor:
    """Sigma (1,) in 0..1: logit-normal around the shift, or, for a share, any alike."""
    sigma = torch.sigmoid(torch.randn(1, generator=generator) + shift(tokens, recipe, many))
    if recipe.uniform_share:
        alike, value = torch.rand(2, generator=generator)
        if float(alike) < recipe.uniform_share:
            sigma = value.reshape(1)
    return sigma


def rate_share(step: int, steps: int, recipe: Recipe) -> float:
    """The share of the learning rate at a step: a linear warm-up, then as the schedule says."""
    warm = min((step + 1) / max(recipe.warmup_steps, 1), 1.0)
    if recipe.schedule == "constant":
        return warm
    begun = max(step - recipe.warmup_steps, 0) / max(steps - recipe.warmup_steps, 1)
    wave = (1 + math.cos(math.pi * min(begun, 1.0))) / 2
    return warm * (recipe.final_rate + (1 - recipe.final_rate) * wave)


def is_class_step(step: int, share: float) -> bool:
    """Every k-th step, k the nearest to 1 / share; none where the share is 0."""
    return share > 0 and step % max(round(1 / share), 1) == 1


class Average:
    """The exponential moving average of the adapter's weights, on their device; none at decay 0."""

    def __init__(self, parameters: list[Any], decay: float) -> None:
        self._parameters, self._decay = parameters, decay
        self._kept = [p.detach().clone() for p in parameters] if decay else []

    def follow(self, step: int) -> None:
        """Take in the weights after so many steps; early ones are forgotten sooner."""
        if self._kept:
            decay = min(self._decay, (1 + step) / (10 + step))
            new = [parameter.detach() for parameter in self._parameters]
            torch._foreach_lerp_(self._kept, new, 1 - decay)

    @contextmanager
    def used(self) -> Iterator[None]:
        """The average in the place of the weights until the block ends."""
        if not self._kept:
            yield
            return
        last = [parameter.detach().clone() for parameter in self._parameters]
        self._put(self._kept)
        try:
            yield
        finally:
            self._put(last)

    def state(self) -> list[Tensor]:
        """What `restore` needs."""
        return [weight.cpu() for weight in self._kept]

    def restore(self, kept: list[Tensor] | None) -> None:
        """Go on from a state; without one from the weights as they are."""
        source = kept or [parameter.detach() for parameter in self._parameters]
        for mine, other in zip(self._kept, source, strict=False):
            mine.copy_(other)

    def _put(self, weights: list[Tensor]) -> None:
        with torch.no_grad():
            for parameter, weight in zip(self._parameters, weights, strict=True):
                parameter.copy_(weight)
