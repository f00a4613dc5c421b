"""The engine protocol over Together's APIs; the own GPU worker serves one of them, too."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from together import AsyncTogether

from db.errors import CannotStart
from services.engines.base import (
    EngineInfo,
    GenerateRequest,
    Operation,
    Parameter,
    Refused,
    RemoteState,
    RemoteStatus,
    TrainRequest,
)
from services.engines.together.deployments import Deployments, generate_payload, train_payload
from services.engines.together.errors import in_plain_words
from services.engines.together.images import NAME, Images
from services.settings import Settings

STEPS = Parameter(minimum=4, maximum=50, step=1, default=28)
GUIDANCE = Parameter(minimum=1, maximum=10, step=0.5, default=4)
LORA_SCALE = Parameter(minimum=0, maximum=1.5, step=0.05, default=1)


@dataclass(frozen=True, slots=True)
class TogetherEngine:
    """Trains through `trainer` (None: no training is needed), generates through one of two ways."""

    info: EngineInfo
    client: AsyncTogether
    queue: Deployments
    images: Images | None
    trainer: str | None
    generator: str | None
    base_model: str | None
    profile: str
    recipe: dict[str, Any]
    fetches_https_only: bool

    @property
    def words(self) -> None:
        """It takes any words."""

    @property
    def sheet(self) -> None:
        """Its pictures cost something."""

    def objection(
        self, _operation: Operation, _made: Mapping[str, Any], *, scale: int | None = None
    ) -> str | None:
        """It takes any picture."""
        del scale
        return None

    async def submit_training(self, request: TrainRequest) -> RemoteStatus:
        """Queues it; without a trainer there is nothing to learn, so it is done at once."""
        if self.trainer is None:
            self._check_reach([photo.url for photo in request.photos])
            return RemoteStatus(
                "", RemoteState.SUCCEEDED, progress=1.0, recipe={"via": "references"}
            )
        self._check_reach([request.dataset.url])
        request = replace(request, options={**self.recipe, **request.options})
        payload = train_payload(request, base_model=self.base_model)
        return await self.queue.submit(self.trainer, payload)

    async def submit_generation(self, request: GenerateRequest) -> RemoteStatus:
        """Queues it, or makes it within the call."""
        self._check_reach([photo.url for photo in request.photos])
        if self.images is not None:
            return await self.images.generate(request)
        payload = generate_payload(request, profile=self.profile)
        return await self.queue.submit(self.generator or "", payload)

    async def poll(self, remote_id: str) -> RemoteStatus:
        """Where a queued job stands."""
        return await self.queue.poll(remote_id)

    async def cancel(self, remote_id: str) -> bool:
        """Stops a queued job; what is made within a call can't be stopped."""
        return await self.queue.cancel(remote_id) if remote_id else False

    async def check(self) -> str:
        """One sentence for the operator. Raises Refused with what is wrong."""
        if self.images is not None:
            with in_plain_words(NAME):
                await self.client.get("/v1/models", cast_to=object, options={"timeout": 20.0})
        names = dict.fromkeys(name for name in (self.trainer, self.generator) if name)
        said = [await self.queue.check(name) for name in names]
        return " ".join([f"{self.info.label} accepts the key.", *said])

    async def close(self) -> None:
        """Closes the connections."""
        await self.client.close()

    def _check_reach(self, urls: list[str]) -> None:
        """Refuses what the other end could never fetch, before anything is paid."""
        if self.fetches_https_only and not all(_is_public(url) for url in urls):
            raise Refused(
                "Together AI can’t reach this installation’s files: the operator has to set "
                "PUBLIC_URL to an https address, or to keep files in S3.",
                retryable=False,
            )


def make_engine(settings: Settings) -> TogetherEngine:
    """What the settings describe. Raises CannotStart when a key or a name is missing."""
    if not settings.together_api_key:
        raise CannotStart("TOGETHER_API_KEY is missing.")
    connection = client(settings.together_api_key.get_secret_value(), settings.together_base_url)
    custom = bool(settings.together_trainer)
    if custom and not (settings.together_generator or settings.together_serverless_lora):
        raise CannotStart("TOGETHER_TRAINER needs TOGETHER_GENERATOR: the same name will do.")
    queued = custom and not settings.together_serverless_lora
    images = None if queued else Images(connection, settings.together_image_model, lora=custom)
    return TogetherEngine(
        info=_info(settings, images, custom=custom),
        client=connection,
        queue=Deployments(connection, name=NAME),
        images=images,
        trainer=settings.together_trainer or None,
        generator=settings.together_generator if queued else None,
        base_model=settings.base_model,
        profile=settings.generation_profile,
        recipe=settings.training_recipe,
        fetches_https_only=_is_public(settings.together_base_url),
    )


def _info(settings: Settings, images: Images | None, *, custom: bool) -> EngineInfo:
    takes = images.model.takes if images else {"steps", "guidance_scale"}
    notice = (
        "A FLUX model of you is trained on a GPU at Together AI."
        if custom
        else "FLUX.2 at Together AI makes each image from your best photos: nothing is trained."
    )
    return EngineInfo(
        name="together" if custom else "together-instant",
        label="Together AI",
        notice=notice,
        privacy="Photos are sent to Together AI for each job, by links that expire.",
        trains=custom,
        base_model=(
            settings.base_model or "FLUX.2-klein-base-4B"
            if custom
            else settings.together_image_model
        ),
        batch=1 if images else 8,
        negative_prompt=images is None,
        steps=STEPS if "steps" in takes else None,
        guidance_scale=GUIDANCE if "guidance_scale" in takes else None,
        lora_scale=LORA_SCALE if custom else None,
        needs_weights=custom,
        training_seconds=None if custom else 5.0,
        cost_per_image_usd=images.model.usd if images else None,
    )


def client(key: str, base_url: str) -> AsyncTogether:
    """The SDK, which never repeats a submit: it would send a POST three times."""
    return AsyncTogether(api_key=key, base_url=base_url.rstrip("/"), max_retries=0)


def _is_public(url: str) -> bool:
    """Whether a server on the internet could fetch it: https, and no address of a private net."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme != "https" or host == "localhost" or "." not in host:
        return False
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return True
