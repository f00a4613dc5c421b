"""Inter, served by ourselves: four parts of one variable font, and what stands in until they come.

`fonts/README.md` says how the parts were made, and under which licence.
"""

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path

from fastapi import Response
from nicegui import app

FOLDER = Path(__file__).parent / "fonts"
FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}

# Characters of each part, as in `fonts/make.sh`: a browser fetches a part when it meets one.
PARTS = {
    "latin": "U+20-7E,U+A0-FF,U+131,U+152-153,U+2010-2026,U+202F-203A,U+20AC,U+2122,"
    "U+2190-2193,U+2212",
    "latin-ext": "U+100-130,U+132-151,U+154-17F,U+18F,U+1A0-1A1,U+1AF-1B0,U+1CD-1DC,U+218-21B,"
    "U+259,U+1E80-1E85,U+1E9E,U+1EA0-1EF9",
    "greek": "U+384-38A,U+38C,U+38E-3A1,U+3A3-3CE",
    "cyrillic": "U+400-45F,U+490-493,U+4B0-4B1,U+2116",
}

# As wide and as high as Inter, so that nothing moves when Inter arrives: 107.12 % is Inter's
# average width of letters over Arial's; ascent 96.875 % and descent 24.12 % of an em, over that.
STAND_IN = (
    '@font-face{font-family:"Inter stand-in";src:local("Arial"),local("Liberation Sans"),'
    'local("Helvetica Neue");size-adjust:107.12%;ascent-override:90.44%;'
    "descent-override:22.52%;line-gap-override:0%}"
)


@cache
def url(part: str) -> str:
    """Where a part is served; the address changes with its content."""
    return f"/assets/fonts/inter-{part}.{hashlib.sha256(_file(part)).hexdigest()[:12]}.woff2"


def css() -> str:
    """The rules by which a browser finds the parts, and the stand-in."""
    faces = (
        f'@font-face{{font-family:"Inter";src:url({url(part)}) format("woff2");'
        f"font-weight:400 700;font-display:swap;unicode-range:{characters}}}"
        for part, characters in PARTS.items()
    )
    return "".join(faces) + STAND_IN


def head_html() -> str:
    """Every page has Latin letters: fetched beside the stylesheet, not after it."""
    return f'<link rel="preload" href="{url("latin")}" as="font" type="font/woff2" crossorigin>'


def install() -> None:
    """Serve the parts for ever under their hashed addresses."""
    for part in PARTS:
        app.get(url(part), include_in_schema=False)(_serve(part))


def _serve(part: str) -> Callable[[], Response]:
    def serve() -> Response:
        return Response(_file(part), media_type="font/woff2", headers=FOREVER)

    return serve


@cache
def _file(part: str) -> bytes:
    return (FOLDER / f"inter-{part}.woff2").read_bytes()
