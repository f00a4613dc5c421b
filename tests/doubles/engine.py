"""An engine that does what a test tells it to, and remembers what it was asked."""

import io
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from PIL import Image

from services.engines.base import (
    EngineInfo,
    GenerateRequest,
    Method,
    Operation,
    Parameter,
    RemoteState,
    RemoteStatus,
    ResultFile,
    Sheet,
    TrainRequest,
    Words,
)

Answer = RemoteStatus | Exception | Callable[[], RemoteStatus]
INFO = EngineInfo(
    name="scripted",
    label="Scripted",
    notice="For tests.",
    privacy="Nowhere.",
    trains=True,
    base_model="scripted-1",
    methods=(Method.PREVIEW,),
    min_photos=1,
    steps=Parameter(1, 50, 1, 28),
)


def picture(colour: str = "#336699", size: tuple[int, int] = (64, 64), kind: str = "JPEG") -> bytes:
    """A small picture as an engine would send it."""
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, kind)
    return out.getvalue()


def images(*files: bytes, first: int = 0) -> RemoteStatus:
    """A finished generation with these files."""
    results = tuple(ResultFile(first + i, data=data) for i, data in enumerate(files))
    return RemoteStatus("", RemoteState.SUCCEEDED, progress=1.0, results=results)


class ScriptedEngine:
    """Answers submits and polls from two scripts, in order; the last answer is repeated."""

    words: Words | None = None
    sheet: Sheet | None = None

    def __init__(self, info: EngineInfo = INFO) -> None:
        self.info = info
        self.trainings: list[TrainRequest] = []
        self.submitted: list[GenerateRequest] = []
        self.canceled: list[str] = []
        self.objections: dict[Operation, str] = {}
        self.on_submit: deque[Answer] = deque()
        self.on_poll: deque[Answer] = deque()

    def is_(self, **changes: object) -> None:
        """Changes what it says of itself."""
        self.info = replace(self.info, **changes)  # type: ignore[arg-type]

    def objection(
        self, operation: Operation, made: Mapping[str, Any], *, scale: int | None = None
    ) -> str | None:
        """What the test has set."""
        return self.objections.get(operation)

    async def submit_training(self, request: TrainRequest) -> RemoteStatus:
        """The next answer to a submit."""
        self.trainings.append(request)
        return self._next(self.on_submit)

    async def submit_generation(self, request: GenerateRequest) -> RemoteStatus:
        """The next answer to a submit."""
        self.submitted.append(request)
        return self._next(self.on_submit)

    async def poll(self, remote_id: str) -> RemoteStatus:
        """The next answer to a poll."""
        return replace(self._next(self.on_poll), remote_id=remote_id)

    async def cancel(self, remote_id: str) -> bool:
        """Always possible."""
        self.canceled.append(remote_id)
        return True

    async def check(self) -> str:
        """Always ready."""
        return "Ready."

    async def close(self) -> None:
        """Nothing to close."""

    @staticmethod
    def _next(script: "deque[Answer]") -> RemoteStatus:
        answer = script.popleft() if len(script) > 1 else script[0]
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, RemoteStatus) else answer()


def lora_trainer() -> ScriptedEngine:
    """An engine whose trainings end with a LoRA; it has accepted the first."""
    engine = ScriptedEngine()
    engine.is_(methods=(Method.TRAINED,))
    engine.on_submit.append(RemoteStatus("r1", RemoteState.PENDING))
    return engine
