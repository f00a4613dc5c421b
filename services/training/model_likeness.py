"""How alike a model's pictures are, by how they were made, beside the person's own photos."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Float, func, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import GeneratedImage
from services.engines.base import Method, Operation
from services.faces.scale import OWN


@dataclass(frozen=True, slots=True)
class ModelLikeness:
    """0-100; None where nothing was measured.

    instant, trained: the median of the model's pictures that were made so. samples: the mean of
    the training's last ones. own: of her own photos, 90 by how the scale is made.
    """

    instant: float | None = None
    trained: float | None = None
    samples: float | None = None
    own: float = OWN

    @property
    def sentence(self) -> str:
        """All of it in one line, or empty."""
        trained = self.samples if self.trained is None else self.trained
        known = {"instant": self.instant, "trained": trained}
        said = [f"{name} {value:.0f}" for name, value in known.items() if value is not None]
        return f"Likeness: {', '.join(said)}, your own photos {self.own:.0f}." if said else ""


async def by_model(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, dict[str, float]]:
    """Medians by method, of the pictures that were made anew and not put into the trash.

    A picture of two counts for each of them.
    """
    image = GeneratedImage
    of_each = union_all(
        *(
            select(model.label("model"), image.method, number.label("likeness")).where(
                model.in_(ids),
                image.method.in_((Method.INSTANT, Method.TRAINED)),
                image.operation == Operation.GENERATE,
                number.is_not(None),
                image.deleted_at.is_(None),
            )
            for model, number in (
                (image.user_model_id, image.likeness),
                (image.second_model_id, image.second_likeness),
            )
        )
    ).subquery()
    median = func.percentile_cont(0.5).within_group(of_each.c.likeness)
    query = select(of_each.c.model, of_each.c.method, median.cast(Float)).group_by(
        of_each.c.model, of_each.c.method
    )
    found: dict[UUID, dict[str, float]] = {}
    for id, method, value in await session.execute(query):
        found.setdefault(id, {})[str(method)] = value
    return found
