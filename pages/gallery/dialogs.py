"""Dialogs about pictures that any page with a gallery may open: sharing and albums."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from nicegui.events import GenericEventArguments
from pydantic import ValidationError

from components import formatting, live
from components.controls import Choice, Dialog, Field, button
from components.copying import copyable
from components.dates import Day, dated
from components.dom import El, Handler, el
from components.feedback import toast
from components.gallery import Gallery
from components.icons import IconName
from components.qr import qr_code
from pages.server.call_limits import count_in_page
from services.deps import Deps
from services.errors import DomainError, Invalid
from services.gallery import albums, images, share_links
from services.gallery.albums import AlbumName
from services.gallery.image_query import Selection
from services.gallery.images import Preview
from services.limits.policy import Act

DAYS = {"1": "1 day", "7": "7 days", "30": "30 days", "365": "1 year"}


def pictures(deps: Deps, user_id: UUID, **options: Any) -> Gallery:
    """A live gallery with all that can be done with its pictures; options as `Gallery` takes."""
    dialogs = PictureDialogs(deps, user_id)
    grid = Gallery(on_share=dialogs.share_image, on_album=dialogs.choose_album, **options)

    async def refresh(_: UUID) -> None:
        grid.refresh()

    async def follow(id: UUID) -> None:
        grid.follow(id)

    live.on("image", user_id, refresh)
    live.on("generation", user_id, follow)
    return grid


class PictureDialogs:
    """Made once for a page; each dialog is built when it is asked for."""

    def __init__(self, deps: Deps, user_id: UUID) -> None:
        """user_id: of the member who looks at the page."""
        self._deps = deps
        self._user_id = user_id

    async def share_image(self, event: GenericEventArguments) -> None:
        """Links to one picture; the event carries its id."""
        await attempt(lambda: self._share("Share this picture", image_id=_uuid(event.args)))

    async def choose_album(self, event: GenericEventArguments) -> None:
        """Put a selection into an album; the event carries the selection."""
        await attempt(lambda: self._choose(_selection(event.args)))

    async def share_album(self, album: AlbumName) -> None:
        """Links to an album."""
        await attempt(lambda: self._share(f"Share “{album.name}”", album_id=album.id))

    async def _choose(self, selection: Selection) -> None:
        async with self._deps.reading() as session:
            chosen = await images.preview(
                session, self._deps, user_id=self._user_id, selection=selection
            )
            views = await albums.list_albums(session, self._deps, user_id=self._user_id)
        names = {str(view.id): view.name for view in views} | {"": "A new album"}
        with Dialog(
            f"Add {formatting.plural(chosen.count, 'picture')} to an album", passing=True
        ) as sheet:
            _thumbnails(chosen)
            choice = Choice("Album", names, value=next(iter(names)))
            name = Field("Name of the new album", maxlength=str(albums.NAME_LENGTH))
            name.root.set_visibility(not choice.value)
            choice.on_change(lambda: name.root.set_visibility(not choice.value))

            async def add() -> None:
                added, into = await self._add(selection, choice.value, name.value)
                sheet.close()
                said = f"{formatting.plural(added, 'picture')} added to “{into}”"
                toast(said if added else f"Already in “{into}”")

            enter_presses(name, button("Add", lambda: attempt(add, name), kind="primary"))
        sheet.show()

    async def _add(self, selection: Selection, chosen: str, name: str) -> tuple[int, str]:
        async with self._deps.transaction() as session:
            if chosen:
                album = await albums.get(session, user_id=self._user_id, album_id=_uuid(chosen))
            else:
                album = await albums.create(session, self._deps, user_id=self._user_id, name=name)
            applied = await albums.add_images(
                session,
                self._deps,
                user_id=self._user_id,
                album_id=album.id,
                selection=selection,
            )
        return applied.count, album.name

    async def _share(self, title: str, **target: UUID) -> None:
        what = "the picture" if "image_id" in target else "the album’s pictures"
        with Dialog(title, passing=True) as sheet:
            el(
                "p",
                f"Anyone with the link sees {what} without an account, and no prompt or recipe.",
                classes="muted",
            )
            days = Choice("Good for", DAYS, value="30")
            made = el("div", classes="stack")
            links = el("div", classes="stack tight")

            async def make() -> None:
                link = await self._create_link(int(days.value), target)
                made.clear()
                with made:
                    copyable(link.url, label="The link, shown only now")
                    qr_code(link.url, label="QR code with the link above")
                await fill()

            button("Make link", lambda: attempt(make), kind="primary", icon_name="link")

        async def fill() -> None:
            async with self._deps.transaction() as session:
                views = await share_links.list_links(
                    session, self._deps, user_id=self._user_id, **target
                )
            links.clear()
            with links:
                for view in views:
                    self._link_row(view, fill)

        await fill()
        sheet.show()

    async def _create_link(self, days: int, target: dict[str, UUID]) -> share_links.NewShare:
        count_in_page(Act.SHARES)
        async with self._deps.transaction() as session:
            return await share_links.create(
                session, self._deps, user_id=self._user_id, days=days, **target
            )

    def _link_row(self, link: share_links.ShareView, fill: Callable[[], Awaitable[None]]) -> None:
        async def revoke() -> None:
            async with self._deps.transaction() as session:
                await share_links.revoke(
                    session, self._deps, user_id=self._user_id, share_id=link.id
                )
            await fill()

        made, ends = Day(link.created_at), Day(link.expires_at)
        with el("div", classes="row between nowrap"):
            dated("span", "Made on ", made, ", good until ", ends, classes="small num grow")
            button("Take back", lambda: attempt(revoke), kind="quiet").style("white-space: nowrap")


async def attempt(work: Callable[[], Awaitable[Any]], field: Field | None = None) -> None:
    """Do it; a refusal stands beside the field, or in a toast."""
    try:
        await work()
    except DomainError as error:
        if field:
            field.error = str(error)
        else:
            toast(str(error), danger=True)


def _thumbnails(chosen: Preview) -> None:
    """The pictures that something is about to happen to; the newest few stand for many."""
    with el("ul", classes="preview", role="list", aria_label="The pictures"):
        for image in chosen.items:
            with el("li"):
                el("img", src=image.thumb_url, alt=image.prompt)
        if more := chosen.count - len(chosen.items):
            el("li", f"and {more:,} more", classes="num")


def enter_presses(field: Field, pressed: El) -> None:
    """Enter in the field presses the button."""
    field.control.on(
        "keydown.enter", js_handler=f"(e) => e.repeat || getHtmlElement({pressed.id}).click()"
    )


def icon_button(label: str, on_click: Handler, icon_name: IconName) -> None:
    """A quiet button of which only the icon is seen."""
    button(label, on_click, kind="quiet", icon_name=icon_name, icon_only=True)


def _uuid(value: Any) -> UUID:
    try:
        return UUID(str(value))
    except ValueError as error:
        raise Invalid("There is no such picture.") from error


def _selection(value: Any) -> Selection:
    try:
        return Selection.model_validate(value)
    except ValidationError as error:
        raise Invalid("Select one or more pictures first.") from error
