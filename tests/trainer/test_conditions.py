"""Images from images: references, edits and masks on the tiny klein, with and without a LoRA."""

import io
from collections.abc import Callable
from typing import Any

import numpy
import pytest
from PIL import Image, ImageDraw, ImageFilter, ImageOps
from pydantic import ValidationError

from services.trainer.conditions import read_conditions
from services.trainer.errors import JobFailed
from services.trainer.spec import Code, GeneratePayload, TrainPayload
from tests.trainer import tiny
from tests.trainer.bucket import Bucket
from tests.trainer.conftest import Run, jpeg, portrait

Payloads = Callable[..., GeneratePayload]


@pytest.fixture(scope="module")
def photos(bucket: Bucket) -> list[str]:
    """URLs of two portraits."""
    for number in range(2):
        bucket.objects[f"/photo-{number}"] = jpeg(portrait(5 * number, (96, 128)))
    return [bucket.url(f"/photo-{number}") for number in range(2)]


@pytest.fixture(scope="module")
def mask(bucket: Bucket) -> str:
    """The URL of a mask: the left half may change."""
    image = Image.new("L", (64, 64), 0)
    ImageDraw.Draw(image).rectangle((0, 0, 31, 63), fill=255)
    bucket.objects["/mask"] = jpeg(image.convert("RGB"))
    return bucket.url("/mask")


def _apart(bucket: Bucket, one: str, other: str) -> float:
    pictures = [bucket.picture(f"/{job}/0").astype(float) for job in (one, other)]
    return float(numpy.abs(pictures[0] - pictures[1]).mean())


@pytest.mark.parametrize("profile", ["fast", "quality"])
def test_a_reference_changes_the_picture(
    profile: str, run: Run, generation: Payloads, photos: list[str], bucket: Bucket
) -> None:
    for job, references in {
        "no-reference": [],
        "one-reference": photos[:1],
        "other-reference": photos[1:],
        "both-references": photos,
    }.items():
        run(generation(f"{job}-{profile}", profile=profile, reference_urls=references))
    for job in ("one-reference", "other-reference", "both-references"):
        assert _apart(bucket, f"no-reference-{profile}", f"{job}-{profile}") > 0.01
    assert _apart(bucket, f"one-reference-{profile}", f"other-reference-{profile}") > 0.01


def test_a_lora_and_references_work_together(
    run: Run,
    training: Callable[..., TrainPayload],
    generation: Payloads,
    photos: list[str],
    bucket: Bucket,
) -> None:
    run(training("lora-with-references", recipe={"steps": 40}))
    lora = {"lora_url": bucket.url("/lora-with-references/lora.safetensors")}
    cases: dict[str, dict[str, Any]] = {
        "with-neither": {},
        "with-the-lora": lora,
        "with-the-photos": {"reference_urls": photos},
        "with-both-of-them": {**lora, "reference_urls": photos},
    }
    for job, changes in cases.items():
        run(generation(job, **changes))
    assert _apart(bucket, "with-both-of-them", "with-the-lora") > 0.01
    assert _apart(bucket, "with-both-of-them", "with-the-photos") > 1


@pytest.mark.parametrize("references", [0, 2])
def test_outside_the_mask_nothing_changes(
    references: int, run: Run, generation: Payloads, photos: list[str], mask: str, bucket: Bucket
) -> None:
    job = f"masked-with-{references}"
    payload = generation(
        job,
        source_url=photos[0],
        mask_url=mask,
        reference_urls=photos[:references],
        seeds=(1, 2),
        steps=4,
    )
    outputs = run(payload)
    first, second = (bucket.picture(f"/{job}/{index}").astype(float) for index in range(2))
    photo = Image.open(io.BytesIO(bucket.objects["/photo-0"]))
    source = numpy.asarray(ImageOps.fit(photo, (64, 64))).astype(float)
    for made in (first, second):
        assert numpy.abs(made[:, 40:] - source[:, 40:]).max() == 0
        assert numpy.abs(made[:, :24] - source[:, :24]).mean() > 1
    assert numpy.abs(first[:, :24] - second[:, :24]).mean() > 1
    assert outputs.recipe["strength"] == 0.8
    run.warm["base"].batch = 2
    run(generation(f"{job}-at-once", **_fields(payload)))
    at_once = bucket.picture(f"/{job}-at-once/1").astype(float)
    assert numpy.abs(at_once[:, 40:] - source[:, 40:]).max() == 0


