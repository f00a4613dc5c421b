"""Migrated databases for tests that have to commit: emptied and lent again, where that is safe.

Copying a template, the first connection to the copy and dropping it take 80 ms of CPU, and most
tests commit a few rows: to delete those takes 5.
"""

import random
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

from db.embedded.server import EmbeddedPostgres

TEMPLATE = "template_of_tests"
MANY = 5_000  # rows; after so many, the emptied tables are no longer like new ones

# What a test may change besides rows; whatever was made, dropped or truncated has a new number.
SHAPE = """
    with ours as (select * from pg_class where relnamespace = 'public'::regnamespace)
    select md5(concat(
        (select string_agg(concat_ws(' ', oid, relfilenode, reloptions), ',' order by oid)
            from ours where relkind in ('r', 'i', 'S')),
        (select string_agg(concat(oid, tgenabled), ',' order by oid) from pg_trigger),
        (select string_agg(version_num, ',') from alembic_version),
        (select string_agg(concat(oid, xmin), ',' order by oid) from pg_proc
            where pronamespace = 'public'::regnamespace)))"""
TABLES = """
    select relname from pg_class
    where relkind = 'r' and relnamespace = 'public'::regnamespace and relname <> %s"""
SEQUENCES = """
    select setval(seqrelid, seqstart, false) from pg_sequence
    where pg_sequence_last_value(seqrelid) is not null"""
OTHERS = """
    select pg_terminate_backend(pid, 5000) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()"""
SEEDED = ("plans", "styles", "packs")  # the only tables with rows that migrations leave
ROWS = sql.SQL("select {table}::text from {table}")
ROWS_AGAIN = sql.SQL("insert into {table} select (row::{table}).* from unnest(%s::text[]) row")


def administer(server: EmbeddedPostgres, command: sql.SQL, *names: str) -> None:
    """One statement about databases."""
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(command.format(*map(sql.Identifier, names)))


def copy(server: EmbeddedPostgres, name: str) -> str:
    """The URL of a new database, migrated and otherwise empty."""
    administer(server, sql.SQL("create database {} template {}"), name, TEMPLATE)
    return server.url(name)


@contextmanager
def database_of_its_own(server: EmbeddedPostgres) -> Iterator[str]:
    """The URL of a migrated database that is dropped after the block."""
    name = f"test_{random.getrandbits(64):x}"
    yield copy(server, name)
    administer(server, sql.SQL("drop database {} with (force)"), name)


class Lender:
    """Lends one database at a time, always as it was after the migrations."""

    def __init__(self, server: EmbeddedPostgres) -> None:
        self._server = server
        self._clean: _Lent | None = None

    @contextmanager
    def lent(self) -> Iterator[str]:
        """The URL of a database; who still uses it after the block is cut off."""
        lent, self._clean = self._clean or _Lent(self._server), None
        yield lent.url
        if lent.emptied():
            self._clean = lent
        else:
            lent.drop()


class _Lent:
    """One database, and how it was when it was new."""

    def __init__(self, server: EmbeddedPostgres) -> None:
        self._server, self._name = server, f"lent_{random.getrandbits(64):x}"
        self.url = copy(server, self._name)
        with psycopg.connect(self.url) as connection:
            self._tables = [name for (name,) in connection.execute(TABLES, ["alembic_version"])]
            self._seeds = {name: self._rows(connection, name) for name in SEEDED}
            self._shape = connection.execute(SHAPE).fetchone()

    @staticmethod
    def _rows(connection: psycopg.Connection, name: str) -> list[str]:
        query = ROWS.format(table=sql.Identifier(name))
        return [row for (row,) in connection.execute(query)]

    def emptied(self) -> bool:
        """Whether it is as it was; False where the schema is another one, or rows were many."""
        try:
            with psycopg.connect(self.url) as connection:
                connection.execute(OTHERS)
                if connection.execute(SHAPE).fetchone() != self._shape:
                    return False
                return self._empty(connection) < MANY
        except psycopg.Error:  # a test may have dropped it, or brought it to a schema of its own
            return False

    def _empty(self, connection: psycopg.Connection) -> int:
        connection.execute("set session_replication_role = replica")  # no trigger forbids it
        deleted = 0
        for name in self._tables:
            deleted += connection.execute(
                sql.SQL("delete from {}").format(sql.Identifier(name))
            ).rowcount
        for name, rows in self._seeds.items():
            connection.execute(ROWS_AGAIN.format(table=sql.Identifier(name)), [rows])
        connection.execute(SEQUENCES)
        return deleted

    def drop(self) -> None:
        """Leaves no trace of it."""
        administer(self._server, sql.SQL("drop database if exists {} with (force)"), self._name)
