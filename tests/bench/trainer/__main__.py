"""`python -m tests.bench.trainer`: our training and generation against plain diffusers.

Interleaved rounds in one process, on random weights. With a GPU the real klein-4B architecture is
measured, else a tiny one, which says nothing about speed on a GPU. One JSON object is printed.
"""

import argparse
import dataclasses
import functools
import json
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import torch
from diffusers import Flux2KleinKVPipeline
from PIL import Image

from services.trainer import device as devices
from services.trainer.pipelines import be_quiet
from services.trainer.placement import REFERENCE_SIDE
from services.trainer.sampling import make_images
from services.trainer.training import Training
from tests.bench.trainer.models import MODELS, Options, prepare
from tests.bench.trainer.reference import reference_step

WARM_UP = 3  # steps before anything is timed; compilation takes place in them


def main(arguments: list[str]) -> dict[str, Any]:
    """Measure what the arguments ask for; rates are per second, in the median of the rounds."""
    given = _parse(arguments)
    names = {field.name for field in dataclasses.fields(Options)}
    options = Options(**{name: value for name, value in vars(given).items() if name in names})
    if options.device == "cpu":
        torch.set_num_threads(1)
    be_quiet()
    figures = {
        **dataclasses.asdict(options),
        "torch": torch.__version__,
        "gpu": torch.cuda.get_device_name() if options.device == "cuda" else None,
    }
    if given.part != "images":
        figures |= measure_training(options, given.steps, given.rounds)
    if given.part != "training":
        figures |= measure_images(options, given.images, given.rounds)
    return figures


def _parse(arguments: list[str]) -> argparse.Namespace:
    gpu = torch.cuda.is_available()
    parser = argparse.ArgumentParser(prog="python -m tests.bench.trainer", description=__doc__)
    parser.add_argument("--device", default="cuda" if gpu else "cpu")
    parser.add_argument("--model", choices=["tiny", *MODELS], default="klein-4b" if gpu else "tiny")
    parser.add_argument("--resolution", type=int, default=512 if gpu else 64)
    parser.add_argument("--rank", type=int, default=32)
    parser.add_argument("--text", type=int, default=512 if gpu else 64)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--images", type=int, default=4)
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--checkpointing", action="store_true")
    parser.add_argument("--fp8", action="store_true")
    parser.add_argument("--no-fused", dest="fused", action="store_false")
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--references", type=int, default=0)
    parser.add_argument("--cached", action="store_true")
    parser.add_argument("--part", choices=["training", "images", "both"], default="both")
    return parser.parse_args(arguments)


def measure_training(options: Options, steps: int, rounds: int) -> dict[str, Any]:
    """Steps per second of ours and of the reference, our share in the transformer, peak memory."""
    pipe, training = prepare(options)
    reference = reference_step(pipe, training, device=options.device)
    training.transformer.train()
    ways: list[Callable[[int], object]] = [
        lambda count: run_steps(training, count),
        lambda count: repeat(reference, count),
        lambda count: repeat(lambda: transformer_alone(training), count),
    ]
    rates: list[list[float]] = [[] for _ in ways]
    peaks: list[int | None] = [None for _ in ways]
    for way in ways:
        way(WARM_UP)
    for _ in range(rounds):
        for number, way in enumerate(ways):
            reset_peak()
            rates[number].append(steps / timed(functools.partial(way, steps)))
            peaks[number] = devices.vram_peak()
    ours, theirs, alone = rates
    return {
        "steps_per_second": spread(ours),
        "reference_steps_per_second": spread(theirs),
        "training_ratio": spread([a / b for a, b in zip(ours, theirs, strict=True)]),
        "transformer_share": spread([a / b for a, b in zip(ours, alone, strict=True)]),
        "vram_peak_bytes": peaks[0],
        "reference_vram_peak_bytes": peaks[1],
        "ram_peak_bytes": devices.ram_peak(),
    }


def run_steps(training: Training, steps: int) -> None:
    """Steps as the worker makes them, with the reading of losses, without its files."""
    training.run_to(training.progress.step + steps, rewind=lambda: False)


def repeat(action: Callable[[], object], count: int) -> None:
    """Do something `count` times."""
    for _ in range(count):
        action()


def transformer_alone(training: Training) -> None:
    """Forward and backward of the transformer, and nothing else."""
    training.transformer.train()
    draw = _fixed_draw(training)
    training.loss(draw).backward()
    for parameter in training.parameters:
        parameter.grad = None


def _fixed_draw(training: Training) -> Any:
    cached = getattr(training, "_bench_draw", None)
    if cached is None:
        cached = training.draw()
        training._bench_draw = cached  # type: ignore[attr-defined]
    return cached


def measure_images(options: Options, count: int, rounds: int) -> dict[str, Any]:
    """Images per second of ours, in one batch, and of plain calls of the pipeline; peak memory."""
    pipe, training = prepare(options)
    ours_pipe = with_cache(pipe) if options.cached else pipe
    pictures = references(options)
    pipe.set_progress_bar_config(disable=True)
    training.transformer.eval()
    prompt = training.material.empty
    size, seeds = (options.resolution, options.resolution), tuple(range(count))

    def ours() -> None:
        make_images(
            training.kind,
            ours_pipe,
            prompts=[prompt] * count,
            negative=None,
            seeds=seeds,
            size=size,
            steps=4,
            guidance_scale=1.0,
            on_step=lambda _step: None,
            pictures=pictures,
        )

    def plain() -> None:
        for seed in seeds:
            pipe(
                prompt_embeds=prompt.embeds,
                guidance_scale=1.0,
                width=size[0],
                height=size[1],
                num_inference_steps=4,
                generator=torch.Generator().manual_seed(seed),
                **pictures,
            )

    reset_peak()
    ours()
    peak = devices.vram_peak()
    plain()
    pairs = [(count / timed(ours), count / timed(plain)) for _ in range(rounds)]
    return {
        "images_per_second": spread([pair[0] for pair in pairs]),
        "reference_images_per_second": spread([pair[1] for pair in pairs]),
        "image_ratio": spread([pair[0] / pair[1] for pair in pairs]),
        "images_vram_peak_bytes": peak,
        "ram_peak_bytes": devices.ram_peak(),
    }


def references(options: Options) -> dict[str, Any]:
    """The argument for pictures that an image is made from; {} without any."""
    side = min(options.resolution, REFERENCE_SIDE)
    pictures = [Image.effect_noise((side, side), 60).convert("RGB")] * options.references
    return {"image": pictures} if pictures else {}


def with_cache(pipe: Any) -> Any:
    """The pipeline that keeps what it computed of the references; it takes no guidance scale."""
    parts = ("scheduler", "vae", "text_encoder", "tokenizer", "transformer")
    made = Flux2KleinKVPipeline(**{name: getattr(pipe, name) for name in parts})
    made.set_progress_bar_config(disable=True)

    def call(guidance_scale: float, **arguments: Any) -> Any:
        assert guidance_scale == 1
        return made(**arguments)

    return call


def timed(action: Callable[[], object]) -> float:
    """Seconds that an action takes, with all that it leaves to the GPU."""
    synchronize()
    started = time.perf_counter()
    action()
    synchronize()
    return time.perf_counter() - started


def synchronize() -> None:
    """Wait for the GPU."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def reset_peak() -> None:
    """Forget the peak of GPU memory so far."""
    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()


def spread(values: list[float]) -> dict[str, float]:
    """Median, least and greatest."""
    return {
        "median": round(statistics.median(values), 3),
        "min": round(min(values), 3),
        "max": round(max(values), 3),
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(sys.argv[1:]), indent=2) + "\n")
