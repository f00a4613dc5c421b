"""The parts that most tests need: a real Postgres, its transactions, and `Deps`."""

import asyncio
import dataclasses
import gc
import random
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import httpx
import pytest
from nicegui.testing import User
from passlib.context import CryptContext
from psycopg import sql
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from db import migrate
from db.embedded.server import EmbeddedPostgres
from db.session import make_engine, make_reading, make_transaction
from services.accounts import passwords
from services.deps import Deps, Transaction
from services.engines.base import Engine
from services.engines.preview.engine import PreviewEngine
from services.engines.preview.operations import RETOUCHES
from services.engines.preview.render import Made
from services.engines.preview.render import render as render_picture
from services.engines.registry import Registry
from services.payments.off import PaymentsOff
from services.settings import Settings
from services.storage.base import Storage
from services.storage.local import LocalStorage
from tests.builders import PASSWORD_HASH
from tests.databases import TEMPLATE, Lender, administer, copy
from tests.doubles.stripe import StripeDouble, stripe_double
from tests.mailbox import Mailbox, mail_server
from tests.serving import serving
from tests.shared import shared_dir as shared_dir

if TYPE_CHECKING:
    from playwright.async_api import Browser

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
SECRET = b"a secret of 32 bytes, for tests."
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def pytest_collection_finish() -> None:
    """Leaves what was imported out of collection: NiceGUI collects twice for each application."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    """The server of this test run, with a migrated database to copy from."""
    with tempfile.TemporaryDirectory(prefix="likeness-") as folder:
        Path(folder).chmod(0o711)  # the server's own user has to get through
        server = EmbeddedPostgres(Path(folder) / "pg", options=NOT_DURABLE)
        server.start()
        try:
            administer(server, sql.SQL("create database {}"), TEMPLATE)
            migrate.upgrade(server.url(TEMPLATE))
            yield server
        finally:
            server.stop()


@pytest.fixture(scope="session")
def lender(postgres: EmbeddedPostgres) -> Lender:
    """Databases that are emptied and lent again."""
    return Lender(postgres)


@pytest.fixture
def database_url(lender: Lender) -> Iterator[str]:
    """A migrated database of this test alone, for what has to commit, or to run elsewhere."""
    with lender.lent() as url:
        yield url


@pytest.fixture(scope="session")
async def shared_engine(postgres: EmbeddedPostgres) -> AsyncIterator[AsyncEngine]:
    """Connections to the database that tests use within a transaction that is rolled back."""
    engine = make_engine(copy(postgres, "shared"))
    yield engine
    await engine.dispose()


@pytest.fixture
async def transaction(shared_engine: AsyncEngine) -> AsyncIterator[Transaction]:
    """Opens sessions as `Deps.transaction` does; all of it is rolled back after the test.

    One connection, so one session at a time, and `now()` stands still: tests of concurrency,
    of database time and of notices use `live_deps`.
    """
    async with shared_engine.connect() as connection:
        outer = await connection.begin()
        yield async_sessionmaker(
            connection, expire_on_commit=False, join_transaction_mode="create_savepoint"
        ).begin
        await outer.rollback()


@pytest.fixture
async def session(transaction: Transaction) -> AsyncIterator[AsyncSession]:
    """One open session of `transaction`."""
    async with transaction() as session:
        yield session


@pytest.fixture
def now() -> Callable[[], datetime]:
    """A clock that stands at NOW."""
    return lambda: NOW


@pytest.fixture
def chance() -> random.Random:
    """The one source of ids and seeds in a test: the same in every run."""
    return random.Random(20260504)


@pytest.fixture
def new_id(chance: random.Random) -> Callable[[], UUID]:
    """Random-looking ids, the same in every run."""
    return lambda: UUID(int=chance.getrandbits(128), version=4)


@pytest.fixture
def new_seed(chance: random.Random) -> Callable[[], int]:
    """Seeds of 0..2**31-1, the same in every run."""
    return lambda: chance.getrandbits(31)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings that read neither `.env` nor the environment of whoever runs the tests."""
    return ExplicitSettings(
        data_dir=tmp_path / "data", engine="preview", allowed_hosts="test", model_sheets=False
    )


