"""The benchmark of the trainer runs, so that it is there when a GPU is."""

import pytest

from tests.bench.trainer import hour
from tests.bench.trainer.__main__ import main


def test_it_measures_ours_and_the_reference() -> None:
    result = main(["--device", "cpu", "--model", "tiny", "--steps", "2", "--rounds", "1"])
    for name in ("training_ratio", "transformer_share", "image_ratio", "images_per_second"):
        assert result[name]["median"] > 0
    assert result["gpu"] is None


def test_the_first_hour_prints_a_table_and_what_is_fastest(
    capsys: pytest.CaptureFixture[str],
) -> None:
    rows = hour.main(["--short"], main)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("| model | px | way |")
    assert len({line.count("|") for line in lines[:4]}) == 1
    assert [row.way for row in rows] == list(hour.SHORT)
    assert [row.batch for row in rows] == [1, 2, 1, 1]
    assert all(row.rate("images_per_second") for row in rows if row.batch == 1)
    said = lines[-1].partition(": ")[2].split("; ")
    does = ["trains", "makes images", "makes images from a reference"]
    assert [sentence.partition(" fastest ")[0] for sentence in said] == does


def test_what_does_not_fit_does_not_end_the_hour(capsys: pytest.CaptureFixture[str]) -> None:
    rows = hour.main([], lambda arguments: None)
    assert len(rows) == 2 * len(hour.RESOLUTIONS) * len(hour.WAYS)
    assert {row.model for row in rows} == {"klein-4b", "klein-9b"}
    out = capsys.readouterr().out
    assert "| klein-9b | 1024 | fp8, checkpointed | did not run |" in out
    assert "fastest" not in out


def test_a_row_that_ends_early_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    assert hour.in_a_process(["--model", "nothing"]) is None
    assert "invalid choice" in capsys.readouterr().out
