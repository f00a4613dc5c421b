"""Pages that need no live connection: one answer of HTML, quick on any phone, no Vue.

They are for everything around an account, for errors and for whoever is not signed in.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from html import escape
from json import dumps

from fastapi.responses import HTMLResponse
from nicegui import Client
from nicegui.page import page as nicegui_page

from components import design
from components.controls import link_button
from components.dom import El, attach, el, to_html
from components.feedback import banner
from components.icons import icon

# Fetched when a pointer rests on a link to them or presses it. Only what answers anybody without a
# trace: / tells the analytics of a visit; a page with a connection costs a client on the server.
AHEAD = ("/pricing", "/login", "/register", "/privacy", "/verify", "/quality")


class Plain:
    """A page under construction: fill it within `with`, then send `response()`."""

    def __init__(self, title: str, *, home: str = "/", head: str = "") -> None:
        """title: of the browser's tab. home: where the mark leads. head: more of its HTML."""
        self._title = title
        self._home = home
        self._head = head
        self._html = ""

    @contextmanager
    def body(
        self,
        *,
        width: str = "narrow",
        doors: bool = False,
        signed_in: bool = False,
        sign_up: bool = True,
        links: Mapping[str, str] | None = None,
    ) -> Iterator[El]:
        """Everything within lands in the page's main part. width: narrow, reading or landing.

        doors: the bar leads to signing in and (`sign_up`) up, or, signed in, to the dashboard.
        links: more of the bar's, address by text.
        """
        client = Client(nicegui_page(""))
        try:
            with client:
                with el("div") as root:
                    el("a", "Skip to content", classes="nicegui-skip-link", href="#main")
                    with el("header", classes="topbar"):
                        with el("a", classes="mark", href=self._home):
                            icon("mark")
                            el("span", "Likeness")
                        if doors:
                            _doors(signed_in, sign_up, links or {})
                    with el("main", classes=f"page {width}", id="main", tabindex="-1") as main:
                        yield main
                self._html = to_html(root)
        finally:
            client.delete()

    def response(
        self, status: int = 200, *, headers: Mapping[str, str] | None = None
    ) -> HTMLResponse:
        """The whole document."""
        return HTMLResponse(
            '<!doctype html><html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>{escape(self._title)} · Likeness</title>"
            f"{design.head_html()}{self._head}{_ahead(self._html)}</head>"
            f"<body>{self._html}<script>{_SHOW_PASSWORDS}</script></body></html>",
            status,
            headers=dict(headers or {}),
        )


def _ahead(html: str) -> str:
    """The browser's rule for what it fetches ahead: of AHEAD, what the page links to."""
    linked = [path for path in AHEAD if f'href="{path}"' in html]
    rules = {"prefetch": [{"where": {"href_matches": linked}, "eagerness": "moderate"}]}
    return f'<script type="speculationrules">{dumps(rules)}</script>' if linked else ""


def _doors(signed_in: bool, sign_up: bool, links: Mapping[str, str]) -> None:
    with el("div", classes="end"):
        for text, address in links.items():
            link_button(text, address, kind="quiet")
        if signed_in:
            link_button("Dashboard", "/dashboard", kind="primary")
            return
        link_button("Sign in", "/login", kind="quiet")
        if sign_up:
            link_button("Sign up", "/register", kind="primary")


def field(
    label: str,
    name: str,
    *,
    error: str | None = None,
    help: str = "",
    value: str = "",
    first: bool = False,
    **attributes: object,
) -> None:
    """A labelled input of a plain form; an error stands beside it and takes the focus.

    attributes: HTML's own. A password gets a button that shows it.
    """
    with el("div", classes="field"):
        el("label", label, for_=name)
        with el("div", classes="input-group"):
            control = el("input", classes="input", id=name, name=name, value=value or None)
            attach(control, autofocus=first or bool(error), **attributes)
            if attributes.get("type") == "password":
                show = el("button", "Show", classes="btn quiet", type="button", hidden=True)
                attach(show, aria_label="Show password", aria_pressed="false", data_shows=name)
        if help:
            el("p", help, classes="help", id=f"{name}-help")
            attach(control, aria_describedby=f"{name}-help")
        if error:
            el("p", error, classes="error", role="alert", id=f"{name}-error")
            attach(control, aria_invalid="true", aria_describedby=f"{name}-error")


def error_page(
    status: int,
    title: str,
    message: str,
    reference: str,
    *,
    signed_in: bool,
    headers: Mapping[str, str],
) -> HTMLResponse:
    """What happened, what to do now, and a reference to copy."""
    home, text = ("/dashboard", "Go to your dashboard") if signed_in else ("/", "Go to the start")
    page = Plain(title, home=home)
    with page.body():
        with el("div", classes="page-head"), el("div"):
            el("h1", title)
        banner(message, tone="warn" if status < 500 else "danger", reference=reference or None)
        link_button(text, home, kind="primary")
    return page.response(status, headers=headers)


# without scripts the button stays hidden, and everything else works
_SHOW_PASSWORDS = """for (const b of document.querySelectorAll('[data-shows]')) {
const f = document.getElementById(b.dataset.shows); b.hidden = false;
b.onclick = () => { const shown = f.type === 'text'; f.type = shown ? 'password' : 'text';
b.textContent = shown ? 'Show' : 'Hide'; b.setAttribute('aria-pressed', String(!shown)); }; }"""
