"""Rows that tests start from: each builder fills in what its caller does not care about."""

from typing import Any
from uuid import uuid4

from passlib.context import CryptContext
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import User, UserModel

PASSWORD = "correct horse battery staple"
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
