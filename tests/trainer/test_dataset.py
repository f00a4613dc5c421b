"""Datasets that nobody should trust, and what becomes of a photo."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from services.trainer import dataset
from services.trainer.buckets import ASPECTS, MULTIPLE, box_in_crop, crops, cut
from services.trainer.captions import prompt_with_trigger, training_caption
from services.trainer.dataset import read_dataset
from services.trainer.encoding import face_weights
from services.trainer.errors import JobFailed
from services.trainer.spec import Code, TrainPayload
from tests.trainer.conftest import jpeg, portrait, zipped

GOOD = jpeg(portrait())


def _link() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        info = zipfile.ZipInfo("link.jpg")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    return buffer.getvalue()


def _bomb() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.jpg", bytes(dataset.MAX_PHOTO_BYTES + 1))
    return buffer.getvalue()


def _lying() -> bytes:
    """A zip whose directory says that its 64 KiB are four bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.jpg", bytes(2**16))
    data = bytearray(buffer.getvalue())
    at = data.rindex(b"PK\x01\x02")
    data[at + 24 : at + 28] = (4).to_bytes(4, "little")
    return bytes(data)


HOSTILE = {
    "parent folder": zipped([("../a.jpg", GOOD)]),
    "folder": zipped([("photos/a.jpg", GOOD)]),
    "absolute": zipped([("/etc/a.jpg", GOOD)]),
    "backslash": zipped([("..\\a.jpg", GOOD)]),
    "drive": zipped([("c:a.jpg", GOOD)]),
    "hidden": zipped([(".a.jpg", GOOD)]),
    "long name": zipped([("a" * 300 + ".jpg", GOOD)]),
    "same name": zipped([("a.jpg", GOOD), ("A.jpg", GOOD)]),
    "too many": zipped([(f"{n:03}.jpg", b"x") for n in range(101)]),
    "link": _link(),
    "bomb": _bomb(),
    "lying sizes": _lying(),
    "no zip": b"GIF89a",
    "empty": b"",
    "cut off": zipped([("a.jpg", GOOD)])[:-30],
    "nothing in it": zipped([]),
    "no photos": zipped([("a.txt", b"hello"), ("b.svg", b"<svg/>")]),
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_zip_is_refused(
    data: bytes, tmp_path: Path, training: Callable[..., TrainPayload]
) -> None:
    path = tmp_path / "dataset.zip"
    path.write_bytes(data)
    with pytest.raises(JobFailed) as failed:
        read_dataset(path, training("hostile-zip"))
    assert failed.value.code is Code.DATASET_INVALID
    assert [entry.name for entry in tmp_path.iterdir()] == ["dataset.zip"]


def _png(size: tuple[int, int], mode: str = "1") -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, size).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.mark.parametrize(
    "photo",
    [GOOD[:700], b"", b"\x89PNG\r\n\x1a\n", _png((9000, 9000)), _png((1, 1)), _png((40, 400))],
    ids=["cut off", "empty", "header only", "too many pixels", "one pixel", "too narrow"],
)
def test_an_unusable_photo_is_left_out(
    photo: bytes, tmp_path: Path, training: Callable[..., TrainPayload]
) -> None:
    path = tmp_path / "dataset.zip"
    path.write_bytes(zipped([("b.jpg", photo), ("a.jpg", GOOD)]))
    photos, warnings = read_dataset(path, training("one-unusable"))
    assert [known.name for known in photos] == ["a.jpg"]
    assert len(warnings) == 1
    assert warnings[0].startswith("b.jpg was left out")


def test_boxes_and_captions_go_with_the_order_of_names(
    tmp_path: Path, training: Callable[..., TrainPayload]
) -> None:
    path = tmp_path / "dataset.zip"
    path.write_bytes(zipped([("2.jpg", b"no photo"), ("3.jpg", GOOD), ("1.jpg", GOOD)]))
    boxes = [(0, 0, 1, 1), None, (0, 0, 0.5, 0.5)]
    payload = training("ordered-job", face_boxes=boxes, captions=["one", "two", "three"])
    photos, _ = read_dataset(path, payload)
    assert [(photo.name, photo.caption) for photo in photos] == [
        ("1.jpg", "one"),
        ("3.jpg", "three"),
    ]
    assert photos[1].face_box == (0, 0, 0.5, 0.5)


def test_a_photo_is_turned_upright(tmp_path: Path, training: Callable[..., TrainPayload]) -> None:
    buffer = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6  # taken with the phone on its side
    portrait(size=(200, 100)).save(buffer, "JPEG", exif=exif)
    path = tmp_path / "dataset.zip"
    path.write_bytes(zipped([("a.jpg", buffer.getvalue())]))
    photos, _ = read_dataset(path, training("upright-job"))
    assert photos[0].image.size == (100, 200)


SIZES = [(64, 64), (100, 900), (512, 512), (640, 800), (1024, 768), (1023, 1023), (4000, 3000)]


@pytest.mark.parametrize("size", SIZES)
def test_no_photo_is_enlarged(size: tuple[int, int]) -> None:
    found = crops(size, (512, 768, 1024))
    assert found
    for crop in found:
        assert crop.scaled[0] <= size[0]
        assert crop.scaled[1] <= size[1]
        assert all(side % MULTIPLE == 0 for side in crop.size)
        assert all(a >= b for a, b in zip(crop.scaled, crop.size, strict=True))
        assert cut(Image.new("RGB", size), crop).size == crop.size


def test_a_large_photo_is_used_at_every_size_and_few_sizes_exist() -> None:
    assert [crop.size for crop in crops((3000, 3000), (1024, 512))] == [(512, 512), (1024, 1024)]
    shapes = {crops((w, 1800), (512,))[0].size for w in range(900, 3600, 7)}
    assert len(shapes) <= len(ASPECTS)


def test_a_box_follows_its_crop() -> None:
    crop = crops((1024, 768), (512,))[0]
    left, top, right, bottom = box_in_crop((0, 0, 1, 1), crop)
    assert (left, top, right, bottom) == (0, 0, 1, 1)
    middle = box_in_crop((0.4, 0.4, 0.6, 0.6), crop)
    assert (middle[0] + middle[2]) / 2 == pytest.approx(0.5, abs=0.5 / crop.size[0])
    assert (middle[1] + middle[3]) / 2 == pytest.approx(0.5, abs=0.5 / crop.size[1])


def test_the_loss_looks_at_the_face_first() -> None:
    weights = face_weights((0.25, 0.25, 0.5, 0.5), (16, 16), outside=0.3).reshape(16, 16)
    assert float(weights.mean()) == pytest.approx(1)
    assert float(weights[5, 5]) / float(weights[15, 15]) == pytest.approx(1 / 0.3)
    assert float(weights[15, 15]) == pytest.approx(float(weights.min()))


@pytest.mark.parametrize(
    ("scene", "caption"),
    [
        (None, "photo of ohwx woman"),
        ("in a park, red coat", "photo of ohwx woman, in a park, red coat"),
        ("blue eyes, in a park, long hair", "photo of ohwx woman, in a park"),
        ("freckles", "photo of ohwx woman"),
    ],
)
def test_captions_never_name_the_face(scene: str | None, caption: str) -> None:
    assert training_caption("ohwx", "woman", scene) == caption


def test_a_prompt_gets_the_trigger_word_once() -> None:
    assert prompt_with_trigger("on a boat", "ohwx", "man") == "photo of ohwx man, on a boat"
    assert prompt_with_trigger("OHWX on a boat", "ohwx", "man") == "OHWX on a boat"
    assert prompt_with_trigger("a boat", None, "man") == "a boat"
