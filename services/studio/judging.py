"""What the operator's own network says of made images: it judges, and never chooses or charges."""

import logging
from collections.abc import Sequence

from services import imaging
from services.deps import Deps
from services.faces.base import Face
from services.faces.person import Person, counterpart
from services.studio import people

log = logging.getLogger(__name__)


async def number(
    deps: Deps, picture: bytes, found: Sequence[Face] | None, persons: Sequence[Person | None]
) -> float | None:
    """How alike the first person of a picture is by that network: 0-100, 90 as her own photos.

    found: the picture's faces. None without a network, with too few photos, or where it failed:
    the picture is kept all the same.
    """
    who = persons[0]
    if deps.judge is None or who is None or who.judged is None:
        return None
    face = who.face(tuple(people.shared_out(found, persons)[0] or ()))
    if face is None:
        return None
    try:
        same = counterpart(face, await imaging.look(picture, judge=deps.judge))
    except imaging.Rejected:
        log.warning("The network of FACE_JUDGE failed on an image.", exc_info=True)
        return None
    alike = who.judged.likeness((same,)) if same else None
    return alike.number if alike else None
