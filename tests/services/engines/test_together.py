"""The client of Together AI: what it sends, how often, and what it makes of each answer."""

import base64
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import pytest
from fastapi import Response
from pydantic import SecretStr
from together import BadRequestError

from services.engines.base import (
    FileRef,
    GenerateRequest,
    Method,
    Operation,
    Refused,
    RemoteState,
    TrainRequest,
    Unknown,
)
from services.engines.together import images
from services.engines.together.engine import TogetherEngine, make_engine
from services.engines.together.info import describe
from services.settings import Settings
from services.storage.base import Storage
from tests.conftest import ExplicitSettings
from tests.doubles import together
from tests.doubles.engine import picture
from tests.doubles.together import Fault, Together

NO_STORAGE = cast(Storage, None)  # it is given URLs
IMAGES, SUBMIT = "/v1/images/generations", "/v1/queue/submit"


@pytest.fixture
def double(shared_dir: Path) -> Iterator[tuple[Together, str]]:
    description = shared_dir / "docs" / "together-openapi.yaml"
    if not description.exists():
        pytest.skip("Together's description is not beside this repository")
    with together.running(description) as running:
        yield running


@pytest.fixture
def server(double: tuple[Together, str]) -> Together:
    return double[0]


def settings(tmp_path: Path, url: str, **values: Any) -> Settings:
    given: dict[str, Any] = {"together_api_key": SecretStr(together.KEY), "engine": "together"}
    return ExplicitSettings(data_dir=tmp_path, together_base_url=url, **(given | values))


@pytest.fixture
async def instant(double: tuple[Together, str], tmp_path: Path) -> AsyncIterator[TogetherEngine]:
    engine = make_engine(settings(tmp_path, double[1]))
    yield engine
    await engine.close()


@pytest.fixture
async def custom(double: tuple[Together, str], tmp_path: Path) -> AsyncIterator[TogetherEngine]:
    names = {"together_trainer": "likeness-trainer", "together_generator": "likeness-trainer"}
    engine = make_engine(settings(tmp_path, double[1], **names))
    yield engine
    await engine.close()


@pytest.fixture
def request_(double: tuple[Together, str]) -> GenerateRequest:
    """One image; the photo is served by the double itself."""
    photo = FileRef("u/photo.jpg", f"{double[1]}/photo.jpg")

    @double[0].app.middleware("http")
    async def open_photo(request: Any, call_next: Any) -> Any:
        if request.url.path == "/photo.jpg":
            return Response(picture(), media_type="image/jpeg")
        return await call_next(request)

    return GenerateRequest(
        client_job_id=uuid4(),
        prompt="at sea",
        seeds=[7],
        width=1024,
        height=1024,
        outputs=[FileRef("u/0.jpg", "https://files.example.com/0.jpg")],
        photos=[photo] * 20,
        preset="watercolour",
        template="watercolour of {subject}, {prompt}",
        steps=20,
        guidance_scale=3.5,
        trigger_word="ohwx",
        subject="woman",
        method=Method.INSTANT,
    )


def training() -> TrainRequest:
    file = FileRef("u/x", "https://files.example.com/x")
    return TrainRequest(
        client_job_id=uuid4(),
        user_model_id=uuid4(),
        subject="woman",
        trigger_word="ohwx",
        photos=[file],
        dataset=file,
        face_boxes=[None],
        weights=file,
        samples=[file],
        seed=7,
    )


async def test_only_what_the_model_takes_is_sent(
    instant: TogetherEngine, server: Together, request_: GenerateRequest
) -> None:
    status = await instant.submit_generation(request_)
    assert (status.state, len(status.results)) == (RemoteState.SUCCEEDED, 1)
    sent = server.images[0]
    assert sent.keys() & {"steps", "guidance_scale", "negative_prompt"} == set()
    assert (sent["seed"], sent["width"], len(sent["reference_images"])) == (7, 1024, 8)
    assert "watercolour" in sent["prompt"]
    assert "at sea" in sent["prompt"]
    assert "ohwx" not in sent["prompt"]


async def test_words_are_sent_as_they_are_and_no_lora_is(
    instant: TogetherEngine, server: Together, request_: GenerateRequest
) -> None:
    """Together rewrites prompts unless it is told not to, and refuses LoRAs."""
    await instant.submit_generation(request_)
    assert server.images[0]["prompt_upsampling"] is False
    body = {**server.images[0], "image_loras": [{"path": "https://x/l", "scale": 1.0}]}
    with pytest.raises(BadRequestError, match="image_loras"):
        await instant.client.post("/v1/images/generations", cast_to=object, body=body)


