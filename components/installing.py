"""What makes Likeness an application that can be installed: manifest, icons, service worker."""

import io
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
from fastapi import Response
from nicegui import app
from PIL import Image

from components import design

SIZES = (180, 192, 512)  # Apple's, and those that installing asks for
FINE = 4  # samples a pixel and direction
SAFE = 0.62  # of an icon's width: what stays when a phone cuts a circle out of it
DAY = {"Cache-Control": "public, max-age=86400"}


def manifest() -> dict[str, object]:
    """The Web App Manifest."""
    icons = [
        {"src": f"{design.APP}/icon-{size}.png", "sizes": f"{size}x{size}", "type": "image/png"}
        for size in SIZES
    ]
    return {
        "id": "/",
        "name": "Likeness",
        "short_name": "Likeness",
        "description": "A photo studio for pictures of yourself.",
        "start_url": "/dashboard",
        "scope": "/",
        "display": "standalone",
        "background_color": design.LIGHT["bg"],
        "theme_color": design.LIGHT["bg"],
        "icons": [*icons, {**icons[-1], "purpose": "maskable"}],
        "shortcuts": [
            {"name": "Studio", "url": "/studio"},
            {"name": "Gallery", "url": "/gallery"},
        ],
    }


@cache
def icon(size: int) -> bytes:
    """The mark on the accent colour, as PNG; it fills the square, so that phones may cut it."""
    n = size * FINE
    y, x = np.mgrid[0:n, 0:n] / n * 24 / SAFE - 12 / SAFE + 12
    full, hollow = _disc(x, y, 9, 8.5), _disc(x, y, 15, 8.5) ^ _disc(x, y, 15, 6.3)
    mark = (full & ~_disc(x, y, 20.6, 8.2)) ^ hollow
    alpha = mark.reshape(size, FINE, size, FINE).mean(axis=(1, 3))[..., None]
    ground = np.array(_rgb(design.LIGHT["accent"]))
    pixels = ground * (1 - alpha) + 255 * alpha
    out = io.BytesIO()
    Image.fromarray(pixels.round().astype(np.uint8)).save(out, "PNG", optimize=True)
    return out.getvalue()


def _disc(x: np.ndarray, y: np.ndarray, left: float, radius: float) -> np.ndarray:
    """On the mark's grid of 24, where all discs lie at half height."""
    inside: np.ndarray = (x - left) ** 2 + (y - 12) ** 2 < radius**2
    return inside


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def install() -> None:
    """Serve all of it to everybody: it says nothing of anybody."""
    worker = (Path(__file__).parent / "service_worker.js").read_text()

    @app.get(f"{design.APP}/manifest.webmanifest", include_in_schema=False)
    def serve_manifest() -> Response:
        text = json.dumps(manifest())
        return Response(text, media_type="application/manifest+json", headers=DAY)

    @app.get("/service-worker.js", include_in_schema=False)
    def serve_worker() -> Response:
        return Response(worker, media_type="text/javascript", headers={"Cache-Control": "no-cache"})

    for size in SIZES:
        app.get(f"{design.APP}/icon-{size}.png", include_in_schema=False)(_serve_icon(size))


def _serve_icon(size: int) -> Callable[[], Response]:
    def serve() -> Response:
        return Response(icon(size), media_type="image/png", headers=DAY)

    return serve
