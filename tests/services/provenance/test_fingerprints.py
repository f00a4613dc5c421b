"""A picture of ours is found again after its metadata is gone, and no other one is."""

import io
import random
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import Fingerprint
from services.deps import Deps
from services.imaging import fingerprints as hashes
from services.provenance import fingerprints, marks
from tests import corpora
from tests.doubles.engine import ScriptedEngine, images
from tests.pictures import drawn
from tests.studio import Studio

pytestmark = pytest.mark.pictures

SAMPLES = Path(__file__).parents[3] / "components" / "samples"
Copy = Callable[[Image.Image], Image.Image]


@pytest.fixture
def engine() -> ScriptedEngine:
    return ScriptedEngine()


def saved(image: Image.Image, quality: int) -> Image.Image:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return Image.open(out).convert("RGB")


def third(image: Image.Image) -> Image.Image:
    return image.resize((image.width // 3, image.height // 3), Image.Resampling.LANCZOS)


def cut(image: Image.Image, *sides: float) -> Image.Image:
    """Without such shares at the left, top, right and bottom."""
    left, top, right, bottom = sides
    width, height = image.size
    box = (width * left, height * top, width * (1 - right), height * (1 - bottom))
    return image.crop(tuple(map(round, box)))  # type: ignore[arg-type]


def screenshot(image: Image.Image, page: str) -> Image.Image:
    """On a page, somewhat smaller, under a line of text, as a JPEG."""
    small = image.resize((image.width * 4 // 5, image.height * 4 // 5))
    shot = Image.new("RGB", (small.width + 310, small.height + 190), page)
    shot.paste(small, (120, 70))
    ink = "black" if page == "white" else "white"
    ImageDraw.Draw(shot).text((10, 10), "12:41   Photos   Edit", fill=ink)
    return saved(shot, 85)


def square(image: Image.Image) -> Image.Image:
    """The middle of a portrait, as profiles show it."""
    top = (image.height - image.width) // 2
    return image.crop((0, top, image.width, top + image.width))


COPIES: dict[str, Copy] = {
    "the same": lambda image: image,
    "saved at quality 60": lambda image: saved(image, 60),
    "a third as large": third,
    "a third, at quality 60": lambda image: saved(third(image), 60),
    "5 % cut off all around": lambda image: cut(image, 0.05, 0.05, 0.05, 0.05),
    "5 % cut off the left": lambda image: cut(image, 0.05, 0, 0, 0),
    "5 % cut off the bottom": lambda image: cut(image, 0, 0, 0, 0.05),
    "cut unevenly": lambda image: saved(third(cut(image, 0.01, 0.04, 0.03, 0)), 60),
    "a screenshot on white": lambda image: screenshot(image, "white"),
    "a screenshot on dark": lambda image: screenshot(image, "#202124"),
    "a square of it": square,
}


@cache
def photographs() -> dict[str, Image.Image]:
    """Pictures as members make them, and photographs of other people."""
    found = {path.name: Image.open(path) for path in sorted(SAMPLES.glob("[a-f]*.webp"))}
    found |= {name: Image.open(io.BytesIO(data)) for name, data in unrelated().items()}
    large = {name: image.convert("RGB") for name, image in found.items() if image.width >= 400}
    return {name: image for name, image in large.items() if hashes.stored(image)}


def unrelated() -> dict[str, bytes]:
    """One photograph each of three persons."""
    portraits = corpora.portraits()
    return {name: portraits[name] for name in ("obama.jpg", "biden.jpg")} | {
        "hopper": corpora.hopper()
    }


def apart(one: str, other: str) -> int:
    return (int(one, 16) ^ int(other, 16)).bit_count()


def shares_a_band(one: str, other: str) -> bool:
    theirs = fingerprints.bands(other)
    return any(theirs[name] == value for name, value in fingerprints.bands(one).items())


@pytest.mark.parametrize("name", COPIES)
def test_a_copy_is_found(name: str) -> None:
    for picture, image in photographs().items():
        kept = hashes.stored(image)
        near = [
            apart(window, each)
            for window in hashes.sought(COPIES[name](image))
            for each in kept
            if shares_a_band(window, each)
        ]
        assert min(near, default=hashes.BITS) <= hashes.NEAR, picture


def test_unrelated_pictures_are_not_found() -> None:
    pictures = [(name, photographs()[name]) for name in unrelated()]
    pictures += [(f"drawn {seed}", drawn(seed, (300, 400))) for seed in range(12)]
    kept = {name: hashes.stored(image) for name, image in pictures}
    for name, image in pictures:
        windows = hashes.sought(image)
        others = [each for other, found in kept.items() if other != name for each in found]
        nearest = min(apart(window, other) for window in windows for other in others)
        assert nearest > hashes.NEAR, name


@pytest.mark.parametrize(
    "plain",
    [
        Image.new("RGB", (600, 800), "white"),
        Image.linear_gradient("L").convert("RGB"),
        Image.new("RGB", (1, 1)),
        Image.new("RGB", (1, 3000), "red"),
    ],
)
def test_a_picture_that_is_too_plain_has_no_fingerprint(plain: Image.Image) -> None:
    assert hashes.stored(plain) == []
    assert hashes.sought(plain) == []


async def test_the_nearest_of_many_is_found_in_the_database(
    session: AsyncSession, deps: Deps
) -> None:
    chance = random.Random(17)
    origin = marks.origin(engine="together", recipe={}, at=deps.now())
    for _ in range(300):
        fingerprints.record(session, deps, [chance.randbytes(32).hex()], origin)
    picture = drawn(3)
    fingerprints.record(session, deps, hashes.stored(picture), origin)
    await session.flush()
    found = await fingerprints.nearest(session, hashes.sought(cut(picture, 0.05, 0, 0, 0.02)))
    assert found
    assert (found.made_on, found.source) == (deps.now().date(), "trainedAlgorithmicMedia")
    assert await fingerprints.nearest(session, hashes.sought(drawn(4))) is None
    assert await fingerprints.nearest(session, []) is None


async def test_each_picture_that_is_stored_leaves_a_fingerprint_and_no_way_to_whom(
    live_deps: Deps, engine: ScriptedEngine
) -> None:
    studio = await Studio(live_deps).open(plan="pro", status="ready")
    out = io.BytesIO()
    drawn(5).save(out, "JPEG")
    engine.on_submit.append(images(out.getvalue()))
    done = await studio.ended((await studio.generate(count=1)).id)
    await studio.close()
    assert done.status == "succeeded"
    async with live_deps.transaction() as session:
        found = await fingerprints.nearest(session, hashes.sought(drawn(5)))
        assert await session.scalar(select(func.count()).select_from(Fingerprint))
    assert found
    assert {c.name for c in Fingerprint.__table__.columns if not c.name.startswith("band")} == {
        "id",
        "made_on",
        "source",
        "bits",
    }
