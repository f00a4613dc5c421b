"""An honest loss: the same noise each time, at little, half and much of it.

The loss of the steps is of ever other noise, and falls with the noise that is drawn as much as
with what is learned.
"""

import torch

from services.trainer.training import Band, Draw, Training

SIGMAS = (0.3, 0.6, 0.9)
EXAMPLES = 4  # forward passes for each sigma: 12 points cost about as much as 50 steps
POINTS = 12  # over the whole training, but no more than one for each
APART = 50  # steps
SEED = 20_261_130


def steps(total: int) -> list[int]:
    """After which steps it is measured; the first before any, the last at the end."""
    points = max(min(POINTS, total // APART), 1)
    return [total * number // points for number in range(points + 1)]


def measure(training: Training) -> Band:
    """The step and the mean loss at each of SIGMAS, with the weights that would be written."""
    training.transformer.eval()
    with torch.no_grad(), training.average.used():
        losses = [_mean(training, sigma) for sigma in SIGMAS]
    little, half, much = (round(loss, 4) for loss in losses)
    return training.progress.step, little, half, much


def _mean(training: Training, sigma: float) -> float:
    draws = _draws(training, sigma)
    return float(torch.stack([training.loss(draw) for draw in draws]).mean())


def _draws(training: Training, sigma: float) -> list[Draw]:
    generator = torch.Generator().manual_seed(SEED)
    draws = []
    for example in training.material.examples[:EXAMPLES]:
        packed = example.views[-1].latents.packed
        noise = torch.randn(packed.shape, generator=generator).to(packed.device)
        value = torch.tensor([sigma], device=packed.device)
        draws.append(Draw(example.views[-1], example.caption, value, noise))
    return draws