class ExplicitSettings(Settings):
    """Settings of exactly the values given, whatever `.env` and the environment say."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        *_: PydanticBaseSettingsSource,
        **__: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only the constructor's arguments."""
        return (init_settings,)


@pytest.fixture
def storage(settings: Settings, now: Callable[[], datetime]) -> Storage:
    """A folder of this test alone."""
    files = settings.data_dir / "files"
    return LocalStorage(files, secret=SECRET, base_url=settings.base_url, now=now)


@pytest.fixture
async def engine(storage: Storage) -> AsyncIterator[Engine]:
    """The preview engine; pictures are made in this process."""

    async def render(photos: Sequence[bytes], **arguments: Any) -> Made:
        return await asyncio.to_thread(render_picture, photos, **arguments)

    async def retouch(picture: bytes, *, task: str, **arguments: Any) -> bytes:
        return await asyncio.to_thread(RETOUCHES[task], picture, **arguments)

    engine = PreviewEngine(storage, render, retouch)
    yield engine
    await engine.close()


@pytest.fixture
def deps(
    transaction: Transaction,
    settings: Settings,
    now: Callable[[], datetime],
    new_id: Callable[[], UUID],
    new_seed: Callable[[], int],
    engine: Engine,
    storage: Storage,
    quick_hashes: None,
) -> Deps:
    """Deps over the transaction that is rolled back, with a fixed clock, ids and seeds."""
    return Deps(
        transaction=transaction,
        reading=transaction,
        settings=settings,
        now=now,
        new_id=new_id,
        new_seed=new_seed,
        engines=Registry.of(engine),
        storage=storage,
        payments=PaymentsOff(),
        secret=SECRET,
    )


@pytest.fixture
async def live_deps(deps: Deps, database_url: str) -> AsyncIterator[Deps]:
    """Deps over a database of this test alone: commits are real, and sessions run beside."""
    engine, lookups = make_engine(database_url), make_engine(database_url, autocommit=True)
    yield dataclasses.replace(
        deps, transaction=make_transaction(engine), reading=make_reading(lookups)
    )
    await engine.dispose()
    await lookups.dispose()


@pytest.fixture
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Real password hashes of 4 rounds instead of 12: a millisecond, not a third of a second."""
    quick = CryptContext(
        schemes=["bcrypt_sha256", "bcrypt"], deprecated=["bcrypt"], bcrypt_sha256__rounds=4
    )
    monkeypatch.setattr(passwords, "_context", quick)
    monkeypatch.setattr(passwords, "DUMMY_HASH", PASSWORD_HASH)


@pytest.fixture
async def mailbox() -> AsyncIterator[Mailbox]:
    """A mail server of this test alone; `mailbox.sends_to(settings)` makes it the operator's."""
    async with mail_server() as box:
        yield box


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator["Browser"]:
    """One real browser for all tests of a process; each opens a context of its own."""
    from tests import browsers  # its import takes a third of a second

    async with browsers.started() as browser:
        yield browser


@pytest.fixture
async def web(deps: Deps) -> AsyncIterator[User]:
    """The application over `deps`, seen by a visitor: `open("/login")`, `http_client.get(...)`."""
    async with serving(deps) as user:
        yield user


@pytest.fixture
def api(web: User) -> httpx.AsyncClient:
    """The same visitor as a program: cookies are kept, nothing is followed."""
    return web.http_client


@pytest.fixture
def double(shared_dir: Path) -> Iterator[StripeDouble]:
    """Stripe, for this test alone."""
    fixtures = shared_dir / "data" / "stripe-fixtures3.json"
    if not fixtures.exists():
        pytest.skip("Stripe's published fixtures are not in ../shared/data")
    with stripe_double(fixtures) as running:
        yield running
