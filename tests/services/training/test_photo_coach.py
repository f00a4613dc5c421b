"""The photo coach with real faces: what it says of photos and sets, what it keeps, when."""

import json
from dataclasses import replace

import pytest
from sqlalchemy import select, update

from db.models import Consent, TrainingImage
from services.deps import Deps
from services.faces.memory import FaceMemory
from services.training import consents, photo_coach, photos
from tests import real_faces
from tests.pictures import drawn
from tests.real_faces import ONE, OTHER, file, photograph
from tests.services.training.test_photos import Intake


@pytest.fixture
def deps(deps: Deps) -> Deps:
    return replace(deps, faces=FaceMemory())


@pytest.fixture
async def intake(deps: Deps) -> Intake:
    return await agreed(await Intake(deps).start())


async def agreed(intake: Intake, version: str | None = None) -> Intake:
    async with intake.deps.transaction() as session:
        await consents.give(
            session,
            intake.deps,
            user_id=intake.user_id,
            user_model_id=intake.model_id,
            subject_is="self",
            text_version=version or consents.current(intake.deps),
        )
    return intake


async def said(intake: Intake) -> dict[str, list[str]]:
    """The codes of all warnings now, by the photo's name."""
    found = await intake.set()
    return {photo.name: [warning.code for warning in photo.warnings] for photo in found.photos}


async def kept(deps: Deps) -> list[dict[str, object]]:
    async with deps.transaction() as session:
        return list(await session.scalars(select(TrainingImage.verdict)))


async def test_a_good_photo_has_its_face_located(intake: Intake) -> None:
    verdict = await intake.send(file(photograph(ONE[0])))
    assert verdict.message == "Good."
    assert verdict.photo is not None
    assert verdict.photo.face_box == pytest.approx((0.41, 0.08, 0.67, 0.37), abs=0.03)


async def test_each_fault_is_named_and_none_refuses(intake: Intake) -> None:
    good = photograph(ONE[0])
    photos_of = {
        "no_face": drawn(5, (1200, 1500)),
        "company": real_faces.beside(photograph(ONE[2]), photograph(OTHER)),
        "face_small": real_faces.far_away(photograph(ONE[1])),
        "face_blurred": real_faces.out_of_focus(good),
    }
    for code, image in photos_of.items():
        verdict = await intake.send(file(image), code)
        assert verdict.accepted
        assert photo_coach.WARNINGS[code] in verdict.message
    assert await said(intake) == {code: [code] for code in photos_of}
    assert (await intake.set()).verdict.unwarned == 0


