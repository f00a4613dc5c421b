"""The training loop: flow matching on a LoRA, without a host sync in any step.

Losses stay on the device and are read every REPORT_EVERY steps; a step with a loss or gradient
that is not finite is skipped on the device itself (`found_inf`, as a gradient scaler does).
"""

import math
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from services.trainer import loras
from services.trainer.architectures import Architecture, Prompt
from services.trainer.encoding import Material, View
from services.trainer.errors import JobFailed
from services.trainer.reporting import Reporter, curve, moving_average
from services.trainer.spec import Code, Recipe, Stage

REPORT_EVERY = 10
BAD_STEPS = 3  # skipped steps in a row that mean that the training diverges
SPAN = (0.05, 0.97)  # the part of a job's progress that is training


def default_steps(photos: int) -> int:
    """80 steps for each photo, 800 to 1600: the middle of what published recipes use."""
    return min(max(80 * photos, 800), 1600)


@dataclass(slots=True)
class Progress:
    """The part of a training that changes and is not a weight; goes into checkpoints whole."""

    step: int = 0
    order: list[int] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    rate_factor: float = 1.0
    rewound: bool = False


@dataclass(frozen=True, slots=True)
class Draw:
    """What one step trains on; noise is of the latents' shape, sigma (1,) in 0..1."""

    view: View
    prompt: Prompt
    sigma: Tensor
    noise: Tensor


