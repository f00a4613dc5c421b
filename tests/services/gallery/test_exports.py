"""Pictures to take away: the size that was asked for, the face in it, and the marks on it."""

import io
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from PIL import Image

from db.models import GeneratedImage
from services.deps import Deps
from services.errors import Conflict
from services.gallery import exports
from services.gallery.exports import Shape, window
from services.imaging import ExportFormat
from services.provenance import certificates, manifests
from services.storage.local import LocalStorage
from tests.builders import make_image, make_user

SIZES: dict[str, tuple[int, int]] = {
    "whole": (600, 900),
    "square": (600, 600),
    "story": (1080, 1920),
    "banner": (1500, 500),
    "print": (1181, 1772),
}
FACE = (0.3, 0.7, 0.6, 0.9)  # low in the picture, where a cut from above would lose it


@pytest.fixture
def storage(tmp_path: Path) -> LocalStorage:
    return LocalStorage(tmp_path / "files", secret=b"s" * 32, base_url="http://test")


async def kept(deps: Deps, **values: Any) -> GeneratedImage:
    """A picture of 600 x 900, green where the face is; half of it can be seen through."""
    picture = Image.new("RGBA", (600, 900), (200, 60, 60, 128))
    picture.paste((0, 255, 0, 255), (180, 630, 360, 810))
    out = io.BytesIO()
    picture.save(out, "PNG")
    async with deps.transaction() as session:
        user = await make_user(session)
        image = await make_image(
            session,
            user_id=user.id,
            width=600,
            height=900,
            content_type="image/png",
            face_box=list(FACE),
            **values,
        )
    await deps.storage.put(f"{image.folder}/full.png", out.getvalue(), content_type="image/png")
    return image


async def test_each_shape_has_its_size_the_face_and_our_marks(deps: Deps) -> None:
    image = await kept(deps)
    async with deps.transaction() as session:
        await certificates.current(session, deps)
    made = [await exports.export(deps, image, shape=s, format="jpeg") for s in get_args(Shape)]
    async with deps.transaction() as session:
        roots, _ = await certificates.roots(session)
    for shape, each in zip(get_args(Shape), made, strict=True):
        with Image.open(io.BytesIO(each.data)) as picture:
            assert (picture.format, picture.size) == ("JPEG", SIZES[shape])
            assert shape != "print" or picture.info["dpi"] == (300, 300)
            pixels = np.asarray(picture.convert("RGB")).astype(int)
        green = (pixels[..., 1] > 200) & (pixels[..., 0] < 60) & (pixels[..., 2] < 60)
        assert green.any(), shape
        found = manifests.read(each.data, each.content_type, roots)
        assert found is not None, shape
        assert found.signed, shape
        assert each.name.endswith(".jpg" if shape == "whole" else f"-{shape}.jpg")


@pytest.mark.parametrize("format", get_args(ExportFormat))
async def test_what_can_be_seen_through_stays_so_except_in_jpeg(
    deps: Deps, format: ExportFormat
) -> None:
    made = await exports.export(deps, await kept(deps), shape="square", format=format)
    with Image.open(io.BytesIO(made.data)) as picture:
        assert picture.format == format.upper()
        assert picture.has_transparency_data == (format != "jpeg")


async def test_a_picture_whose_file_is_away_is_said_so(deps: Deps) -> None:
    image = await kept(deps)
    await deps.storage.erase(image.folder)
    with pytest.raises(Conflict, match="cannot be read"):
        await exports.export(deps, image, shape="whole", format="png")


@pytest.mark.parametrize("size", [(100, 100), (300, 100), (100, 300)])
@pytest.mark.parametrize("ratio", [1 / 3, 1.0, 3.0])
@pytest.mark.parametrize("face", [None, (0.0, 0.0, 0.1, 0.1), (0.9, 0.9, 1.0, 1.0)])
def test_a_cut_has_the_ratio_and_stays_within_the_picture(
    size: tuple[int, int], ratio: float, face: tuple[float, float, float, float] | None
) -> None:
    left, top, right, bottom = window(*size, ratio, face)
    assert 0 <= left < right <= 1 + 1e-9
    assert 0 <= top < bottom <= 1 + 1e-9
    assert (right - left) * size[0] / ((bottom - top) * size[1]) == pytest.approx(ratio)
