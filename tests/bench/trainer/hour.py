"""`python -m tests.bench.trainer.hour`: what to run in the first hour on a GPU.

Measures klein-4B and 9B with random weights at 512, 768 and 1024 pixels, in each way that may be
faster, against the loop of diffusers at the same settings; prints one row for each as it comes,
then what is fastest. Each row has a process of its own, so that one that does not fit ends alone.
`--short` is the same on a tiny model of the CPU, which says nothing of a GPU.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

GIB = 2**30
RESOLUTIONS = (512, 768, 1024)
TRAINING, IMAGES = ["--part", "training"], ["--part", "images"]
REFERENCE, CACHED = FROM_ONE = "one reference", "one reference, cached"
WAYS = {
    "plain": [],
    "compiled": ["--compile"],
    "optimiser not fused": ["--no-fused", *TRAINING],
    "checkpointed": ["--checkpointing", *TRAINING],
    "checkpointed, compiled": ["--checkpointing", "--compile", *TRAINING],
    "checkpointed, batch of 2": ["--checkpointing", "--batch", "2", *TRAINING],
    "checkpointed, batch of 4": ["--checkpointing", "--batch", "4", *TRAINING],
    "fp8, checkpointed": ["--fp8", "--checkpointing"],
    "images one by one": ["--images", "1", *IMAGES],
    REFERENCE: ["--references", "1", *IMAGES],
    CACHED: ["--references", "1", "--cached", *IMAGES],
}
SHORT = ("plain", "checkpointed, batch of 2", REFERENCE, CACHED)
HEAD = (
    "| model | px | way | examples/s | diffusers | ratio | overhead | GiB | images/s "
    "| diffusers |\n"
    "|---|---|---|---|---|---|---|---|---|---|"
)

Measure = Callable[[list[str]], dict[str, Any] | None]


@dataclass(frozen=True, slots=True)
class Row:
    """One way of one model at one size; result None where it did not run."""

    model: str
    resolution: int
    way: str
    result: dict[str, Any] | None

    def __str__(self) -> str:
        head = f"| {self.model} | {self.resolution} | {self.way} |"
        if self.result is None:
            return f"{head} did not run | | | | | | |"
        share = self.rate("transformer_share")
        cells = [
            self._cell("steps_per_second", self.batch),
            self._cell("reference_steps_per_second", self.batch),
            self._cell("training_ratio"),
            f"{100 * (1 - share):.1f} %" if share else "",
            f"{self.peak / GIB:.1f}",
            self._cell("images_per_second"),
            self._cell("reference_images_per_second"),
        ]
        return f"{head} {' | '.join(cells)} |"

    @property
    def batch(self) -> int:
        """Examples in one step of the training."""
        return 1 if self.result is None else int(self.result["batch"])

    @property
    def peak(self) -> int:
        """The most memory: of the GPU, else of the process."""
        found = self.result or {}
        names = ("vram_peak_bytes", "images_vram_peak_bytes")
        return max(found.get(name) or 0 for name in names) or found.get("ram_peak_bytes", 0)

    @property
    def examples(self) -> float:
        """Examples that are learned from in a second."""
        return self.rate("steps_per_second") * self.batch

    def rate(self, name: str) -> float:
        """The median of a figure; 0 where it was not measured."""
        return float((self.result or {}).get(name, {}).get("median", 0.0))

    def _cell(self, name: str, times: int = 1) -> str:
        rate = self.rate(name) * times
        return f"{rate:.2f}" if rate else ""


def main(arguments: list[str], measure: Measure) -> list[Row]:
    """Print the table and what is fastest; --short is a few rows on a tiny model."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.trainer.hour", description=__doc__)
    parser.add_argument("--short", action="store_true")
    short = parser.parse_args(arguments).short
    say(HEAD)
    rows: list[Row] = []
    for row in _rows(_plan(short), measure):
        rows.append(row)
        say(str(row))
    for line in fastest(rows):
        say(line)
    return rows


def _plan(short: bool) -> Iterator[tuple[str, int, str, list[str]]]:
    if short:
        for way in SHORT:
            given = ["--device", "cpu", "--steps", "1", "--rounds", "1", "--images", "1"]
            yield "tiny", 64, way, [*given, *WAYS[way]]
        return
    for model in ("klein-4b", "klein-9b"):
        for resolution in RESOLUTIONS:
            for way, given in WAYS.items():
                yield model, resolution, way, ["--rounds", "3", *given]


def _rows(plan: Iterable[tuple[str, int, str, list[str]]], measure: Measure) -> Iterator[Row]:
    for model, resolution, way, given in plan:
        result = measure(["--model", model, "--resolution", str(resolution), *given])
        yield Row(model, resolution, way, result)


def fastest(rows: list[Row]) -> list[str]:
    """What is fastest for each model and size: training, images, and images from a reference."""
    lines: list[str] = []
    for model, resolution in dict.fromkeys((row.model, row.resolution) for row in rows):
        here = [row for row in rows if (row.model, row.resolution) == (model, resolution)]
        found = [
            _best(here, "trains", "examples", lambda row: row.examples),
            _images("makes images", [row for row in here if row.way not in FROM_ONE]),
            _images("makes images from a reference", [row for row in here if row.way in FROM_ONE]),
        ]
        said = [sentence for sentence in found if sentence]
        lines += [f"{model} at {resolution}: {'; '.join(said)}."] if said else []
    return lines


def _images(does: str, rows: list[Row]) -> str:
    return _best(rows, does, "images", lambda row: row.rate("images_per_second"))


def _best(rows: list[Row], does: str, unit: str, rate: Callable[[Row], float]) -> str:
    best = max(rows, key=rate, default=None)
    if best is None or not rate(best):
        return ""
    return f"{does} fastest {best.way} ({rate(best):.2f} {unit} a second)"


def in_a_process(arguments: list[str]) -> dict[str, Any] | None:
    """The benchmark's figures, or None where it ended early; its last line says why."""
    command = [sys.executable, "-m", "tests.bench.trainer", *arguments]
    answer = subprocess.run(command, capture_output=True, text=True)
    if answer.returncode:
        say(f"<!-- {' '.join(answer.stderr.strip().splitlines()[-1:])} -->")
        return None
    figures: dict[str, Any] = json.loads(answer.stdout)
    return figures


def say(line: str) -> None:
    """One line at once: an hour is long."""
    print(line, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:], in_a_process)
