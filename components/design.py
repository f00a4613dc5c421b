"""The look: colour tokens for light and dark, one stylesheet, and the theme switch."""

import hashlib
import re
from functools import cache
from pathlib import Path

from fastapi import Response
from nicegui import app, ui

from components import dates, icons, typeface

LIGHT = {
    "bg": "#faf8f5",
    "surface": "#ffffff",
    "sunken": "#f2efea",
    "raised": "#ffffff",
    "line": "#e3ded6",
    "line-strong": "#857d72",
    "ink": "#1c1917",
    "muted": "#5f5850",
    "accent": "#2d36c4",
    "accent-hover": "#232aa3",
    "on-accent": "#ffffff",
    "accent-soft": "#eceefb",
    "good": "#1d6b43",
    "good-soft": "#e6f3ec",
    "warn": "#7f4f00",
    "warn-soft": "#faf0db",
    "danger": "#b3261e",
    "danger-soft": "#fbeae8",
    "on-danger": "#ffffff",
    "veil": "rgb(28 25 23 / .5)",
    "glass": "rgb(250 248 245 / .9)",
    "lift": "0 12px 40px rgb(28 25 23 / .14)",
}
DARK = {
    "bg": "#141210",
    "surface": "#1d1a17",
    "sunken": "#0f0d0c",
    "raised": "#262320",
    "line": "#34302b",
    "line-strong": "#857d73",
    "ink": "#f4f0ea",
    "muted": "#ada599",
    "accent": "#a6afff",
    "accent-hover": "#c0c7ff",
    "on-accent": "#12133a",
    "accent-soft": "#23253f",
    "good": "#7fd1a3",
    "good-soft": "#17291f",
    "warn": "#ecbd55",
    "warn-soft": "#2d2412",
    "danger": "#ff9f94",
    "danger-soft": "#351a17",
    "on-danger": "#3a0b07",
    "veil": "rgb(0 0 0 / .66)",
    "glass": "rgb(20 18 16 / .88)",
    "lift": "0 12px 40px rgb(0 0 0 / .5)",
}

# Before the first paint: the member's choice, so that no page flashes in the other mode.
THEME_SCRIPT = (
    "try{const t=localStorage.theme;if(t)document.documentElement.dataset.theme=t}catch(e){}"
)
# The buttons that choose it, wherever they are: a menu marks the choice when it opens.
THEME_SWITCH = """{
const mark = (all) => { for (const b of all) b.setAttribute('aria-pressed',
    String(b.dataset.themeChoice === (localStorage.theme || 'system'))); };
addEventListener('beforetoggle',
    (e) => mark(e.target.querySelectorAll('[data-theme-choice]')), true);
addEventListener('click', (e) => {
    const chosen = e.target.closest('[data-theme-choice]'), root = document.documentElement;
    if (!chosen) return;
    const theme = chosen.dataset.themeChoice;
    if (theme === 'system') { localStorage.removeItem('theme'); delete root.dataset.theme; }
    else localStorage.theme = root.dataset.theme = theme;
    mark(chosen.parentElement.children);
}); }"""
# Painted before the stylesheet arrives.
FIRST_PAINT = (
    f"html{{background:{LIGHT['bg']}}}"
    f"@media(prefers-color-scheme:dark){{html:not([data-theme=light])"
    f"{{background:{DARK['bg']}}}}}html[data-theme=dark]{{background:{DARK['bg']}}}"
)
APP = "/assets/app"  # `installing` serves manifest and icons there
INSTALLING = (
    f'<link rel="manifest" href="{APP}/manifest.webmanifest">'
    f'<link rel="apple-touch-icon" href="{APP}/icon-180.png">'
)
FAVICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24">'
    f'<path fill="{LIGHT["accent"]}" d="{icons.MARK}" fill-rule="evenodd"/></svg>'
)


def _tokens(values: dict[str, str], scheme: str) -> str:
    return "".join(f"--{k}:{v};" for k, v in values.items()) + f"color-scheme:{scheme}"


@cache
def stylesheet() -> str:
    """Tokens, typeface, icons and `components/*.css`, without comments and indentation."""
    dark = _tokens(DARK, "dark")
    head = (
        f":root{{{_tokens(LIGHT, 'light')}}}"
        f'@media(prefers-color-scheme:dark){{:root:not([data-theme="light"]){{{dark}}}}}'
        f':root[data-theme="dark"]{{{dark}}}'
    )
    files = sorted(Path(__file__).parent.glob("*.css"))
    css = "\n".join([head, typeface.css(), icons.css(), *(f.read_text() for f in files)])
    return re.sub(r"\n\s*", "\n", re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL))


@cache
def stylesheet_url() -> str:
    """Where the stylesheet is served; the address changes with its content."""
    return f"/assets/likeness.{hashlib.sha256(stylesheet().encode()).hexdigest()[:12]}.css"


def head_html() -> str:
    """What every page's head needs, pages without Vue included."""
    return (
        f"<script>{THEME_SCRIPT}{THEME_SWITCH}{dates.SCRIPT}</script><style>{FIRST_PAINT}</style>"
        f'{typeface.head_html()}<link rel="stylesheet" href="{stylesheet_url()}">'
        f'{INSTALLING}<meta name="theme-color" media="(prefers-color-scheme: light)" '
        f'content="{LIGHT["bg"]}"><meta name="theme-color" '
        f'media="(prefers-color-scheme: dark)" content="{DARK["bg"]}">'
    )


def install() -> None:
    """Serve the stylesheet for ever under its hashed address and put it on every page."""
    app.colors(
        primary=LIGHT["accent"],
        positive=LIGHT["good"],
        negative=LIGHT["danger"],
        warning=LIGHT["warn"],
    )
    app.config.quasar_config["loadingBar"]["skipHijack"] = True  # no bar for each request
    ui.add_head_html(head_html(), shared=True)
    typeface.install()

    @app.get(stylesheet_url(), include_in_schema=False)
    def serve() -> Response:
        return Response(
            stylesheet(),
            media_type="text/css",
            headers={"Cache-Control": "public, max-age=31536000, immutable"},
        )
