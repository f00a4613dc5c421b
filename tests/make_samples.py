"""`uv run -m tests.make_samples`: the pictures that ship with the product, made by the photo booth.

The sitter is Rear Admiral Grace Hopper; `components/samples/README.md` names source and licence.
"""

import io
from pathlib import Path

from PIL import Image, ImageEnhance, ImageFilter, ImageOps

from services.engines.preview.render import render
from services.engines.preview.words import understand

FOLDER = Path(__file__).parents[1] / "components" / "samples"
SIZE = (480, 600)
SMALL = (240, 300)
QUALITY = 82
# A sentence and a seed for each style; seeds were chosen by looking. A style that is not a look of
# its own is drawn as the photo booth draws it, see `LOOKS`.
SENTENCES: dict[str, tuple[str, int]] = {
    "studio-portrait": ("studio with a dark grey backdrop", 4),
    "golden-hour": ("in a meadow at golden hour", 3),
    "black-and-white-film": ("in a street in the rain", 2),
    "vintage-print": ("in an autumn wood", 5),
    "magazine-cover": ("on a rooftop at dusk", 6),
    "double-exposure": ("mountains", 2),
    "duotone-poster": ("in the city", 7),
    "pop-art": ("yellow studio", 1),
    "watercolour": ("by a lake in spring", 8),
    "oil": ("in a garden in summer", 3),
    "pencil": ("in a library", 2),
    "comic": ("in the city at night", 5),
    "neon": ("neon alley", 11),
    "line-art": ("studio", 1),
    "cyanotype": ("on the beach", 6),
    "risograph": ("in a meadow at noon", 9),
    "business-headshot": ("in the city at noon", 4),
    "window-light": ("in a café", 3),
    "film-still": ("in the city at night in the rain", 5),
    "film-noir": ("in an alley at night", 7),
    "instant-film": ("in a park in spring", 6),
    "flash-snapshot": ("city lights at night", 2),
    "storybook": ("in the snow in winter", 5),
    "renaissance": ("in a castle at dusk", 4),
}
# Of the other styles, as the migration of the table gives them.
LOOKS: dict[str, str | None] = {
    "business-headshot": "studio-portrait",
    "window-light": None,
    "film-still": "golden-hour",
    "film-noir": "black-and-white-film",
    "instant-film": "vintage-print",
    "flash-snapshot": None,
    "storybook": "watercolour",
    "renaissance": "oil",
}
# The photos that a member would give: the same portrait in four croppings, (left, top, right,
# bottom) in 0..1, and whether it is mirrored.
PHOTOS: dict[str, tuple[tuple[float, float, float, float], bool]] = {
    "photo-1": ((0.1, 0.0, 0.9, 0.853), False),
    "photo-2": ((0.2, 0.04, 0.8, 0.68), False),
    "photo-3": ((0.0, 0.0, 1.0, 1.0), True),
    "photo-4": ((0.05, 0.0, 0.95, 0.96), False),
}
# What helps beside what does not, on /models/new: its size and crops of the portrait, as above.
EXAMPLE = (160, 200)
FACE = (0.25, 0.06, 0.75, 0.59)
BUST = (0.1, 0.0, 0.9, 0.853)


def main() -> None:
    """Write every sample in both sizes, and the small examples of photos."""
    portrait = (FOLDER / "portrait.jpg").read_bytes()
    for preset, (sentence, seed) in SENTENCES.items():
        made = render(
            [portrait],
            seed=seed,
            width=2 * SIZE[0],
            height=2 * SIZE[1],
            prompt=sentence,
            preset=LOOKS.get(preset, preset),
            scene=understand(sentence).scene.facts(),
        )
        save(preset, Image.open(io.BytesIO(made.data)))
    whole = Image.open(FOLDER / "portrait.jpg").convert("RGB")
    width, height = whole.size
    for name, ((left, top, right, bottom), mirrored) in PHOTOS.items():
        photo = whole.crop((left * width, top * height, right * width, bottom * height))
        save(name, ImageOps.mirror(photo) if mirrored else photo)
    for name, example in examples(whole).items():
        example.save(FOLDER / "examples" / f"{name}.webp", quality=62, method=6)


def examples(whole: Image.Image) -> dict[str, Image.Image]:
    """Four pairs of one photo: as it helps, and as it teaches nothing."""
    face, bust = cut(whole, FACE), cut(whole, BUST)
    group = Image.new("RGB", EXAMPLE)
    for x, one in ((0, bust), (EXAMPLE[0] // 2, ImageOps.mirror(bust))):
        half = ImageOps.fit(one, (EXAMPLE[0] // 2, EXAMPLE[1]), Image.Resampling.LANCZOS)
        group.paste(half, (x, 0))
    far = ImageOps.contain(whole, (EXAMPLE[0] // 4, EXAMPLE[1] // 4))
    middle = Image.new("L", (far.width - 12, far.height - 12), 255)
    soft = ImageOps.expand(middle, 6).filter(ImageFilter.GaussianBlur(4))
    distant = whole.crop((370, 60, 430, 135)).resize(EXAMPLE)  # her backdrop
    distant.paste(far, (60, 110), soft)
    return {
        "sharp": face,
        "blurred": face.filter(ImageFilter.GaussianBlur(5)),
        "alone": bust,
        "group": group,
        "light": ImageOps.mirror(bust),
        "dark": ImageEnhance.Brightness(ImageOps.mirror(bust)).enhance(0.16),
        "near": ImageOps.mirror(face),
        "far": distant,
    }


def cut(whole: Image.Image, crop: tuple[float, float, float, float]) -> Image.Image:
    """A crop, in the size of the examples."""
    width, height = whole.size
    box = (crop[0] * width, crop[1] * height, crop[2] * width, crop[3] * height)
    return ImageOps.fit(whole.crop(box), EXAMPLE, Image.Resampling.LANCZOS)


def save(name: str, picture: Image.Image) -> None:
    """One picture in both sizes."""
    for folder, size in ((FOLDER, SIZE), (FOLDER / "small", SMALL)):
        fitted = ImageOps.fit(picture.convert("RGB"), size, Image.Resampling.LANCZOS)
        fitted.save(folder / f"{name}.webp", quality=QUALITY, method=6)


if __name__ == "__main__":
    main()
