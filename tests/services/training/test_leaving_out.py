"""What a training takes of a set, and photos that are made good: turned, cut, insisted on."""

from dataclasses import replace
from typing import Any

import pytest

from services.deps import Deps
from services.errors import Conflict, Invalid, NotFound
from services.faces.memory import FaceMemory
from services.training import leaving_out, likeness, photo_coach, photo_editing, photos, trainings
from tests.real_faces import ONE, OTHER, beside, file, photograph
from tests.services.training.test_photo_coach import agreed, kept, said, send_all
from tests.services.training.test_photos import Intake

GOOD: photo_coach.Facts = {"warnings": []}
NOBODY: photo_coach.Facts = {"warnings": ["no_face"]}
STRANGER: photo_coach.Facts = {"warnings": [photo_coach.STRANGER]}
GROUP: photo_coach.Facts = {"warnings": ["company"]}
TOLD: photo_coach.Facts = {"warnings": ["company"], "told": True}


@pytest.fixture
async def intake(deps: Deps) -> Intake:
    return await agreed(await Intake(replace(deps, faces=FaceMemory())).start())


def test_what_is_flagged_is_left_out_unless_the_member_insists() -> None:
    good = [(GOOD, None)] * 10
    flagged = [(STRANGER, None), (GROUP, None), (NOBODY, None), (TOLD, None)]
    assert photo_coach.used([*good, *flagged])[10:] == [False, False, False, True]
    insisted = [(STRANGER, True), (GROUP, True), (NOBODY, True), (TOLD, False)]
    assert photo_coach.used([*good, *insisted])[10:] == [True, True, True, False]


def test_photos_without_a_face_stay_where_there_are_too_few_others() -> None:
    """A set of drawings can be trained on; strangers are left out of any set."""
    photos_of = [(GOOD, None)] * 4 + [(NOBODY, None)] * 6 + [(STRANGER, None)]
    assert photo_coach.used(photos_of) == [True] * 10 + [False]


async def edit(intake: Intake, name: str, **how: Any) -> photos.PhotoView:
    (photo,) = [photo for photo in (await intake.set()).photos if photo.name == name]
    return await photo_editing.edit(
        intake.deps,
        user_id=intake.user_id,
        user_model_id=intake.model_id,
        image_id=photo.id,
        **how,
    )


@pytest.mark.parametrize("quarters", [1, 2])
async def test_a_photo_that_lies_is_turned_by_one_tap(intake: Intake, quarters: int) -> None:
    image = photograph(ONE[0])
    lying = image.rotate(90 * quarters, expand=True)
    verdict = await intake.send(file(lying), "lying")
    assert verdict.photo is not None
    assert [warning.code for warning in verdict.photo.warnings] == [photo_coach.TURN]
    assert (verdict.photo.turn, verdict.photo.used) == (quarters, False)
    turned = await edit(intake, "lying", turn=verdict.photo.turn)
    assert (turned.warnings, turned.turn, turned.used) == ((), 0, True)
    assert turned.face_box == pytest.approx((0.41, 0.08, 0.67, 0.37), abs=0.03)
    assert (turned.width > turned.height) == (image.width > image.height)
    assert "full" in turned.full_url
    assert turned.full_url != verdict.photo.full_url


async def test_a_group_is_cut_to_the_one_person(intake: Intake) -> None:
    one, other = photograph(ONE[0]), photograph(OTHER)
    await intake.send(file(beside(one, other)), "two")
    assert (await said(intake))["two"] == ["company"]
    share = one.width / (one.width + other.width * one.height / other.height)
    cut = await edit(intake, "two", crop=(0.0, 0.0, share, 1.0))
    assert cut.warnings == ()
    for least in (0.02, 1e-9):
        with pytest.raises(Invalid, match="under 256 px"):
            await edit(intake, "two", crop=(0.0, 0.0, least, least))
    for crop in ((0.5, 0.0, 0.2, 1.0), (0.0, 0.0, float("nan"), 1.0), (-1.0, 0.0, 1.0, 1.0)):
        with pytest.raises(Invalid, match="between 0 and 1"):
            await edit(intake, "two", crop=crop)


