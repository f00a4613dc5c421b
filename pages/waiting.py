"""Where a member's work stands in the queue, in words."""

from uuid import UUID

from components import formatting
from services.deps import Deps
from services.remote import queue_position
from services.studio.generations import GenerationView
from services.training.user_models import UserModelView


async def generation(deps: Deps, user_id: UUID, view: GenerationView) -> str:
    """` · Number 3 in line · takes about 20 seconds`, or nothing."""
    return await _promise(deps, user_id, view.id) if view.active else ""


async def model(deps: Deps, user_id: UUID, view: UserModelView) -> str:
    """The same for a training."""
    return await _promise(deps, user_id, view.id) if view.active else ""


async def _promise(deps: Deps, user_id: UUID, id: UUID) -> str:
    async with deps.transaction() as session:
        promise = (await queue_position.promises(session, deps, user_id=user_id)).get(id)
    return "".join(f" · {part}" for part in parts(promise)) if promise else ""


def parts(promise: queue_position.Promise) -> list[str]:
    """`Number 3 in line`, `takes about 20 seconds`: what is known of it."""
    said = []
    if promise.place is not None:
        said.append("Next in line" if promise.place == 1 else f"Number {promise.place} in line")
    if promise.seconds_left is not None:
        duration = formatting.duration(promise.seconds_left)
        said.append(f"{duration} left" if promise.at_work else f"takes {duration}")
    return said
