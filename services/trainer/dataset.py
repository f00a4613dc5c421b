"""The photos of a training: out of a zip that nobody trusts, checked, and never written out."""

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from PIL import Image, ImageOps

from services.trainer.errors import JobFailed
from services.trainer.spec import MAX_PHOTOS, Code, FaceBox, TrainPayload

MAX_ZIP_BYTES = 400 * 2**20
MAX_PHOTO_BYTES = 30 * 2**20
MAX_TOTAL_BYTES = 400 * 2**20
MAX_PIXELS = 50_000_000
MIN_SIDE = 64  # pixels
FORMATS = ("JPEG", "PNG", "WEBP")
UNREADABLE = (OSError, ValueError, SyntaxError)  # what Pillow and `upright` raise
SYMLINK = 0o120000
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Photo:
    """One photo, upright RGB, with what the app knows of it. face_box in 0..1, caption or None."""

    name: str
    image: Image.Image
    face_box: FaceBox | None
    caption: str | None


def read_dataset(path: Path, payload: TrainPayload) -> tuple[list[Photo], list[str]]:
    """The readable photos in order of their names, and a warning for each that is not.

    Raises JobFailed(DATASET_INVALID) for a hostile or broken zip, or too few photos.
    """
    photos: list[Photo] = []
    warnings: list[str] = []
    for index, (name, data) in enumerate(_entries(path)):
        try:
            photos.append(_photo(index, name, data, payload))
        except UNREADABLE as error:
            warnings.append(f"{name} was left out: {error}"[:200])
    if len(photos) < payload.recipe.min_photos:
        _refuse(f"Only {len(photos)} photos can be read; {payload.recipe.min_photos} are needed.")
    return photos, warnings


def _entries(path: Path) -> list[tuple[str, bytes]]:
    """Name and bytes of every entry, sorted by name; nothing is believed that the zip says."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = sorted(archive.infolist(), key=lambda member: member.filename)
            _check_members(members)
            return _read_all(archive, members)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise JobFailed(
            Code.DATASET_INVALID, f"The dataset is not a readable zip: {error}"
        ) from None


def _check_members(members: list[zipfile.ZipInfo]) -> None:
    names = [member.filename for member in members]
    if len(names) > MAX_PHOTOS:
        _refuse(f"The dataset holds {len(names)} files; {MAX_PHOTOS} is the most.")
    if len({name.casefold() for name in names}) != len(names):
        _refuse("Two files of the dataset have the same name.")
    for member in members:
        _check_member(member)


def _check_member(member: zipfile.ZipInfo) -> None:
    name = member.filename
    if not name or len(name) > 100 or any(sign in name for sign in "/\\:\0") or name[0] == ".":
        _refuse("The dataset must hold plain file names only, without folders.")
    if (member.external_attr >> 16) & 0o170000 == SYMLINK or member.flag_bits & 1:
        _refuse("The dataset must hold plain files only, without links and passwords.")


def _read_all(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo]) -> list[tuple[str, bytes]]:
    entries: list[tuple[str, bytes]] = []
    total = 0
    for member in members:
        with archive.open(member) as file:
            data = file.read(MAX_PHOTO_BYTES + 1)
        total += len(data)
        if len(data) > MAX_PHOTO_BYTES or total > MAX_TOTAL_BYTES:
            _refuse(f"The dataset is too large: {member.filename} goes over the limit.")
        entries.append((member.filename, data))
    return entries


def upright(file: Path | io.BytesIO) -> Image.Image:
    """A picture that nobody trusts, decoded and turned upright.

    Raises what UNREADABLE names, with a reason that continues the name of the picture.
    """
    with Image.open(file, formats=FORMATS) as source:
        if source.width * source.height > MAX_PIXELS:
            raise ValueError("it has too many pixels")
        if min(source.size) < MIN_SIDE:
            raise ValueError(f"it is smaller than {MIN_SIDE} pixels")
        return ImageOps.exif_transpose(source)


def _photo(index: int, name: str, data: bytes, payload: TrainPayload) -> Photo:
    return Photo(
        name=name,
        image=upright(io.BytesIO(data)).convert("RGB"),
        face_box=_at(payload.face_boxes, index),
        caption=_at(payload.captions, index),
    )


def _at(values: tuple[T | None, ...], index: int) -> T | None:
    return values[index] if index < len(values) else None


def _refuse(reason: str) -> None:
    raise JobFailed(Code.DATASET_INVALID, reason)