async def test_in_a_photo_of_two_the_person_is_known_from_the_others(intake: Intake) -> None:
    """Also where the other face is the larger one; then it may be trained on as it is."""
    await send_all(intake, ONE[1:5])
    other, one = photograph(OTHER), photograph(ONE[0])
    large = other.resize((other.width * 3 // 2, other.height * 3 // 2))
    verdict = await intake.send(file(beside(large.crop((0, 0, large.width, 1400)), one)), "two")
    assert verdict.photo is not None
    assert verdict.photo.face_box is not None
    assert verdict.photo.face_box[0] > 0.5  # the one at the right
    assert [warning.code for warning in verdict.photo.warnings] == ["company"]
    assert verdict.photo.used


async def test_a_training_gets_no_strangers_box(intake: Intake, deps: Deps) -> None:
    """Left out unless insisted on, and even then nobody is pointed at a stranger's face."""
    await send_all(intake, (*ONE[:4], OTHER))
    (stranger,) = [photo for photo in (await intake.set()).photos if photo.name == OTHER]
    assert not stranger.used
    key: dict[str, Any] = {"user_id": intake.user_id, "user_model_id": intake.model_id}
    async with deps.transaction() as session:
        chosen = await photos.best(session, intake.model_id, 30)
        assert stranger.id not in {photo.id for photo in chosen}
        assert all(photo.face_box for photo in chosen)
        quote = await trainings.quote(session, deps, **key)
        assert (quote.photos, quote.left_out) == (4, 1)
        assert quote.problem == (
            "Add 6 more photos: a training takes 10 to 30, and 1 of yours is left out."
        )
        await leaving_out.include(session, image_id=stranger.id, included=True, **key)
        chosen = await photos.best(session, intake.model_id, 30)
        (sent,) = [photo for photo in chosen if photo.id == stranger.id]
        assert sent.face_box is None
        assert (await trainings.quote(session, deps, **key)).left_out == 0


async def test_a_photo_deleted_while_the_set_is_judged(
    intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others are judged all the same, and nothing of its face is remembered."""
    await send_all(intake, (*ONE[:4], OTHER))
    intake.deps = replace(intake.deps, faces=FaceMemory())  # all are to be read again
    gone = next(photo for photo in (await intake.set()).photos if photo.name == ONE[0])
    async with intake.deps.transaction() as session:
        row = await photos.owned(session, user_model_id=intake.model_id, image_id=gone.id)
    read = likeness.faces

    async def slow(deps: Deps, wanted: list[str]) -> Any:
        found = await read(deps, wanted)
        monkeypatch.setattr(likeness, "faces", read)
        await intake.remove(gone.id)
        return found

    monkeypatch.setattr(likeness, "faces", slow)
    await intake.send(file(photograph(ONE[4])), ONE[4])
    found = await said(intake)
    assert set(found) == {*ONE[1:], OTHER}
    assert found[OTHER] == [photo_coach.STRANGER]
    assert intake.deps.faces is not None
    assert intake.deps.faces.get(row.folder) is None


async def test_photos_do_not_change_once_the_training_has_begun(intake: Intake, deps: Deps) -> None:
    await intake.send(file(photograph(ONE[0])), "one")
    async with deps.transaction() as session:
        model = await photos.editable(
            session, user_id=intake.user_id, user_model_id=intake.model_id
        )
        model.status = "training"
    with pytest.raises(Conflict, match="once the training has begun"):
        await edit(intake, "one", turn=1)
    stranger = await Intake(intake.deps).start()
    with pytest.raises(NotFound):
        await photo_editing.edit(
            intake.deps,
            user_id=stranger.user_id,
            user_model_id=intake.model_id,
            image_id=(await intake.set()).photos[0].id,
            turn=1,
        )


async def test_the_hour_is_kept_only_with_a_consent_that_says_so(intake: Intake) -> None:
    image = photograph(ONE[0])
    exif = image.getexif()
    exif.get_ifd(0x8769)[0x9003] = "2026:05:04 12:34:56"
    await intake.send(file(image, exif=exif.tobytes()))
    assert [verdict.get("taken") for verdict in await kept(intake.deps)] == ["2026-05-04T12"]
