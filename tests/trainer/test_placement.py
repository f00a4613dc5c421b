"""Which cards hold which bases, and how: tables of the pure functions that decide it."""

import json
from pathlib import Path

import pytest

from services.trainer.ladder import economy
from services.trainer.placement import (
    GIB,
    PLACEMENTS,
    Pictures,
    Sizes,
    first_rung,
    fit_together,
    image_bytes,
    place_images,
    sizes_of,
    training_bytes,
)
from services.trainer.spec import Recipe
from tests.trainer import tiny


def gib(value: float) -> int:
    return round(value * GIB)


# In 16 bits: the transformers' as test_real.py counts them; Qwen3-4B 8.05 GB, Qwen3-8B 8.19,
# T5-XXL with CLIP-L 4.89 and Qwen3-VL-4B 4.44 billion parameters, by their model cards.
KLEIN_4B = Sizes(gib(7.22), gib(7.5), gib(0.16), blocks=25, width=3072)
KLEIN_9B = Sizes(gib(16.91), gib(15.26), gib(0.16), blocks=32, width=4096)
FLUX_1 = Sizes(gib(22.17), gib(9.1), gib(0.16), blocks=57, width=3072)
KREA_2 = Sizes(gib(23.88), gib(8.27), gib(0.24), blocks=28, width=6144)
BASES = {"4B": KLEIN_4B, "9B": KLEIN_9B, "FLUX.1": FLUX_1, "Krea 2": KREA_2}

# What such a card has free once CUDA is there and a desktop is not [E].
FREE = {12: 11.2, 16: 15.0, 24: 23.0, 32: 31.0, 48: 46.5, 80: 78.0}
FOUR = Pictures(1024, 1024, 4)


@pytest.mark.parametrize(
    ("base", "card", "words"),
    [
        ("4B", 80, "resident, 4 at once"),
        ("4B", 24, "resident, 4 at once"),
        ("4B", 16, "encoders offloaded, 4 at once"),
        ("4B", 12, "encoders offloaded, 4 at once"),
        ("9B", 80, "resident, 4 at once"),
        ("9B", 48, "resident, 4 at once"),
        ("9B", 32, "encoders offloaded, 4 at once"),
        ("9B", 24, "encoders offloaded, 4 at once"),
        ("9B", 16, "encoders offloaded, fp8, 4 at once"),
        ("9B", 12, "encoders offloaded, fp8, 1 at once"),
        ("FLUX.1", 80, "resident, 4 at once"),
        ("FLUX.1", 32, "encoders offloaded, 4 at once"),
        ("FLUX.1", 24, "resident, fp8, 4 at once"),
        ("FLUX.1", 16, "encoders offloaded, fp8, 4 at once"),
        ("FLUX.1", 12, None),
        ("Krea 2", 80, "resident, 4 at once"),
        ("Krea 2", 48, "resident, 4 at once"),
        ("Krea 2", 32, "encoders offloaded, 4 at once"),
        ("Krea 2", 24, "encoders offloaded, fp8, 4 at once"),
        ("Krea 2", 16, "encoders offloaded, fp8, 1 at once"),
        ("Krea 2", 12, None),
    ],
)
def test_images_are_placed_by_what_is_free(base: str, card: int, words: str | None) -> None:
    number = place_images(gib(FREE[card]), BASES[base], FOUR)
    assert (None if number is None else str(PLACEMENTS[number])) == words


def test_what_else_uses_the_card_counts() -> None:
    assert place_images(gib(23.0), KLEIN_4B, FOUR) == 0
    beside_a_game = place_images(gib(15.0), KLEIN_4B, FOUR)
    assert beside_a_game
    assert PLACEMENTS[beside_a_game].offloaded


def test_references_and_large_pictures_take_more() -> None:
    plain = image_bytes(PLACEMENTS[1], KLEIN_4B, FOUR)
    assert image_bytes(PLACEMENTS[1], KLEIN_4B, Pictures(1024, 1024, 4, references=4)) > plain
    assert image_bytes(PLACEMENTS[1], KLEIN_4B, Pictures(2048, 2048, 4)) > plain
    assert image_bytes(PLACEMENTS[1], KLEIN_4B, Pictures(1024, 1024, 1)) <= plain


