"""The databases that tests are lent: the next test finds nothing of the last one."""

import psycopg
import pytest

from tests.databases import Lender

MEMBER = """
    insert into users (id, email, password_hash) values (gen_random_uuid(), 'a@example.com', '');
    select nextval('job_turn')"""


def one(url: str, query: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(query).fetchone()
    assert row
    return row[0]


def changed(url: str, statement: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(statement)


def test_rows_plans_and_numbers_are_as_after_the_migrations(lender: Lender) -> None:
    with lender.lent() as url:
        plans = one(url, "select string_agg(plans::text, '' order by name) from plans")
        changed(url, MEMBER)
        changed(url, "update plans set credits_monthly = 7; delete from plans where name = 'pro'")
    with lender.lent() as again:
        assert again == url
        assert one(again, "select count(*) from users") == 0
        assert one(again, "select string_agg(plans::text, '' order by name) from plans") == plans
        assert one(again, "select nextval('job_turn')") == 1


@pytest.mark.parametrize(
    "statement",
    [
        "create table kept (x int)",
        "alter table job_queue set (autovacuum_enabled = false)",
        "alter table credit_entries disable trigger user",
        "truncate albums cascade",
        "drop schema public cascade",
        "update alembic_version set version_num = 'of a later release'",
        "create or replace function without_accents(text) returns text language sql as 'select $1'",
    ],
)
def test_a_database_of_another_shape_is_lent_to_nobody(lender: Lender, statement: str) -> None:
    with lender.lent() as url:
        changed(url, statement)
    with lender.lent() as again:
        assert again != url


def test_who_stays_connected_is_cut_off(lender: Lender) -> None:
    with lender.lent() as url:
        left = psycopg.connect(url)
        left.execute("select from users for update")
    with pytest.raises(psycopg.OperationalError):
        left.execute("select 1")
    left.close()
