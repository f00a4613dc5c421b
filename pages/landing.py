"""/: what the product does, shown; plain HTML that fetches the application's scripts ahead."""

from functools import lru_cache

from fastapi import Request
from fastapi.responses import HTMLResponse
from nicegui import app
from nicegui.version import __version__ as nicegui_version

from components import preview_card
from components.controls import link_button
from components.dom import el
from components.icons import IconName, icon
from components.pictures import of_style, sample
from components.plain import Plain
from components.plan_card import plan_cards
from pages.server.context import visitor
from services.analytics.base import Event, Step
from services.credits import plans
from services.credits.plans import Plan
from services.deps import Deps
from services.studio import styles
from services.studio.styles import StyleView

WALL = (
    ("photo-1", "oil"),
    ("golden-hour", "pop-art"),
    ("cyanotype", "magazine-cover"),
)
CAPTIONS = {"photo-1": "Her photo", "oil": "Made of it"}
PROMISES: tuple[tuple[IconName, str, str], ...] = (
    (
        "lock",
        "Only yours",
        "Photos and models belong to your account. Nobody else sees them, and no page is public "
        "unless you share a picture.",
    ),
    (
        "eye",
        "Nothing hidden",
        "Before you press Train you read who does the work, where the photos go, and what it "
        "costs.",
    ),
    (
        "shield",
        "Stripped on arrival",
        "Every photo is re-encoded as it comes in: place, time and camera are gone before it is "
        "stored.",
    ),
    (
        "trash",
        "Gone means gone",
        "Delete a model and its photos and weights are erased, not hidden. You can take everything "
        "with you first.",
    ),
)
TITLE = "Pictures of you that nobody took"
DESCRIPTION = "A personal photo studio: add a photo, and a sentence becomes a portrait of you."
SITTER = "In the pictures: Rear Admiral Grace Hopper, US Navy, public domain."
SCRIPTS = (
    "vue.esm-browser.prod.js",
    "quasar.umd.prod.js",
    "quasar.unimportant.prod.css",
    "quasar.important.prod.css",
    "nicegui.js",
    "socket.io.min.js",
)


def register(deps: Deps) -> None:
    """Serve the page."""

    @app.get("/", include_in_schema=False)
    async def landing(request: Request) -> HTMLResponse:
        offered: tuple[Plan, ...] = ()
        async with deps.reading() as session:
            looks = tuple(await styles.offered(session))
            if deps.payments.enabled:
                offered = tuple(p for p in await plans.all_plans(session) if not p.hidden)
        open_to_all = deps.settings.registration == "open"
        signed_in = visitor(request) is not None
        if not signed_in:
            _tell(deps)
        quality = deps.settings.quality_public
        base = deps.settings.base_url
        return _page(base, offered, looks, open_to_all, signed_in, quality=quality).response()


def _tell(deps: Deps) -> None:
    """Somebody was here; the random id is never used again, as nothing remembers a visitor."""
    event = Event(deps.new_id(), deps.new_id(), Step.LANDING, deps.now())
    deps.analytics.record(event)


@lru_cache(maxsize=16)  # what the operator edits makes another page
def _page(
    base_url: str,
    offered: tuple[Plan, ...],
    looks: tuple[StyleView, ...],
    open_to_all: bool,
    signed_in: bool,
    *,
    quality: bool,
) -> Plain:
    start = ("Open your studio", "/dashboard") if signed_in else ("Get started", "/register")
    if not (open_to_all or signed_in):
        start = ("Sign in", "/login")
    card = preview_card.head(base_url=base_url, path="/", title=TITLE, description=DESCRIPTION)
    page = Plain(TITLE, head=card + _prefetch())
    links = {"Pricing": "/pricing"} if offered else {}
    doors = {"doors": True, "signed_in": signed_in, "sign_up": open_to_all}
    with page.body(width="landing", links=links, **doors):
        _hero(start, signed_in)
        _how()
        _looks(looks)
        _promise()
        if offered:
            _plans(offered, start)
        with el("section", classes="closing"):
            el("h2", "One photo, and you begin.")
            link_button(*start, kind="primary", large=True)
        _footer(links, quality)
    return page


def _prefetch() -> str:
    base = f"/_nicegui/{nicegui_version}/static"
    return "".join(f'<link rel="prefetch" href="{base}/{name}">' for name in SCRIPTS)


