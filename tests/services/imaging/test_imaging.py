"""What comes out of a picture: upright, in sRGB, without metadata, whatever went in."""

import asyncio
import io
import os
import signal
from pathlib import Path

import psutil
import pytest
from PIL import ExifTags, Image, ImageCms

from services import imaging
from services.imaging import Ingested, pool, worker
from tests import sitters
from tests.hostile import saved, with_comment
from tests.pictures import drawn, picture
from tests.profiles import display_p3
from tests.waiting import eventually


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "upload"


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


async def ingested(path: Path, data: bytes) -> Ingested:
    path.write_bytes(data)  # noqa: ASYNC240
    return await imaging.ingest(path)


def nearly(one: tuple[int, ...], other: tuple[int, ...], *, by: int = 12) -> bool:
    return all(abs(a - b) <= by for a, b in zip(one, other, strict=True))


async def test_variants(path: Path) -> None:
    photo = await ingested(path, picture(1, (3000, 2400)))
    assert (photo.format, photo.width, photo.height) == ("JPEG", 3000, 2400)
    sizes = {name: (opened(data).format, opened(data).size) for name, data in photo.files.items()}
    assert sizes == {
        "full.jpg": ("JPEG", (2048, 1638)),
        "train.jpg": ("JPEG", (1024, 819)),
        "thumb.webp": ("WEBP", (512, 410)),
    }
    assert 15 <= len(photo.thumbhash) <= 30


async def test_a_person_is_cut_out_when_a_photo_comes_in(path: Path) -> None:
    wide = sitters.hopper().resize((1748, 2048))
    photo = await ingested(path, sitters.encoded(wide, "JPEG"))
    assert photo.cutout is not None
    assert photo.cutout.unusable is None
    alpha, train = opened(photo.files["alpha.webp"]), opened(photo.files["train.jpg"])
    assert alpha.size == train.size
    grey = alpha.convert("L")
    assert grey.getpixel((train.width // 2, train.height // 3)) == 255
    assert grey.getpixel((10, 10)) == 0
    assert len(photo.files["alpha.webp"]) < 60_000


async def test_a_photo_of_nobody_is_taken_in_without_a_cutout(path: Path) -> None:
    photo = await ingested(path, picture())
    assert photo.cutout is not None
    assert photo.cutout.unusable == "nobody"
    assert "alpha.webp" not in photo.files


def test_without_opencv_photos_are_taken_in_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "find_spec", lambda _name: None)
    facts, blobs = worker.answer({"task": "ingest", "faces": False}, picture())
    assert facts["cutout"] is None
    assert set(blobs) == {"full", "train", "thumb", "thumbhash"}


async def test_small_pictures_are_not_enlarged(path: Path) -> None:
    photo = await ingested(path, picture(1, (300, 400)))
    assert {opened(data).size for data in photo.files.values()} == {(300, 400)}


@pytest.mark.parametrize("orientation", range(1, 9))
async def test_orientation_is_applied(path: Path, orientation: int) -> None:
    """A red corner ends at the top left, however the camera was held."""
    upright = Image.new("RGB", (600, 400), "blue")
    upright.paste("red", (0, 0, 300, 200))
    inverse = {5: 5, 6: 8, 7: 7, 8: 6}.get(orientation, orientation)
    turned = turn(upright, inverse)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    photo = await ingested(path, saved(turned, "JPEG", exif=exif, quality=95))
    assert (photo.width, photo.height) == (600, 400)
    for data in photo.files.values():
        image = opened(data).convert("RGB")
        assert image.width > image.height
        assert nearly(pixel(image, 0.2, 0.2), (255, 0, 0))
        assert nearly(pixel(image, 0.8, 0.8), (0, 0, 255))


def turn(image: Image.Image, orientation: int) -> Image.Image:
    steps = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }
    return image.transpose(steps[orientation]) if orientation in steps else image


def pixel(image: Image.Image, x: float, y: float) -> tuple[int, ...]:
    value = image.getpixel((int(x * image.width), int(y * image.height)))
    assert isinstance(value, tuple)
    return value


async def test_metadata_is_gone(path: Path) -> None:
    """Place, camera, comments, colour profile, thumbnails: none of it comes out."""
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "SECRET camera"
    gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    gps[ExifTags.GPS.GPSLatitude] = (48.0, 12.0, 30.0)
    gps[ExifTags.GPS.GPSAreaInformation] = "SECRET place"
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    options = {"exif": exif, "xmp": b"<x>SECRET xmp</x>", "icc_profile": srgb}
    for format in ("JPEG", "WEBP", "PNG", "AVIF"):
        data = saved(drawn(3, (400, 300)), format, **options)
        if format == "JPEG":
            data = with_comment(data, b"SECRET comment")
        assert b"SECRET" in data
        photo = await ingested(path, data)
        for file in photo.files.values():
            image = opened(file)
            assert b"SECRET" not in file
            assert not image.getexif()
            assert not {"icc_profile", "comment", "xmp", "exif"} & set(image.info)


