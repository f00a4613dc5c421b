"""Packs: what one offers, with its price on the button, and how far an ordered one is."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from nicegui import ui

from components import formatting, pictures
from components.controls import button
from components.dom import attach, el
from components.feedback import Bar
from components.results import REVEAL
from services.gallery.images import ImageView
from services.studio.packs import PackProgress, PackView
from services.studio.styles import StyleView

TILES = 4


def pack_offer(
    pack: PackView, styles: Sequence[StyleView], *, counted: bool, on_order: Callable[[], Any]
) -> None:
    """One pack. styles: its own, in its order. counted: whether pictures cost credits."""
    cost = f": {formatting.plural(pack.price, 'credit')}" if counted else ""
    with el("article", classes="pack", aria_label=pack.name):
        with el("div", classes="pack-tiles", aria_hidden="true"):
            for style in styles[:TILES]:
                if url := pictures.of_style(style):
                    el("img", src=url, alt="", loading="lazy", decoding="async")
        el("h3", pack.name)
        el("p", pack.description, classes="muted")
        el("p", ", ".join(style.name for style in styles), classes="small muted")
        label = f"Make {formatting.plural(pack.pictures, 'picture')}{cost}"
        button(label, on_order, kind="primary", mark=f"pack-{pack.id}")


class PackCard:
    """A pack that was ordered: its pictures as they come, and the way to its album."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self.ids: frozenset[UUID] = frozenset()
        self._shown: set[UUID] = set()
        with el("article", classes="result") as self.root:
            with el("div", classes="result-head") as self._head:
                with el("div"):
                    self._name = el("p", classes="strong wrap-any")
                    self._line = el("p", classes="small muted num", aria_live="polite")
                self._album = el("a", "Open the album", classes="small")
            self._bar = Bar(0, label="Making the pack")
            self._grid = el("div", classes="result-grid pack-grid")

    def show(self, progress: PackProgress) -> None:
        """Brings it up to date; a picture that is there stays where it is."""
        total, made = len(progress.ids), len(progress.images)
        self.ids = frozenset(progress.ids)
        self._name.text = progress.album.name
        attach(self.root, aria_label=progress.album.name)
        attach(self._album, href=f"/gallery?album_id={progress.album.id}")
        self._line.text = _line(progress, made, total)
        self._bar.progress = progress.ended / total if total else 1.0
        self._bar.root.set_visibility(progress.active)
        for image in progress.images:
            if image.id not in self._shown:
                self._shown.add(image.id)
                self._add(image)

    def reveal(self) -> None:
        """Bring its first lines into sight, as on a phone they are below the form."""
        ui.run_javascript(REVEAL.format(id=self._head.id))

    def _add(self, image: ImageView) -> None:
        with self._grid, el("a", href=f"/gallery?image={image.id}"):
            picture = el("img", src=image.thumb_url, alt=image.prompt, decoding="async")
        attach(picture, data_image=str(image.id))


def _line(progress: PackProgress, made: int, total: int) -> str:
    if progress.active:
        return f"{made} of {total} made. They come into the album by themselves."
    charged = formatting.plural(progress.charged, "credit")
    if made == total:
        return f"{formatting.plural(total, 'picture')}, {charged}."
    missing = formatting.plural(total - made, "picture")
    return (
        f"{made} of {total} made, {charged}. Nothing was charged for {missing} that could not be."
    )
