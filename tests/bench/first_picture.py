"""From a member's first photo to her first instant picture: all but the engine's own time.

`uv run -m tests.bench.first_picture` starts the program as an operator does, with the photo booth
as its engine. Each round is another member with one photo; the reference is the same picture by the
photo booth's `render` alone, in this process, in turn with it.
"""

import asyncio
import statistics
import time
from itertools import count
from typing import Any

import httpx
import numpy as np

from services.engines.preview.render import render
from tests.bench import uploads
from tests.bench.marks import PHOTO

ROUNDS = 30
SIZE = (1024, 1024)
LOOK = 0.01  # seconds between two looks at what is made
PATIENCE = 60.0  # seconds for one picture
PROMPT = "by the sea at sunset"
numbers = count()


async def path(url: str) -> float:
    """Seconds from the photo that was accepted to the bytes of the first picture."""
    async with httpx.AsyncClient(base_url=url, timeout=PATIENCE) as http:
        photos = await uploads.member(http, f"first{next(numbers)}@example.com")
        (await http.put(photos, content=PHOTO.read_bytes())).raise_for_status()
        started = time.perf_counter()
        asked = {"model_id": photos.split("/")[3], "prompt": PROMPT, "count": 1, "seed": 1}
        answer = await http.post("/api/generate", json=asked)
        answer.raise_for_status()
        made = await _made(http, answer.json()["job_id"])
        (await http.get(made["thumb_url"])).raise_for_status()
        return time.perf_counter() - started


async def _made(http: httpx.AsyncClient, id: str) -> dict[str, Any]:
    """The first image of a generation, once it is there. Raises RuntimeError where none comes."""
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends:
        found = (await http.get(f"/api/generate/{id}")).json()
        if found["images"]:
            image: dict[str, Any] = found["images"][0]
            return image
        await asyncio.sleep(LOOK)
    raise RuntimeError(f"no picture came: {found}")


def alone() -> float:
    """Seconds of the photo booth's own work for the same picture."""
    started = time.perf_counter()
    width, height = SIZE
    render([PHOTO.read_bytes()], seed=1, width=width, height=height, prompt=PROMPT)
    return time.perf_counter() - started


async def measure(url: str, *, rounds: int = ROUNDS) -> None:
    """Both in turn, after one of each that does not count."""
    pairs = [(await path(url), await asyncio.to_thread(alone)) for _ in range(rounds + 1)][1:]
    engine = statistics.median(own for _, own in pairs)
    rest = [1000 * (whole - own) for whole, own in pairs]
    p95 = float(np.quantile(rest, 0.95))
    print(
        f"first picture: all but the engine's own time median {statistics.median(rest):.0f} ms, "
        f"p95 {p95:.0f}; the engine {1000 * engine:.0f} ms, ratio of p95 {p95 / 1000 / engine:.2f}"
    )


async def main() -> None:
    """On a program of its own."""
    with uploads.started() as (url, _):
        await uploads.ready(url)
        await measure(url)


if __name__ == "__main__":
    asyncio.run(main())
