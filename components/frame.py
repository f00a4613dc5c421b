"""The room around every page: bars, places, account menu, title."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, Protocol

from nicegui import ui

from components.dom import El, attach, el, html_id
from components.icons import IconName, icon

Width = Literal["", "narrow", "reading"]
PLACES: tuple[tuple[str, str, IconName], ...] = (
    ("Dashboard", "/dashboard", "home"),
    ("Studio", "/studio", "sparkle"),
    ("Gallery", "/gallery", "gallery"),
)
THEMES = (("", "System"), ("light", "Light"), ("dark", "Dark"))


class Member(Protocol):
    """What the frame shows of the person who is signed in."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def email(self) -> str: ...  # noqa: D102
    @property
    def role(self) -> str: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Frame:
    """What pages may change in it: the row beside the heading, and the credits in the bar."""

    actions: El
    credits: El


@contextmanager
def frame(
    title: str,
    *,
    user: Member,
    credits: str,
    intro: str = "",
    heading: bool = True,
    width: Width = "",
    place: str | None = None,
) -> Iterator[Frame]:
    """Build the page of somebody who is signed in around the block.

    title: heading and tab title. credits: such as `188 credits`.
    heading=False: the page brings its own h1. width: `narrow` for forms, `reading` for text.
    place: which of the bars' places the page belongs to, where that is not its title.
    """
    ui.page_title(f"{title} · Likeness")
    shown = _bars(place or title, user, credits)
    with el("div", classes=f"page {width}".strip(), id="main", tabindex="-1"):
        yield Frame(_heading(title, intro) if heading else el("div", hidden=True), shown)


def _heading(title: str, intro: str) -> El:
    with el("div", classes="page-head"):
        with el("div"):
            el("h1", title)
            if intro:
                el("p", intro)
        return el("div", classes="row")


def _bars(place: str, user: Member, credits: str) -> El:
    layout = ui.context.client.layout
    with layout.classes("with-bottombar"):
        bar, shown = _top_bar(place, user, credits)
        bar.move(target_index=0)
        el("a", "Skip to content", classes="nicegui-skip-link", href="#main").move(target_index=0)
        _bottom_bar(place)
        _account_menu(user)
    return shown


def _top_bar(place: str, user: Member, credits: str) -> tuple[El, El]:
    """The slim bar: mark, places, credits, account; and the element that says the credits."""
    with el("header", classes="topbar") as bar:
        with el("a", classes="mark", href="/dashboard"):
            icon("mark")
            el("span", "Likeness")
        with el("nav", classes="places main", aria_label="Main"):
            for name, href, _ in PLACES:
                el("a", name, href=href, aria_current="page" if name == place else None)
        with el("div", classes="end"):
            with el("a", classes="credits", href="/billing"):
                icon("credit")
                shown = el("span", credits, aria_live="polite").mark("credits")
            _avatar(user)
    return bar, shown


def _avatar(user: Member) -> None:
    initial = (user.name or user.email)[:1]
    with el("button", classes="avatar", type="button", popovertarget="account-menu") as made:
        el("span", initial, aria_hidden="true")
    attach(made, aria_label="Account menu", aria_haspopup="true")


def _bottom_bar(place: str) -> None:
    with el("nav", classes="bottombar", aria_label="Main"):
        for name, href, icon_name in (*PLACES, ("Account", "/account", "user")):
            with el("a", href=href, aria_current="page" if name == place else None):
                icon(icon_name)
                el("span", name)


def _account_menu(user: Member) -> None:
    with el("div", classes="menu account", id="account-menu", popover="auto"):
        with el("div", classes="who"):
            el("p", user.name or "Signed in as", classes="strong clip")
            el("p", user.email, classes="muted clip")
        _theme_switch()
        el("hr")
        _menu_link("Account", "/account", "user")
        _menu_link("Billing", "/billing", "credit")
        if user.role == "admin":
            _menu_link("Administration", "/admin", "server")
        el("hr")
        with el("form", method="post", action="/logout"), el("button", type="submit"):
            icon("sign-out")
            el("span", "Sign out")


def _menu_link(text: str, href: str, icon_name: IconName) -> None:
    with el("a", href=href):
        icon(icon_name)
        el("span", text)


def _theme_switch() -> None:
    """System, light or dark: kept in the browser, applied before the first paint."""
    with el("div", classes="segments", role="group", aria_label="Theme") as group:
        for value, text in THEMES:
            made = el("button", text, type="button", data_theme_choice=value or "system")
            made.on("click", js_handler=_SET_THEME.replace("VALUE", value))
    ui.run_javascript(_SHOW_THEME.replace("GROUP", html_id(group)))


_SHOW_THEME = """for (const b of document.querySelectorAll('#GROUP button'))
    b.setAttribute('aria-pressed',
        String(b.dataset.themeChoice === (localStorage.theme || 'system')))"""
_SET_THEME = """(e) => {
    const root = document.documentElement;
    if ('VALUE') { localStorage.theme = root.dataset.theme = 'VALUE'; }
    else { localStorage.removeItem('theme'); delete root.dataset.theme; }
    for (const b of e.currentTarget.parentElement.children)
        b.setAttribute('aria-pressed', String(b === e.currentTarget));
}"""