async def test_colours_are_converted_to_srgb(path: Path) -> None:
    """Display-P3's (200, 100, 50) is sRGB's (213, 95, 32), near enough."""
    image = Image.new("RGB", (300, 300), (200, 100, 50))
    photo = await ingested(path, saved(image, "PNG", icc_profile=display_p3()))
    found = pixel(opened(photo.files["train.jpg"]), 0.5, 0.5)
    assert nearly(found, (213, 95, 32), by=4)
    plain = await ingested(path, saved(image, "PNG"))
    assert nearly(pixel(opened(plain.files["train.jpg"]), 0.5, 0.5), (200, 100, 50), by=4)


async def test_transparency_becomes_white(path: Path) -> None:
    image = Image.new("RGBA", (300, 300), (255, 0, 0, 0))
    for mode in ("RGBA", "LA", "P"):
        photo = await ingested(path, saved(image.convert(mode), "PNG"))
        assert nearly(pixel(opened(photo.files["full.jpg"]), 0.5, 0.5), (255, 255, 255), by=3)


async def test_deep_pictures_keep_their_tones(path: Path) -> None:
    deep = Image.new("I;16", (300, 300), 128 * 257)
    photo = await ingested(path, saved(deep, "PNG"))
    assert nearly(pixel(opened(photo.files["full.jpg"]), 0.5, 0.5), (128, 128, 128), by=3)


async def test_like_pictures_have_like_hashes(path: Path) -> None:
    first = await ingested(path, picture(1, (900, 1200)))
    smaller = await ingested(path, saved(drawn(1, (900, 1200)).resize((450, 600)), "WEBP"))
    other = await ingested(path, picture(2, (900, 1200)))

    def apart(one: Ingested, two: Ingested) -> int:
        return ((one.phash ^ two.phash) & (2**64 - 1)).bit_count()

    assert apart(first, smaller) <= 4
    assert apart(first, other) > 12
    assert -(2**63) <= first.phash < 2**63


async def test_pictures_that_we_made_are_kept_as_they_are() -> None:
    data = saved(drawn(4, (1280, 1600)), "PNG")
    derived = await imaging.derive(data)
    assert (derived.content_type, derived.width, derived.height) == ("image/png", 1280, 1600)
    assert derived.files["full.png"] == data
    assert opened(derived.files["medium.webp"]).size == (819, 1024)
    assert opened(derived.files["thumb.webp"]).size == (410, 512)
    for broken, code in ((data[:5000], "damaged"), (b"<html>", "not_a_picture"), (b"", "empty")):
        with pytest.raises(imaging.Rejected) as refused:
            await imaging.derive(broken)
        assert refused.value.code == code


def workers() -> list[psutil.Process]:
    children = psutil.Process().children()
    return [child for child in children if "services.imaging.worker" in " ".join(child.cmdline())]


async def test_a_worker_that_dies_fails_one_file(path: Path) -> None:
    """The others go on, and the next picture gets a new worker."""
    await ingested(path, picture())
    asking = asyncio.gather(*(imaging.ingest(path) for _ in range(8)), return_exceptions=True)
    victim = await eventually(lambda: next(iter(workers()), None))
    assert victim is not None
    os.kill(victim.pid, signal.SIGKILL)
    results = await asking
    failed = [result for result in results if isinstance(result, imaging.Rejected)]
    assert len(failed) <= 1
    assert len(failed) + sum(isinstance(result, Ingested) for result in results) == 8
    assert (await imaging.ingest(path)).width == 900


async def test_a_picture_that_takes_too_long(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await ingested(path, picture())
    monkeypatch.setattr(pool, "SECONDS", 0.001)
    with pytest.raises(imaging.Rejected, match="takes too much"):
        await imaging.ingest(path)
    monkeypatch.undo()
    assert (await imaging.ingest(path)).width == 900


async def test_workers_have_no_secrets_and_little_memory(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    imaging.close()
    monkeypatch.setenv("TOGETHER_API_KEY", "secret")
    await ingested(path, picture())
    for process in workers():
        assert set(process.environ()) <= {"PATH", "LANG", "LC_CTYPE", "OPENBLAS_NUM_THREADS"}
        limits = Path(f"/proc/{process.pid}/limits").read_text()  # noqa: ASYNC240
        found = {line[:26].strip(): line[26:].split()[0] for line in limits.splitlines()}
        assert int(found["Max address space"]) == 2048 * 2**20
        assert found["Max file size"] == "0"
    imaging.close()
    assert workers() == []


async def test_what_is_transparent_stays_so_in_all_variants() -> None:
    cut = Image.new("RGBA", (1200, 900), (0, 0, 0, 0))
    cut.paste("#cc3322", (400, 100, 1200, 900))
    derived = await imaging.derive(saved(cut, "PNG"))
    assert derived.content_type == "image/png"
    for name in ("full.png", "medium.webp", "thumb.webp"):
        image = Image.open(io.BytesIO(derived.files[name])).convert("RGBA")
        corner = image.getpixel((5, 5))
        assert isinstance(corner, tuple)
        assert corner[3] == 0
        pixel = image.getpixel((image.width - 5, image.height // 2))
        assert isinstance(pixel, tuple)
        assert pixel[3] == 255
        assert pixel[0] > 190
