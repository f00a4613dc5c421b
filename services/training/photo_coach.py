"""What is said of a training photo and of the set: thresholds and words, and no database."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from services.faces.base import Box, Face
from services.faces.pose import ASIDE
from services.imaging import Ingested
from services.training.coverage import Coverage, coverage

MIN_PHOTOS, GOOD_PHOTOS, MAX_PHOTOS = 10, 20, 30
MIN_SIDE, GOOD_SIDE = 256, 768  # px, the short side; training is done at 1024
MAX_RATIO, GOOD_RATIO = 4.0, 2.2
# Below: blurred, or dark. Of 14 photographs the least sharp has 588; blurred by 0.3 % of their
# length none has over 57. The darkest by day has 160; at a quarter of the light none has over 56.
SHARP, LIGHT = 60.0, 70.0
NEAR = 6  # of 64 bits of the hash: no more may differ between near duplicates
# A face of fewer pixels on its short side, of full.jpg, is small: about a whole figure at 2048 px.
FACE_SIDE = 200
# A face with less is blurred. Of 7 photographs the least sharp has 78, 69 when it was enlarged by a
# third; moved any way by 2 % of the face's width none has over 55, and blurred by 0.5 % over 46.
FACE_SHARP = 65.0
# Eyes of less than this share of the cheeks' light are behind dark lenses. Of 8 photographs of four
# persons the darkest have 0.91, and with two drawn lenses over them none has over 0.69. How real
# ones mirror has not been tried, and closed eyes cannot be told: five points show no lid.
EYES = 0.7
COMPANY = 0.15  # a second face larger than this share of the first is another person in the photo
# How dark a face is says nothing here: whether that treats all skins alike has not been tested.

REFUSALS = {
    "too_large": "The file is larger than 25 MB. Send a smaller copy.",
    "too_small": f"The picture is under {MIN_SIDE} px on its short side. Send the original.",
    "strip": "The picture is a narrow strip. Send an ordinary photo.",
    "duplicate": "This photo is already in the set.",
    "full": f"The set is full at {MAX_PHOTOS} photos. Remove one first.",
    "quota": "Your storage is full. Delete pictures or models you no longer need.",
}
STRANGER = "someone_else"
TURN = "sideways"
WARNINGS = {
    "no_face": "No face found: choose a photo that shows it clearly.",
    TURN: "It lies on its side or upside down: turn it.",
    "company": "More than one person: crop it to the one, or choose another.",
    STRANGER: "Seems to be someone else than in the others: if so, remove it.",
    "near_duplicate": "Almost the same as another photo: a different moment teaches more.",
    "blurred": "Blurred: a sharper photo teaches more.",
    "dark": "Dark: a photo in better light teaches more.",
    "small": f"Small: under {GOOD_SIDE} px, fine details are missing.",
    "narrow": "Narrow: much of it will be cropped away.",
    "face_blurred": "The face is blurred: one in focus teaches more.",
    "face_small": "The face is small: a photo from closer teaches more.",
    "eyes_hidden": "The eyes seem to be behind dark glasses: a photo that shows them teaches more.",
}
WRONG = ("no_face", TURN, "company", STRANGER)  # teaches the wrong thing, rather than little
# What a comparison with the other photos may change.
COMPARED = frozenset(
    {STRANGER, "near_duplicate", "blurred", "small", "face_small", "face_blurred", "eyes_hidden"}
)
Facts = dict[str, Any]


@dataclass(frozen=True, slots=True)
class PhotoWarning:
    """Something that makes an accepted photo less useful: a code of WARNINGS and its text."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class SetVerdict:
    """The set as a whole: how many photos, whether that is enough to train, what would help.

    unwarned: how many of them have no warning. left_out: how many a training does not take.
    coverage: what they show together; None where nobody looked.
    """

    count: int
    unwarned: int
    enough: bool
    message: str
    left_out: int = 0
    coverage: Coverage | None = None
    minimum: int = MIN_PHOTOS
    good: int = GOOD_PHOTOS
    maximum: int = MAX_PHOTOS


def refusal(photo: Ingested) -> str | None:
    """A code of REFUSALS for a picture that nothing can be learned from."""
    short, long = sorted((photo.width, photo.height))
    if long > MAX_RATIO * short:
        return "strip"
    return "too_small" if short < MIN_SIDE else None


