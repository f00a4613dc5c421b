"""The process that makes pictures: how much it takes, and that pages stay live beside it."""

import asyncio
import io
from pathlib import Path

import psutil
import pytest
from PIL import Image

from services.engines.preview.process import Renderer
from services.engines.preview.render import Made
from tests import sitters

pytestmark = pytest.mark.pictures

STYLES = (None, "oil", "watercolour", "comic")
LIVE = 0.3  # seconds that a page may wait for its turn, on a machine that is busy


@pytest.fixture
async def photo() -> tuple[bytes, bytes]:
    image, alpha = sitters.drawn(size=(820, 1024))
    return sitters.encoded(image, "JPEG"), sitters.encoded(alpha)


async def render(renderer: Renderer, photo: tuple[bytes, bytes], preset: str | None) -> Made:
    scene = {"place": "fairground", "weather": "rain"}
    size = {"width": 1024, "height": 1024}
    return await renderer([photo[0]], alphas=[photo[1]], seed=3, scene=scene, preset=preset, **size)


async def test_a_picture_takes_little_time_and_memory(photo: tuple[bytes, bytes]) -> None:
    """Of one core 2.5 s, of memory 400 MB, at 1,024 px in the heaviest styles."""
    others = workers()  # what another test of this run still holds
    renderer = Renderer()
    try:
        await render(renderer, photo, None)
        (process,) = workers() - others
        for preset in STYLES:
            before = sum(process.cpu_times()[:2])
            made = await render(renderer, photo, preset)
            assert sum(process.cpu_times()[:2]) - before < 2.5, preset
            assert Image.open(io.BytesIO(made.data)).size == (1024, 1024)
            assert made.scene == {"place": "fairground", "weather": "rain"}
        status = Path(f"/proc/{process.pid}/status").read_text()  # noqa: ASYNC240
        peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
        assert int(peak.split()[1]) < 400 * 1024
    finally:
        renderer.close()


@pytest.mark.quiet
async def test_pages_stay_live_while_four_are_made_at_once(photo: tuple[bytes, bytes]) -> None:
    renderer = Renderer()
    loop, late = asyncio.get_running_loop(), 0.0
    try:
        pictures = [asyncio.create_task(render(renderer, photo, preset)) for preset in STYLES]
        while not all(task.done() for task in pictures):
            before = loop.time()
            await asyncio.sleep(0.01)
            late = max(late, loop.time() - before)
        assert len({task.result().data for task in pictures}) == 4
        assert late < LIVE
    finally:
        renderer.close()


def workers() -> set[psutil.Process]:
    children = psutil.Process().children()
    return {child for child in children if "services.engines.preview.process" in child.cmdline()}
