"""Sample pictures that ship with the product: one a style preset, and photos they came from.

`samples/README.md` names the sitter, the source and the licence; the photo booth made the rest.
"""

import hashlib
from functools import cache
from pathlib import Path

from nicegui import app

from services.studio.styles import StyleView

FOLDER = Path(__file__).parent / "samples"
YEAR = 31_536_000  # seconds
CARD = (1200, 630)  # pixels: what messengers and sites show of a link in full


@cache
def _version() -> str:
    """Changes with the pictures, so that browsers may keep them for ever."""
    digest = hashlib.sha256()
    for file in sorted([*FOLDER.rglob("*.webp"), FOLDER / "card.jpg"]):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def sample(name: str, *, small: bool = False) -> str:
    """URL of a preset's sample, or of `photo-1` to `photo-4`: 480 x 600 px, small 240 x 300."""
    return f"/assets/samples/{_version()}/{'small/' if small else ''}{name}.webp"


def example(name: str) -> str:
    """URL of a small photo that helps or does not, 160 x 200 px: see `photo_examples`."""
    return f"/assets/samples/{_version()}/examples/{name}.webp"


def card() -> str:
    """URL of the picture that stands for a link to the product: JPEG of `CARD`."""
    return f"/assets/samples/{_version()}/card.jpg"


def of_style(style: StyleView, *, small: bool = True) -> str | None:
    """URL of the operator's picture, else of the sample; None where there is neither."""
    if style.picture:
        return f"/styles/{style.id}/{style.picture}.webp"
    return sample(style.id, small=small) if style.id in _samples() else None


@cache
def _samples() -> frozenset[str]:
    return frozenset(file.stem for file in FOLDER.glob("*.webp"))


def install() -> None:
    """Serve them under their hashed addresses."""
    app.add_static_files(f"/assets/samples/{_version()}", FOLDER, max_cache_age=YEAR)
