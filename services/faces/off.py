"""No faces: what is there without the extra, or with FACE_CHECKS=off."""

from PIL import Image

from services.faces.base import Face


class NoFaceReader:
    """Looks at nothing."""

    def read(self, image: Image.Image) -> tuple[Face, ...] | None:
        """Always None."""
        return None
