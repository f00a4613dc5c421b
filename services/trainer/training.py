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
from services.trainer.encoding import Example, Material, View
from services.trainer.errors import JobFailed
from services.trainer.reporting import Reporter, curve, moving_average
from services.trainer.rules import Average, draw_sigma, is_class_step, rate_share
from services.trainer.spec import Code, Recipe, Stage

REPORT_EVERY = 10
BAD_STEPS = 3  # skipped steps in a row that mean that the training diverges
SPAN = (0.05, 0.97)  # the part of a job's progress that is training


def default_steps(photos: int) -> int:
    """120 steps for each photo, 1200 to 3000: what published recipes for a person use."""
    return min(max(120 * photos, 1200), 3000)


Band = tuple[int, float, float, float]  # a step, and its loss at little, half and much noise


@dataclass(slots=True)
class Progress:
    """The part of a training that changes and is not a weight; goes into checkpoints whole."""

    step: int = 0
    order: list[int] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    rate_factor: float = 1.0
    rewound: bool = False
    bands: list[Band] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Draw:
    """What one step trains on; noise is of the latents' shape, sigma (1,) in 0..1.

    keeps: whether it keeps what the base makes of the prompt, and learns nothing of the view.
    """

    view: View
    prompt: Prompt
    sigma: Tensor
    noise: Tensor
    keeps: bool = False


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
        self.average = Average(parameters, recipe.ema_decay)
        self.generator = torch.Generator().manual_seed(seed)
        self._unread: list[Tensor] = []
        self._smooth: float | None = None
        self._since = time.perf_counter()
        self._step_time: float | None = None
        self.other_seconds = 0.0  # what samples and the like are expected to take still

    # -- one step ---------------------------------------------------------------------------

    def run_step(self) -> None:
        """Draw, predict, go back, update; counts the step."""
        self._set_rate()
        draw = self.draw()
        loss = self.loss(draw)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(self.parameters, self.recipe.clip_norm)
        finite = torch.isfinite(loss.detach()) & torch.isfinite(norm)
        apply_update(self.optimizer, finite)
        self.progress.step += 1
        self.average.follow(self.progress.step)
        self._unread.append(
            torch.where(finite, math.inf if draw.keeps else loss.detach(), math.nan)
        )

    def draw(self) -> Draw:
        """The next photo of a shuffled round, one of its sizes, and noise; all from one source."""
        if not self.progress.order:
            count = len(self.material.examples)
            self.progress.order = torch.randperm(count, generator=self.generator).tolist()
        example = self.material.examples[self.progress.order.pop()]
        view = example.views[self._integer(len(example.views))]
        chance = float(torch.rand((), generator=self.generator))
        packed = view.latents.packed
        many = self.kind.shift_tokens
        sigma = draw_sigma(packed.shape[1], self.recipe, self.generator, many)
        noise = torch.randn(packed.shape, generator=self.generator)
        keeps = is_class_step(self.progress.step, self.recipe.class_share)
        return Draw(
            view=view,
            prompt=self.material.subject if keeps else self._prompt(example, chance),
            sigma=sigma.to(packed.device, non_blocking=True),
            noise=noise.to(packed.device, non_blocking=True),
            keeps=keeps,
        )

    def _prompt(self, example: Example, chance: float) -> Prompt:
        """The caption, now and then no words or the trigger word alone; chance in 0..1."""
        if chance < self.recipe.caption_dropout:
            return self.material.empty
        alone = chance < self.recipe.caption_dropout + self.recipe.trigger_share
        return self.material.trigger if alone else example.caption

    def _integer(self, below: int) -> int:
        return int(torch.randint(below, (), generator=self.generator))

    def loss(self, draw: Draw) -> Tensor:
        """Mean squared error of the velocity, weighted by the face where it is known."""
        if draw.keeps:
            of_base = self._of_base(draw)
            return torch.nn.functional.mse_loss(self._predict(draw), of_base)
        predicted = self._predict(draw)
        error = (predicted - (draw.noise - draw.view.latents.packed.float())) ** 2
        mean: Tensor = (error if draw.view.weights is None else error * draw.view.weights).mean()
        return mean

    def _predict(self, draw: Draw) -> Tensor:
        """The velocity in float32."""
        latents = draw.view.latents
        noisy = (1 - draw.sigma) * latents.packed.float() + draw.sigma * draw.noise
        with self._autocast():
            predicted = self.kind.predict(
                self.transformer, noisy.to(latents.packed.dtype), draw.sigma, latents, draw.prompt
            )
        return predicted.float()

    def _of_base(self, draw: Draw) -> Tensor:
        """The same without the adapter."""
        self.transformer.disable_adapters()
        try:
            with torch.no_grad():
                return self._predict(draw)
        finally:
            self.transformer.enable_adapters()

    def _autocast(self) -> AbstractContextManager[Any]:
        """On a GPU the float32 LoRA is multiplied in the base's own format."""
        packed = self.material.examples[0].views[0].latents.packed
        if packed.device.type != "cuda":
            return nullcontext()
        context: AbstractContextManager[Any] = torch.autocast("cuda", packed.dtype)
        return context

    def _set_rate(self) -> None:
        share = rate_share(self.progress.step, self.steps, self.recipe)
        for group in self.optimizer.param_groups:
            group["lr"] = self.recipe.learning_rate * share * self.progress.rate_factor

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
            if math.isinf(value):  # a step that kept the class says nothing of the likeness
                value = self._smooth if self._smooth is not None else 0.0
            elif math.isfinite(value):
                self._smooth = moving_average(self._smooth, value)
            self.progress.losses.append(value)
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
            loss=self._smooth,
            loss_curve=curve(self.progress.losses),
            bands=tuple(self.progress.bands),
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
            "average": self._smooth,
            "weights": self.average.state(),
            "bands": list(self.progress.bands),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state; an optimizer of another kind begins anew."""
        loras.set_state(self.transformer, state["lora"])
        if _same_kind(self.optimizer, state["optimizer"]):
            self.optimizer.load_state_dict(state["optimizer"])
        self.generator.set_state(state["generator"])
        names = ("step", "order", "losses", "rate_factor", "rewound")
        self.progress = Progress(**{name: state[name] for name in names})
        self.progress.bands = [tuple(band) for band in state.get("bands", ())]
        self._smooth, self._unread = state["average"], []
        self.average.restore(state.get("weights"))  # an older release kept none

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
