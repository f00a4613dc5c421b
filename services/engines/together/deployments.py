"""Jobs by the Queue API: our GPU worker, at Together or on the operator's machine."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol

from pydantic import ValidationError
from together import APIStatusError, AsyncTogether, ConflictError, NotFoundError

from services.engines import referring
from services.engines.base import (
    GenerateRequest,
    Method,
    Operation,
    Refused,
    RemoteState,
    RemoteStatus,
    ResultFile,
    TrainRequest,
    Unknown,
)
from services.engines.together.errors import in_plain_words
from services.trainer.spec import (
    MAX_REFERENCES,
    Failure,
    GenerateOutputs,
    GeneratePayload,
    ProgressInfo,
    Recipe,
    TrainOutputs,
    TrainPayload,
    to_wire,
)

FACE = (256, 1024)  # pixels a side of a face that is made again
FACE_STRENGTH = 0.6  # how far from what it was: pose and light have to stay
STEP = 16  # the worker takes sides that are multiples of it
MEASURED = {"steps", "first_loss", "last_loss", "seconds", "bands"}  # of a training
TIMEOUT = 30.0  # seconds for one call; the queue answers at once
STATES = {
    "pending": RemoteState.PENDING,
    "running": RemoteState.RUNNING,
    "done": RemoteState.SUCCEEDED,
    "failed": RemoteState.FAILED,
    "canceled": RemoteState.CANCELED,
}


class Deployments:
    """Submits to, asks and cancels at one server; a remote id is `deployment/request id`."""

    def __init__(self, client: AsyncTogether, *, name: str, gate: str = "") -> None:
        """gate: what an operator has to do before there are deployments at this server."""
        self._queue, self._name, self._gate = client.beta.jig.queue, name, gate

    async def submit(
        self, deployment: str, payload: TrainPayload | GeneratePayload
    ) -> RemoteStatus:
        """One POST. Raises Refused, Unknown."""
        with in_plain_words(self._name):
            answer = await self._queue.submit(
                model=deployment, payload=to_wire(payload), timeout=TIMEOUT
            )
        request_id = getattr(answer, "request_id", None)
        if not request_id:
            raise Unknown(f"{self._name} took a job without saying its id.")
        return RemoteStatus(f"{deployment}/{request_id}", RemoteState.PENDING)

    async def poll(self, remote_id: str) -> RemoteStatus:
        """Where it stands; LOST when the queue does not know it. Raises Refused, Unknown."""
        deployment, _, request_id = remote_id.rpartition("/")
        try:
            with in_plain_words(self._name):
                answer = await self._queue.retrieve(
                    model=deployment, request_id=request_id, timeout=TIMEOUT
                )
        except Refused as refused:
            if isinstance(refused.__cause__, NotFoundError):
                return RemoteStatus(remote_id, RemoteState.LOST)
            raise
        return status_of(remote_id, answer)

    async def cancel(self, remote_id: str) -> bool:
        """False where the queue can't stop it any more."""
        deployment, _, request_id = remote_id.rpartition("/")
        try:
            with in_plain_words(self._name):
                answer = await self._queue.cancel(
                    model=deployment, request_id=request_id, timeout=TIMEOUT
                )
        except Refused as refused:
            if isinstance(refused.__cause__, ConflictError | NotFoundError):
                return False
            raise
        return answer.status == "canceled"

    async def check(self, deployment: str) -> str:
        """How many jobs wait and run there. Raises Refused, Unknown."""
        with in_plain_words(self._name):
            try:
                counts = await self._queue.metrics(model=deployment, timeout=TIMEOUT)
            except APIStatusError as error:
                if error.status_code == 400:
                    raise Refused(
                        f"{self._name} does not know the deployment “{deployment}”.{self._gate}",
                        retryable=False,
                    ) from error
                raise
        waiting, running = int(counts.messages_waiting), int(counts.messages_running)
        return f"“{deployment}” answers: {running} running, {waiting} waiting."


