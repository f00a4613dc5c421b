"""Rows that tests start from: each builder fills in what its caller does not care about."""

from typing import Any
from uuid import uuid4

from passlib.context import CryptContext
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import User

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
