"""Rows that tests start from: each builder fills in what its caller does not care about."""

from typing import Any
from uuid import uuid4

from passlib.context import CryptContext
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import (
    GeneratedImage,
    Generation,
    ModelSheet,
    SheetPicture,
    TrainingImage,
    User,
    UserModel,
)

PASSWORD = "correct horse battery staple"
THUMBHASH = bytes.fromhex("d5071a058a67a77787775677878877767887")
PASSWORD_HASH = CryptContext(schemes=["bcrypt_sha256"], bcrypt_sha256__rounds=4).hash(PASSWORD)


async def make_user(session: AsyncSession, **values: Any) -> User:
    """A member whose password is PASSWORD (hashed with few rounds, for speed)."""
    id = values.pop("id", None) or uuid4()
    user = User(id=id, **{"email": f"{id}@example.com", "password_hash": PASSWORD_HASH} | values)
    session.add(user)
    await session.flush()
    await session.refresh(user)
    return user


async def make_user_model(session: AsyncSession, **values: Any) -> UserModel:
    """A draft of the member `user_id`."""
    id = values.pop("id", None) or uuid4()
    given = {"name": "Me", "subject": "person", "trigger_word": "ohwx"}
    folder = f"{values['user_id']}/models/{id.hex}"
    model = UserModel(id=id, folder=folder, **given | values)
    session.add(model)
    await session.flush()
    await session.refresh(model)
    return model


async def make_training_image(
    session: AsyncSession, *, user_model: UserModel, **values: Any
) -> TrainingImage:
    """An accepted photo of `user_model`; its files are not there."""
    id = uuid4()
    given = {"name": "me.jpg", "format": "JPEG", "width": 1200, "height": 1600, "bytes": 3}
    given |= {"sha256": id.bytes, "phash": 0, "thumbhash": THUMBHASH}
    given |= {"folder": f"{user_model.folder}/photos/{id.hex}"}
    given |= {"verdict": {"warnings": [], "sharpness": 500.0, "light": 200.0}}
    photo = TrainingImage(
        id=id, user_id=user_model.user_id, user_model_id=user_model.id, **given | values
    )
    session.add(photo)
    await session.flush()
    await session.refresh(photo)
    return photo


async def make_sheet(
    session: AsyncSession, *, user_model: UserModel, pictures: dict[str, str], **values: Any
) -> ModelSheet:
    """Its sheet, with a picture for each style -> sentence; their files are not there."""
    given = {
        "edition": 1,
        "status": "made",
        "photos": [],
        "folder": f"{user_model.folder}/sheets/1",
    }
    sheet = ModelSheet(user_model_id=user_model.id, **given | values)
    session.add(sheet)
    await session.flush()
    for position, (preset, prompt) in enumerate(pictures.items()):
        key = f"{sheet.folder}/{position:02}.webp"
        row = {"position": position, "preset": preset, "prompt": prompt, "key": key}
        session.add(SheetPicture(user_model_id=user_model.id, thumbhash=THUMBHASH, **row))
    await session.flush()
    return sheet


async def make_generation(session: AsyncSession, **values: Any) -> Generation:
    """A finished request of the member `user_id`, for as many images as fit."""
    given = {"engine": "preview", "prompt": "a portrait", "aspect": "1:1", "count": 8, "seed": 7}
    given |= {"width": 1024, "height": 1024, "status": "succeeded", "progress": 1.0, "cost": 8}
    generation = Generation(id=uuid4(), **given | values)
    session.add(generation)
    await session.flush()
    return generation


async def make_image(session: AsyncSession, **values: Any) -> GeneratedImage:
    """An image of the member `user_id`; without `generation_id` it gets a generation of its own."""
    id = values.pop("id", None) or uuid4()
    if "generation_id" not in values:
        generation = await make_generation(session, user_id=values["user_id"])
        values["generation_id"] = generation.id
    given = {"position": 0, "seed": 7, "prompt": "a portrait", "width": 1024, "height": 1024}
    given |= {"folder": f"{values['user_id']}/images/{id.hex}", "content_type": "image/webp"}
    given |= {"bytes": 3, "thumbhash": THUMBHASH, "recipe": {"engine": "preview"}}
    image = GeneratedImage(id=id, **given | values)
    session.add(image)
    await session.flush()
    await session.refresh(image)
    return image
