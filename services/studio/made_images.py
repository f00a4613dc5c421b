"""The row of an image that was made, and its recipe: everything needed to make it again."""

from typing import Any

from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import GeneratedImage, Generation, UserModel
from services.kit import notify
from services.remote import runs
from services.studio import generations, likeness_floor
from services.studio.likeness_floor import Measured


async def insert(
    session: AsyncSession, run: runs.Run, values: dict[str, Any], measured: Measured
) -> bool:
    """Keep an image. False if its run is at another attempt by now, or nobody wants it any more."""
    position = values["position"]
    if not await runs.record_made(session, run, position=position):
        return False
    wanted = not run.again or await likeness_floor.make_room(
        session, values["generation_id"], position, measured
    )
    if measured.below or not wanted:
        await likeness_floor.record_below(session, run, position=position)
    if not wanted:
        return False
    statement = postgresql.insert(GeneratedImage).values(values).on_conflict_do_nothing()
    inserted = await session.scalar(statement.returning(GeneratedImage.id))
    if inserted is None:
        return False
    user_id = values["user_id"]
    await notify.publish(session, topic="image", id=inserted, user_id=user_id)
    await generations.changed(session, generation_id=values["generation_id"], user_id=user_id)
    return True


def recipe(row: Generation, model: UserModel | None) -> dict[str, Any]:
    """What the member asked for, and the model that it was made with."""
    fields = [
        "engine",
        "operation",
        "method",
        "prompt",
        "negative_prompt",
        "preset",
        "aspect",
        "width",
        "height",
        "steps",
        "guidance_scale",
        "lora_scale",
    ]
    return (
        {name: getattr(row, name) for name in fields}
        | row.reading
        | {
            "user_model_id": str(row.user_model_id) if row.user_model_id else None,
            "base_model": model and model.base_model,
            "trigger_word": model and model.trigger_word,
        }
        | ({"people": row.people} if row.people > 1 else {})
    )