def _fields(payload: GeneratePayload) -> dict[str, Any]:
    names = {"source_url", "mask_url", "reference_urls", "seeds", "steps"}
    return payload.model_dump(include=names)


def test_a_source_without_a_mask_is_what_the_prompt_changes(
    run: Run, generation: Payloads, photos: list[str], bucket: Bucket
) -> None:
    run(generation("edit-of-none"))
    run(generation("edit-of-one", source_url=photos[0]))
    assert _apart(bucket, "edit-of-none", "edit-of-one") > 0.01


def test_what_is_no_picture_is_named(run: Run, generation: Payloads, bucket: Bucket) -> None:
    bucket.objects["/no-picture"] = b"GIF89a, or is it?"
    with pytest.raises(JobFailed, match="The reference is not a picture") as failed:
        run(generation("broken-reference", reference_urls=[bucket.url("/no-picture")]))
    assert failed.value.code is Code.IMAGE_INVALID
    assert not failed.value.failure.retryable


def test_a_base_that_takes_no_images_says_so(
    run: Run, generation: Payloads, photos: list[str]
) -> None:
    with pytest.raises(JobFailed, match="makes no images from other images"):
        run(generation("flux1-reference", base_model=tiny.FLUX1, reference_urls=photos))


def test_references_are_scaled_down_and_limited(
    run: Run, generation: Payloads, bucket: Bucket
) -> None:
    from services.trainer.context import Context
    from services.trainer.reporting import Reporter

    bucket.objects["/large"] = jpeg(portrait(0, (2048, 1024)))
    large = bucket.url("/large")
    payload = generation("large-reference", reference_urls=[large])
    report = Reporter(lambda _info: None, lambda: None, lambda: 0.0)
    folder = run.config.work_dir / "large-reference"
    read = read_conditions(payload, Context(run.config, folder, report))
    width, height = read.references[0].size
    assert width * height <= 768 * 768
    assert width == pytest.approx(2 * height, abs=2)
    with pytest.raises(ValidationError, match="at most 4 items"):
        generation("five-references", reference_urls=[large] * 5)
    with pytest.raises(ValidationError, match="mask_url needs a source_url"):
        generation("lonely-mask", mask_url=large)


def test_an_extension_keeps_the_picture_whole_and_makes_what_lies_around_it(
    run: Run, generation: Payloads, photos: list[str], bucket: Bucket
) -> None:
    payload = generation(
        "extended", source_url=photos[0], extend=True, width=128, height=64, strength=1.0, steps=2
    )
    run(payload.model_copy(update={"seeds": payload.seeds[:1]}))
    made = bucket.picture("/extended/0").astype(float)
    photo = Image.open(io.BytesIO(bucket.objects["/photo-0"])).convert("RGB")
    inner = numpy.asarray(ImageOps.contain(photo, (128, 64))).astype(float)
    left = (128 - inner.shape[1]) // 2
    middle = made[:, left + 2 : left + inner.shape[1] - 2]
    assert numpy.abs(middle - inner[:, 2:-2]).max() == 0
    blurred = ImageOps.fit(photo, (128, 64)).filter(ImageFilter.GaussianBlur(128 / 24))
    beside = numpy.asarray(blurred).astype(float)[:, : left - 2]
    assert numpy.abs(made[:, : left - 2] - beside).mean() > 1
    with pytest.raises(ValidationError, match="extend needs a source_url"):
        generation("extended-nothing", extend=True)
