"""Storage and database are made to agree, and nothing that anybody needs is touched."""

import os
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from services.deps import Deps
from services.files import uploads
from services.maintenance import storage_orphans
from services.storage.local import LocalStorage
from tests.builders import make_image, make_training_image, make_user, make_user_model
from tests.conftest import NOW


@pytest.fixture
def storage(tmp_path: Path) -> LocalStorage:
    return LocalStorage(tmp_path / "files", secret=b"s" * 32, base_url="http://test")


async def put(storage: LocalStorage, key: str, *, at: datetime) -> None:
    await storage.put(key, b"x", content_type="image/jpeg")
    os.utime(storage.path(key), (at.timestamp(), at.timestamp()))


async def test_orphans_go_and_losses_are_reported(deps: Deps, storage: LocalStorage) -> None:
    old, young = NOW - timedelta(hours=49), NOW - timedelta(hours=47)
    async with deps.transaction() as session:
        user = await make_user(session)
        model = await make_user_model(session, user_id=user.id)
        photo = await make_training_image(session, user_model=model, created_at=old)
        lost = await make_training_image(session, user_model=model, created_at=old)
        image = await make_image(session, user_id=user.id, created_at=old)
    kept = [
        f"{photo.folder}/full.jpg",
        f"{image.folder}/full.jpg",
        f"{model.folder}/runs/1/0.jpg",
        "somebody-elses/backup.jpg",
    ]
    orphans = [
        f"{model.folder}/photos/0123/full.jpg",
        f"{user.id}/images/4567/full.jpg",
        f"{user.id}/models/89ab/runs/1/0.jpg",
    ]
    for key in kept + orphans:
        await put(storage, key, at=old)
    await put(storage, f"{user.id}/images/cdef/full.jpg", at=young)
    found = await storage_orphans.reconcile(deps)
    assert sorted(found.removed) == sorted(orphans)
    assert found.missing == (lost.folder,)
    left = sorted([info.key async for info in storage.list()])
    assert left == sorted([*kept, f"{user.id}/images/cdef/full.jpg"])


async def test_what_a_killed_process_left_is_swept_up(deps: Deps, storage: LocalStorage) -> None:
    ours = uploads.folder(deps)
    theirs = storage.root / ".unfinished"
    for folder in (ours, theirs):
        folder.mkdir(parents=True)
        for name, age in (("old", 25), ("new", 0)):
            (folder / name).write_bytes(b"x")
            then = datetime.now().timestamp() - age * 3600
            os.utime(folder / name, (then, then))
    assert uploads.sweep(deps) == 1
    assert await storage.tidy() == 1
    assert [(ours / "new").exists(), (theirs / "new").exists()] == [True, True]
