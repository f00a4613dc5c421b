"""The engine protocol over `render`: work happens here, in worker processes, in seconds.

What it knows of a job lives in memory: in another process, and after a restart, it answers LOST,
and the same request may be submitted again. The same seed gives the same picture, what an earlier
attempt brought is left out, and nothing is charged elsewhere.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from services.engines.base import (
    OWN_PIXELS,
    FileRef,
    GenerateRequest,
    Operation,
    Refused,
    RemoteState,
    RemoteStatus,
    ResultFile,
    TrainRequest,
)
from services.engines.preview import changes
from services.engines.preview.changes import Retouch
from services.engines.preview.info import INFO, NAME
from services.engines.preview.operations import Impossible
from services.engines.preview.sheet import BoothSheet, Render, read_alphas
from services.engines.preview.words.vocabulary import Vocabulary
from services.storage.base import Storage, StorageError

SAMPLES = ("studio-portrait", "watercolour", "duotone-poster", "black-and-white-film")
SAMPLE_SIDE = 768  # pixels
KEPT_JOBS = 20  # ended jobs that nobody has asked to forget


@dataclass
class _Work:
    """One submitted job and what is known of it."""

    status: RemoteStatus
    task: asyncio.Task[None] | None = None
    results: list[ResultFile] = field(default_factory=list)


class PreviewEngine:
    """Trains in the sense of choosing and checking photos; generates by restyling them.

    render: `render.render` in a worker process. retouch: one of `operations.RETOUCHES` there.
    parallel: runs at the same time.
    """

    info = INFO
    words = Vocabulary()

    def __init__(
        self, storage: Storage, render: Render, retouch: Retouch, *, parallel: int = 1
    ) -> None:
        self._storage = storage
        self._render = render
        self._retouch = retouch
        self._slots = asyncio.Semaphore(parallel)
        self._jobs: dict[str, _Work] = {}
        self.sheet = BoothSheet(storage, render, self._slots)

    def objection(
        self, operation: Operation, made: Mapping[str, Any], *, scale: int | None = None
    ) -> str | None:
        """What the recipe tells without a look at the picture."""
        return changes.objection(operation, made, scale)

    async def submit_training(self, request: TrainRequest) -> RemoteStatus:
        """Starts it. Raises Refused when a photo cannot be read."""
        return self._start(str(request.client_job_id), lambda work: self._train(work, request))

    async def submit_generation(self, request: GenerateRequest) -> RemoteStatus:
        """Starts it. Raises Refused when there is no photo to restyle."""
        if not request.photos and request.operation not in OWN_PIXELS:
            raise Refused("This model has no photos to work from.", retryable=False)
        generating = request.operation is Operation.GENERATE
        run = self._generate if generating else self._change
        return self._start(str(request.client_job_id), lambda work: run(work, request))

    async def poll(self, remote_id: str) -> RemoteStatus:
        """What is known now; LOST after a restart."""
        work = self._jobs.get(remote_id)
        return work.status if work else RemoteStatus(remote_id, RemoteState.LOST)

    async def cancel(self, remote_id: str) -> bool:
        """Stops it before its next picture; of one that has ended, lets its pictures go."""
        work = self._jobs.get(remote_id)
        if not work or work.status.state.final:
            self._jobs.pop(remote_id, None)
            return False
        work.status = RemoteStatus(remote_id, RemoteState.CANCELED)
        if work.task:
            work.task.cancel()
        return True

    async def check(self) -> str:
        """It needs nothing, so it is always ready."""
        return "The preview engine is ready. It uses no AI."

    async def close(self) -> None:
        """Stops what is under way; it starts again after a restart."""
        tasks = [work.task for work in self._jobs.values() if work.task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _start(self, remote_id: str, run: Callable[[_Work], Awaitable[None]]) -> RemoteStatus:
        known = self._jobs.get(remote_id)
        if known is None or known.status.state in {RemoteState.FAILED, RemoteState.CANCELED}:
            work = self._jobs[remote_id] = _Work(RemoteStatus(remote_id, RemoteState.PENDING))
            work.task = asyncio.create_task(self._guard(work, run), name=f"preview {remote_id}")
            self._forget()
        return self._jobs[remote_id].status

    def _forget(self) -> None:
        finished = [key for key, work in self._jobs.items() if work.status.state.final]
        for key in finished[:-KEPT_JOBS]:
            del self._jobs[key]

    async def _guard(self, work: _Work, run: Callable[[_Work], Awaitable[None]]) -> None:
        """One run at a time in each slot; what goes wrong becomes a status: nobody awaits this.

        It is pending until it has the slot, so that a wait is not measured as work.
        """
        try:
            async with self._slots:
                await run(work)
        except Impossible as impossible:
            self._fail(work, str(impossible))
        except StorageError:
            self._fail(work, "A photo could not be read from storage.", retryable=True)
        except (OSError, ValueError):
            self._fail(work, "A photo could not be decoded. Remove it and add it again.")
        except Exception:  # a worker that died: another attempt may well succeed
            self._fail(work, "The picture could not be made.", retryable=True)
            raise

    @staticmethod
    def _fail(work: _Work, reason: str, *, retryable: bool = False) -> None:
        failed = RemoteState.FAILED
        work.status = replace(work.status, state=failed, reason=reason, retryable=retryable)

    @staticmethod
    def _progress(work: _Work, stage: str, progress: float, **more: Any) -> None:
        running = RemoteState.RUNNING
        work.status = replace(work.status, state=running, stage=stage, progress=progress, **more)

    async def _photos(self, refs: Sequence[FileRef]) -> list[bytes]:
        return [await self._storage.get(ref.key) for ref in refs]

    async def _train(self, work: _Work, request: TrainRequest) -> None:
        """Reads every photo once, then makes one sample a style: that is all there is to learn."""
        total = len(request.photos) + len(request.samples)
        photos: list[bytes] = []
        for ref in request.photos:
            self._progress(work, "preparing", len(photos) / total)
            photos.append(await self._storage.get(ref.key))
        alphas = await read_alphas(self._storage, request.alphas)
        for i, (preset, ref) in enumerate(zip(SAMPLES, request.samples, strict=False)):
            if i in request.have:
                continue
            self._progress(work, "sampling", (len(photos) + i) / total, samples=tuple(work.results))
            side = {"width": SAMPLE_SIDE, "height": SAMPLE_SIDE}
            faces = list(request.face_boxes)
            made = await self._render(
                photos, alphas=alphas, seed=request.seed + i, preset=preset, faces=faces, **side
            )
            await self._storage.put(ref.key, made.data, content_type="image/jpeg")
            work.results.append(ResultFile(i, key=ref.key, seed=request.seed + i))
        done = RemoteState.SUCCEEDED
        recipe = {"engine": NAME, "base_model": INFO.base_model, "photos": len(photos)}
        samples = tuple(work.results)
        work.status = replace(work.status, state=done, progress=1.0, samples=samples, recipe=recipe)

    async def _generate(self, work: _Work, request: GenerateRequest) -> None:
        photos = await self._photos(request.photos)
        alphas = await read_alphas(self._storage, request.alphas)
        scene = self.words.understand(request.prompt).scene
        for i, seed in enumerate(request.seeds):
            if i in request.have:
                continue
            share = i / len(request.seeds)
            self._progress(work, "generating", share, results=tuple(work.results))
            made = await self._render(
                photos,
                alphas=alphas,
                seed=seed,
                width=request.width,
                height=request.height,
                prompt=request.prompt,
                preset=request.preset,
                faces=list(request.face_boxes),
                scene=scene.facts(),
            )
            recipe = {**made.facts(), "photo": changes.name(request.photos[made.photo])}
            if made.scene is None:
                recipe["understood"] = []
            work.results.append(ResultFile(i, data=made.data, seed=seed, recipe=recipe))
        self._made(work, request)

    async def _change(self, work: _Work, request: GenerateRequest) -> None:
        """One picture out of one that is there."""
        self._progress(work, "generating", 0.0)
        if request.operation in (Operation.EDIT, Operation.EXTEND):
            data, recipe = await self._again(request)
        else:
            data, recipe = await changes.retouched(request, self._storage, self._retouch)
        work.results.append(ResultFile(0, data=data, seed=request.seeds[0], recipe=recipe))
        self._made(work, request)

    async def _again(self, request: GenerateRequest) -> tuple[bytes, dict[str, Any]]:
        """The picture made again from its recipe, with what is to change of it."""
        plan = changes.again(request, self.words.understand(request.prompt).scene)
        photo = changes.index_of(plan.photo, list(request.photos))
        made = await self._render(
            await self._photos(request.photos),
            alphas=await read_alphas(self._storage, request.alphas),
            faces=list(request.face_boxes),
            photo=photo,
            **plan.arguments(),
        )
        kept = {"photo": plan.photo, "words": plan.words, "preset": plan.preset}
        return made.data, {**made.facts(), **kept}

    @staticmethod
    def _made(work: _Work, request: GenerateRequest) -> None:
        recipe = {"engine": NAME, "base_model": INFO.base_model, "preset": request.preset}
        results, done = tuple(work.results), RemoteState.SUCCEEDED
        work.status = replace(work.status, state=done, progress=1.0, results=results, recipe=recipe)
