"""A training on the tiny klein without a worker around it, and what is compared of recipes."""

from dataclasses import dataclass
from typing import Any

import torch

from services.trainer import loras
from services.trainer.architectures import Architecture, architecture
from services.trainer.dataset import Photo
from services.trainer.encoding import Material, encode
from services.trainer.recipe import OFF, Recipe
from services.trainer.reporting import Reporter
from services.trainer.spec import TrainPayload
from services.trainer.training import Draw, Training, make_optimizer
from tests.trainer import tiny
from tests.trainer.conftest import portrait

BOX = (0.25, 0.12, 0.75, 0.82)


@dataclass
class Studio:
    """A training on the tiny klein without a worker around it."""

    seed: int
    recipe: Recipe

    def __post_init__(self) -> None:
        self.kind: Architecture = architecture("flux2-klein")
        self.pipe = tiny.klein(seed=self.seed)
        transformer = self.pipe.transformer
        transformer.requires_grad_(False)
        recipe = self.recipe
        parameters = loras.add_adapter(
            transformer,
            rank=recipe.rank,
            alpha=recipe.alpha,
            adapter=recipe.adapter,
            seed=self.seed,
            extra=recipe.extra_targets,
        )
        self._held_out = [self.material([number]) for number in (5, 6)]
        self.training = Training(
            kind=self.kind,
            transformer=transformer,
            parameters=parameters,
            optimizer=make_optimizer(parameters, recipe, eight_bit=False),
            material=self.material(range(3)),
            recipe=recipe,
            steps=recipe.steps or 1,
            seed=self.seed,
            report=quiet(),
        )

    def material(self, numbers: Any, **photo: Any) -> Material:
        """Drawn portraits, encoded."""
        payload = TrainPayload(
            client_job_id="in-memory",
            dataset_url="http://a/b",
            weights_put_url="http://a/b",
            recipe=self.recipe,
        )
        photos = [Photo(str(n), portrait(n), BOX, photo.get("caption")) for n in numbers]
        sizes, describe = tuple(self.recipe.resolutions), photo.get("captioner")
        return encode(self.kind, self.pipe, photos, payload, sizes, quiet(), describe)

    def draw(self, sigma: float, seed: int = 0, *, keeps: bool = False) -> Draw:
        """A held-out portrait with fixed noise."""
        material = self._held_out[seed % 2]
        view = material.examples[0].views[0]
        noise = torch.randn(
            view.latents.packed.shape, generator=torch.Generator().manual_seed(seed)
        )
        prompt = material.subject if keeps else material.examples[0].caption
        return Draw(view, prompt, torch.tensor([sigma]), noise, keeps)

    def losses(self, sigmas: tuple[float, ...]) -> list[float]:
        """The held-out loss at each sigma, the mean of eight draws."""
        self.training.transformer.eval()
        with torch.no_grad():
            draws = {sigma: [self.draw(sigma, n) for n in range(8)] for sigma in sigmas}
            return [
                float(torch.stack([self.training.loss(draw) for draw in draws[sigma]]).mean())
                for sigma in sigmas
            ]


def quiet() -> Reporter:
    return Reporter(lambda _info: None, lambda: None, lambda: 0.0)


def recipe_of(**changes: Any) -> Recipe:
    return Recipe.model_validate({**tiny.RECIPE, **changes})


# As the defaults are to those of the first release: half again as many steps at twice the rate.
OLD = {**OFF, "steps": 60, "learning_rate": 1e-2}
NEW = {"steps": 90, "learning_rate": 2e-2}


def held_out(changes: dict[str, Any], seed: int, sigmas: tuple[float, ...]) -> list[float]:
    """The loss on portraits that were not learned, at each sigma, after a whole training."""
    studio = Studio(seed, recipe_of(**changes))
    studio.training.run_to(studio.training.steps, lambda: False)
    return studio.losses(sigmas)
