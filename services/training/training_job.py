"""The work behind a training: the dataset that is sent, and how its result becomes ours."""

import asyncio
import io
import zipfile
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import TrainingSample, UserModel
from db.states import GenerationStatus, ModelStatus
from services import imaging, jobs
from services.credits import ledger
from services.deps import Deps
from services.engines.base import (
    Engine,
    FileRef,
    RemoteState,
    RemoteStatus,
    ResultFile,
    TrainRequest,
)
from services.faces.person import Person
from services.figures import measures
from services.files import erasing
from services.notifications import ended
from services.provenance import fingerprints, marks
from services.provenance.xmp import Unmarkable
from services.remote import driver, progress_urls, results, runs
from services.remote.results import BadResult
from services.training import (
    captions,
    likeness,
    photo_coach,
    photos,
    sheet_queue,
    trainings,
    user_models,
    versions,
)
from services.training.checkpoints import Candidate, Choice, choose
from services.training.weight_files import WEIGHTS_LIMIT, check_weights

KIND = "training"
MAX_SAMPLES = 30  # six rounds of five
CHECKPOINTS = 3  # LoRAs of rounds before the last one
MAX_METRICS = 400
EARLY = {"", "preparing", "encoding"}


async def handle(deps: Deps, job: jobs.Job) -> jobs.Outcome:
    """One step of one training."""
    return await driver.drive(deps, job, TrainingWork(deps))


async def abandoned(session: AsyncSession, job: jobs.Job, reason: str) -> None:
    """Ends a training whose job was given up."""
    await driver.abandon(session, job, fail, reason)


async def fail(session: AsyncSession, run: runs.Run, reason: str) -> None:
    """No model: samples and files go, and what was reserved comes back."""
    await session.execute(
        delete(TrainingSample).where(
            TrainingSample.user_model_id == run.user_model_id,
            TrainingSample.key.contains(f"/runs/{run.id.hex}/"),
        )
    )
    reason = f"{reason} Nothing was charged. You can train it again."
    await trainings.end(session, run, status=ModelStatus.FAILED, reason=reason)


