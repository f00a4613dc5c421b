"""P5 and P6: intake and thumbnails against simplejpeg and libvips, one core each.

`uv run --group bench -m tests.bench.imaging [PHOTO.jpg ...]`; without photos, drawn ones.
"""

import io
import os
import sys
import tempfile
from pathlib import Path

os.environ["VIPS_CONCURRENCY"] = "1"

import pyvips
import simplejpeg
from PIL import Image

from services.imaging import decode, variants, worker
from tests.bench.timing import compared, per_second
from tests.pictures import drawn

SIZE = (4000, 3000)
MEGAPIXELS = SIZE[0] * SIZE[1] / 1e6


def enlarged(path: Path) -> bytes:
    """A photo as a phone's camera has it: 12 megapixels, quality 92."""
    with Image.open(path) as image:
        return saved(image.convert("RGB").resize(SIZE, Image.Resampling.BICUBIC))


def saved(image: Image.Image) -> bytes:
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


def main(photos: list[Path]) -> None:
    """Print both figures for each photo."""
    decode.prepare()
    pictures = {p.name: enlarged(p) for p in photos} or {"drawn": saved(drawn(1, SIZE))}
    with tempfile.TemporaryDirectory() as folder:
        for name, data in pictures.items():
            path = Path(folder) / "photo.jpg"
            path.write_bytes(data)
            request = {"task": "ingest", "path": str(path)}
            intake = compared(
                per_second(lambda r=request: worker.answer(r, b""), units=MEGAPIXELS),  # type: ignore[misc]
                per_second(lambda d=data: simplejpeg.decode_jpeg(d), units=MEGAPIXELS),  # type: ignore[misc]
            )
            print(intake.line(f"P5 {name}, {len(data) / 2**20:.1f} MiB", "MP/s"))
            thumbs = compared(
                per_second(lambda p=path: thumbnail(p), units=1),  # type: ignore[misc]
                per_second(lambda p=path: vips_thumbnail(p), units=1),  # type: ignore[misc]
            )
            print(thumbs.line(f"P6 {name}", "thumbs/s"))


if __name__ == "__main__":
    main([Path(argument) for argument in sys.argv[1:]])
