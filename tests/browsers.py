"""Where the browser of the browser tests is."""

import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def installed() -> str | None:
    """The path of a Chromium; None where Playwright has to bring its own."""
    return next(filter(None, map(shutil.which, NAMES)), None)
