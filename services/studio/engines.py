"""The engines of this installation as members and programs see them."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from services.deps import Deps
from services.engines.base import Method, Operation
from services.engines.registry import Entry
from services.remote import runs


@dataclass(frozen=True, slots=True)
class EngineView:
    """One engine. ready: whether it takes new requests; reason: why not, in plain words.

    min_photos: for the method that needs fewest; max_references: photos that an instant image is
    made from, max_people: persons that one may show. image_seconds, training_seconds: measured,
    else its own estimate; None if not known.
    """

    name: str
    label: str
    ready: bool
    reason: str | None
    methods: tuple[Method, ...]
    operations: tuple[Operation, ...]
    min_photos: int
    max_references: int
    max_people: int
    trains: bool
    privacy: str
    base_model: str
    image_seconds: float | None
    training_seconds: float | None
    cost_per_image_usd: float | None


async def list_(session: AsyncSession, deps: Deps) -> list[EngineView]:
    """All engines there are, the usual one first."""
    return [await _view(session, entry) for entry in deps.engines.entries]


async def _view(session: AsyncSession, entry: Entry) -> EngineView:
    info = entry.info
    training = await runs.typical_seconds(session, info, kind="training") if info.trains else None
    return EngineView(
        name=info.name,
        label=info.label,
        ready=entry.ready,
        reason=entry.reason,
        methods=info.methods,
        operations=info.operations,
        min_photos=info.min_photos,
        max_references=info.max_references,
        max_people=info.of(Method.INSTANT).max_people,
        trains=info.trains,
        privacy=info.privacy,
        base_model=info.base_model,
        image_seconds=await runs.typical_seconds(session, info, kind="generation"),
        training_seconds=training,
        cost_per_image_usd=info.cost_per_image_usd,
    )
