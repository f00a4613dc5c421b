"""`uv run -m tests.make_card`: `components/samples/card.jpg`, the picture of links to Likeness."""

import io

from PIL import Image, ImageDraw

from components import installing
from components.design import LIGHT
from components.pictures import CARD, FOLDER
from services.engines.preview.lettering import font

TILE = (190, 237)
GAP = 14
COLUMNS = (
    (590, 70, ("photo-1", "oil")),
    (794, 20, ("golden-hour", "cyanotype")),
    (998, 110, ("magazine-cover", "pop-art")),
)


def main() -> None:
    """Words at the left, the sitter at the right."""
    card = Image.new("RGB", CARD, LIGHT["bg"])
    for x, top, names in COLUMNS:
        for row, name in enumerate(names):
            with Image.open(FOLDER / f"{name}.webp") as picture:
                paste(card, picture, (x, top + row * (TILE[1] + GAP)), TILE)
    paste(card, Image.open(io.BytesIO(installing.icon(192))), (64, 150), (72, 72))
    draw = ImageDraw.Draw(card)
    draw.text((152, 161), "Likeness", font=font(40), fill=LIGHT["ink"])
    words = "Pictures of\nyou that\nnobody took."
    draw.multiline_text((62, 262), words, font=font(58), fill=LIGHT["ink"], spacing=10)
    draw.text((64, 500), "A personal photo studio", font=font(26), fill=LIGHT["muted"])
    card.save(FOLDER / "card.jpg", quality=86, optimize=True)


def paste(
    card: Image.Image, picture: Image.Image, at: tuple[int, int], size: tuple[int, int]
) -> None:
    """With round corners."""
    width, height = size
    mask = Image.new("L", (4 * width, 4 * height), 0)
    corners = (0, 0, 4 * width - 1, 4 * height - 1)
    ImageDraw.Draw(mask).rounded_rectangle(corners, 64, fill=255)
    fitted = picture.convert("RGB").resize(size, Image.Resampling.LANCZOS)
    card.paste(fitted, at, mask.resize(size, Image.Resampling.LANCZOS))


if __name__ == "__main__":
    main()