def train_payload(request: TrainRequest, *, base_model: str | None) -> TrainPayload:
    """A training as our worker takes it."""
    return TrainPayload(
        client_job_id=str(request.client_job_id),
        dataset_url=request.dataset.url,
        weights_put_url=request.weights.url,
        sample_put_urls=tuple(sample.url for sample in request.samples),
        checkpoint_put_urls=tuple(checkpoint.url for checkpoint in request.checkpoints),
        face_boxes=tuple(request.face_boxes) if any(request.face_boxes) else (),
        captions=tuple(request.captions) if any(request.captions) else (),
        subject=request.subject,
        trigger_word=request.trigger_word,
        base_model=base_model,
        seed=request.seed,
        recipe=Recipe.model_validate(request.options),
        progress_url=request.progress_url,
    )


def generate_payload(
    request: GenerateRequest,
    *,
    profile: Any,
    lora_scale: float = 1.0,
    upscaler: str | None = None,
) -> GeneratePayload:
    """A generation as our worker takes it. Raises Refused where its method lacks its material.

    lora_scale: of a LoRA where the request names none. upscaler: see `EngineInfo`.
    """
    if request.operation is Operation.ENLARGE:
        return _enlarged(request, upscaler)
    if request.lora_scale is None:
        request = replace(request, lora_scale=lora_scale)
    instant = request.method is Method.INSTANT
    made = _edited if request.source else _instant if instant else _trained
    width, height = _side(request)
    return GeneratePayload(
        client_job_id=str(request.client_job_id),
        negative_prompt=request.negative_prompt,
        seeds=tuple(request.seeds),
        output_put_urls=tuple(output.url for output in request.outputs),
        width=width,
        height=height,
        steps=request.steps,
        guidance_scale=request.guidance_scale,
        subject=request.subject,
        base_model=request.base_model,
        progress_url=request.progress_url,
        **made(request, profile),
    )


def _side(request: GenerateRequest) -> tuple[int, int]:
    """The size of what is made: of a face four times its own, within what the bases are good at."""
    width, height = request.width // STEP * STEP, request.height // STEP * STEP
    if request.area is None:
        return width, height
    left, top, right, bottom = request.area
    own = 2 * max((right - left) * width, (bottom - top) * height)
    side = int(min(FACE[1], max(FACE[0], 4 * own))) // STEP * STEP
    return side, side


def _enlarged(request: GenerateRequest, upscaler: str | None) -> GeneratePayload:
    """Only larger: neither words nor anybody's photos have a part in it."""
    if upscaler is None or request.source is None:
        raise Refused("This GPU worker enlarges no pictures.", retryable=False)
    return GeneratePayload(
        client_job_id=str(request.client_job_id),
        prompt=request.prompt,
        seeds=tuple(request.seeds),
        output_put_urls=tuple(output.url for output in request.outputs),
        source_url=request.source.url,
        enlarge=4 if request.scale == 4 else 2,
        upscaler=upscaler,
        progress_url=request.progress_url,
    )


def _face(request: GenerateRequest, profile: Any) -> dict[str, Any]:
    """The face again, large, by the LoRA where there is one, else by reference photos."""
    if request.area is None:
        raise Refused("No face was found in this picture.", retryable=False)
    request = replace(request, template="close-up photo of the face of {subject}, {prompt}")
    made = _trained if request.lora else _instant
    return {**made(request, profile), "area": request.area, "strength": FACE_STRENGTH}


def _edited(request: GenerateRequest, profile: Any) -> dict[str, Any]:
    """A picture that is there, changed by the distilled base as the words say."""
    assert request.source  # noqa: S101  # the caller has looked
    made: dict[str, Any] = {"profile": "fast", "source_url": request.source.url}
    if request.operation is Operation.FACE:
        return _face(request, profile) | {"source_url": request.source.url}
    if request.operation is Operation.EXTEND:
        return made | {"prompt": request.prompt, "extend": True, "strength": 1.0}
    if request.operation is Operation.INPAINT:
        if request.mask is None:
            raise Refused("Nothing was painted.", retryable=False)
        return made | {"prompt": request.prompt, "mask_url": request.mask.url, "strength": 1.0}
    return made | {"prompt": f"{request.prompt}. Change nothing else in the picture."}