async def test_an_edit_starts_from_the_picture_and_keeps_its_shape(
    instant: TogetherEngine, server: Together, request_: GenerateRequest, tmp_path: Path
) -> None:
    photo = request_.photos[0]
    edit = replace(
        request_, operation=Operation.EDIT, source=photo, prompt="a navy blazer", width=1001
    )
    await instant.submit_generation(edit)
    kontext = make_engine(
        settings(
            tmp_path,
            str(instant.client.base_url),
            together_image_model="black-forest-labs/FLUX.1-kontext-pro",
        )
    )
    await kontext.submit_generation(edit)
    await kontext.close()
    flux2, other = server.images
    assert (flux2["reference_images"], flux2["width"]) == ([photo.url], 992)
    assert (other["image_url"], other["aspect_ratio"]) == (photo.url, "1:1")
    assert all("navy blazer" in sent["prompt"] for sent in (flux2, other))
    assert instant.objection(Operation.EDIT, {"width": 4096, "height": 64})


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("black-forest-labs/FLUX.2-pro", "seen there by a partner"),
        ("google/gemini-3-pro-image", "seen there by Google"),
        ("openai/gpt-image-2", "seen there by OpenAI"),
        ("somebody/new", "seen there by whoever runs this model"),
        ("black-forest-labs/FLUX.1-kontext-pro", "links that expire."),
    ],
)
def test_members_read_who_sees_their_photos(tmp_path: Path, model: str, words: str) -> None:
    info = describe(settings(tmp_path, "https://x", together_image_model=model))
    assert words in info.privacy


FAULTS = [
    (together.status(400), Refused, False, "did not accept this request"),
    (together.status(401), Refused, False, "API key"),
    (together.status(402), Refused, False, "out of credit"),
    (
        together.status(403, type="third_party_data_sharing_blocked"),
        Refused,
        False,
        "allows third-party data sharing in the organisation’s settings",
    ),
    (together.status(403), Refused, False, "does not allow this"),
    (together.status(404), Refused, False, "does not have the model"),
    (together.status(422), Refused, False, "safety check"),
    (together.status(429, retry_after="7"), Refused, True, "busy"),
    (together.status(503), Refused, True, "overloaded"),
    (together.status(500), Unknown, None, "without saying"),
    (together.status(504), Unknown, None, "without saying"),
    (together.cut(), Unknown, None, "line"),
]


@pytest.mark.parametrize(("fault", "kind", "retryable", "words"), FAULTS)
@pytest.mark.parametrize("path", [IMAGES, SUBMIT])
async def test_each_fault_is_told_apart_and_one_post_is_sent(
    instant: TogetherEngine,
    custom: TogetherEngine,
    server: Together,
    request_: GenerateRequest,
    path: str,
    fault: Fault,
    kind: type[Exception],
    retryable: bool | None,
    words: str,
) -> None:
    server.fail(path, fault)
    calls = {
        IMAGES: lambda: instant.submit_generation(request_),
        SUBMIT: lambda: custom.submit_training(training()),
    }
    with pytest.raises(kind, match=words) as caught:
        await calls[path]()
    assert server.posts[path] == 1
    if isinstance(caught.value, Refused):
        assert caught.value.retryable is retryable
        assert caught.value.retry_after == (7 if "busy" in words else None)


