"""/gallery/albums: a member's albums as a wall of covers."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from nicegui import ui

from components import formatting, live
from components.controls import Dialog, Field, button
from components.dom import el
from components.feedback import empty_state
from components.icons import icon
from pages.gallery.dialogs import PictureDialogs, attempt, enter_presses, icon_button
from pages.gallery.places import place_links
from pages.signed_in_frame import shell
from services.deps import Deps
from services.gallery import albums
from services.gallery.albums import AlbumView


def register(deps: Deps) -> None:
    """Serve the page."""

    @ui.page("/gallery/albums")
    async def page() -> None:
        async with shell(deps, "Albums", place="Gallery") as room:
            place_links("Albums")
            wall = AlbumWall(deps, room.user.id)
            await wall.fill()
        with room.actions:
            button("New album", wall.make, icon_name="plus")


class AlbumWall:
    """Covers with names and counts, and what can be done with an album; live."""

    def __init__(self, deps: Deps, user_id: UUID) -> None:
        """user_id: of the member who looks at the page."""
        self._deps = deps
        self._user_id = user_id
        self._dialogs = PictureDialogs(deps, user_id)
        self._root = el("div")
        self._sheets = el("div")  # beside the covers, which are made anew while one is open
        live.on("image", user_id, self.fill)

    async def fill(self, _: UUID | None = None) -> None:
        """Read the albums and show them."""
        async with self._deps.reading() as session:
            views = await albums.list_albums(session, self._deps, user_id=self._user_id)
        self._root.clear()
        with self._root:
            if not views:
                empty_state(
                    "An album keeps pictures together, to look at or to share.",
                    title="No albums yet",
                )
                return
            with el("ul", classes="albums", role="list"):
                for album in views:
                    self._tile(album)

    def _tile(self, album: AlbumView) -> None:
        with el("li", classes="album"):
            with el("a", href=f"/gallery?album_id={album.id}"):
                with el("span", classes="cover"):
                    if album.cover_url:
                        el("img", src=album.cover_url, alt="", loading="lazy", decoding="async")
                    else:
                        icon("album")
                el("span", album.name, classes="strong clip")
            el("p", formatting.plural(album.count, "picture"), classes="muted small num")
            with el("div", classes="row tight nowrap"):
                icon_button(f"Rename {album.name}", lambda: self._rename(album), "pencil")
                icon_button(f"Share {album.name}", lambda: self._share(album), "share")
                icon_button(f"Delete {album.name}", lambda: self._ask_delete(album), "trash")

    def make(self) -> None:
        """Ask for the name of a new album."""

        async def create(name: str) -> None:
            async with self._deps.transaction() as session:
                await albums.create(session, self._deps, user_id=self._user_id, name=name)

        self._ask_name("New album", "", "Make album", create)

    def _rename(self, album: AlbumView) -> None:
        async def rename(name: str) -> None:
            async with self._deps.transaction() as session:
                await albums.rename(session, user_id=self._user_id, album_id=album.id, name=name)

        self._ask_name("Rename the album", album.name, "Rename", rename)

    def _ask_name(
        self, title: str, name: str, verb: str, save: Callable[[str], Awaitable[None]]
    ) -> None:
        with self._sheets, Dialog(title, passing=True) as sheet:
            field = Field("Name", value=name, maxlength=str(albums.NAME_LENGTH))

            async def finish() -> None:
                await save(field.value)
                sheet.close()
                await self.fill()

            enter_presses(field, button(verb, lambda: attempt(finish, field), kind="primary"))
        sheet.show()

    async def _share(self, album: AlbumView) -> None:
        with self._sheets:
            await self._dialogs.share_album(album)

    def _ask_delete(self, album: AlbumView) -> None:
        async def finish() -> None:
            async with self._deps.transaction() as session:
                await albums.remove(session, user_id=self._user_id, album_id=album.id)
            sheet.close()
            await self.fill()

        with self._sheets, Dialog(f"Delete “{album.name}”?", passing=True) as sheet:
            el("p", "Its pictures stay in the gallery. Links to this album stop working.")
            button("Delete the album", lambda: attempt(finish), kind="danger")
        sheet.show()
