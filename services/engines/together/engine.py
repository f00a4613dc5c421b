"""The engine protocol over Together's APIs; the own GPU worker serves one of them, too."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

import httpx
from together import AsyncTogether

from db.errors import CannotStart
from services.engines.base import (
    EngineInfo,
    GenerateRequest,
    Method,
    Operation,
    Refused,
    RemoteStatus,
    TrainRequest,
)
from services.engines.together.deployments import Deployments, generate_payload, train_payload
from services.engines.together.errors import in_plain_words
from services.engines.together.images import Images
from services.engines.together.info import NAME, describe
from services.settings import Settings

LARGEST = 1920  # pixels a side that FLUX.2 takes
ENLARGED = 5120  # pixels a side of what is enlarged: four times the widest format

SALES = (
    " Its sales team enables Dedicated Containers on request: ask it first, then deploy the worker "
    "under this name."
)


@dataclass(frozen=True, slots=True)
class TogetherEngine:
    """Trains through `trainer`, generates trained images through `generator`, others by `images`.

    Each is None where it is not there.
    """

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
        self, operation: Operation, made: Mapping[str, Any], *, scale: int | None = None
    ) -> str | None:
        """It takes any picture that is not too large."""
        return too_large(operation, made, scale=scale, who=f"{self.info.label} changes")

    async def submit_training(self, request: TrainRequest) -> RemoteStatus:
        """Queues it."""
        if self.trainer is None:
            raise Refused(f"{self.info.label} trains nothing here.", retryable=False)
        self._check_reach([request.dataset.url])
        request = replace(request, options={**self.recipe, **request.options})
        payload = train_payload(request, base_model=self.base_model)
        return await self.queue.submit(self.trainer, payload)

    async def submit_generation(self, request: GenerateRequest) -> RemoteStatus:
        """Queues it, or makes it within the call."""
        others = request.second.photos if request.second else ()
        sent = [*request.photos, *others, request.lora, request.source]
        self._check_reach([file.url for file in sent if file])
        instant = request.method is Method.INSTANT or request.operation is Operation.EDIT
        if self.images is not None and instant:
            return await self.images.generate(request)
        if self.generator is None:
            raise Refused(f"{self.info.label} makes no trained images here.", retryable=False)
        usual = self.info.lora_scale.default if self.info.lora_scale else 1.0
        payload = generate_payload(
            request, profile=self.profile, lora_scale=usual, upscaler=self.info.upscaler or None
        )
        return await self.queue.submit(self.generator, payload)

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
    if settings.together_trainer and not settings.together_generator:
        raise CannotStart("TOGETHER_TRAINER needs TOGETHER_GENERATOR: the same name will do.")
    return TogetherEngine(
        info=describe(settings),
        client=connection,
        queue=Deployments(connection, name=NAME, gate=SALES),
        images=Images(connection, settings.together_image_model),
        trainer=settings.together_trainer or None,
        generator=settings.together_generator or None,
        base_model=settings.base_model,
        profile=settings.generation_profile,
        recipe=settings.training_recipe,
        fetches_https_only=_is_public(settings.together_base_url),
    )


def too_large(
    operation: Operation, made: Mapping[str, Any], *, scale: int | None, who: str
) -> str | None:
    """Why FLUX.2 does not take a picture of this size. who: with the verb, as "It changes"."""
    side = max(made.get("width", 0), made.get("height", 0))
    if operation is Operation.ENLARGE:
        most = f"A picture is enlarged to {ENLARGED:,} pixels at most."
        return most if side * (scale or 2) > ENLARGED else None
    return f"{who} pictures of up to {LARGEST:,} pixels a side." if side > LARGEST else None


def client(
    key: str, base_url: str, transport: httpx.AsyncBaseTransport | None = None
) -> AsyncTogether:
    """The SDK, which never repeats a submit: it would send a POST three times."""
    http = httpx.AsyncClient(transport=transport) if transport else None
    base_url = base_url.rstrip("/")
    return AsyncTogether(api_key=key, base_url=base_url, max_retries=0, http_client=http)


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
