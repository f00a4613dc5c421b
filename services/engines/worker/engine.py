"""The engine protocol over the own GPU worker: Together's client, and what the worker adds."""

from typing import Any

from db.errors import CannotStart
from services.engines.base import EngineInfo
from services.engines.together.deployments import Deployments
from services.engines.together.engine import TogetherEngine, client
from services.engines.together.errors import in_plain_words
from services.engines.worker.info import describe
from services.settings import Settings

DEPLOYMENT = "likeness"  # an own worker has one queue for every name


class WorkerEngine(TogetherEngine):
    """Trains and generates on the operator's own GPU."""

    __slots__ = ()

    async def check(self) -> str:
        """One sentence for the operator, and the hardware. Raises Refused with what is wrong."""
        return f"{await super().check()} {await self._hardware()}"

    async def _hardware(self) -> str:
        """One sentence on what the worker runs on."""
        with in_plain_words(self.info.label):
            health: Any = await self.client.get(
                "/health", cast_to=object, options={"timeout": 20.0}
            )
        hardware = health.get("hardware") if isinstance(health, dict) else None
        known = hardware.get("summary") if isinstance(hardware, dict) else None
        return f"It runs on {known}." if known else "It does not say what it runs on."


def make_engine(settings: Settings) -> WorkerEngine:
    """Raises CannotStart when the address or the key is missing."""
    if not settings.gpu_worker_url or not settings.gpu_worker_key:
        raise CannotStart("GPU_WORKER_URL and GPU_WORKER_KEY belong together: set both.")
    connection = client(settings.gpu_worker_key.get_secret_value(), settings.gpu_worker_url)
    return over(connection, describe(settings), settings)


def over(connection: Any, info: EngineInfo, settings: Settings) -> WorkerEngine:
    """The engine at the other end of a connection of `client`."""
    return WorkerEngine(
        info=info,
        client=connection,
        queue=Deployments(connection, name=info.label),
        images=None,
        trainer=DEPLOYMENT,
        generator=DEPLOYMENT,
        base_model=settings.base_model,
        profile=settings.generation_profile,
        recipe=settings.training_recipe,
        fetches_https_only=False,
    )
