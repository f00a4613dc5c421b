"""`python -m tests.bench.trainer.hour`: what to run in the first hour on a GPU.

Measures klein-4B and 9B with random weights at 512, 768 and 1024 pixels, in each way that may be
faster, against the loop of diffusers at the same settings; prints one row for each as it comes,
then what is fastest. Each row has a process of its own, so that one that does not fit ends alone.
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
WAYS = {
    "plain": [],
    "compiled": ["--compile"],
    "optimiser not fused": ["--no-fused"],
    "checkpointed": ["--checkpointing"],
    "checkpointed, compiled": ["--checkpointing", "--compile"],
    "fp8, checkpointed": ["--fp8", "--checkpointing"],
    "images one by one": ["--images", "1"],
}
HEAD = (
    "| model | px | way | steps/s | diffusers | ratio | overhead | GiB | images/s | diffusers |\n"
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
        cells = [
            f"{self.rate('steps_per_second'):.2f}",
            f"{self.rate('reference_steps_per_second'):.2f}",
            f"{self.rate('training_ratio'):.2f}",
            f"{100 * (1 - self.rate('transformer_share')):.1f} %",
            f"{(self.result['vram_peak_bytes'] or self.result['ram_peak_bytes']) / GIB:.1f}",
            f"{self.rate('images_per_second'):.2f}",
            f"{self.rate('reference_images_per_second'):.2f}",
        ]
        return f"{head} {' | '.join(cells)} |"

    def rate(self, name: str) -> float:
        """The median of a figure; 0 where it did not run."""
        return 0.0 if self.result is None else float(self.result[name]["median"])


def main(arguments: list[str], measure: Measure) -> list[Row]:
    """Print the table and what is fastest; --short is one row on a tiny model."""
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
        for way in ("plain", "images one by one"):
            given = ["--device", "cpu", "--steps", "2", "--rounds", "1", "--images", "2"]
            yield "tiny", 64, way, [*given, *WAYS[way]]
        return
    for model in ("klein-4b", "klein-9b"):
        for resolution in RESOLUTIONS:
            for way, given in WAYS.items():
                yield model, resolution, way, given


def _rows(plan: Iterable[tuple[str, int, str, list[str]]], measure: Measure) -> Iterator[Row]:
    for model, resolution, way, given in plan:
        result = measure(["--model", model, "--resolution", str(resolution), *given])
        yield Row(model, resolution, way, result)


def fastest(rows: list[Row]) -> list[str]:
    """One sentence for each model and size, on training and on images."""
    lines: list[str] = []
    for model, resolution in dict.fromkeys((row.model, row.resolution) for row in rows):
        here = [row for row in rows if (row.model, row.resolution) == (model, resolution)]
        if not any(row.result for row in here):
            continue
        trains = max(here, key=lambda row: row.rate("steps_per_second"))
        paints = max(here, key=lambda row: row.rate("images_per_second"))
        lines.append(
            f"{model} at {resolution}: trains fastest {trains.way} "
            f"({trains.rate('steps_per_second'):.2f} steps/s), makes images fastest {paints.way} "
            f"({paints.rate('images_per_second'):.2f} a second)."
        )
    return lines


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
