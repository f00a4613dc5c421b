"""The sheet of the photo booth: every style once, in words that it follows."""

import asyncio
import io
from collections.abc import Sequence
from typing import Any

import pytest
from PIL import Image

from services.engines.base import FileRef, SheetRequest
from services.engines.preview.looks import LOOKS
from services.engines.preview.render import Made, render
from services.engines.preview.sheet import PICTURES, BoothSheet
from services.engines.preview.words import understand
from services.storage.base import Storage
from tests import sitters

pytestmark = pytest.mark.pictures


async def rendered(photos: Sequence[bytes], **arguments: Any) -> Made:
    return await asyncio.to_thread(render, photos, **arguments)


def test_every_style_is_there_once_and_every_word_is_followed() -> None:
    assert sorted(p.preset for p in PICTURES) == sorted(LOOKS)
    for picture in PICTURES:
        understood = understand(picture.prompt)
        assert understood.scene.place, picture
        assert not understood.not_understood, picture


async def test_a_picture_of_the_sheet_is_small_and_the_same_again(storage: Storage) -> None:
    photo, alpha = sitters.drawn()
    for name, image in (("train.jpg", photo), ("alpha.webp", alpha)):
        kind = {"train.jpg": "JPEG", "alpha.webp": "WEBP"}[name]
        data = sitters.encoded(image, kind)
        await storage.put(f"x/{name}", data, content_type=f"image/{kind.lower()}")
    sheet = BoothSheet(storage, rendered, asyncio.Semaphore(1))
    refs = [FileRef("x/train.jpg", "")], [FileRef("x/alpha.webp", "")]
    request = SheetRequest(PICTURES[0], seed=5, photos=refs[0], alphas=refs[1])
    made = [await sheet.make(request) for _ in range(2)]
    assert made[0] == made[1]
    assert Image.open(io.BytesIO(made[0])).size == (480, 600)