def warnings(photo: Ingested, others: Iterable[int]) -> list[str]:
    """Codes of WARNINGS for one photo; others: the hashes of those that are there."""
    size = photo.width, photo.height
    short, long = sorted(size)
    facts = facts_of(photo)
    found = {
        "near_duplicate": is_near(photo.phash, others),
        "dark": photo.light < LIGHT,
        "narrow": long > GOOD_RATIO * short,
        "no_face": photo.faces == (),
        TURN: bool(photo.faces and photo.faces[0].turned),
        "company": _company(photo.faces or ()),
        "eyes_hidden": bool(photo.faces and eyes_hidden(photo.faces[0])),
    }
    return ordered({code for code in found if found[code]} | face_codes(facts, size=size))


def face_codes(facts: Facts, *, size: tuple[int, int]) -> set[str]:
    """What is said of the size and the sharpness of a photo of `size` px.

    Where a face is known, that is what counts: but small is no face whose photo is small, and
    few pixels blur it.
    """
    blurred, small_photo = facts["sharpness"] < SHARP, min(size) < GOOD_SIDE
    face = facts.get("face")
    if not face:
        found = {"blurred": blurred, "small": small_photo}
    elif face["side"] < FACE_SIDE:
        found = {"blurred": blurred, "small": small_photo, "face_small": not small_photo}
    else:
        soft = face["sharpness"] < FACE_SHARP
        found = {"blurred": soft and blurred, "face_blurred": soft and not blurred}
    return {code for code in found if found[code]}


def eyes_hidden(face: Face) -> bool:
    """Whether the eyes of a face that is large and looks ahead are behind dark lenses."""
    seen = face.side >= FACE_SIDE and abs(face.yaw) < ASIDE
    return seen and face.eyes < EYES


def is_near(hash: int, others: Iterable[int]) -> bool:
    """Whether a photo with this hash is almost the same as one of the others."""
    return any(_differing(hash, other) <= NEAR for other in others)


def ordered(codes: Collection[str]) -> list[str]:
    """In the order of WARNINGS."""
    return [code for code in WARNINGS if code in codes]


def _company(faces: Sequence[Face]) -> bool:
    return any(other.area > COMPANY * faces[0].area for other in faces[1:])


def facts_of(photo: Ingested, *, pose: bool = False) -> Facts:
    """What a photo's row keeps of what was measured; no "face", "cutout" where nobody looked.

    pose: whether the consent covers how the head is turned and the hour of the photo.
    """
    kept: Facts = {"sharpness": photo.sharpness, "light": photo.light}
    if photo.faces is not None:
        kept["face"] = face_facts(photo.faces[0], pose=pose) if photo.faces else None
    if photo.faces and photo.faces[0].turned:
        kept["turned"] = photo.faces[0].turned
    if pose and photo.taken:
        kept["taken"] = photo.taken
    if photo.cutout is not None:
        kept["cutout"] = {"share": photo.cutout.share, "unusable": photo.cutout.unusable}
    return kept


def face_facts(face: Face, *, pose: bool) -> Facts:
    """What is kept of the face that is taken for the person's: nothing that identifies her."""
    kept = {
        "box": [round(edge, 4) for edge in face.box],
        "side": face.side,
        "sharpness": face.sharpness,
    }
    return kept | ({"yaw": face.yaw} if pose else {})


def cut_out(verdict: dict[str, Any]) -> bool:
    """Whether the person of this photo was cut out of it."""
    cutout = verdict.get("cutout") or {"unusable": "unknown"}
    return cutout["unusable"] is None


def flagged(verdict: Facts) -> bool:
    """Whether a photo is left out of a training unless the member insists.

    Who is somebody else, nobody, or one of several of whom nobody can tell which; and what has to
    be turned first.
    """
    codes = set(verdict["warnings"]).intersection(WRONG)
    return bool(codes - {"company"}) or ("company" in codes and not verdict.get("told"))


def taken(verdict: Facts, included: bool | None) -> bool:
    """Whether a photo by itself is trained on; included: what the member said, None if nothing."""
    return not flagged(verdict) if included is None else included


def used(photos: Sequence[tuple[Facts, bool | None]]) -> list[bool]:
    """Of each photo of a set whether it is trained on.

    photos: verdicts, and what the member said of each, None if nothing. Without enough others,
    photos in which no face was found are not left out: they show nobody else.
    """
    found = [taken(facts, included) for facts, included in photos]
    if sum(found) >= MIN_PHOTOS:
        return found
    return [
        use or (included is None and _shows_nobody(facts))
        for use, (facts, included) in zip(found, photos, strict=True)
    ]


def _shows_nobody(verdict: Facts) -> bool:
    return "no_face" in verdict["warnings"]


def trained_box(verdict: Facts) -> Box | None:
    """Where the face is on which a training may look: never somebody else's."""
    return None if flagged(verdict) else face_box(verdict)


