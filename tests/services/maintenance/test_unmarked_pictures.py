"""Pictures of earlier releases get their marks, also while members delete them."""

import dataclasses
import io
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from PIL import Image
from sqlalchemy import delete, func, select, update

from db.models import Fingerprint, GeneratedImage
from services.deps import Deps
from services.gallery import purging
from services.gallery.image_query import TRASH_KEPT
from services.imaging import fingerprints as hashes
from services.maintenance import unmarked_pictures
from services.provenance import certificates, fingerprints, manifests
from tests.builders import make_image, make_user
from tests.pictures import drawn, picture

SIZE = (500, 700)


async def old_picture(deps: Deps, seed: int = 1, **values: Any) -> UUID:
    """As a release without marks stored it."""
    async with deps.transaction() as session:
        user = await make_user(session)
        given = {"content_type": "image/jpeg", "recipe": {"engine": "together"}, **values}
        image = await make_image(session, user_id=user.id, **given)
    data = picture(seed, SIZE)
    await deps.storage.put(f"{image.folder}/full.jpg", data, content_type="image/jpeg")
    return image.id


async def read(deps: Deps, id: UUID) -> GeneratedImage | None:
    async with deps.transaction() as session:
        return await session.get(GeneratedImage, id)


async def prints(deps: Deps) -> int:
    async with deps.transaction() as session:
        return await session.scalar(select(func.count()).select_from(Fingerprint)) or 0


async def test_old_pictures_are_marked_and_found(live_deps: Deps) -> None:
    id = await old_picture(live_deps)
    await unmarked_pictures.tick(live_deps)
    image = await read(live_deps, id)
    assert image
    assert image.marked_at
    data = await live_deps.storage.get(f"{image.folder}/full.jpg")
    async with live_deps.transaction() as session:
        roots, _ = await certificates.roots(session)
        found = manifests.read(data, "image/jpeg", roots)
        assert await fingerprints.nearest(session, hashes.sought(drawn(1, SIZE)))
    assert found
    assert (found.signed, found.intact, found.source) == (True, True, "trainedAlgorithmicMedia")
    assert b"trainedAlgorithmicMedia" in await live_deps.storage.get(f"{image.folder}/thumb.webp")
    with Image.open(io.BytesIO(data)) as ours, Image.open(io.BytesIO(picture(1, SIZE))) as before:
        assert ours.tobytes() == before.tobytes()


async def test_a_stop_in_the_middle_loses_nothing_and_repeats_nothing(
    live_deps: Deps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unmarked_pictures, "BATCH", 1)
    ids = [await old_picture(live_deps, seed) for seed in (1, 2)]
    await unmarked_pictures.tick(live_deps)
    images = [await read(live_deps, id) for id in ids]
    assert sum(image is not None and image.marked_at is not None for image in images) == 1
    # as after a kill between the files and the commit
    async with live_deps.transaction() as session:
        await session.execute(update(GeneratedImage).values(marked_at=None))
        await session.execute(delete(Fingerprint))
    before = {i.key: await live_deps.storage.get(i.key) async for i in live_deps.storage.list("")}
    for _ in range(3):
        await unmarked_pictures.tick(live_deps)
    images = [await read(live_deps, id) for id in ids]
    assert all(image and image.marked_at for image in images)
    done = next(key for key, data in before.items() if b"c2pa" in data)
    assert await live_deps.storage.get(done) == before[done]


async def test_a_picture_that_lost_its_file_holds_nobody_up(live_deps: Deps) -> None:
    lost = await old_picture(live_deps)
    image = await read(live_deps, lost)
    assert image
    await live_deps.storage.erase(image.folder)
    other = await old_picture(live_deps, 2)
    await unmarked_pictures.tick(live_deps)
    for id in (lost, other):
        image = await read(live_deps, id)
        assert image
        assert image.marked_at


async def deleted_for_ever(deps: Deps, id: UUID) -> None:
    async with deps.transaction() as session:
        gone = deps.now() - TRASH_KEPT - timedelta(seconds=1)
        row = update(GeneratedImage).where(GeneratedImage.id == id)
        await session.execute(row.values(deleted_at=gone))
    await purging.purge(deps)


async def marked_for_deletion(deps: Deps, id: UUID) -> None:
    async with deps.transaction() as session:
        gone = deps.now() - TRASH_KEPT - timedelta(seconds=1)
        row = update(GeneratedImage).where(GeneratedImage.id == id)
        await session.execute(row.values(deleted_at=gone))


@pytest.mark.parametrize("act", [deleted_for_ever, marked_for_deletion])
async def test_a_picture_deleted_meanwhile_stays_deleted(
    live_deps: Deps, act: Callable[[Deps, UUID], Awaitable[None]]
) -> None:
    id = await old_picture(live_deps)

    class Meanwhile:
        """The storage, where a member deletes the picture just after it was read."""

        def __getattr__(self, name: str) -> Any:
            return getattr(live_deps.storage, name)

        async def get(self, key: str) -> bytes:
            data = await live_deps.storage.get(key)
            await act(live_deps, id)
            return data

    slow: Any = Meanwhile()
    await unmarked_pictures.tick(dataclasses.replace(live_deps, storage=slow))
    await purging.purge(live_deps)
    assert await read(live_deps, id) is None
    assert [info async for info in live_deps.storage.list("")] == []
    assert await prints(live_deps) == 0
