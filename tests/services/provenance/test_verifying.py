"""What can be said of a stranger's file, and what is left of it: nothing."""

import asyncio
import io
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import update

from db.models import GeneratedImage
from services import imaging
from services.deps import Deps
from services.gallery import purging
from services.gallery.image_query import TRASH_KEPT
from services.provenance import certificates, fingerprints, manifests, marks, verifying
from services.provenance.manifests import Signature
from services.provenance.verifying import Verdict
from tests import hostile
from tests.builders import make_image, make_user
from tests.pictures import drawn

pytestmark = pytest.mark.pictures

MADE_WITH_AI = "together"


@pytest.fixture(autouse=True, scope="module")
async def worker() -> AsyncIterator[None]:
    """One process for all tests."""
    yield
    await asyncio.to_thread(verifying.close)


class Verifier:
    """Makes pictures here, and has files looked at."""

    def __init__(self, deps: Deps, folder: Path) -> None:
        self.deps, self._path = deps, folder / "file"

    async def made(self, seed: int = 1, *, engine: str = MADE_WITH_AI, kind: str = "JPEG") -> bytes:
        """A finished picture as it leaves the house, with its fingerprint."""
        out = io.BytesIO()
        drawn(seed, (600, 800)).save(out, kind, quality=92)
        derived = await imaging.derive(out.getvalue())
        origin = marks.origin(engine=engine, recipe={}, at=self.deps.now())
        derived = await marks.mark(self.deps, derived, origin)
        async with self.deps.transaction() as session:
            fingerprints.record(session, self.deps, derived.fingerprints, origin)
        return next(data for name, data in derived.files.items() if name.startswith("full."))

    async def says(self, data: bytes) -> Verdict:
        self._path.write_bytes(data)
        return await verifying.verify(self.deps, self._path.absolute())

    async def outcome(self, data: bytes) -> Verdict | str:
        """The verdict, or why there is none."""
        try:
            return await self.says(data)
        except imaging.Rejected as refused:
            return refused.code


@pytest.fixture
def verifier(live_deps: Deps, tmp_path: Path) -> Verifier:
    return Verifier(live_deps, tmp_path)


def stripped(data: bytes, quality: int = 60) -> bytes:
    """Opened and saved anew by a program that keeps no metadata."""
    out = io.BytesIO()
    with Image.open(io.BytesIO(data)) as image:
        image.convert("RGB").save(out, "JPEG", quality=quality)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
async def test_a_picture_of_ours_is_known_by_its_manifest(verifier: Verifier, kind: str) -> None:
    found = await verifier.says(await verifier.made(kind=kind))
    assert (found.made_here, found.ai, found.unchanged) == (True, True, True)
    assert found.matched_by == "c2pa"
    assert found.made_at
    assert abs(found.made_at - verifier.deps.now()) < timedelta(minutes=5)


async def test_the_photo_booths_picture_is_not_called_ai(verifier: Verifier) -> None:
    data = await verifier.made(engine="preview")
    for file in (data, stripped(data)):
        found = await verifier.says(file)
        assert (found.made_here, found.ai) == (True, False)


async def test_a_copy_without_metadata_is_found_by_its_looks(verifier: Verifier) -> None:
    copy = stripped(await verifier.made(2))
    found = await verifier.says(copy)
    assert (found.made_here, found.ai, found.matched_by) == (True, True, "fingerprint")
    assert found.unchanged is False
    assert found.made_at
    assert found.made_at.date() == verifier.deps.now().date()


@pytest.mark.parametrize("place", [0.3, 0.6, 0.9, 0.999])
async def test_one_changed_byte_is_seen(verifier: Verifier, place: float) -> None:
    changed = bytearray(await verifier.made(3))
    changed[int(len(changed) * place)] ^= 1
    found = await verifier.says(bytes(changed))
    assert found.made_here
    assert found.unchanged is False


async def test_a_mark_that_was_moved_to_another_picture_is_not_called_intact(
    verifier: Verifier,
) -> None:
    ours, out = await verifier.made(4), io.BytesIO()
    drawn(5, (600, 800)).save(out, "JPEG")
    start = ours.index(b"\xff\xeb")  # the first APP11 segment; C2PA in JPEG is made of them
    end = start
    while ours[end : end + 2] == b"\xff\xeb":
        end += 2 + int.from_bytes(ours[end + 2 : end + 4], "big")
    theirs = out.getvalue()
    found = await verifier.says(theirs[:2] + ours[start:end] + theirs[2:])
    assert found.unchanged is not True
    assert not found.alike


async def test_anothers_manifest_means_made_elsewhere(verifier: Verifier) -> None:
    _, chain, key = certificates.make(verifier.deps.now())
    out = io.BytesIO()
    drawn(6, (600, 800)).save(out, "JPEG")
    origin = marks.origin(engine="elsewhere", recipe={}, at=verifier.deps.now())
    theirs = manifests.sign(out.getvalue(), "image/jpeg", origin, Signature(chain, key))
    found = await verifier.says(theirs)
    assert found == Verdict(made_here=False, ai=True, elsewhere=True)


async def test_nothing_is_said_of_any_other_picture(verifier: Verifier) -> None:
    await verifier.made(7)
    out = io.BytesIO()
    drawn(8, (600, 800)).save(out, "JPEG")
    assert await verifier.says(out.getvalue()) == Verdict(made_here=False)


async def test_hostile_files_get_an_answer_or_a_reason(verifier: Verifier) -> None:
    for case in hostile.cases():
        found = await verifier.outcome(case.data)
        assert found in {*imaging.REASONS, Verdict(made_here=False)}, case.title
    assert (await verifier.says(await verifier.made(9))).unchanged


async def test_damaged_manifests_of_every_kind_take_nobody_down(verifier: Verifier) -> None:
    data = await verifier.made(10)
    start = data.index(b"jumb") - 20
    for at in range(start, start + 60_000, 2_003):
        broken = bytearray(data)
        broken[at : at + 4] = b"\xff\xff\xff\xff"
        found = await verifier.outcome(bytes(broken))
        assert isinstance(found, str) or found.unchanged is not True


async def test_pictures_verify_while_the_certificate_is_rotated(verifier: Verifier) -> None:
    async def rotate() -> None:
        for _ in range(4):
            async with verifier.deps.transaction() as session:
                await certificates.rotate(session, verifier.deps, older_than=timedelta(0))

    rotation = asyncio.create_task(rotate())
    pictures = await asyncio.gather(*(verifier.made(seed) for seed in range(11, 15)))
    await rotation
    for data in pictures:
        assert (await verifier.says(data)).unchanged


async def test_a_picture_deleted_while_it_is_verified_is_still_known(verifier: Verifier) -> None:
    deps = verifier.deps
    ours = await verifier.made(15)
    async with deps.transaction() as session:
        image = await make_image(session, user_id=(await make_user(session)).id)
    await deps.storage.put(f"{image.folder}/full.jpg", ours, content_type="image/jpeg")

    async def delete() -> None:
        async with deps.transaction() as session:
            gone = deps.now() - TRASH_KEPT - timedelta(seconds=1)
            await session.execute(update(GeneratedImage).values(deleted_at=gone))
        assert await purging.purge(deps) == 1

    during, _ = await asyncio.gather(verifier.says(stripped(ours)), delete())
    after = await verifier.says(stripped(ours))
    assert during.matched_by == after.matched_by == "fingerprint"
    assert [info async for info in deps.storage.list("")] == []
