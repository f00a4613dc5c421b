"""Where work stands in the line, in words."""

from components import words
from services import runs
from services.deps import Deps
from services.generations import GenerationView
from services.jobs import Standing
from services.user_models import UserModelView


async def generation(deps: Deps, view: GenerationView) -> str:
    """` · 3rd in line · about 20 seconds left`, or nothing."""
    if not view.active:
        return ""
    async with deps.transaction() as session:
        standing = await runs.standing(session, generation_id=view.id)
    return text(standing)


async def model(deps: Deps, view: UserModelView) -> str:
    """The same for a training; the engine's own estimate goes first."""
    if not view.active:
        return ""
    if view.seconds_left:
        return f" · {words.duration(view.seconds_left)} left"
    async with deps.transaction() as session:
        standing = await runs.standing(session, user_model_id=view.id)
    return text(standing)


def text(standing: Standing | None) -> str:
    """A job's place and time, each after a dot."""
    if standing is None:
        return ""
    line = f" · {words.plural(standing.ahead, 'job')} ahead" if standing.ahead else ""
    left = standing.seconds_left
    return line + (f" · {words.duration(left)} left" if left else "")
