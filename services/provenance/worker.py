"""The process that looks at a stranger's file: its manifest, and what its pixels look like.

Run by `verifying.py`, confined as the one that decodes members' photos.
"""

from pathlib import Path
from typing import Any

from PIL import Image

from services.imaging import decode, fingerprints
from services.imaging.variants import MEDIUM_SIDE
from services.imaging.worker import Answer, confine, serve
from services.provenance import manifests


def answer(request: dict[str, Any], _data: bytes) -> Answer:
    """{"path": of the file, "roots": PEM} -> {"manifest": of Found or None, "sought": windows}."""
    path = Path(request["path"])
    try:
        picture = decode.read(path, side=MEDIUM_SIDE)
        sought = fingerprints.sought(decode.opaque(picture.image))
        kind = Image.MIME[picture.format]
        found = manifests.read(path.read_bytes(), kind, request["roots"])
    except decode.Undecodable as error:
        return {"refused": error.code}, {}
    except MemoryError:
        return {"refused": "too_heavy"}, {}
    return {"sought": sought, "manifest": found and found.facts()}, {}


if __name__ == "__main__":
    decode.prepare()
    Image.init()
    confine()
    serve(answer)
