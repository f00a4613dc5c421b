"""What the worker uses of Sprocket 0.1.4, as its source does it, over a queue in memory."""

import asyncio
from typing import Any


class AsyncSprocket:
    """The base class of asynchronous workers."""

    async def setup(self) -> None:
        raise NotImplementedError

    async def predict(self, args: dict[str, Any]) -> dict[str, Any]:
        raise NotImplementedError


class Queue:
    """Together's side: jobs that wait, and what was reported of each."""

    def __init__(self) -> None:
        self.waiting: list[tuple[str, dict[str, Any]]] = []
        self.reports: list[tuple[str, str, dict[str, Any]]] = []

    async def update_job_status(
        self,
        request_id: str,
        status: str,
        outputs: dict[str, Any] | None = None,
        info: dict[str, Any] | None = None,
    ) -> bool:
        self.reports.append((request_id, status, {**(outputs or {}), **(info or {})}))
        return True


class Runner:
    """Takes one job after the other; fetches every https URL at a payload's top level."""

    def __init__(self, sprocket: AsyncSprocket, model_name: str) -> None:
        self.sprocket, self.model_name = sprocket, model_name
        self.queue_client = Queue()

    async def handle_job(self, inputs: dict[str, Any], request_id: str) -> dict[str, Any]:
        for value in inputs.values():
            if isinstance(value, str) and value.startswith("https://"):
                raise AssertionError(f"Sprocket would fetch {value}")
        return await asyncio.wait_for(self.sprocket.predict(inputs), 60)

    async def run(self) -> None:
        await self.sprocket.setup()
        for request_id, inputs in self.queue_client.waiting:
            try:
                outputs = await self.handle_job(inputs, request_id)
            except Exception as error:
                failure = {"error": repr(error)}
                await self.queue_client.update_job_status(request_id, "failed", info=failure)
            else:
                await self.queue_client.update_job_status(request_id, "done", outputs=outputs)