@dataclass(frozen=True, slots=True)
class TrainingWork:
    """`driver.Work` for user models."""

    deps: Deps
    limits: runs.Limits = trainings.LIMITS
    whole: set[str] = field(default_factory=set)  # keys of checkpoints that arrived undamaged

    async def prepare(self, run: runs.Run) -> TrainRequest:
        """What is sent; the dataset lies in our storage before that."""
        async with self.deps.transaction() as session:
            row = await _row(session, run)
            chosen = await photos.best(session, row.id, photo_coach.MAX_PHOTOS)
            have = await self._have(session, run, row)
            words = await captions.written(session, [photo.id for photo in chosen])
        request = self._request(run, row, chosen, have)
        request = replace(request, captions=[words.get(photo.id) for photo in chosen])
        if self._ends_with_weights(run):
            files = [await self.deps.storage.get(photo.full_key) for photo in chosen]
            archive = await asyncio.to_thread(zipped, files)
            await self.deps.storage.put(
                request.dataset.key, archive, content_type="application/zip"
            )
        return request

    async def send(self, engine: Engine, request: TrainRequest) -> RemoteStatus:
        """The one submit."""
        return await engine.submit_training(request)

    async def progress(self, session: AsyncSession, run: runs.Run, status: RemoteStatus) -> None:
        """Stage, share, time left and one more point of the loss curve."""
        row = await _row(session, run)
        running = status.state is RemoteState.RUNNING
        before = (row.status, row.stage, row.progress, row.seconds_left, len(row.metrics))
        if running:
            row.status = ModelStatus.PREPARING if status.stage in EARLY else ModelStatus.TRAINING
            row.started_at = row.started_at or await runs.now(session)
        row.stage = status.stage or ("" if running else "waiting")
        row.progress = max(row.progress, min(1.0, status.progress))
        row.seconds_left = status.seconds_left
        row.metrics = _with_metrics(row.metrics, status.metrics)
        if before != (row.status, row.stage, row.progress, row.seconds_left, len(row.metrics)):
            await session.flush()
            await user_models.changed(session, user_model_id=row.id, user_id=row.user_id)

    async def collect(self, run: runs.Run, status: RemoteStatus) -> bool:
        """Samples that are new; at the end the weights, checked to be safetensors."""
        async with self.deps.transaction() as session:
            row = await _row(session, run)
            have = await self._have(session, run, row)
        new = [sample for sample in status.samples if sample.index not in have]
        person = await likeness.person(self.deps, user_model_id=row.id) if new else None
        for sample in sorted(new, key=lambda sample: sample.index):
            key = _sample_key(run, row, sample.index)
            await self._keep_sample(run, row, key, sample, person)
        if status.state is RemoteState.SUCCEEDED and self._ends_with_weights(run):
            await check_weights(self.deps, self._weights_key(run, row))
            for checkpoint in status.checkpoints:
                with suppress(BadResult):  # the last one is enough
                    key = _checkpoint_key(run, row, checkpoint.index)
                    await check_weights(self.deps, key)
                    self.whole.add(key)
        return bool(new)

    async def find(self, run: runs.Run) -> RemoteStatus | None:
        """The weights of a lost submit, if a worker has put them."""
        if not self._ends_with_weights(run):
            return None
        async with self.deps.transaction() as session:
            key = self._weights_key(run, await _row(session, run))
        if await self.deps.storage.head(key) is None:
            return None
        return RemoteStatus(run.remote_id or "", RemoteState.SUCCEEDED, progress=1.0)

    async def succeed(self, session: AsyncSession, run: runs.Run, status: RemoteStatus) -> None:
        """The model is ready; what only the training needed is erased."""
        row = await _row(session, run)
        if run.credits:
            await ledger.capture(
                session, reference=trainings.reference(run.id), credits=run.credits
            )
        row.recipe = {**row.recipe, **status.recipe}
        row.base_model = row.recipe.get("base_model", row.base_model)
        row.metrics = _with_metrics(row.metrics, status.metrics)
        row.likeness = await _likeness(session, row.id)
        if self._ends_with_weights(run):
            await self._keep_best(session, run, row, status)
        row.status, row.stage, row.progress, row.seconds_left = ModelStatus.READY, "", 1.0, None
        row.started_at = row.started_at or await runs.now(session)
        row.finished_at = await runs.now(session)
        await session.flush()
        await ended.training(session, user_model_id=row.id, user_id=row.user_id)
        end = GenerationStatus.SUCCEEDED
        await measures.training(session, run_id=run.id, engine=run.engine, status=end)
        scratch = f"{trainings.folder(row, run)}/scratch"
        await erasing.request(session, prefix=scratch)
        await sheet_queue.request(session, self.deps, row)
        await user_models.changed(session, user_model_id=row.id, user_id=row.user_id)

    async def fail(self, session: AsyncSession, run: runs.Run, reason: str) -> None:
        """Ends it without a model."""
        await fail(session, run, reason)

    def _ends_with_weights(self, run: runs.Run) -> bool:
        info = self.deps.engines.info(run.engine)
        return info is not None and info.needs_weights

    async def _keep_best(
        self, session: AsyncSession, run: runs.Run, row: UserModel, status: RemoteStatus
    ) -> None:
        """One round's LoRA becomes the model's newest version; the others are erased."""
        choice = await self._choose(session, run, row, status)
        before, row.lora_key = row.lora_key, choice.kept.key
        row.likeness = choice.kept.likeness
        row.recipe = {**row.recipe, "checkpoint": choice.as_facts()}
        rounds = [_checkpoint_key(run, row, i) for i in range(CHECKPOINTS)]
        made = [*rounds, self._weights_key(run, row)]
        await erasing.request_files(session, keys=[k for k in made if k != choice.kept.key])
        await versions.add(session, self.deps, row, before)

    async def _choose(
        self, session: AsyncSession, run: runs.Run, row: UserModel, status: RemoteStatus
    ) -> Choice:
        """The round that is kept; says of each sample which step it is of."""
        query = select(TrainingSample).where(TrainingSample.user_model_id == row.id)
        rows = {sample.key: sample for sample in await session.scalars(query)}
        portraits: defaultdict[int, list[float | None]] = defaultdict(list)
        for sample in status.samples:
            kept = rows.get(_sample_key(run, row, sample.index))
            if kept and sample.step is not None:
                kept.step = sample.step
                if sample.portrait:
                    portraits[sample.step].append(kept.likeness)
        last = status.recipe.get("steps") or max(portraits, default=0)
        files = [
            (checkpoint.step or 0, _checkpoint_key(run, row, checkpoint.index))
            for checkpoint in status.checkpoints
        ]
        arrived = [(step, key) for step, key in files if key in self.whole]
        return choose(
            [
                Candidate(step, key, tuple(portraits[step]))
                for step, key in [*sorted(arrived), (last, self._weights_key(run, row))]
            ]
        )

    async def _have(self, session: AsyncSession, run: runs.Run, row: UserModel) -> frozenset[int]:
        """Indices of the samples that are stored."""
        query = select(TrainingSample.key).where(TrainingSample.user_model_id == row.id)
        stored = set(await session.scalars(query))
        return frozenset(i for i in range(MAX_SAMPLES) if _sample_key(run, row, i) in stored)

    def _request(
        self,
        run: runs.Run,
        row: UserModel,
        chosen: Sequence[photos.TrainingPhoto],
        have: frozenset[int],
    ) -> TrainRequest:
        scratch = f"{trainings.folder(row, run)}/scratch"
        return TrainRequest(
            client_job_id=run.id,
            user_model_id=row.id,
            subject=row.subject,
            trigger_word=row.trigger_word,
            photos=[runs.readable(self.deps, photo.key) for photo in chosen],
            dataset=runs.readable(self.deps, f"{scratch}/dataset.zip"),
            face_boxes=[photo.face_box for photo in chosen],
            alphas=[
                runs.readable(self.deps, photo.alpha_key) if photo.alpha_key else None
                for photo in chosen
            ],
            weights=runs.writable(
                self.deps,
                self._weights_key(run, row),
                content_type="application/octet-stream",
                limit=WEIGHTS_LIMIT,
            ),
            samples=self._samples(scratch),
            checkpoints=[
                runs.writable(
                    self.deps,
                    _checkpoint_key(run, row, i),
                    content_type="application/octet-stream",
                    limit=WEIGHTS_LIMIT,
                )
                for i in range(CHECKPOINTS)
            ],
            seed=row.recipe["seed"],
            base_model=row.recipe.get("base_model", row.base_model),
            progress_url=progress_urls.url(self.deps, run.id),
            have=have,
        )

    def _samples(self, scratch: str) -> list[FileRef]:
        return [
            runs.writable(
                self.deps,
                f"{scratch}/{i}.jpg",
                content_type="image/jpeg",
                limit=results.MAX_BYTES,
            )
            for i in range(MAX_SAMPLES)
        ]

    def _weights_key(self, run: runs.Run, row: UserModel) -> str:
        return f"{trainings.folder(row, run)}/lora.safetensors"

    async def _keep_sample(
        self,
        run: runs.Run,
        row: UserModel,
        key: str,
        sample: ResultFile,
        person: Person | None,
    ) -> None:
        """A sample that can't be read is skipped: no training fails for it."""
        put = f"{trainings.folder(row, run)}/scratch/{sample.index}.jpg"
        try:
            data = await results.read(self.deps, sample, put=put)
            derived = await imaging.derive(data, faces=person is not None)
            origin = marks.origin(engine=run.engine, recipe={}, at=self.deps.now())
            derived = await marks.mark(self.deps, derived, origin)
        except (imaging.Rejected, BadResult, Unmarkable):
            return
        alike = person.likeness(derived.faces) if person else None
        await self.deps.storage.put(key, derived.files["thumb.webp"], content_type="image/webp")
        async with self.deps.transaction() as session:
            inserted = await session.scalar(
                insert(TrainingSample)
                .values(
                    id=self.deps.new_id(),
                    user_model_id=row.id,
                    key=key,
                    step=sample.step or 0,
                    likeness=alike and alike.number,
                )
                .on_conflict_do_nothing()
                .returning(TrainingSample.id)
            )
            if inserted:
                fingerprints.record(session, self.deps, derived.fingerprints, origin)


