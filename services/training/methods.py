"""What can make images of a user model now, and which of it a request means."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import TrainingImage, UserModel
from services.deps import Deps
from services.engines.base import Engine, EngineInfo, Method
from services.errors import Conflict, DomainError, Invalid

BEST_FIRST = (Method.TRAINED, Method.INSTANT, Method.PREVIEW)


@dataclass(frozen=True, slots=True)
class Material:
    """What there is of a person: accepted photos, and whether a LoRA."""

    photos: int
    lora: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """An engine that takes the request, and how it makes the images."""

    engine: Engine
    method: Method

    @property
    def info(self) -> EngineInfo:
        """What the engine says of this method."""
        return self.engine.info.of(self.method)


def possible(deps: Deps, of: Material) -> tuple[Method, ...]:
    """The methods that some engine could use at once, best first."""
    return tuple(
        method
        for method in BEST_FIRST
        if any(_fits(engine, method, of) for engine in deps.engines.ready)
    )


def choose(
    deps: Deps,
    of: Material,
    *,
    engine: str | None = None,
    method: Method | None = None,
    people: int = 1,
) -> Choice:
    """The best method that fits, at the usual engine where that has it, unless others are named.

    people: how many are to be seen; of: what there is of the one of whom there is least.
    Raises Invalid for an engine that there is not, Conflict with what to do.
    """
    engines = [_named(deps, engine)] if engine else deps.engines.ready
    methods = [method] if method else BEST_FIRST
    for each in methods:
        for candidate in engines:
            if _fits(candidate, each, of, people):
                return Choice(candidate, each)
    raise _refusal(engines, method, of, people)


def usual(
    deps: Deps, *, engine: str | None = None, method: Method | None = None, people: int = 1
) -> Choice:
    """The same where no model is named yet: whatever the engine may need is there."""
    everything = Material(photos=sys.maxsize, lora=True)
    return choose(deps, everything, engine=engine, method=method, people=people)


def pairs(deps: Deps) -> bool:
    """Whether some engine shows two people in a picture."""
    return any(_has_room(engine, Method.INSTANT, 2) for engine in deps.engines.ready)


async def material(session: AsyncSession, model: UserModel) -> Material:
    """What there is now of the person of a model."""
    count = select(func.count()).where(TrainingImage.user_model_id == model.id)
    return Material(await session.scalar(count) or 0, model.lora_key is not None)


def _named(deps: Deps, name: str) -> Engine:
    entry = deps.engines.entry(name)
    if entry is None:
        known = [entry.info.name for entry in deps.engines.entries]
        raise Invalid("There is no such engine.", engine=known)
    if entry.engine is None or not entry.ready:
        raise Conflict(f"{entry.info.label} takes no requests here: {entry.reason}")
    return entry.engine


def _fits(engine: Engine, method: Method, of: Material, people: int = 1) -> bool:
    if method not in engine.info.methods or not _has_room(engine, method, people):
        return False
    if method is Method.TRAINED:
        return of.lora
    return of.photos >= engine.info.of(method).min_photos


def _has_room(engine: Engine, method: Method, people: int) -> bool:
    """Two persons come into a picture by photos of both, never by the LoRA of one."""
    if people == 1:
        return True
    offers = method is Method.INSTANT and method in engine.info.methods
    return offers and engine.info.of(method).max_people >= people


def _refusal(
    engines: Sequence[Engine], method: Method | None, of: Material, people: int
) -> DomainError:
    """What stands in the way, as what to do about it."""
    if not any(_has_room(e, each, people) for e in engines for each in BEST_FIRST):
        label = engines[0].info.label if len(engines) == 1 else "This installation"
        return Conflict(f"{label} shows one person in a picture, not {people}.", field="engine")
    if people > 1 and method not in {None, Method.INSTANT}:
        return Conflict(f"{people} people come into a picture by photos of both.", field="method")
    infos = [engine.info for engine in engines]
    offered = [each for info in infos for each in info.methods]
    label = infos[0].label if infos else "This installation"
    if method and method not in offered:
        return Conflict(f"{label} makes no {method} pictures.", methods=sorted(set(offered)))
    if method in {Method.INSTANT, Method.PREVIEW} or (method is None and not of.photos):
        return Conflict("This model has no photos yet. Add one first.", photos=of.photos)
    return Conflict("This model is not trained yet. Train it first.")
