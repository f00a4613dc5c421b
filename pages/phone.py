"""/phone: photos from a phone that is not signed in, for one user model; the QR code leads here."""

from pathlib import Path
from typing import Annotated, Any

from fastapi import Query, Request, Response
from fastapi.responses import HTMLResponse
from nicegui import app
from pydantic import BaseModel, Field
from starlette.requests import ClientDisconnect

from components.controls import link_button
from components.dom import attach, el
from components.feedback import banner
from components.icons import icon
from components.plain import Plain
from pages.server import cookies
from pages.server.multipart import CUT_OFF, raw
from services.deps import Deps
from services.errors import Malformed, NotFound
from services.files.uploads import MAX_BYTES, landed
from services.training import phone_links, photos
from services.training.phone_links import GONE, TO_UPLOAD, Opened

DEVICE = "likeness-phone"
ACCEPTED = "image/*,.heic,.heif,.avif"
SCRIPT = (Path(__file__).parents[1] / "components" / "phone.js").read_text()
HEADERS = {"X-Robots-Tag": "noindex, nofollow", "Referrer-Policy": "no-referrer"}


class Opening(BaseModel, extra="forbid"):
    """What stands behind the `#` of the code's address."""

    token: str = Field(max_length=100)


def register(deps: Deps) -> None:
    """Serve the page, and take what it sends."""

    @app.get("/phone", include_in_schema=False)
    async def page() -> HTMLResponse:
        return _page()

    @app.post("/phone/open", include_in_schema=False)
    async def opened(request: Request, response: Response, body: Opening) -> dict[str, Any]:
        device = cookies.read(deps.settings, request.scope, DEVICE)
        async with deps.transaction() as session:
            found = await phone_links.open_(session, deps, token=body.token, device=device)
        if found.device:
            _remember(deps, request, response, found.device)
        return {"name": found.name, "until": found.expires_at.isoformat()}

    @app.put("/phone/photos", include_in_schema=False)
    async def photo(
        request: Request, name: Annotated[str, Query(max_length=1000)] = "photo"
    ) -> dict[str, Any]:
        found = await _known(deps, request)
        key: dict[str, Any] = {"user_id": found.user_id, "user_model_id": found.user_model_id}
        try:
            async with landed(deps, raw(request), name=name) as upload:
                verdict = await photos.receive(deps, upload=upload, **key)
        except ClientDisconnect:
            raise Malformed(CUT_OFF) from None
        async with deps.reading() as session:
            whole = (await photos.list_(session, deps, **key)).verdict
        return {
            "accepted": verdict.accepted,
            "code": verdict.code,
            "message": verdict.message,
            "set": {"count": whole.count, "message": whole.message},
        }


async def _known(deps: Deps, request: Request) -> Opened:
    """What this phone may add photos to. Raises NotFound."""
    device = cookies.read(deps.settings, request.scope, DEVICE)
    if device is None:
        raise NotFound(GONE)
    async with deps.reading() as session:
        return await phone_links.find(session, deps, device=device)


def _remember(deps: Deps, request: Request, response: Response, device: str) -> None:
    response.set_cookie(
        cookies.name(deps.settings, request.scope, DEVICE),
        device,
        max_age=int(TO_UPLOAD.total_seconds()),
        path="/",
        secure=cookies.secure(deps.settings, request.scope),
        httponly=True,
        samesite="strict",
    )


def _page() -> HTMLResponse:
    page = Plain("Add photos", head=f"<script defer>{SCRIPT}</script>")
    with page.body(width="reading phone-upload") as main:
        attach(main, data_max_bytes=str(MAX_BYTES))
        with el("div", classes="page-head"), el("div"):
            el("h1", "Add photos", id="phone-title")
            el("p", "One moment …", id="phone-intro", role="status")
        with el("noscript"):
            banner("This page needs scripts. Allow them, or add photos on the other screen.")
        with el("div", classes="stack", id="phone-form", hidden=True):
            with el("div", classes="phone-ways"):
                _way("Choose photos", "gallery", multiple=True)
                _way("Take a photo", "camera", capture="user")
            with el("div", classes="stack tight", role="status"):
                el("p", id="phone-count", classes="strong num")
                el("p", id="phone-set", classes="num")
            el("ul", id="phone-photos", classes="photos", role="list")
            with el("p", classes="small muted"):
                el("span", "They appear on the other screen as they arrive. This page works until ")
                el("span", id="phone-until")
                el("span", ", for this model only; nobody is signed in here.")
        link_button("Privacy", "/privacy", kind="quiet")
    return page.response(headers=HEADERS)


def _way(text: str, shape: Any, **attributes: Any) -> None:
    with el("label", classes="btn large primary" if "multiple" in attributes else "btn large"):
        icon(shape)
        el("span", text)
        file = el("input", type="file", classes="sr-only", accept=ACCEPTED)
        attach(file, **attributes)
