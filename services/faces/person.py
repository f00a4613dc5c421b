"""Whom a set of photos shows, and how alike other faces are; in memory only, never stored."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from services.faces import compare
from services.faces.base import Box, Embedding, Face
from services.faces.pose import ASIDE
from services.faces.scale import Likeness, Scale

Key = TypeVar("Key", bound=Hashable)
Faces = tuple[Face, ...]
# Outside of her photos' tones by more, skin has drifted. On five photographs of one person, each
# against the four others: none of them is out, nor is any of them made brighter, darker, warmer or
# cooler, but for one of five in a golden light; of faces made lighter alone (gamma 0.6) 4 of 5 are
# out, made darker (1.6) 5. The margin was chosen on these five, two of which are cut from a third;
# other skins and pictures of real engines have not been tried.
DRIFT = 0.15
SAME_PLACE = 0.5  # of two boxes of one face in two readings; two faces share next to nothing


@dataclass(frozen=True, slots=True)
class Person:
    """The person of a set. centre: the mean direction of the photos that are hers.

    places: whether her consent covers that it is kept where her face is in a picture.
    skin: the least and the greatest tone in her photos; None where too few have one.
    judged: the same person by the operator's own network, where there is one.
    """

    centre: Embedding
    scale: Scale
    places: bool = False
    skin: tuple[float, float] | None = None
    judged: "Person | None" = None

    def face(self, faces: Faces | None) -> Face | None:
        """The one that is most like her; the largest has no preference."""
        measured = [face for face in faces or () if face.embedding]
        return max(measured, key=self._cosine, default=None)

    def likeness(self, faces: Faces | None) -> Likeness | None:
        """Of the face that is most like her; None where no face is."""
        face = self.face(faces)
        return self.scale.of(self._cosine(face)) if face else None

    def alone(self, faces: Faces) -> bool:
        """Whether exactly one of several faces can be hers."""
        return self.count(faces) == 1

    def count(self, faces: Faces) -> int:
        """How many faces can be hers."""
        return sum(bool(face.embedding) and self._cosine(face) >= compare.ALIKE for face in faces)

    def drifted(self, face: Face) -> bool:
        """Whether the skin of a face that looks ahead has another tone than in all her photos."""
        if self.skin is None or face.skin is None or abs(face.yaw) >= ASIDE:
            return False
        least, greatest = self.skin
        return not least - DRIFT <= face.skin <= greatest + DRIFT

    def _cosine(self, face: Face) -> float:
        return compare.cosine(face.embedding, self.centre)


def apart(
    faces: Faces, one: Person | None, other: Person | None
) -> tuple[Face | None, Face | None]:
    """Of a picture of two the face of each, never the same one for both.

    Of a single face, and where one of them is not known, only one has a face.
    """
    measured: list[Face | None] = [face for face in faces if face.embedding]
    pairs = [(a, b) for a in [*measured, None] for b in [*measured, None] if a is not b]
    if not pairs:
        return None, None
    return max(pairs, key=lambda pair: _fit(one, pair[0]) + _fit(other, pair[1]))


def _fit(person: Person | None, face: Face | None) -> float:
    """2 for a face of a known person, so that as many as can be have one, and how alike it is."""
    return 2 + person._cosine(face) if person and face else 0.0


@dataclass(frozen=True, slots=True)
class Judged(Generic[Key]):
    """What is known of a set once its photos were compared.

    person: None without a face, or where several persons have equal shares, then `persons`.
    shown: of each photo with a face, the one that is taken for hers. told: photos of several in
    which she can be told. strangers, repeated: keys, see `compare`.
    """

    person: Person | None = None
    persons: bool = False
    shown: Mapping[Key, Face] = field(default_factory=dict)
    told: frozenset[Key] = frozenset()
    strangers: frozenset[Key] = frozenset()
    repeated: frozenset[Key] = frozenset()


def judge(photos: Mapping[Key, Faces]) -> Judged[Key]:
    """Compare the photos of a set, oldest first, each with its faces, the largest first.

    Who she is comes from the largest faces; then she is looked for in the photos of several.
    """
    first = {key: faces[0] for key, faces in photos.items() if faces and faces[0].embedding}
    person = _person(first)
    if person is None or len(first) < compare.ENOUGH:
        persons = compare.sort(_embeddings(first)).persons
        return Judged(person, persons, first, repeated=_repeated(first))
    shown = {key: person.face(photos[key]) or face for key, face in first.items()}
    found = compare.sort(_embeddings(shown))
    return Judged(
        _person(shown) or person,
        found.persons,
        shown,
        frozenset(key for key in shown if person.alone(photos[key])),
        frozenset(key for key in shown if key in found.strangers),
        _repeated(shown),
    )


def _person(shown: Mapping[Key, Face]) -> Person | None:
    """Of all faces that are not strangers'; None without one, or without a majority."""
    embeddings = _embeddings(shown)
    found = compare.sort(embeddings)
    if found.persons:
        return None
    hers = [face for key, face in embeddings.items() if key not in found.strangers]
    centre = compare.centroid(hers)
    if centre is None:
        return None
    own = [shown[key] for key in embeddings if key not in found.strangers]
    return Person(centre, Scale(compare.own_alikeness(hers)), skin=_skin(own))


def by_judge(found: Judged[Key], judged: Mapping[Key, Faces]) -> Person | None:
    """The person of a set by the operator's network, which has no say in whom the photos show.

    judged: faces of the same photos, with its embeddings. Its cosine of strangers is not known, so
    on its scale 0 is a cosine of 0.
    """
    shown = {key: face for key, face in found.shown.items() if key not in found.strangers}
    same = [counterpart(face, judged.get(key, ())) for key, face in shown.items()]
    hers = [face.embedding for face in same if face]
    centre = compare.centroid(hers)
    if centre is None:
        return None
    return Person(centre, Scale(compare.own_alikeness(hers), nothing=0.0))


def counterpart(face: Face, others: Faces) -> Face | None:
    """The same face in another reading of the same picture: the boxes have most in common."""
    measured = [other for other in others if other.embedding]
    best = max(measured, key=lambda other: _shared(face.box, other.box), default=None)
    return best if best and _shared(face.box, best.box) >= SAME_PLACE else None


def _shared(one: Box, other: Box) -> float:
    """The area that two boxes have in common, as a share of both together."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return 0.0
    sizes = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return width * height / (sum(sizes) - width * height)


def _skin(faces: Sequence[Face]) -> tuple[float, float] | None:
    """Between which tones the skin of her photos lies; from the side little of it is seen."""
    tones = [face.skin for face in faces if face.skin is not None and abs(face.yaw) < ASIDE]
    return (min(tones), max(tones)) if len(tones) >= compare.ENOUGH else None


def _embeddings(shown: Mapping[Key, Face]) -> dict[Key, Embedding]:
    return {key: face.embedding for key, face in shown.items()}


def _repeated(shown: Mapping[Key, Face]) -> frozenset[Key]:
    return frozenset(compare.repeated(list(_embeddings(shown).items())))
