"""The listener: notices arrive with the commit, soon, and again after the connection broke."""

import socket
import threading
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest

from services.deps import Deps
from services.kit import notify
from services.kit.notify import RECONNECTED, Listener
from services.maintenance import missed_notices
from tests.builders import make_user, make_user_model
from tests.waiting import eventually

Heard = list[tuple[str, UUID, UUID | None]]


@pytest.fixture
async def heard(database_url: str) -> AsyncIterator[Heard]:
    heard: Heard = []
    listener = Listener(database_url, ping_seconds=0.3)
    listener.subscribe(lambda *notice: heard.append(notice))
    await listener.start()
    yield heard
    await listener.stop()


@pytest.mark.quiet
async def test_a_notice_arrives_within_300_ms_of_its_commit(live_deps: Deps, heard: Heard) -> None:
    id, user_id = uuid4(), uuid4()
    async with live_deps.transaction() as session:
        await notify.publish(session, topic="generation", id=id, user_id=user_id)
        await notify.publish(session, topic="job", id=id, user_id=None)
    committed = time.monotonic()
    await eventually(lambda: len(heard) == 2, timeout=0.3)
    assert time.monotonic() - committed < 0.3
    assert heard == [("generation", id, user_id), ("job", id, None)]


async def test_what_is_rolled_back_is_never_heard(live_deps: Deps, heard: Heard) -> None:
    async with live_deps.transaction() as session:
        await notify.publish(session, topic="image", id=uuid4(), user_id=None)
        await session.rollback()
    async with live_deps.transaction() as session:
        await notify.publish(session, topic="credits", id=uuid4(), user_id=None)
    await eventually(lambda: heard)
    assert [topic for topic, *_ in heard] == ["credits"]


async def test_a_failing_subscriber_does_not_silence_the_others(
    live_deps: Deps, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    topics: list[str] = []
    listener = Listener(database_url)
    listener.subscribe(lambda *_: 1 / 0)  # type: ignore[arg-type]
    listener.subscribe(lambda topic, *_: topics.append(topic))
    await listener.start()
    async with live_deps.transaction() as session:
        await notify.publish(session, topic="image", id=uuid4(), user_id=None)
    await eventually(lambda: topics == ["image"])
    await listener.stop()
    assert "A subscriber failed" in caplog.text


async def test_foreign_notices_are_ignored(
    live_deps: Deps, database_url: str, heard: Heard
) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        for payload in ("", "not json", "[]", '{"topic": "x"}'):
            connection.execute("select pg_notify('likeness', %s)", (payload,))
    async with live_deps.transaction() as session:
        await notify.publish(session, topic="image", id=uuid4(), user_id=None)
    await eventually(lambda: [topic for topic, *_ in heard] == ["image"])


async def test_it_listens_again_after_the_server_ended_its_connection(
    live_deps: Deps, database_url: str, heard: Heard
) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where query ilike 'listen%'"
            " or (query = 'select 1' and datname = current_database())"
        )
    await eventually(lambda: (RECONNECTED, notify.NOBODY, None) in heard)
    async with live_deps.transaction() as session:
        await notify.publish(session, topic="image", id=uuid4(), user_id=None)
    await eventually(lambda: heard[-1][0] == "image")


async def test_what_changed_in_a_gap_is_told_afterwards(live_deps: Deps, database_url: str) -> None:
    async with live_deps.transaction() as session:
        user = await make_user(session)
        training = await make_user_model(session, user_id=user.id, status="training")
        await make_user_model(session, user_id=user.id)  # a new draft: told as well
        ended = datetime.now(UTC) - timedelta(hours=1)
        old = {"user_id": user.id, "status": "ready", "created_at": ended, "finished_at": ended}
        over = await make_user_model(session, **old)
    heard: Heard = []
    with SilentProxy(database_url) as proxy:
        listener = Listener(
            proxy.url, missed=lambda: missed_notices.missed(live_deps), ping_seconds=0.3
        )
        listener.subscribe(lambda *notice: heard.append(notice))
        await listener.start()
        proxy.silent = True
        await eventually(lambda: not listener.connected.is_set())
        proxy.silent = False
        await eventually(lambda: ("user_model", training.id, user.id) in heard)
        await listener.stop()
    assert over.id not in {id for _, id, _ in heard}


async def test_a_peer_that_falls_silent_is_noticed(database_url: str) -> None:
    """The connection stays open but nothing comes back, as when a router drops it."""
    with SilentProxy(database_url) as proxy:
        listener = Listener(proxy.url, ping_seconds=0.3)
        await listener.start()
        assert listener.connected.is_set()
        proxy.silent = True
        await eventually(lambda: not listener.connected.is_set(), timeout=5)
        proxy.silent = False
        await eventually(listener.connected.is_set, timeout=10)
        await listener.stop()


class SilentProxy:
    """A TCP door to the server's Unix socket that can be told to swallow everything."""

    def __init__(self, database_url: str) -> None:
        parts = psycopg.conninfo.conninfo_to_dict(database_url)
        self._target = f"{parts['host']}/.s.PGSQL.{parts['port']}"
        self._door = socket.create_server(("127.0.0.1", 0))
        parts |= {"host": "127.0.0.1", "port": str(self._door.getsockname()[1])}
        self.url = psycopg.conninfo.make_conninfo("", **parts)
        self.silent = False
        self._open: list[socket.socket] = []

    def __enter__(self) -> "SilentProxy":
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for end in (self._door, *self._open):
            end.close()

    def _serve(self) -> None:
        while True:
            try:
                near, _ = self._door.accept()
            except OSError:
                return
            far = socket.socket(socket.AF_UNIX)
            far.connect(self._target)
            self._open += [near, far]
            for pair in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=pair, daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                if not self.silent:
                    target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass
