"""Instant beside trained: one sentence made both ways at once, with the same seeds."""

from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from db.models import Generation
from services.deps import Deps
from services.engines.base import Method
from services.studio import generations
from services.studio.generations import GenerationQuote, GenerationRequest, GenerationView
from services.training import methods

BOTH = (Method.INSTANT, Method.TRAINED)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The same request made both ways. cost: credits reserved for both together."""

    instant: GenerationView
    trained: GenerationView

    @property
    def cost(self) -> int:
        """What both may cost together."""
        return self.instant.cost + self.trained.cost

    @property
    def active(self) -> bool:
        """Whether more is still to come."""
        return self.instant.active or self.trained.active


async def quote(session: AsyncSession, deps: Deps, *, user_id: UUID, count: int) -> GenerationQuote:
    """What `count` images of each cost and take. Raises Conflict where one can't be made here.

    seconds: of one after the other where both are made by the same engine.
    """
    found = [
        await generations.quote(session, deps, user_id=user_id, count=count, method=method)
        for method in BOTH
    ]
    engines = {methods.usual(deps, method=method).info.name for method in BOTH}
    times = [each.seconds for each in found if each.seconds is not None]
    together = sum(times) if len(engines) == 1 else max(times, default=0)
    seconds = together if len(times) == len(found) else None
    return GenerationQuote(sum(each.credits for each in found), found[0].available, seconds)


async def create(
    session: AsyncSession, deps: Deps, *, user_id: UUID, request: GenerationRequest
) -> Comparison:
    """Reserves the credits of both and queues them, or neither, in the caller's transaction.

    Raises as `generations.create`; Conflict where the model is not trained, or has no photo.
    """
    seed = deps.new_seed() if request.seed is None else request.seed
    made = {
        method: await generations.create(
            session, deps, user_id=user_id, request=replace(request, seed=seed, method=method)
        )
        for method in BOTH
    }
    return Comparison(made[Method.INSTANT], made[Method.TRAINED])


async def latest(
    session: AsyncSession, deps: Deps, *, user_id: UUID, user_model_id: UUID
) -> Comparison | None:
    """The last one of a model. Both have the time of the transaction that asked for them."""
    instant, trained = aliased(Generation), aliased(Generation)
    query = (
        select(instant.id, trained.id)
        .join(
            trained,
            (trained.user_model_id == instant.user_model_id)
            & (trained.created_at == instant.created_at)
            & (trained.seed == instant.seed)
            & (trained.prompt == instant.prompt),
        )
        .where(
            instant.user_id == user_id,
            trained.user_id == user_id,
            instant.user_model_id == user_model_id,
            instant.method == Method.INSTANT,
            trained.method == Method.TRAINED,
        )
        .order_by(instant.created_at.desc())
        .limit(1)
    )
    found = (await session.execute(query)).one_or_none()
    return await _read(session, deps, user_id, *found) if found else None


async def again(
    session: AsyncSession, deps: Deps, *, user_id: UUID, comparison: Comparison
) -> Comparison:
    """As it is now. Raises NotFound."""
    return await _read(session, deps, user_id, comparison.instant.id, comparison.trained.id)


async def _read(session: AsyncSession, deps: Deps, user_id: UUID, *ids: UUID) -> Comparison:
    views = [await generations.get(session, deps, user_id=user_id, generation_id=id) for id in ids]
    return Comparison(*views)
