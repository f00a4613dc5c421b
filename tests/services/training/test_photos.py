"""Taking photos in: what a member sees of each, of the set, and what is left on disk."""

import io
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest
from PIL import Image, ImageOps
from sqlalchemy import select

from db.models import JobRow
from services.deps import Deps
from services.errors import Conflict, NotFound
from services.files import uploads
from services.storage.local import LocalStorage
from services.training import photo_coach, photos, set_judging
from services.training.photos import Verdict
from tests import sitters
from tests.builders import make_user, make_user_model
from tests.files import leftovers
from tests.pictures import picture


@pytest.fixture
def storage(tmp_path: Path) -> LocalStorage:
    return LocalStorage(tmp_path / "files", secret=b"s" * 32, base_url="http://test")


class Intake:
    """A member with a draft, who sends files."""

    def __init__(self, deps: Deps) -> None:
        self.deps = deps

    async def start(self) -> "Intake":
        async with self.deps.transaction() as session:
            user = await make_user(session)
            self.user_id = user.id
            self.model_id = (await make_user_model(session, user_id=user.id)).id
        return self

    async def send(self, data: bytes, name: str = "me.jpg") -> Verdict:
        async with uploads.landed(self.deps, chunks(data), name=name) as upload:
            return await photos.receive(
                self.deps, user_id=self.user_id, user_model_id=self.model_id, upload=upload
            )

    async def remove(self, image_id: UUID) -> None:
        async with self.deps.transaction() as session:
            await photos.remove(
                session,
                self.deps,
                user_id=self.user_id,
                user_model_id=self.model_id,
                image_id=image_id,
            )
        await set_judging.compare(self.deps, user_id=self.user_id, user_model_id=self.model_id)

    async def set(self) -> photos.PhotoSet:
        async with self.deps.transaction() as session:
            return await photos.list_(
                session, self.deps, user_id=self.user_id, user_model_id=self.model_id
            )


async def chunks(data: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(data), 65536):
        yield data[start : start + 65536]


@pytest.fixture
async def intake(deps: Deps) -> Intake:
    return await Intake(deps).start()


async def test_a_photo_is_taken_in(intake: Intake, tmp_path: Path) -> None:
    verdict = await intake.send(picture(), "holiday.png")  # the name says nothing
    assert (verdict.accepted, verdict.code, verdict.message) == (True, "accepted", "Good.")
    found = await intake.set()
    assert [photo.name for photo in found.photos] == ["holiday.png"]
    photo = found.photos[0]
    assert (photo.format, photo.width, photo.height) == ("JPEG", 900, 1200)
    assert "/thumb.webp?" in photo.thumb_url
    assert leftovers(tmp_path) == ["full.jpg", "thumb.webp", "train.jpg"]


async def test_a_refused_file_leaves_nothing(intake: Intake, tmp_path: Path) -> None:
    verdict = await intake.send(b"GIF89a and so on", "me.jpg")
    assert (verdict.accepted, verdict.code) == (False, "not_a_picture")
    assert "Use JPEG, PNG, WebP, HEIC or AVIF" in verdict.message
    assert (await intake.send(picture(size=(100, 120)))).code == "too_small"
    assert (await intake.send(b"\0" * (uploads.MAX_BYTES + 1))).code == "too_large"
    assert leftovers(tmp_path) == []


async def test_the_same_photo_twice(intake: Intake, tmp_path: Path) -> None:
    data = picture()
    first = await intake.send(data)
    again = await intake.send(data, "copy.jpg")
    assert (again.accepted, again.code) == (False, "duplicate")
    assert again.photo == first.photo
    smaller = io.BytesIO()
    Image.open(io.BytesIO(data)).resize((810, 1080)).save(smaller, "PNG")
    near = await intake.send(smaller.getvalue())
    assert near.accepted
    assert near.photo is not None
    assert [warning.code for warning in near.photo.warnings] == ["near_duplicate"]
    assert len(leftovers(tmp_path)) == 6


async def test_warnings_are_measured(intake: Intake) -> None:
    blurred = await intake.send(picture(2, blur=8))
    assert blurred.message == photo_coach.WARNINGS["blurred"]
    small = await intake.send(picture(3, (500, 600)))
    assert small.message == photo_coach.WARNINGS["small"]
    narrow = await intake.send(picture(4, (800, 2000)))
    assert narrow.message == photo_coach.WARNINGS["narrow"]


async def test_removing_a_photo(intake: Intake, deps: Deps) -> None:
    verdict = await intake.send(picture())
    assert verdict.photo is not None
    await intake.remove(verdict.photo.id)
    assert (await intake.set()).photos == ()
    async with deps.transaction() as session:
        prefixes = await session.scalars(select(JobRow.payload["prefix"].as_string()))
        assert [prefix in verdict.photo.thumb_url for prefix in prefixes] == [True]
    with pytest.raises(NotFound):
        await intake.remove(verdict.photo.id)


async def test_the_cut_out_goes_with_its_photo(intake: Intake, deps: Deps, tmp_path: Path) -> None:
    """And another photo keeps its own."""
    verdict = await intake.send(sitters.encoded(sitters.hopper(), "JPEG"))
    assert verdict.photo is not None
    async with deps.transaction() as session:
        (photo,) = await photos.best(session, intake.model_id, 1)
    assert photo.alpha_key is not None
    assert await deps.storage.head(photo.alpha_key) is not None
    mirrored = sitters.encoded(ImageOps.mirror(sitters.hopper()), "JPEG")
    second = await intake.send(mirrored, "two.jpg")
    await intake.remove(verdict.photo.id)
    async with deps.transaction() as session:
        for prefix in await session.scalars(select(JobRow.payload["prefix"].as_string())):
            await deps.storage.erase(prefix)
        (kept,) = await photos.best(session, intake.model_id, 2)
    assert second.accepted
    assert await deps.storage.head(photo.alpha_key) is None
    assert kept.alpha_key is not None
    names = ["alpha.webp", "full.jpg", "thumb.webp", "train.jpg"]
    assert [name for name in leftovers(tmp_path) if not name.endswith(".json")] == names


async def test_another_members_model_does_not_exist(intake: Intake, deps: Deps) -> None:
    other = await Intake(deps).start()
    other.model_id = intake.model_id
    with pytest.raises(NotFound):
        await other.send(picture())
    with pytest.raises(NotFound):
        await other.set()


async def test_a_set_in_training_is_closed(intake: Intake, deps: Deps, tmp_path: Path) -> None:
    async with deps.transaction() as session:
        model = await make_user_model(session, user_id=intake.user_id, status="training")
    intake.model_id = model.id
    with pytest.raises(Conflict):
        await intake.send(picture())
    assert leftovers(tmp_path) == []
