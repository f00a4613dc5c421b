"""Pictures without end: one element, which reads the JSON API page by page."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal
from urllib.parse import urlencode
from uuid import UUID

from nicegui.element import Element

from components.dom import Handler

HEIGHT = 220  # pixels that rows of pictures aim at
SMALL = 132


@dataclass(frozen=True, slots=True)
class Filter:
    """One control of the gallery's filter form; `name` is a filter of /api/generations.

    kind: hidden for what says which place this is, such as the trash.
    options: (value, text) of a list, "" for all; None makes it an input of `kind`.
    value: what it stands on at first.
    """

    name: str
    label: str
    options: Sequence[tuple[str, str]] | None = None
    kind: Literal["search", "date", "hidden", "select"] = "select"
    value: str = ""


class Gallery(Element, component="gallery.js", dependencies=["picture_tiles.js"]):
    """A grid of the signed-in member's pictures with its viewer; scrolls without end.

    query: fixed filters of /api/generations, such as {"generation_id": ...}.
    limit: at most so many and no tools, as on the dashboard; None: all.
    filters: the controls of a form above it; they stay in the page's address.
    Elements made within `with gallery.empty:` are shown when there is no picture.
    """

    def __init__(
        self,
        *,
        query: dict[str, str] | None = None,
        limit: int | None = None,
        filters: Sequence[Filter] = (),
        height: int = HEIGHT,
        on_share: Handler | None = None,
        on_album: Handler | None = None,
    ) -> None:
        """on_share: gets an image's id. on_album: gets a selection, as the API takes it."""
        super().__init__()
        self.props["fixed"] = urlencode(query or {})
        self.props["height"] = height
        self.props["limit"] = limit
        self.props["fields"] = [asdict(each) for each in filters]
        self.empty = self.add_slot("empty")
        with self:
            _Viewer()
        for name, handler in (("share", on_share), ("album", on_album)):
            if handler:
                self.on(name, handler)

    def refresh(self) -> None:
        """Read again what is on the screen: call it when an image of the member changed."""
        self.run_method("soon", "refresh")

    def follow(self, generation_id: UUID) -> None:
        """Read again how far a change of a picture is that was asked for here."""
        self.run_method("follow", str(generation_id))

    def show(self, **query: str) -> None:
        """Show other pictures, such as those of another generation."""
        self.props["fixed"] = urlencode(query)
        self.run_method("reset")


class _Viewer(
    Element,
    component="viewer.js",
    dependencies=[
        "picture_details.js",
        "picture_edit.js",
        "picture_export.js",
        "picture_mask.js",
        "picture_question.js",
    ],
):
    """One picture in full, and what is done to one or to many."""