async def test_a_server_that_hangs_is_given_up_as_unknown(
    instant: TogetherEngine,
    server: Together,
    request_: GenerateRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(images, "TIMEOUT", 0.3)
    server.fail(IMAGES, together.hang())
    with pytest.raises(Unknown):
        await instant.submit_generation(request_)
    assert server.posts[IMAGES] == 1


async def test_a_server_that_is_not_there_was_never_asked(
    tmp_path: Path, request_: GenerateRequest
) -> None:
    engine = make_engine(settings(tmp_path, "http://127.0.0.1:9"))
    with pytest.raises(Refused, match="can’t be reached") as caught:
        await engine.submit_generation(request_)
    assert caught.value.retryable
    await engine.close()


ENCODED = base64.b64encode(b"bytes").decode()


@pytest.mark.parametrize(
    ("fault", "found"),
    [
        (together.items({"index": 0, "type": "b64_json", "b64_json": ENCODED}), (b"bytes", None)),
        (together.items({"index": 0, "b64_json": ENCODED}), (b"bytes", None)),
        (together.items({"index": 0, "url": "https://cdn/x"}), (None, "https://cdn/x")),
        (
            together.items({"index": 0, "type": None, "url": "https://cdn/x", "timings": {}}),
            (None, "https://cdn/x"),
        ),
        (together.items({"index": 0, "type": "b64_json", "b64_json": "%%%"}), (b"", None)),
    ],
)
async def test_an_image_is_read_in_whatever_form_it_comes(
    instant: TogetherEngine,
    server: Together,
    request_: GenerateRequest,
    fault: Fault,
    found: tuple[bytes | None, str | None],
) -> None:
    server.fail(IMAGES, fault)
    result = (await instant.submit_generation(request_)).results[0]
    assert (result.data, result.url) == found


@pytest.mark.parametrize("fault", [together.html(), together.items()])
async def test_an_answer_without_images_has_no_results(
    instant: TogetherEngine, server: Together, request_: GenerateRequest, fault: Fault
) -> None:
    server.fail(IMAGES, fault)
    assert (await instant.submit_generation(request_)).results == ()


async def test_a_failed_job_says_why(custom: TogetherEngine, server: Together) -> None:
    status = await custom.submit_training(training())
    job = next(iter(server.jobs.values()))
    job.status = "failed"
    job.info = {"error": "JobFailed('oom: 24 GB are not enough.')"}
    failed = await custom.poll(status.remote_id)
    assert (failed.state, failed.reason, failed.retryable) == (
        RemoteState.FAILED,
        "24 GB are not enough.",
        False,
    )


async def test_a_running_job_at_together_cannot_be_stopped(
    custom: TogetherEngine, server: Together
) -> None:
    status = await custom.submit_training(training())
    server.begin(next(iter(server.jobs.values())))
    assert not await custom.cancel(status.remote_id)


async def test_progress_is_passed_on(custom: TogetherEngine, server: Together) -> None:
    status = await custom.submit_training(training())
    job = next(iter(server.jobs.values()))
    known = {"loss": 0.5, "loss_curve": [[30, 0.5]], "bands": [[0, 0.9, 0.8, 0.7]]}
    server.begin(job, step=30, total_steps=100, samples=[0], seconds_left=70.0, **known)
    seen = await custom.poll(status.remote_id)
    assert (seen.progress, seen.stage, seen.seconds_left) == (0.5, "training", 70.0)
    assert (seen.metrics["step"], seen.metrics["loss"]) == (30, 0.5)
    assert seen.metrics["bands"] == ((0, 0.9, 0.8, 0.7),)
    assert [(sample.index, sample.step) for sample in seen.samples] == [(0, 30)]


@pytest.mark.parametrize(
    ("given", "scale"),
    [
        ({"generation_profile": "quality"}, 1.0),
        ({"generation_profile": "fast"}, 1.15),
        ({"generation_profile": "fast", "lora_scale": 1.25}, 1.25),
    ],
)
async def test_a_lora_is_as_strong_as_its_profile_needs(
    double: tuple[Together, str],
    tmp_path: Path,
    request_: GenerateRequest,
    given: dict[str, Any],
    scale: float,
) -> None:
    names = {"together_trainer": "likeness-trainer", "together_generator": "likeness-trainer"}
    engine = make_engine(settings(tmp_path, double[1], **names, **given))
    lora = FileRef("u/l", "https://files.example.com/l")
    trained = replace(request_, photos=[], lora=lora, method=Method.TRAINED)
    for asked, sent in ((None, scale), (0.8, 0.8)):
        await engine.submit_generation(replace(trained, lora_scale=asked, client_job_id=uuid4()))
        assert list(double[0].jobs.values())[-1].payload["job"]["lora_scale"] == sent
    await engine.close()


async def test_files_that_together_cannot_fetch_are_refused_before_anything_is_paid(
    tmp_path: Path, request_: GenerateRequest
) -> None:
    names = {"together_trainer": "t", "together_generator": "t"}
    engine = make_engine(settings(tmp_path, "https://api.together.ai", **names))
    private = FileRef("k", "http://192.168.0.2/k")
    with pytest.raises(Refused, match="PUBLIC_URL"):
        await engine.submit_generation(request_)
    with pytest.raises(Refused, match="PUBLIC_URL"):
        await engine.submit_generation(
            replace(request_, photos=[], lora=private, method=Method.TRAINED)
        )
    with pytest.raises(Refused, match="PUBLIC_URL"):
        await engine.submit_training(replace(training(), dataset=private))
    await engine.close()
