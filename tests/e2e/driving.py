"""What browser tests share: the program under test, opening pages, looking for faults."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from weakref import WeakKeyDictionary

from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from playwright.async_api import ConsoleMessage, Page

from services.deps import Deps
from services.settings import Settings


@dataclass(frozen=True, slots=True)
class Program:
    """The process and what it was started with."""

    settings: Settings
    process: "subprocess.Popen[bytes]"


@dataclass(frozen=True, slots=True)
class Server:
    """The running program; `deps` reach its database and files from the test's own process."""

    url: str
    deps: Deps
    process: "subprocess.Popen[bytes]"


async def visit(page: Page, path: str) -> None:
    """Open a page and wait until it is live."""
    await page.goto(path)
    await live(page)


async def live(page: Page) -> None:
    """Wait until the page is connected to the program."""
    await page.wait_for_function("window.did_handshake === true")


async def shot(page: Page, name: str) -> None:
    """Keep a picture of the whole page where SCREENSHOTS names a folder."""
    if folder := os.environ.get("SCREENSHOTS"):
        width = (page.viewport_size or {"width": 0})["width"]
        await page.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True)


async def shots(page: Page, name: str) -> None:
    """The same, on a phone and on a desk, in both colours."""
    if "SCREENSHOTS" not in os.environ:
        return
    for width in (390, 1440):
        await page.set_viewport_size({"width": width, "height": 900})
        for scheme in ("light", "dark"):
            await page.emulate_media(color_scheme=scheme)
            await shot(page, f"{name}-{scheme}")
    await page.emulate_media(color_scheme="light")


_forgiven: WeakKeyDictionary[Page, list[str]] = WeakKeyDictionary()


def forgive(page: Page, text: str) -> None:
    """Let the page's console have errors that contain `text`: the test causes them."""
    _forgiven.setdefault(page, []).append(text)


@contextmanager
def watched(page: Page) -> Iterator[list[str]]:
    """Fails at the end of the block if the page's console had an error in it."""
    faults: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error":
            faults.append(f"{message.text} ({message.location.get('url')})")

    page.on("console", note)
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield faults
    forgiven = _forgiven.get(page, [])
    left = [fault for fault in faults if not any(text in fault for text in forgiven)]
    assert not left, left


# Colours on their way from one to another are not what anybody reads; what pulses never ends.
STILL = """() => Promise.allSettled(document.getAnimations()
    .filter((one) => one.effect.getComputedTiming().endTime !== Infinity)
    .map((one) => one.finished))"""


async def barriers(page: Page) -> list[str]:
    """What axe finds serious or critical on the page: rule, element, and how to mend it."""
    await page.evaluate(STILL)
    found = await Axe().run(page)
    return [
        f"{violation['id']}: {node['html'][:200]}: {node['failureSummary'][:300]}"
        for violation in found.response["violations"]
        if violation["impact"] in {"serious", "critical"}
        for node in violation["nodes"]
    ]
