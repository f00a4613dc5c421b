"""A model's sheet: small pictures in every style, each in its place before it is there."""

from urllib.parse import urlencode
from uuid import UUID

from components.dom import El, attach, el
from services.training.sheets import SheetPictureView, SheetView


class SheetGrid:
    """Places that fill one after the other; nothing moves when they do."""

    def __init__(self, total: int, *, strip: bool = False) -> None:
        """total: how many places there are. strip: one row that is scrolled sideways."""
        kind = "sheet-wall strip" if strip else "sheet-wall"
        reach = {"tabindex": "0", "role": "group", "aria_label": "In every style"} if strip else {}
        with el("div", classes=kind, **reach) as self.root:
            self._places = [_Place() for _ in range(total)]

    def show(self, sheet: SheetView, *, model_id: UUID | None) -> None:
        """model_id: of the model that pictures lead to the studio with; None before there is one.

        An empty place of a sheet that nobody is making stays still.
        """
        there = {picture.position: picture for picture in sheet.pictures}
        for position, place in enumerate(self._places):
            place.show(there.get(position), model_id, waiting=sheet.status == "making")


class _Place:
    """One place: a link once its picture can lead somewhere."""

    def __init__(self) -> None:
        with el("a", classes="sheet-picture") as self.root:
            self._frame = el("span")
            self._name = el("b")
            self._words = el("small")
        self._image: El | None = None
        self._key = ""

    def show(self, picture: SheetPictureView | None, model_id: UUID | None, waiting: bool) -> None:
        """waiting: whether a picture is on its way."""
        self._frame.classes(replace="skeleton" if waiting and not picture else "")
        name = picture.style if picture else ""
        self._name.text, self._words.text = name, picture.prompt if picture else ""
        self._show_image(picture)
        href = address(picture, model_id) if picture and model_id else None
        label = f"Make more like this: {name}, {self._words.text}" if href else None
        attach(self.root, href=href, aria_label=label)

    def _show_image(self, picture: SheetPictureView | None) -> None:
        """The signature of a URL changes; the picture is the same while its key is."""
        key = picture.url.partition("?")[0] if picture else ""
        if key == self._key:
            return
        self._key = key
        if self._image:
            self._image.delete()
            self._image = None
        if picture:
            with self._frame:
                alt = f"{self._name.text}, {picture.prompt}"
                self._image = el("img", src=picture.url, alt=alt, loading="lazy", decoding="async")


def address(picture: SheetPictureView, model_id: UUID) -> str:
    """The studio, filled in with what this picture was asked for."""
    asked = {"model": model_id, "preset": picture.preset, "prompt": picture.prompt}
    return f"/studio?{urlencode(asked)}"