def face_box(verdict: dict[str, Any]) -> Box | None:
    """Where the person's face is in a photo, if that is known."""
    face = verdict.get("face")
    return cast(Box, tuple(face["box"])) if face else None


def usefulness(verdict: dict[str, Any]) -> tuple[float, ...]:
    """What photos are sorted by, the best first: nothing wrong, few warnings, large, sharp."""
    codes, face = verdict["warnings"], verdict.get("face") or {"side": 0, "sharpness": 0}
    large = min(face["side"], 2 * FACE_SIDE)  # beyond that it is no better
    return (flagged(verdict), len(codes), -large, -face["sharpness"], -verdict["sharpness"])


def set_verdict(photos: Sequence[tuple[Facts, bool | None]]) -> SetVerdict:
    """The verdict on a set: what is said of each photo, and what the member said of it."""
    codes = [facts["warnings"] for facts, _ in photos]
    count, unwarned = len(photos), sum(not each for each in codes)
    trained = [facts for (facts, _), use in zip(photos, used(photos), strict=True) if use]
    shown = coverage(trained)
    good = "" if unwarned == count else f", {unwarned} good" if unwarned else ", none good yet"
    advice = _wrong(photos) or _advice(codes, len(trained), shown)
    text = f"{count} of {MIN_PHOTOS}–{GOOD_PHOTOS} photos{good}: {advice}"
    enough = len(trained) >= MIN_PHOTOS
    return SetVerdict(count, unwarned, enough, text, count - len(trained), shown)


# What is wrong, before anything else is asked for: of one photo, and of several.
_FAULTS = {
    STRANGER: ("one does not seem to be the same person; remove it", "{} do not seem to be the "
               "same person; remove them"),
    TURN: ("one lies on its side; turn it", "{} lie on their side; turn them"),
    "company": ("one shows several people; crop it to the one", "{} show several people; crop "
                "them to the one"),
}  # fmt: skip


def _wrong(photos: Sequence[tuple[Facts, bool | None]]) -> str | None:
    """The worst that is wrong with photos on which the member has not decided."""
    if any(facts.get("persons") for facts, _ in photos):
        return "these show several people; keep the photos of one."
    for code, (one, several) in _FAULTS.items():
        count = sum(included is None and code in facts["warnings"] for facts, included in photos)
        if count:
            return f"{one if count == 1 else several.format(count)}."
    return None


# What many photos are, and what would help instead; a quarter are many, of `face_small` half.
_ADVICE = {
    "no_face": ("many show no face", "clear views of it"),
    "company": ("many show more than one person", "photos of one alone"),
    "near_duplicate": ("many look alike", "other places, clothes and light"),
    "blurred": ("many are blurred", "sharper ones"),
    "dark": ("many are dark", "some in daylight"),
    "face_small": ("most faces are small", "some from closer"),
    "face_blurred": ("many faces are blurred", "some with the face in focus"),
    "small": ("many are small", "the originals"),
    "narrow": ("many are narrow", "some that are not cropped"),
}
_USUAL = ("small", "narrow", "face_blurred")  # said of a set only where too few photos are good


def _advice(photos: Sequence[Sequence[str]], used: int, shown: Coverage | None) -> str:
    """What would help this set most, in a few words; good is a set with enough good photos."""
    count, given = len(photos), Counter(code for codes in photos for code in codes)
    if (missing := MIN_PHOTOS - used) > 0:
        if shown and shown.next:
            return f"add {missing} more. Next: {shown.next}."
        return f"add {missing} more, from near and far, in different places and light."
    enough = sum(not codes for codes in photos) >= MIN_PHOTOS
    for code, (many, help) in _ADVICE.items():
        if enough and code in _USUAL:
            continue
        if given[code] * (2 if code == "face_small" else 4) > count:
            return f"{many}; {help} would help."
    if shown and shown.burst and count < MAX_PHOTOS:
        return "many were taken within one hour; some from another day would help."
    if not enough:
        known = [code for code, _ in given.most_common() if code in _ADVICE]
        return f"{_ADVICE[known[0]][1]} would help most." if known else "remove what is wrong."
    if shown and shown.next and count < MAX_PHOTOS:
        return f"enough to train. Next: {shown.next}."
    return "a good set." if count <= GOOD_PHOTOS else "more than enough; keep the best."


def _differing(one: int, other: int) -> int:
    """How many of the 64 bits of two hashes differ; the hashes are signed."""
    return ((one ^ other) & (2**64 - 1)).bit_count()
