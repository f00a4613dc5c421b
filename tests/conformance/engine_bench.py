"""An engine on the bench of the conformance suite: its storage, requests for it, its other end."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from uuid import NAMESPACE_OID, uuid4, uuid5

from services.engines.base import (
    Engine,
    FileRef,
    GenerateRequest,
    RemoteState,
    RemoteStatus,
    ResultFile,
    TrainRequest,
)
from services.remote.runs import URL_EXPIRY
from services.storage.local import LocalStorage
from services.training.training_job import zipped
from tests.faces import jpeg as portrait_jpeg
from tests.waiting import eventually

SIDE = 256
TRAINED: dict[str, bytes] = {}  # weights by engine, so that each engine trains once


async def nothing(_status: RemoteStatus) -> None:
    """The engine works by itself."""


@dataclass
class Bench:
    """An engine with the storage it works on, and what makes its other end do its work."""

    engine: Engine
    storage: LocalStorage
    side: int = SIDE
    steps: int | None = None
    work: Callable[[RemoteStatus], Awaitable[None]] = nothing
    photos: list[str] = field(default_factory=list)
    limit: float = 20

    @property
    def _trained_as(self) -> str:
        return f"{self.engine.info.name} {self.engine.info.base_model}"

    async def open(self) -> "Bench":
        for i in range(3):
            key = f"u/photos/{i}/train.jpg"
            await self.storage.put(key, portrait_jpeg(i), content_type="image/jpeg")
            self.photos.append(key)
        return self

    def readable(self, key: str) -> FileRef:
        return FileRef(key, self.storage.url(key, expires=URL_EXPIRY, external=True))

    def writable(self, key: str, kind: str) -> FileRef:
        url = self.storage.url(
            key, method="PUT", expires=URL_EXPIRY, content_type=kind, max_bytes=2**25, external=True
        )
        return FileRef(key, url)

    async def train_request(self) -> TrainRequest:
        data = zipped([await self.storage.get(key) for key in self.photos])
        await self.storage.put("u/run/dataset.zip", data, content_type="application/zip")
        return TrainRequest(
            client_job_id=uuid4(),
            user_model_id=uuid4(),
            subject="woman",
            trigger_word="ohwx",
            photos=[self.readable(key) for key in self.photos],
            dataset=self.readable("u/run/dataset.zip"),
            face_boxes=[None] * len(self.photos),
            weights=self.writable("u/run/lora.safetensors", "application/octet-stream"),
            samples=[self.writable(f"u/run/samples/{i}.jpg", "image/jpeg") for i in range(4)],
            seed=7,
        )

    def generate_request(self, *, lora: FileRef | None, **values: object) -> GenerateRequest:
        seeds = list(range(11, 11 + min(2, self.engine.info.batch)))
        given = {
            "client_job_id": uuid4(),
            "prompt": "at sea",
            "seeds": seeds,
            "width": self.side,
            "height": self.side,
            "outputs": [self.writable(f"u/out/{i}.jpg", "image/jpeg") for i in seeds],
            "photos": [self.readable(key) for key in self.photos],
            "preset": "watercolour",
            "lora": lora,
            "method": self.engine.info.methods[0],
            "trigger_word": "ohwx",
            "subject": "woman",
            "base_model": self.engine.info.base_model,
            "steps": self.steps if self.engine.info.steps else None,
        }
        return GenerateRequest(**given | values)  # type: ignore[arg-type]

    async def ended(self, status: RemoteStatus) -> RemoteStatus:
        """The status once it is final."""
        seen = [status]

        async def final() -> bool:
            if not seen[-1].state.final:
                await self.work(seen[-1])
                seen.append(await self.engine.poll(status.remote_id))
            return seen[-1].state.final

        await eventually(final, timeout=self.limit)
        progress = [s.progress for s in seen if s.state is not RemoteState.PENDING]
        assert progress == sorted(progress)
        assert all(0 <= value <= 1 for value in progress)
        return seen[-1]

    async def trained(self) -> tuple[TrainRequest, RemoteStatus]:
        request = await self.train_request()
        status = await self.ended(await self.engine.submit_training(request))
        assert status.state is RemoteState.SUCCEEDED, status.reason
        if self.engine.info.needs_weights:
            TRAINED[self._trained_as] = await self.storage.get(request.weights.key)
        return request, status

    async def lora(self) -> FileRef | None:
        """Weights to make images with, where the engine needs them."""
        if not self.engine.info.needs_weights:
            return None
        # Workers keep LoRAs by their keys: no two engines may share one.
        key = f"u/{uuid5(NAMESPACE_OID, self._trained_as)}/lora.safetensors"
        if self._trained_as not in TRAINED:
            await self.trained()
        weights = TRAINED[self._trained_as]
        await self.storage.put(key, weights, content_type="application/octet-stream")
        return self.readable(key)

    async def bytes_of(self, result: ResultFile, request: GenerateRequest) -> bytes:
        return result.data or await self.storage.get(
            result.key or request.outputs[result.index].key
        )
