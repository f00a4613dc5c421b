"""The room around every page: bars, places, account menu, title."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Literal

from nicegui import ui

from components.dom import El, attach, el, still
from components.icons import IconName, icon, icon_html
from services.accounts.users import UserView

Width = Literal["", "narrow", "reading"]
PLACES: tuple[tuple[str, str, IconName], ...] = (
    ("Dashboard", "/dashboard", "home"),
    ("Studio", "/studio", "sparkle"),
    ("Gallery", "/gallery", "gallery"),
)
THEMES = (("system", "System"), ("light", "Light"), ("dark", "Dark"))


@dataclass(frozen=True, slots=True)
class Frame:
    """What pages may change in it: the heading, the row beside it, and the credits in the bar."""

    heading: El
    actions: El
    credits: El


@contextmanager
def frame(
    title: str,
    *,
    user: UserView,
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
        if heading:
            yield Frame(*_heading(title, intro), shown)
        else:
            yield Frame(el("div", hidden=True), el("div", hidden=True), shown)


def _heading(title: str, intro: str) -> tuple[El, El]:
    """The heading, and the row beside it."""
    with el("div", classes="page-head"):
        with el("div"):
            said = el("h1", title)
            if intro:
                el("p", intro)
        return said, el("div", classes="row")


def _bars(place: str, user: UserView, credits: str) -> El:
    layout = ui.context.client.layout
    with layout.classes("with-bottombar"):
        bar, shown = _top_bar(place, user, credits)
        bar.move(target_index=0)
        el("a", "Skip to content", classes="nicegui-skip-link", href="#main").move(target_index=0)
        _bottom_bar(place)
        _account_menu(user)
    return shown


def _top_bar(place: str, user: UserView, credits: str) -> tuple[El, El]:
    """The slim bar: mark, places, credits, account; and the element that says the credits."""
    with el("header", classes="topbar") as bar:
        still("a", f"{icon_html('mark')}<span>Likeness</span>", classes="mark", href="/dashboard")
        still("nav", _places(place), classes="places main", aria_label="Main")
        with el("div", classes="end"):
            with el("a", classes="credits", href="/billing"):
                icon("credit")
                shown = el("span", credits, aria_live="polite").mark("credits")
            _avatar(user)
    return bar, shown


@cache
def _places(place: str) -> str:
    return "".join(
        f'<a href="{href}"{_current(name == place)}>{name}</a>' for name, href, _ in PLACES
    )


def _current(here: bool) -> str:
    return ' aria-current="page"' if here else ""


def _avatar(user: UserView) -> None:
    initial = (user.name or user.email)[:1]
    with el("button", classes="avatar", type="button", popovertarget="account-menu") as made:
        el("span", initial, aria_hidden="true")
    attach(made, aria_label="Account menu", aria_haspopup="true")


def _bottom_bar(place: str) -> None:
    still("nav", _tabs(place), classes="bottombar", aria_label="Main")


@cache
def _tabs(place: str) -> str:
    tabs: tuple[tuple[str, str, IconName], ...] = (*PLACES, ("Account", "/account", "user"))
    return "".join(
        f'<a href="{href}"{_current(name == place)}>{icon_html(shape)}<span>{name}</span></a>'
        for name, href, shape in tabs
    )


def _account_menu(user: UserView) -> None:
    with el("div", classes="menu account", id="account-menu", popover="auto"):
        with el("div", classes="who"):
            el("p", user.name or "Signed in as", classes="strong clip")
            el("p", user.email, classes="muted clip")
        still("div", _account_places(user.role == "admin"), classes="within")


@cache
def _account_places(admin: bool) -> str:
    """The theme, which `design.THEME_SWITCH` looks after; where to go; the way out."""
    themes = "".join(
        f'<button type="button" data-theme-choice="{value}" aria-pressed="false">{text}</button>'
        for value, text in THEMES
    )
    links = [_menu_link("Account", "/account", "user"), _menu_link("Billing", "/billing", "credit")]
    if admin:
        links.append(_menu_link("Administration", "/admin", "server"))
    leave = f'<button type="submit">{icon_html("sign-out")}<span>Sign out</span></button>'
    return (
        f'<div class="segments" role="group" aria-label="Theme">{themes}</div><hr>'
        f'{"".join(links)}<hr><form method="post" action="/logout">{leave}</form>'
    )


def _menu_link(text: str, href: str, shape: IconName) -> str:
    return f'<a href="{href}">{icon_html(shape)}<span>{text}</span></a>'