def zipped(files: Sequence[bytes]) -> bytes:
    """A flat archive, stored; order is by name. The same photos give the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for i, data in enumerate(files):
            archive.writestr(zipfile.ZipInfo(f"{i:03}.jpg"), data)
    return out.getvalue()


def _with_metrics(have: list[dict[str, Any]], new: dict[str, Any]) -> list[dict[str, Any]]:
    """The curve so far: the engine's own where it keeps one, else one more point at a later step.

    Every other point goes when there are too many. The last one has the bands, all of them.
    """
    curve, bands = new.get("loss_curve") or (), new.get("bands") or ()
    latest = {k: v for k, v in new.items() if k not in {"loss_curve", "bands"}}
    total = latest.get("total_steps")
    points = [{"step": step, "total_steps": total, "loss": loss} for step, loss in curve] or have
    step = latest.get("step")
    if step and (not points or step > points[-1]["step"]):
        points = [*points, latest]
    points = points[::-2][::-1] if len(points) > MAX_METRICS else points
    return [*points[:-1], {**points[-1], "bands": bands}] if points and bands else points


async def _likeness(session: AsyncSession, user_model_id: UUID) -> float | None:
    """The mean of the samples of the last step; None where none was measured."""
    mean = func.avg(TrainingSample.likeness)
    query = select(mean).where(TrainingSample.user_model_id == user_model_id)
    return await session.scalar(
        query.group_by(TrainingSample.step).order_by(TrainingSample.step.desc()).limit(1)
    )


def _checkpoint_key(run: runs.Run, row: UserModel, index: int) -> str:
    return f"{trainings.folder(row, run)}/checkpoint-{index}.safetensors"


def _sample_key(run: runs.Run, row: UserModel, index: int) -> str:
    return f"{trainings.folder(row, run)}/samples/{index:02}.webp"


async def _row(session: AsyncSession, run: runs.Run) -> UserModel:
    return await session.get_one(UserModel, run.user_model_id, populate_existing=True)
