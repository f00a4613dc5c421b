"""Migrations: they lead from an empty database to exactly what the models say."""

from alembic import command
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from db import migrate
from services.deps import Transaction
from tests.builders import make_user


def test_the_models_and_the_migrations_agree(database_url: str) -> None:
    with migrate.connected(database_url) as connection:
        command.check(migrate.config(connection))


async def test_what_a_session_commits_is_seen_by_the_next_one(transaction: Transaction) -> None:
    async with transaction() as session:
        user = await make_user(session, email="ada@example.com")
    async with transaction() as session:
        found = await session.scalar(text("select id from users where email = 'ada@example.com'"))
    assert found == user.id


async def test_nothing_is_left_by_the_test_before(session: AsyncSession) -> None:
    assert await session.scalar(text("select count(*) from users")) == 0