async def test_a_dark_face_is_neither_blurred_nor_missing(intake: Intake) -> None:
    """Skins differ, so how dark a face is must not count."""
    image = photograph(ONE[1])
    verdict = await intake.send(file(image.point(lambda value: value // 3)))
    assert verdict.message == photo_coach.WARNINGS["dark"]  # of the whole photo
    assert verdict.photo is not None
    assert verdict.photo.face_box is not None


async def send_all(intake: Intake, names: tuple[str, ...]) -> None:
    for name in names:
        await intake.send(file(photograph(name)), name)


async def test_somebody_else_among_the_photos(intake: Intake) -> None:
    await send_all(intake, (*ONE[:3], OTHER))
    assert (await said(intake))[OTHER] == [photo_coach.STRANGER]
    await send_all(intake, ONE[3:])
    found = await said(intake)
    assert [name for name, codes in found.items() if photo_coach.STRANGER in codes] == [OTHER]
    verdict = (await intake.set()).verdict
    assert verdict.unwarned == sum(not codes for codes in found.values())
    assert "good: one does not seem to be the same person; remove it." in verdict.message


async def test_a_set_that_changes_is_judged_anew(intake: Intake, deps: Deps) -> None:
    """The wrong person came first: when most photos show the right one, nothing is held against
    them; measured anew from the files, as after a start."""
    await send_all(intake, (OTHER, *ONE[:3]))
    assert (await said(intake))[OTHER] == [photo_coach.STRANGER]
    for photo in (await intake.set()).photos:
        if photo.name in ONE[1:3]:
            await intake.remove(photo.id)
    assert not any(
        photo_coach.STRANGER in codes for codes in (await said(intake)).values()
    )  # too few
    intake.deps = replace(deps, faces=FaceMemory())
    await send_all(intake, ONE[3:])
    assert [
        name for name, codes in (await said(intake)).items() if photo_coach.STRANGER in codes
    ] == [OTHER]


async def test_the_most_useful_photos_come_first(intake: Intake, deps: Deps) -> None:
    await intake.send(file(real_faces.beside(photograph(ONE[0]), photograph(OTHER))), "company")
    await intake.send(file(drawn(5, (1200, 1500))), "nobody")
    await intake.send(file(real_faces.far_away(photograph(ONE[0]))), "far")
    await intake.send(file(photograph(ONE[0])), "good")
    names = {photo.id: photo.name for photo in (await intake.set()).photos}
    async with deps.transaction() as session:
        best = await photos.best(session, intake.model_id, 3)
    assert [names[photo.id] for photo in best[:2]] == ["good", "far"]
    assert all(photo.face_box for photo in best[:2])


async def test_no_embedding_is_stored(intake: Intake, deps: Deps) -> None:
    """What stays of a face is where it is, how large, how sharp and how it is turned."""
    await intake.send(file(photograph(ONE[0])))
    (verdict,) = await kept(deps)
    assert set(verdict) == {"warnings", "sharpness", "light", "face", "cutout"}
    assert isinstance(verdict["face"], dict)
    assert set(verdict["face"]) == {"box", "side", "sharpness", "yaw"}
    assert isinstance(verdict["cutout"], dict)
    assert set(verdict["cutout"]) == {"share", "unusable"}
    assert len(json.dumps(verdict)) < 250


async def test_the_turn_of_a_head_is_kept_only_with_a_consent_that_says_so(
    deps: Deps, intake: Intake
) -> None:
    earlier = await agreed(await Intake(deps).start(), "2")
    await earlier.send(file(photograph(ONE[0])))
    (verdict,) = await kept(deps)
    assert isinstance(verdict["face"], dict)
    assert set(verdict["face"]) == {"box", "side", "sharpness"}


async def test_photos_read_anew_are_judged_as_they_were(intake: Intake, deps: Deps) -> None:
    await send_all(intake, (*ONE[:4], OTHER))
    before = await said(intake)
    intake.deps = replace(deps, faces=FaceMemory())  # as after a start
    await send_all(intake, ONE[4:])
    assert before.items() <= (await said(intake)).items()


@pytest.mark.parametrize("version", ["1", None])
async def test_faces_are_measured_only_with_consent(
    deps: Deps, version: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    intake = await agreed(await Intake(deps).start(), version)
    await intake.send(file(photograph(ONE[0])))
    (verdict,) = await kept(deps)
    assert ("face" in verdict) is (version is None)
    async with deps.transaction() as session:
        assert (await session.scalars(select(Consent.text_version))).one() == (version or "3")


async def test_switched_off_nothing_is_measured(intake: Intake, deps: Deps) -> None:
    intake.deps = replace(deps, faces=None)
    verdict = await intake.send(file(drawn(5, (1200, 1500))))
    assert verdict.message == "Good."
    assert "face" not in (await kept(deps))[0]


async def test_photos_of_an_earlier_release_stay_as_they_are(intake: Intake, deps: Deps) -> None:
    """They have no "face" in their verdict; the new ones are judged among themselves."""
    await send_all(intake, ONE[:2])
    async with deps.transaction() as session:
        await session.execute(
            update(TrainingImage).values(verdict=TrainingImage.verdict.op("-")("face"))
        )
    await send_all(intake, ONE[2:])
    assert (await intake.set()).verdict.count == 5


async def test_a_photo_whose_file_is_gone_is_left_out(intake: Intake, deps: Deps) -> None:
    await send_all(intake, ONE[:3])
    async with deps.transaction() as session:
        folder = (await session.scalars(select(TrainingImage.folder))).first()
    assert folder
    await deps.storage.erase(folder)
    intake.deps = replace(deps, faces=FaceMemory())
    await send_all(intake, (ONE[3], OTHER))
    assert (await intake.set()).verdict.count == 5
