"""Keys of GPU workers, and who of them is there."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, select, update

from db.models import AuditEntry, WorkerKey
from services.deps import Deps
from services.errors import Conflict, Invalid, NotFound
from services.workers import keys, presence
from tests.services.workers.conftest import NewWorker

ADMIN = uuid4()


async def test_a_key_is_shown_once_and_kept_as_a_hash(live_deps: Deps) -> None:
    async with live_deps.transaction() as session:
        view, key = await keys.create(session, live_deps, name=" Box ", actor_id=ADMIN)
        assert key.startswith(view.prefix)
        assert len(key) > 40
        row = await session.get_one(WorkerKey, view.id)
        assert key.encode() not in row.key_hash
        assert await keys.find(session, key=key) == view.id
        assert await keys.find(session, key=key[:-1]) is None
        assert [shown.name for shown in await keys.list_(session)] == ["Box"]
        assert key not in repr(await keys.list_(session))
        await keys.rename(session, key_id=view.id, name="Attic", actor_id=ADMIN)
        assert [shown.name for shown in await keys.list_(session)] == ["Attic"]
        await keys.revoke(session, live_deps, key_id=view.id, actor_id=ADMIN)
        assert await keys.find(session, key=key) is None
        with pytest.raises(NotFound):
            await keys.revoke(session, live_deps, key_id=view.id, actor_id=ADMIN)
        actions = select(AuditEntry.action).order_by(AuditEntry.id)
        told = set(await session.scalars(actions))
        assert told == {"worker_key.created", "worker_key.renamed", "worker_key.revoked"}


async def test_a_key_needs_a_name_and_there_are_not_too_many(
    live_deps: Deps, monkeypatch: pytest.MonkeyPatch, new_worker: NewWorker
) -> None:
    monkeypatch.setattr(keys, "MAXIMUM", 1)
    async with live_deps.transaction() as session:
        with pytest.raises(Invalid):
            await keys.create(session, live_deps, name=" ", actor_id=ADMIN)
    await new_worker("box")
    with pytest.raises(Conflict, match="Revoke one"):
        await new_worker("another")


async def test_workers_that_are_there_offer_together_what_each_can_do(
    live_deps: Deps, new_worker: NewWorker
) -> None:
    large, small = await new_worker("large"), await new_worker("small")
    about = {"hardware": "one H100", "version": "1"}
    async with live_deps.transaction() as session:
        assert await presence.offered(session) == frozenset()
        for worker, offers in ((large, ["train", "fast"]), (small, ["fast", "edit"])):
            await presence.introduce(session, worker_id=worker, about=about, offers=offers)
        assert await presence.offered(session) == {"train", "fast", "edit"}
    async with live_deps.transaction() as session:
        long_ago = func.now() - presence.AWAY - timedelta(seconds=1)
        gone = update(WorkerKey).where(WorkerKey.id == large).values(seen_at=long_ago)
        await session.execute(gone)
    await presence.tick(live_deps)
    async with live_deps.transaction() as session:
        assert await presence.offered(session) == {"fast", "edit"}
        views = {view.name: view for view in await keys.list_(session)}
        assert (views["large"].present, views["small"].present) == (False, True)
        assert views["large"].hardware == "one H100"
        await keys.revoke(session, live_deps, key_id=small, actor_id=ADMIN)
        assert await presence.offered(session) == frozenset()
        await presence.introduce(session, worker_id=small, about=about, offers=["fast"])
        assert await presence.offered(session) == frozenset()
