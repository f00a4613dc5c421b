"""/s/{token}: one picture or one album, for whoever has the link; plain HTML, no account."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from fastapi.responses import HTMLResponse, RedirectResponse
from nicegui import app

from components import preview_card
from components.controls import link_button
from components.dates import Day, dated
from components.dom import el
from components.plain import Plain
from services.deps import Deps
from services.gallery import files, share_links
from services.gallery.files import Variant
from services.gallery.share_links import Shared

HEADERS = {"X-Robots-Tag": "noindex, nofollow", "Referrer-Policy": "no-referrer"}
EMPTY = "There is no picture in this album at present."
Cursor = Annotated[str | None, Query(max_length=400)]


def register(deps: Deps) -> None:
    """Serve shared pages and the pictures on them, and nothing else."""

    @app.get("/s/{token}", include_in_schema=False)
    async def page(token: str, cursor: Cursor = None) -> HTMLResponse:
        async with deps.transaction() as session:
            shared = await share_links.opened(session, deps, token=token, after=cursor)
        return _page(deps.settings.base_url, token, shared)

    @app.get("/s/{token}/{image_id}/{variant}", include_in_schema=False)
    async def picture(
        token: str, image_id: UUID, variant: Variant, download: bool = False
    ) -> RedirectResponse:
        async with deps.transaction() as session:
            url = await share_links.file_url(
                session,
                deps,
                token=token,
                image_id=image_id,
                variant=variant,
                download=download,
            )
        return RedirectResponse(url, 302, HEADERS)


def _page(base_url: str, token: str, shared: Shared) -> HTMLResponse:
    title = shared.title or "A shared picture"
    page = Plain(title, head=_card(base_url, token, shared))
    with page.body(width="wide shared"):
        alone = shared.title is None
        el("h1", title, classes="sr-only" if alone else "")
        with el("ul", classes="alone" if alone else "", role="list").style(_boxes(shared)):
            for number, image in enumerate(shared.images, 1):
                source = f"/s/{token}/{image.id}"
                with el("li"), el("a", href=f"{source}/full"):
                    el(
                        "img",
                        src=f"{source}/{'medium' if alone else 'thumb'}",
                        alt="The shared picture" if alone else f"Picture {number}",
                        width=str(image.width),
                        height=str(image.height),
                        loading="eager" if number < 5 else "lazy",
                    )
        if alone:
            source = f"/s/{token}/{shared.images[0].id}/full?download=true"
            link_button("Download", source, icon_name="download", download=True)
        if not shared.images:
            el("p", EMPTY, classes="muted")
        if shared.next_cursor:
            link_button("More pictures", f"/s/{token}?cursor={shared.next_cursor}")
        dated("p", "Shared until ", Day(shared.expires_at), classes="muted small")
    return page.response(headers=HEADERS)


def _boxes(shared: Shared) -> str:
    """One shape for all boxes, so that none moves when the next arrives: the middle one."""
    images = sorted(shared.images, key=lambda image: image.width / image.height)
    if not images:
        return ""
    middle = images[len(images) // 2]
    return f"--ratio: {middle.width / middle.height:.4f}; --width: {middle.width}px"


def _card(base_url: str, token: str, shared: Shared) -> str:
    path = f"/s/{token}"
    image = None
    if shared.images:
        first = shared.images[0]
        size = files.medium_size(first.width, first.height)
        image = (f"{path}/{first.id}/medium", size, "The shared picture")
    return preview_card.head(
        base_url=base_url,
        path=path,
        title=shared.title or "A shared picture",
        description="Shared from Likeness." if image else EMPTY,
        image=image,
    )
