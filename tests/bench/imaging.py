"""P5 and P6: intake and thumbnails against simplejpeg and libvips, one core each.

`uv run --group bench -m tests.bench.imaging [PHOTO.jpg ...]`; without photos, drawn ones.
"""

import io
import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

os.environ["VIPS_CONCURRENCY"] = "1"

import pyvips
import simplejpeg
from PIL import Image

from services.imaging import decode, variants, worker
from tests.bench.timing import ROUNDS, compared, per_second
from tests.pictures import drawn

SIZE = (4000, 3000)


def enlarged(path: Path) -> Image.Image:
    """A photo as large as a phone's camera makes it: 12 megapixels."""
    with Image.open(path) as image:
        return image.convert("RGB").resize(SIZE, Image.Resampling.BICUBIC)


def saved(image: Image.Image) -> bytes:
    """As a phone's camera does: JPEG of quality 92."""
    out = io.BytesIO()
    image.save(out, "JPEG", quality=92)
    return out.getvalue()


def thumbnail(path: Path) -> bytes:
    """Ours, from the file to WebP."""
    return variants.webp(decode.read(path, side=variants.THUMB_SIDE).image)


def vips_thumbnail(path: Path) -> bytes:
    """The same by libvips: WebP of the same quality and effort."""
    image = pyvips.Image.thumbnail(str(path), variants.THUMB_SIDE)
    data: bytes = image.webpsave_buffer(Q=80, effort=2, strip=True)
    return data


def main(pictures: Mapping[str, Image.Image], *, rounds: int = ROUNDS) -> None:
    """Print both figures for each picture."""
    decode.prepare()
    with tempfile.TemporaryDirectory() as folder:
        for name, picture in pictures.items():
            path = Path(folder) / "photo.jpg"
            path.write_bytes(saved(picture))
            measure(name, path, picture.width * picture.height / 1e6, rounds)


def measure(name: str, path: Path, megapixels: float, rounds: int) -> None:
    """P5 and P6 of one file. Intake is what the decoding process does for an upload."""
    data = path.read_bytes()
    request = {"task": "ingest", "path": str(path), "faces": False}
    intake = compared(
        per_second(lambda: worker.answer(request, b""), units=megapixels),
        per_second(lambda: simplejpeg.decode_jpeg(data), units=megapixels),
        rounds=rounds,
    )
    print(intake.line(f"P5 {name}, {len(data) / 2**20:.1f} MiB", "MP/s"))
    thumbs = compared(
        per_second(lambda: thumbnail(path), units=1),
        per_second(lambda: vips_thumbnail(path), units=1),
        rounds=rounds,
    )
    print(thumbs.line(f"P6 {name}", "thumbs/s"))


if __name__ == "__main__":
    photos = [Path(argument) for argument in sys.argv[1:]]
    main({photo.name: enlarged(photo) for photo in photos} or {"drawn": drawn(1, SIZE)})
