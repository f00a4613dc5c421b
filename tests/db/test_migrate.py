"""Migrations: they lead from an empty database, or an older one, to exactly what the models say."""

import contextlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from alembic import command
from alembic.script import ScriptDirectory
from psycopg import sql
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

import db.models  # noqa: F401  # completes the metadata
from db import migrate
from db.base import Base
from db.embedded.server import EmbeddedPostgres
from db.errors import CannotStart
from services.deps import Transaction
from tests.builders import make_user

FIRST = "a345d85baccc"
COLUMNS = """
    select table_name, column_name, data_type, is_nullable, column_default, generation_expression
    from information_schema.columns where table_schema = 'public' order by 1, 2"""
CONSTRAINTS = """
    select conrelid::regclass::text, conname, pg_get_constraintdef(oid)
    from pg_constraint where connamespace = 'public'::regnamespace order by 1, 2"""
INDEXES = "select tablename, indexname, indexdef from pg_indexes where schemaname = 'public'"


@contextlib.contextmanager
def empty_database(server: EmbeddedPostgres, name: str) -> Iterator[str]:
    """A database without tables."""
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        identifier = sql.Identifier(name)
        connection.execute(sql.SQL("create database {}").format(identifier))
        try:
            yield server.url(name)
        finally:
            connection.execute(sql.SQL("drop database {} with (force)").format(identifier))


def schema(url: str) -> set[tuple[Any, ...]]:
    """Columns, constraints and indexes, as the database itself describes them."""
    with psycopg.connect(url) as connection:
        rows = [
            row for query in (COLUMNS, CONSTRAINTS, INDEXES) for row in connection.execute(query)
        ]
    return {row for row in rows if row[0] != "alembic_version"}


def test_alembic_finds_no_difference(database_url: str) -> None:
    with migrate.connected(database_url) as connection:
        command.check(migrate.config(connection))


def test_the_models_and_the_migrations_make_the_same_schema(
    postgres: EmbeddedPostgres, database_url: str
) -> None:
    """Alembic's own check compares neither checks nor expressions."""
    with empty_database(postgres, "from_models") as url:
        with migrate.connected(url) as connection:
            Base.metadata.create_all(connection)
        assert schema(url) ^ schema(database_url) == set()


def test_there_is_one_line_of_migrations(database_url: str) -> None:
    with migrate.connected(database_url) as connection:
        scripts = ScriptDirectory.from_config(migrate.config(connection))
    assert len(scripts.get_heads()) == 1


def test_a_database_with_rows_is_brought_up_to_date(postgres: EmbeddedPostgres) -> None:
    """Step by step from the first release, as installations come."""
    with empty_database(postgres, "older") as url:
        with migrate.connected(url) as connection:
            command.upgrade(migrate.config(connection), FIRST)
            for statement in ROWS_OF_THE_FIRST_RELEASE:
                connection.execute(text(statement))
        migrate.upgrade(url)
        with migrate.connected(url) as connection:
            assert not migrate.needs_upgrade(connection)
            kept = "select u.email, m.name from users u join user_models m on m.user_id = u.id"
            assert connection.execute(text(kept)).all() == [("ada@example.com", "Ada")]
            found = (
                "select prompt from generated_images where search @@ to_tsquery('cafe:* & paint:*')"
            )
            assert connection.scalars(text(found)).all() == ["Reading in a Café"]


USER, MODEL = "00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"
ROWS_OF_THE_FIRST_RELEASE = (
    f"insert into users (id, email, password_hash) values ('{USER}', 'ada@example.com', 'x')",
    "insert into user_models (id, user_id, name, subject, trigger_word, folder)"
    f" values ('{MODEL}', '{USER}', 'Ada', 'woman', 'adaxyz', 'f')",
    "insert into generations"
    " (id, user_id, engine, prompt, aspect, width, height, count, seed, cost)"
    f" values ('{MODEL}', '{USER}', 'preview', 'a portrait', '1:1', 1024, 1024, 1, 7, 1)",
    "insert into generated_images (id, user_id, generation_id, position, seed, prompt, recipe,"
    " preset, folder, content_type, width, height, bytes, thumbhash)"
    f" values ('{MODEL}', '{USER}', '{MODEL}', 0, 7, 'Reading in a Café', '{{}}', 'oil',"
    " 'f', 'image/webp', 1024, 1024, 3, '')",
)


def test_several_processes_may_migrate_at_once(postgres: EmbeddedPostgres) -> None:
    with empty_database(postgres, "raced") as url:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(migrate.upgrade, [url] * 4))
        with migrate.connected(url) as connection:
            assert not migrate.needs_upgrade(connection)


def test_a_migration_that_fails_changes_nothing(postgres: EmbeddedPostgres) -> None:
    with empty_database(postgres, "hindered") as url:
        with migrate.connected(url) as connection:
            connection.execute(text("create table users (oops int)"))  # in the way of the first one
        with pytest.raises(Exception, match="already exists"):
            migrate.upgrade(url)
        assert {row[0] for row in schema(url)} == {"users"}


def test_a_newer_database_is_refused(database_url: str) -> None:
    with migrate.connected(database_url) as connection:
        connection.execute(text("update alembic_version set version_num = 'fromthefuture'"))
    with pytest.raises(CannotStart, match="newer release"):
        migrate.upgrade(database_url)


async def test_what_a_session_commits_is_seen_by_the_next_one(transaction: Transaction) -> None:
    async with transaction() as session:
        user = await make_user(session, email="ada@example.com")
    async with transaction() as session:
        found = await session.scalar(text("select id from users where email = 'ada@example.com'"))
    assert found == user.id


async def test_nothing_is_left_by_the_test_before(session: AsyncSession) -> None:
    assert await session.scalar(text("select count(*) from users")) == 0