class Training:
    """One training in memory; `save` and `restore` carry it over a restart bit by bit."""

    def __init__(
        self,
        *,
        kind: Architecture,
        transformer: Any,
        parameters: list[Any],
        optimizer: Any,
        material: Material,
        recipe: Recipe,
        steps: int,
        seed: int,
        report: Reporter,
    ) -> None:
        self.kind, self.transformer, self.parameters = kind, transformer, parameters
        self.optimizer, self.material, self.recipe = optimizer, material, recipe
        self.steps, self.report = steps, report
        self.progress = Progress()
        self.generator = torch.Generator().manual_seed(seed)
        self._unread: list[Tensor] = []
        self._average: float | None = None
        self._since = time.perf_counter()
        self._step_time: float | None = None
        self.other_seconds = 0.0  # what samples and the like are expected to take still

    # -- one step ---------------------------------------------------------------------------

    def run_step(self) -> None:
        """Draw, predict, go back, update; counts the step."""
        self._set_rate()
        loss = self.loss(self.draw())
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(self.parameters, self.recipe.clip_norm)
        finite = torch.isfinite(loss.detach()) & torch.isfinite(norm)
        apply_update(self.optimizer, finite)
        self._unread.append(torch.where(finite, loss.detach(), math.nan))
        self.progress.step += 1

    def draw(self) -> Draw:
        """The next photo of a shuffled round, one of its sizes, and noise; all from one source."""
        if not self.progress.order:
            count = len(self.material.examples)
            self.progress.order = torch.randperm(count, generator=self.generator).tolist()
        example = self.material.examples[self.progress.order.pop()]
        view = example.views[self._integer(len(example.views))]
        dropped = float(torch.rand((), generator=self.generator)) < self.recipe.caption_dropout
        packed = view.latents.packed
        sigma = torch.sigmoid(torch.randn(1, generator=self.generator))
        noise = torch.randn(packed.shape, generator=self.generator)
        return Draw(
            view=view,
            prompt=self.material.empty if dropped else example.caption,
            sigma=sigma.to(packed.device, non_blocking=True),
            noise=noise.to(packed.device, non_blocking=True),
        )

    def _integer(self, below: int) -> int:
        return int(torch.randint(below, (), generator=self.generator))

    def loss(self, draw: Draw) -> Tensor:
        """Mean squared error of the velocity, weighted by the face where it is known."""
        latents = draw.view.latents
        clean = latents.packed.float()
        noisy = (1 - draw.sigma) * clean + draw.sigma * draw.noise
        with self._autocast():
            predicted = self.kind.predict(
                self.transformer, noisy.to(latents.packed.dtype), draw.sigma, latents, draw.prompt
            )
        error = (predicted.float() - (draw.noise - clean)) ** 2
        mean: Tensor = (error if draw.view.weights is None else error * draw.view.weights).mean()
        return mean

    def _autocast(self) -> AbstractContextManager[Any]:
        """On a GPU the float32 LoRA is multiplied in the base's own format."""
        packed = self.material.examples[0].views[0].latents.packed
        if packed.device.type != "cuda":
            return nullcontext()
        context: AbstractContextManager[Any] = torch.autocast("cuda", packed.dtype)
        return context

    def _set_rate(self) -> None:
        warm = min((self.progress.step + 1) / max(self.recipe.warmup_steps, 1), 1.0)
        for group in self.optimizer.param_groups:
            group["lr"] = self.recipe.learning_rate * warm * self.progress.rate_factor

    # -- many steps -------------------------------------------------------------------------

    def run_to(self, target: int, rewind: Callable[[], bool]) -> None:
        """Train until `target` steps are done; raises JobFailed when stopped or diverged.

        rewind: goes back to the last checkpoint, or answers False when it may not again.
        """
        self.transformer.train()
        self._since = time.perf_counter()
        while self.progress.step < target:
            self.report.check()
            self.run_step()
            at_end = self.progress.step == target
            if (at_end or self.progress.step % REPORT_EVERY == 0) and self.read() and not rewind():
                raise JobFailed(Code.DIVERGED, "The training diverged, also at half the rate.")
        self.transformer.eval()

    def read(self) -> bool:
        """Bring the losses of the last steps over; True if BAD_STEPS in a row were skipped."""
        if not self._unread:
            return False
        values = torch.stack(self._unread).tolist()
        self._step_time = (time.perf_counter() - self._since) / len(values)
        self._unread, self._since = [], time.perf_counter()
        for value in values:
            self.progress.losses.append(value)
            if math.isfinite(value):
                self._average = moving_average(self._average, value)
        self.say()
        recent = self.progress.losses[-len(values) - BAD_STEPS + 1 :]
        return any(
            not any(math.isfinite(loss) for loss in recent[at : at + BAD_STEPS])
            for at in range(len(recent) - BAD_STEPS + 1)
        )

    def say(self) -> None:
        """Report how far it is."""
        left = (self.steps - self.progress.step) * (self._step_time or 0.0)
        done = self.progress.step / self.steps
        self.report.update(
            stage=Stage.TRAINING,
            progress=SPAN[0] + (SPAN[1] - SPAN[0]) * done,
            step=self.progress.step,
            total_steps=self.steps,
            loss=self._average,
            loss_curve=curve(self.progress.losses),
            s_per_step=self._step_time,
            seconds_left=left + self.other_seconds,
        )

    # -- carrying over ----------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        """Everything that `restore` needs; tensors and plain values only."""
        self.read()
        return {
            "lora": {name: weight.cpu() for name, weight in loras.state(self.transformer).items()},
            "optimizer": self.optimizer.state_dict(),
            "generator": self.generator.get_state(),
            "step": self.progress.step,
            "order": list(self.progress.order),
            "losses": list(self.progress.losses),
            "rate_factor": self.progress.rate_factor,
            "rewound": self.progress.rewound,
            "average": self._average,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state; an optimizer of another kind begins anew."""
        loras.set_state(self.transformer, state["lora"])
        if _same_kind(self.optimizer, state["optimizer"]):
            self.optimizer.load_state_dict(state["optimizer"])
        self.generator.set_state(state["generator"])
        names = ("step", "order", "losses", "rate_factor", "rewound")
        self.progress = Progress(**{name: state[name] for name in names})
        self._average, self._unread = state["average"], []

    def slow_down(self, state: dict[str, Any]) -> bool:
        """Go back to a state at half the rate; False if that was done before."""
        if self.progress.rewound:
            return False
        self.restore(state)
        self.optimizer.zero_grad(set_to_none=True)
        self.progress.rate_factor, self.progress.rewound = 0.5, True
        self.report.warn("The loss was not finite three times: went back, at half the rate.")
        return True


def apply_update(optimizer: Any, finite: Tensor) -> None:
    """Update the weights unless `finite` is false: decided on the device where that is possible."""
    if optimizer.defaults.get("fused"):
        optimizer.found_inf = (~finite).float()
        optimizer.step()
    elif bool(finite):
        optimizer.step()
    optimizer.zero_grad(set_to_none=True)


def make_optimizer(parameters: list[Any], recipe: Recipe, *, eight_bit: bool) -> Any:
    """AdamW with float32 state in one fused kernel, or 8-bit AdamW to save memory."""
    arguments = {"lr": recipe.learning_rate, "weight_decay": recipe.weight_decay}
    if eight_bit:
        import bitsandbytes

        return bitsandbytes.optim.AdamW8bit(parameters, **arguments)
    return torch.optim.AdamW(parameters, **arguments, fused=True)


def _same_kind(optimizer: Any, state: dict[str, Any]) -> bool:
    """Whether a saved state is of this optimizer: AdamW and its 8-bit form differ in their keys."""
    return set(optimizer.param_groups[0]) == set(state["param_groups"][0])
