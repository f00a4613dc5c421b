"""The benchmark of the trainer runs, so that it is there when a GPU is."""

from tests.bench.trainer.__main__ import main


def test_it_measures_ours_and_the_reference() -> None:
    result = main(["--device", "cpu", "--model", "tiny", "--steps", "2", "--rounds", "1"])
    for name in ("training_ratio", "transformer_share", "image_ratio", "images_per_second"):
        assert result[name]["median"] > 0
    assert result["gpu"] is None
