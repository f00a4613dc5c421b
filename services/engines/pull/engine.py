"""The engine protocol over the line at which GPU workers ask for work."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from services.engines.base import (
    EngineInfo,
    GenerateRequest,
    Operation,
    Refused,
    RemoteState,
    RemoteStatus,
    TrainRequest,
)
from services.engines.pull.info import base_of, describe
from services.engines.pull.line import Line
from services.settings import Settings
from services.trainer.offers import named
from services.trainer.spec import GeneratePayload, TrainPayload, digest, to_wire

AWAY = "No GPU worker has asked for work lately."


class PullEngine:
    """Trains and generates on GPU workers that ask; a run's id is its job's id in the line.

    The SDK that shares its words with the worker is slow to import, so it is first imported when
    something is submitted or asked about.
    """

    def __init__(self, settings: Settings, line: Line) -> None:
        """line: the same as long as this process runs."""
        self.line = line
        self._settings = settings
        self._base = base_of(settings)

    @property
    def info(self) -> EngineInfo:
        """What the workers offer that are there now."""
        return describe(self._settings, self.line.offers)

    @property
    def away(self) -> str | None:
        """Why it takes nothing new: nobody would come for it."""
        return None if self.line.offers else AWAY

    @property
    def words(self) -> None:
        """It takes any words."""

    @property
    def sheet(self) -> None:
        """Its pictures cost something."""

    async def refresh(self) -> None:
        """Reads anew which workers are there."""
        await self.line.refresh()

    def objection(
        self, operation: Operation, made: Mapping[str, Any], *, scale: int | None = None
    ) -> str | None:
        """It takes any picture that is not too large."""
        from services.engines.together.engine import too_large

        return too_large(operation, made, scale=scale, who=f"{self.info.label} change")

    async def submit_training(self, request: TrainRequest) -> RemoteStatus:
        """Puts it into the line. Raises Refused."""
        from services.engines.together.deployments import train_payload

        options = {**self._settings.training_recipe, **request.options}
        sent = replace(request, options=options, progress_url=None)
        payload = train_payload(sent, base_model=self._base)
        return await self._submit(request.client_job_id, payload, [named("train", self._base)])

    async def submit_generation(self, request: GenerateRequest) -> RemoteStatus:
        """Puts it into the line. Raises Refused."""
        from services.engines.together.deployments import generate_payload

        base = request.base_model or self._base
        sent = replace(request, base_model=base, progress_url=None)
        usual = self.info.lora_scale
        payload = generate_payload(
            sent,
            profile=self._settings.generation_profile,
            lora_scale=usual.default if usual else 1.0,
            upscaler=self._settings.upscaler,
        )
        needs = [named(payload.profile, base)]
        if request.operation is Operation.ENLARGE:
            needs = [named("enlarge", payload.upscaler or "")]
        elif request.operation is not Operation.GENERATE:
            needs.append(str(request.operation))
        return await self._submit(request.client_job_id, payload, needs)

    async def _submit(
        self, id: UUID, payload: TrainPayload | GeneratePayload, needs: list[str]
    ) -> RemoteStatus:
        wire = to_wire(payload)
        of = digest(payload.model_dump(mode="json"))
        await self.line.submit(id, kind=payload.kind, needs=needs, payload=wire, digest=of)
        return RemoteStatus(str(id), RemoteState.PENDING)

    async def poll(self, remote_id: str) -> RemoteStatus:
        """Where it stands; LOST when it is not in the line."""
        from services.engines.together.deployments import status_of

        found = await self.line.look(UUID(remote_id))
        if found is None:
            return RemoteStatus(remote_id, RemoteState.LOST)
        return status_of(remote_id, found)

    async def cancel(self, remote_id: str) -> bool:
        """Ends it in the line at once; a worker that has it hears so with its next report."""
        return await self.line.cancel(UUID(remote_id))

    async def check(self) -> str:
        """One sentence for the operator. Raises Refused where nobody asks."""
        await self.line.refresh()
        if self.away:
            raise Refused(self.away, retryable=True)
        running, waiting = await self.line.counts()
        return f"GPU workers ask for work: {running} running, {waiting} waiting."

    async def close(self) -> None:
        """Holds nothing open."""