def _instant(request: GenerateRequest, _profile: Any) -> dict[str, Any]:
    """By reference photos, with the distilled base: it takes seconds."""
    photos = referring.photos(request, MAX_REFERENCES)
    return {
        "prompt": request.words(referring.subject(request, MAX_REFERENCES)),
        "profile": "fast",
        "reference_urls": tuple(photo.url for photo in photos),
    }


def _trained(request: GenerateRequest, profile: Any) -> dict[str, Any]:
    """By the LoRA of the person."""
    if request.lora is None:
        raise Refused("This model has not been trained for real images.", retryable=False)
    return {
        "prompt": request.words(f"{request.trigger_word} {request.subject}"),
        "profile": profile,
        "lora_url": request.lora.url,
        "lora_id": request.lora.key,
        "lora_scale": request.lora_scale,
        "trigger_word": request.trigger_word,
    }


class Answer(Protocol):
    """What a queue says of a job, ours in the database too."""

    @property
    def status(self) -> str: ...  # noqa: D102

    @property
    def info(self) -> Mapping[str, Any] | None: ...  # noqa: D102

    @property
    def outputs(self) -> Mapping[str, Any] | None: ...  # noqa: D102


def status_of(remote_id: str, answer: Answer) -> RemoteStatus:
    """Where a job stands, by what its queue says."""
    state = STATES.get(answer.status, RemoteState.RUNNING)
    info = _info(answer.info)
    if state is RemoteState.FAILED:
        failure = Failure.parse(info.error or "The worker gave no reason.")
        return RemoteStatus(remote_id, state, reason=failure.message, retryable=failure.retryable)
    if state is RemoteState.SUCCEEDED:
        return _done(remote_id, answer.outputs or {}, info)
    return RemoteStatus(
        remote_id,
        state,
        progress=info.progress,
        stage=info.stage if state is RemoteState.RUNNING else "",
        seconds_left=info.seconds_left,
        metrics=_metrics(info),
        results=tuple(ResultFile(index) for index in info.done_images),
        samples=tuple(ResultFile(index, step=info.step) for index in info.samples),
    )


def _done(remote_id: str, outputs: Mapping[str, Any], info: ProgressInfo) -> RemoteStatus:
    """Its files; an answer that can't be read has none, which is no success for anybody."""
    samples: tuple[ResultFile, ...] = ()
    results: tuple[ResultFile, ...] = ()
    rounds: tuple[ResultFile, ...] = ()
    recipe: dict[str, Any] = {}
    metrics = _metrics(info)
    try:
        if outputs.get("kind") == "train":
            trained = TrainOutputs.model_validate(outputs)
            samples = tuple(
                ResultFile(file.index, step=file.step, portrait=bool(file.portrait))
                for file in trained.samples
            )
            rounds = tuple(ResultFile(file.index, step=file.step) for file in trained.checkpoints)
            measured = trained.model_dump(mode="json", include=MEASURED)
            recipe = trained.recipe | measured
            metrics |= {"total_steps": trained.steps, "loss_curve": trained.loss_curve}
            metrics |= {"bands": trained.bands}
        else:
            made = GenerateOutputs.model_validate(outputs)
            results = tuple(ResultFile(file.index, seed=file.seed) for file in made.images)
            recipe = made.recipe
    except ValidationError:
        results = tuple(ResultFile(index) for index in info.done_images)
    return RemoteStatus(
        remote_id,
        RemoteState.SUCCEEDED,
        progress=1.0,
        metrics=metrics,
        results=results,
        samples=samples,
        checkpoints=rounds,
        recipe=recipe,
    )


def _metrics(info: ProgressInfo) -> dict[str, Any]:
    if not info.step or info.loss is None:
        return {}
    return {
        "step": info.step,
        "total_steps": info.total_steps,
        "loss": info.loss,
        "s_per_step": info.s_per_step,
        "vram_peak_bytes": info.vram_peak_bytes,
        "loss_curve": info.loss_curve,
        "bands": info.bands,
    }


def _info(value: Mapping[str, Any] | None) -> ProgressInfo:
    try:
        return ProgressInfo.model_validate(value or {})
    except ValidationError:
        return ProgressInfo()
