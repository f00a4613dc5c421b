"""Where the browser of the browser tests is, and how patient they are."""

import shutil

from playwright.async_api import expect

# Milliseconds; Playwright's own 5,000 are short where two cores run the program and the browser.
expect.set_options(timeout=15_000)

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def installed() -> str | None:
    """The path of a Chromium; None where Playwright has to bring its own."""
    return next(filter(None, map(shutil.which, NAMES)), None)