def _hero(start: tuple[str, str], signed_in: bool) -> None:
    with el("section", classes="hero"):
        with el("div"):
            el("h1", "Pictures of you that nobody took.")
            el(
                "p",
                "Add a photo, and a sentence becomes a portrait. Add ten, and Likeness learns the "
                "face: any place, any light, any style.",
                classes="lead",
            )
            with el("div", classes="row"):
                link_button(*start, kind="primary", large=True)
                if not signed_in and start[1] != "/login":
                    link_button("Sign in", "/login", large=True)
            el(
                "p",
                "Runs on its operator’s own server. With Together AI or a GPU it trains FLUX "
                "models; without, the photo booth puts you into the places you name, and uses no "
                "generative AI.",
                classes="fine measure",
            )
        with el("div", classes="wall"):
            for column in WALL:
                with el("div"):
                    for name in column:
                        with el("figure"):
                            _picture(sample(name), "Portrait", eager=True)
                            if caption := CAPTIONS.get(name):
                                el("figcaption", caption)


def _picture(url: str, alt: str, *, eager: bool = False, small: bool = False) -> None:
    el(
        "img",
        src=url,
        alt=alt,
        width="240" if small else "480",
        height="300" if small else "600",
        decoding="async",
        loading=None if eager else "lazy",
    )


def _part(title: str, text: str) -> None:
    with el("header"):
        el("h2", title)
        el("p", text)


def _how() -> None:
    with el("section", classes="part", id="how"):
        _part("From photos to portraits", "Three steps; the middle one is ours.")
        with el("div", classes="how"):
            with el("div"):
                with el("div", classes="how-picture four"):
                    for i in range(1, 5):
                        _picture(sample(f"photo-{i}", small=True), "", small=True)
                el("h3", "Add photos")
                el(
                    "p",
                    "One to begin, ten to twenty to train. You see at once which photos help.",
                )
            with el("div"):
                with el("div", classes="how-picture meter-drawing", aria_hidden="true"):
                    el("b", "Learning the likeness")
                    with el("div", classes="bar"):
                        el("div").style("width:64%")
                    el("span", "Close the page if you like; it goes on.", classes="small muted")
                el("h3", "Train")
                el("p", "See stage, samples and time left. You are told when it is ready.")
            with el("div"):
                with el("div", classes="how-picture two"):
                    _picture(sample("oil", small=True), "", small=True)
                    _picture(sample("neon", small=True), "", small=True)
                el("h3", "Write a sentence")
                el("p", "Choose a style and a format. Every picture keeps its recipe.")


def _looks(looks: tuple[StyleView, ...]) -> None:
    """The styles that have a picture."""
    shown = [(style, url) for style in looks if (url := of_style(style))]
    own = any(style.picture for style, _ in shown)
    made = "" if own else " All of them made here by the photo booth, without generative AI."
    with el("section", classes="part", id="styles"):
        _part("One face, every style", f"{len(shown)} to begin with.{made}")
        with el("div", classes="looks"):
            for style, url in shown:
                with el("figure"):
                    _picture(url, style.description, small=True)
                    el("figcaption", style.name)
        el("p", SITTER, classes="small muted")


def _promise() -> None:
    with el("section", classes="part", id="privacy"):
        _part("A face is personal", "So this is how yours is treated.")
        with el("div", classes="promise"):
            for icon_name, title, text in PROMISES:
                with el("div"):
                    icon(icon_name, size="big")
                    el("h3", title)
                    el("p", text)


def _plans(offered: tuple[Plan, ...], start: tuple[str, str]) -> None:
    with el("section", classes="part", id="plans"):
        _part("Plans", "One credit is one image. Change or stop at the end of any month.")
        plan_cards(offered, choose=start[1])
        with el("p"):
            el("a", "Compare the plans", href="/pricing")


def _footer(links: dict[str, str], quality: bool) -> None:
    with el("footer", classes="footer"):
        el("p", "Likeness: a personal photo studio, self-hosted.")
        with el("nav", aria_label="Legal and technical"):
            for text, address in links.items():
                el("a", text, href=address)
            el("a", "Was it made here?", href="/verify")
            el("a", "Privacy", href="/privacy")
            if quality:
                el("a", "Quality", href="/quality")
            el("a", "API", href="/api/docs")