@pytest.mark.parametrize(
    ("base", "placement", "low", "high"),
    [("4B", 0, 20, 22), ("4B", 1, 16.5, 17.5), ("9B", 3, 19, 21), ("9B", 0, 32, 40)],
)
def test_images_take_what_was_estimated(base: str, placement: int, low: float, high: float) -> None:
    assert gib(low) <= image_bytes(PLACEMENTS[placement], BASES[base], FOUR) <= gib(high)


@pytest.mark.parametrize(
    ("base", "card", "rung"),
    [
        ("4B", 80, 0),
        ("4B", 48, 0),
        ("4B", 32, 1),  # without checkpointing it takes 33 GiB
        ("4B", 24, 1),
        ("4B", 16, 1),
        ("4B", 12, 2),
        ("9B", 80, 0),
        ("9B", 48, 1),
        ("9B", 24, 1),
        ("9B", 16, 2),
        ("9B", 12, None),
        ("FLUX.1", 80, 1),
        ("FLUX.1", 32, 1),
        ("FLUX.1", 24, 2),
        ("FLUX.1", 12, None),
        ("Krea 2", 80, 1),
        ("Krea 2", 32, 2),
        ("Krea 2", 24, 2),
        ("Krea 2", 16, None),
    ],
)
def test_a_training_begins_on_the_first_rung_that_fits(
    base: str, card: int, rung: int | None
) -> None:
    assert first_rung(gib(FREE[card]), BASES[base], Recipe()) == rung


@pytest.mark.parametrize(
    ("base", "rung", "low", "high"),
    [("4B", 0, 31.4, 34), ("4B", 1, 11, 12), ("9B", 1, 22, 23), ("9B", 2, 13.5, 15)],
)
def test_a_training_takes_what_was_estimated(base: str, rung: int, low: float, high: float) -> None:
    needed = training_bytes(economy(rung, Recipe()), BASES[base], Recipe())
    assert gib(low) <= needed <= gib(high), needed / GIB


def test_encoders_may_be_the_largest_part_of_a_training() -> None:
    small = Recipe(resolutions=(512,), rank=4)
    sizes = Sizes(gib(1), gib(15), 0, blocks=25, width=1024)
    assert training_bytes(economy(0, small), sizes, small) == gib(17)
    assert first_rung(gib(12), sizes, small) == 2  # the encoders in 8 bits too


def test_an_autoencoder_in_32_bits_counts_twice() -> None:
    """On a card that the encoders fill, that is the rung below."""
    sizes = Sizes(gib(1), gib(20), gib(0.3), blocks=25, width=1024)
    precise, half = (Recipe(resolutions=(512,), precise_encoding=on) for on in (True, False))
    more = training_bytes(economy(0, precise), sizes, precise)
    assert more - training_bytes(economy(0, half), sizes, half) == gib(1.3)
    assert first_rung(gib(22), sizes, half) == 0
    assert first_rung(gib(22), sizes, precise) == 2


def test_without_a_gpu_nothing_is_given_up() -> None:
    assert place_images(None, FLUX_1, FOUR) == 0
    assert first_rung(None, FLUX_1, Recipe()) == 0
    assert place_images(gib(1), None, FOUR) == 0


@pytest.mark.parametrize(
    ("total", "training", "images", "both"),
    [
        (80, 33, 21.5, True),
        (48, 11.5, 21.5, True),
        (32, 11.5, 21.5, False),
        (24, 11.5, 12, False),
        (None, 11.5, 10, False),
        (80, None, 10, False),
        (80, 33, None, False),
    ],
)
def test_both_fit_only_where_both_are_known_to(
    total: float | None, training: float | None, images: float | None, both: bool
) -> None:
    values = [None if value is None else gib(value) for value in (total, training, images)]
    assert fit_together(*values) is both


def test_sizes_are_those_of_the_files(base_dir: Path, tmp_path: Path) -> None:
    sizes = sizes_of(base_dir / tiny.KLEIN)
    assert sizes
    assert (sizes.blocks, sizes.width) == (3, 64)
    files = base_dir / tiny.KLEIN / "transformer"
    assert sizes.transformer == (files / "diffusion_pytorch_model.safetensors").stat().st_size
    assert sizes.encoders > 10_000
    assert sizes.autoencoder > 10_000
    (tmp_path / "transformer").mkdir()
    (tmp_path / "transformer" / "config.json").write_text(json.dumps({}))
    assert sizes_of(tmp_path) is None
