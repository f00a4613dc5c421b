"""The dropzone: photos in by drop, paste, choice or camera, each with its verdict."""

from collections.abc import Sequence
from typing import Any

from nicegui.element import Element


class Dropzone(Element, component="dropzone.js", dependencies=["photo_crop.js"]):
    """Puts each photo to `url?name=` as a raw body; changes and deletes it at `url/<photo id>`.

    url: None keeps what was added waiting in the browser. photos: those already there, as
    {"id", "name", "thumb_url", "warnings": [{"code", "message"}], "face_box": (left, top, right,
    bottom) in 0..1 or None, "used", "turn"}. max_bytes: of one file.
    least_side, most_ratio: of what may be cut out of a photo, px and the long side over the short.
    """

    def __init__(
        self,
        *,
        url: str | None,
        photos: Sequence[dict[str, Any]],
        max_bytes: int,
        least_side: int,
        most_ratio: float,
    ) -> None:
        """Uploads begin as soon as there is a `url`."""
        super().__init__()
        self._props.update({"url": url or "", "photos": list(photos), "max-bytes": max_bytes})
        self._props.update({"least-side": least_side, "most-ratio": most_ratio})

    def tell(self, photos: Sequence[dict[str, Any]]) -> None:
        """What is said of those that are there now: a photo can change the others' verdicts.

        Of a photo that the page may not know yet, its name and URL are needed, too.
        """
        self.run_method("tell", list(photos))

    def open(self, url: str) -> None:
        """Send what waits, and what comes, to this address."""
        self._props["url"] = url
        self.update()
