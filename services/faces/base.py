"""The protocol of what finds and measures faces."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from PIL import Image

Box = tuple[float, float, float, float]  # left, top, right, bottom; 0..1 of the upright picture
Embedding = Sequence[float]  # of length 1; the cosine of two says how alike two faces are


@dataclass(frozen=True, slots=True)
class Face:
    """One face. side: its shorter side in pixels of the picture that was read.

    sharpness: variance of the second derivative of its inside as 128 x 128 grey pixels, over that
    of the first, in percent; across or down, whichever is less. Neither how bright a face is nor
    its contrast plays a part. 0 and up.
    embedding: 128 numbers; empty for small faces in the background, which nobody compares.
    yaw, roll: how the head is held, see `pose`; of the upright picture. turned: quarter turns
    clockwise after which the picture is upright: 0 unless it lies on its side or on its head.
    eyes: how light the lighter one is, as a share of the cheeks; 1 where nobody looked.
    skin: see `skin.tone`; never stored.
    """

    box: Box
    side: float
    sharpness: float
    embedding: Embedding = ()
    yaw: float = 0.0
    roll: float = 0.0
    turned: int = 0
    eyes: float = 1.0
    skin: float | None = None

    @property
    def area(self) -> float:
        """Its share of the picture, 0..1."""
        left, top, right, bottom = self.box
        return (right - left) * (bottom - top)


class FaceReader(Protocol):
    """Looks for faces in an upright sRGB picture; runs in a worker process only.

    read: the largest first, () where there is none; None says that it does not look.
    """

    def read(self, image: Image.Image) -> tuple[Face, ...] | None: ...  # noqa: D102
