"""The work behind a generation: what the engine is sent, and how its images become ours."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import GeneratedImage, Generation, UserModel
from db.states import GenerationStatus
from services import imaging, jobs
from services.deps import Deps
from services.engines.base import (
    OWN_PIXELS,
    Engine,
    FileRef,
    GenerateRequest,
    Method,
    Operation,
    RemoteState,
    RemoteStatus,
    ResultFile,
)
from services.gallery import albums
from services.imaging import Derived
from services.provenance import fingerprints, marks
from services.provenance.manifests import Origin
from services.provenance.xmp import Unmarkable
from services.remote import driver, progress_urls, results, runs
from services.remote.results import BadResult
from services.storage.keys import new_folder
from services.studio import (
    generations,
    judging,
    likeness_floor,
    made_images,
    people,
    sources,
    styles,
)
from services.studio.likeness_floor import Measured
from services.studio.styles import StyleView
from services.training import photo_coach, photos, references

KIND = "generation"
MATERIAL = 8  # the member's best photos that the photo booth is given
OUTPUT_LIMIT = 32 * 2**20  # bytes of one image as an engine puts it


async def handle(deps: Deps, job: jobs.Job) -> jobs.Outcome:
    """One step of one generation."""
    return await driver.drive(deps, job, GenerationWork(deps))


async def abandoned(session: AsyncSession, job: jobs.Job, reason: str) -> None:
    """Ends a generation whose job was given up."""
    await driver.abandon(session, job, fail, reason)


async def fail(session: AsyncSession, run: runs.Run, reason: str) -> None:
    """Ends the generation with a reason for what is missing, if no other run is at work."""
    await _conclude(session, run, reason)


@dataclass(frozen=True, slots=True)
class GenerationWork:
    """`driver.Work` for images."""

    deps: Deps
    limits: runs.Limits = generations.LIMITS

    async def prepare(self, run: runs.Run) -> GenerateRequest:
        """Prompt, seeds, photos, the LoRA where there is one, and the picture to change."""
        async with self.deps.transaction() as session:
            row = await _row(session, run)
            source = await sources.of(session, row)
            model = await _model(session, row)
            most = self._most(run)
            each, second = await people.second(session, self.deps, row, most)
            best = await self._photos(session, row, source, each) if model else []
            made = await runs.made_by(session, run)
            style = await styles.find(session, row.preset)
            mask = await session.scalar(select(Generation.mask).where(Generation.id == row.id))
        have = frozenset(position - run.first for position in made)
        request = replace(self._request(run, row, model, best, have, style), second=second)
        if source is None:
            return request
        folder = generations.incoming(run)
        return replace(request, **await sources.sent(self.deps, row, source, mask, folder=folder))

    async def send(self, engine: Engine, request: GenerateRequest) -> RemoteStatus:
        """The one submit."""
        return await engine.submit_generation(request)

    def _most(self, run: runs.Run) -> int:
        """Reference photos that the engine takes for one image."""
        info = self.deps.engines.info(run.engine)
        return info.of(Method.INSTANT).max_references if info else 1

    @staticmethod
    async def _photos(
        session: AsyncSession, row: Generation, source: GeneratedImage | None, most: int
    ) -> list[photos.TrainingPhoto]:
        """What the method works from; a LoRA has learned from the photos already."""
        assert row.user_model_id  # noqa: S101  # `prepare` has found the model
        if row.method == Method.TRAINED:
            return []
        if row.method == Method.PREVIEW:
            return await _material(session, row.user_model_id, source)
        return await references.choose(session, row.user_model_id, most)

    def _request(
        self,
        run: runs.Run,
        row: Generation,
        model: UserModel | None,
        best: list[photos.TrainingPhoto],
        have: frozenset[int],
        style: StyleView | None,
    ) -> GenerateRequest:
        return GenerateRequest(
            client_job_id=run.id,
            prompt=row.prompt,
            seeds=_seeds(row, run),
            width=row.width,
            height=row.height,
            outputs=self._outputs(run),
            photos=[runs.readable(self.deps, photo.key) for photo in best],
            preset=style.look if style else None,
            template=styles.template(style),
            negative_prompt=row.negative_prompt,
            steps=row.steps,
            guidance_scale=row.guidance_scale,
            lora_scale=row.lora_scale,
            **(self._person(row, model) if model else {}),
            progress_url=progress_urls.url(self.deps, run.id),
            face_boxes=[photo.face_box for photo in best],
            alphas=[
                runs.readable(self.deps, photo.alpha_key) if photo.alpha_key else None
                for photo in best
            ],
            have=have,
            method=Method(row.method),
        )

    def _person(self, row: Generation, model: UserModel) -> dict[str, Any]:
        lora = model.lora_key if row.method == Method.TRAINED else None
        return {
            "lora": runs.readable(self.deps, lora) if lora else None,
            "trigger_word": model.trigger_word,
            "subject": model.subject,
            "base_model": model.base_model if lora else None,
        }

    async def progress(self, session: AsyncSession, run: runs.Run, status: RemoteStatus) -> None:
        """Stage and share of the work, told to open pages when they have changed."""
        row = await _row(session, run, lock=True)
        running = status.state is RemoteState.RUNNING
        before = (row.status, row.stage, row.progress)
        row.status = GenerationStatus.RUNNING if running else row.status
        waits = row.status == GenerationStatus.QUEUED
        row.stage = status.stage or ("waiting" if waits else row.stage)
        if run.again:
            row.stage = likeness_floor.AGAIN
        made = len(await runs.made(session, generation_id=row.id))
        share = max(made, min(1.0, status.progress) * run.units) / row.count
        row.progress = max(row.progress, share)
        if running and row.started_at is None:
            row.started_at = await runs.now(session)
        if before != (row.status, row.stage, row.progress):
            await session.flush()
            await generations.changed(session, generation_id=row.id, user_id=row.user_id)

    async def collect(self, run: runs.Run, status: RemoteStatus) -> bool:
        """Stores each image that was not made before: decoded, with its variants, then its row."""
        async with self.deps.transaction() as session:
            row = await _row(session, run)
            source = await sources.of(session, row) if row.operation == Operation.FACE else None
            made = await runs.made_by(session, run)
            before = len(made)
            model = await session.get(UserModel, row.user_model_id) if row.user_model_id else None
            style = await styles.find(session, row.preset)
        recipe = {**made_images.recipe(row, model), **status.recipe}
        persons = await people.persons(self.deps, row)
        reason = "The engine made no picture."
        for result in status.results:
            position = run.first + result.index
            if position in made or not 0 <= result.index < run.units:
                continue
            try:
                put = self._output_key(run, result.index)
                data = await results.read(self.deps, result, put=put)
                own = {**recipe, **result.recipe}
                derived = await imaging.derive(data, faces=any(persons))
                origin = marks.origin(engine=run.engine, recipe=own, at=self.deps.now())
                derived = await marks.mark(self.deps, derived, origin)
                strict = styles.photographic(row.preset, style)
                measured = people.measured(
                    self.deps, run, row, derived.faces, persons, photographic=strict
                )
                people.require_rise(row, source, measured)
                judged = await judging.number(self.deps, data, derived.faces, persons)
                measured = replace(measured, judged=judged)
                name = style.name if style else None
                await self._keep(run, row, position, derived, own, measured, origin, name)
                made.add(position)
            except (imaging.Rejected, Unmarkable):
                reason = "The engine sent something that is not a picture."
            except BadResult as bad:
                reason = str(bad)
        wanted = range(run.first, run.first + run.units)
        if status.state is RemoteState.SUCCEEDED and not made.intersection(wanted):
            raise BadResult(reason)
        return len(made) > before

    async def find(self, run: runs.Run) -> RemoteStatus | None:
        """All images of a lost submit, if a worker has put them."""
        for index in range(run.units):
            if await self.deps.storage.head(self._output_key(run, index)) is None:
                return None
        files = tuple(ResultFile(index) for index in range(run.units))
        return RemoteStatus(run.remote_id or "", RemoteState.SUCCEEDED, results=files)

    async def succeed(self, session: AsyncSession, run: runs.Run, _status: RemoteStatus) -> None:
        """Ends the generation, if no other run of it is still at work, or is to begin now."""
        row = await _row(session, run, lock=True)
        await likeness_floor.begin_again(session, self.deps, run, row, generations.LIMITS)
        await session.flush()
        await _conclude(session, run, None)

    async def fail(self, session: AsyncSession, run: runs.Run, reason: str) -> None:
        """The same, with a reason."""
        await fail(session, run, reason)

    async def _keep(
        self,
        run: runs.Run,
        row: Generation,
        position: int,
        derived: Derived,
        recipe: dict[str, Any],
        measured: Measured,
        origin: Origin,
        style: str | None,
    ) -> None:
        """Bytes, then the row, unless the run has ended or made this image before.

        Raises BadResult when the picture that it starts from was deleted meanwhile.
        """
        folder = new_folder(str(run.user_id), "images")
        size = await imaging.store(self.deps.storage, folder, derived.files)
        seed = _seeds(row, run)[position - run.first]
        values = {
            "id": self.deps.new_id(),
            "user_id": run.user_id,
            "generation_id": row.id,
            "user_model_id": row.user_model_id,
            "second_model_id": row.second_model_id,
            "operation": row.operation,
            "parent_id": row.source_image_id,
            "position": position,
            "seed": seed,
            "prompt": row.prompt,
            "preset": row.preset,
            "style": style,
            "engine": row.engine,
            "method": row.method,
            "recipe": {**recipe, **measured.said, "seed": seed},
            **measured.values(),
            "folder": folder,
            "content_type": derived.content_type,
            "width": derived.width,
            "height": derived.height,
            "bytes": size,
            "thumbhash": derived.thumbhash,
            "marked_at": self.deps.now(),
        }
        try:
            async with self.deps.transaction() as session:
                await sources.of(session, row, lock=True)
                inserted = await made_images.insert(session, run, values, measured)
                if inserted and row.album_id:
                    await albums.put(session, album_id=row.album_id, image_id=values["id"])
                if inserted:
                    fingerprints.record(session, self.deps, derived.fingerprints, origin)
        except BadResult:
            await self.deps.storage.erase(folder)
            raise
        if not inserted:
            await self.deps.storage.erase(folder)

    def _output_key(self, run: runs.Run, index: int) -> str:
        return f"{generations.incoming(run)}/{index}.jpg"

    def _outputs(self, run: runs.Run) -> list[FileRef]:
        return [
            runs.writable(
                self.deps,
                self._output_key(run, index),
                content_type="image/jpeg",
                limit=OUTPUT_LIMIT,
            )
            for index in range(run.units)
        ]


async def _row(session: AsyncSession, run: runs.Run, *, lock: bool = False) -> Generation:
    return await session.get_one(
        Generation, run.generation_id, populate_existing=True, with_for_update=lock or None
    )


async def _model(session: AsyncSession, row: Generation) -> UserModel | None:
    """Raises BadResult where the person's photos are needed and the model was deleted."""
    model = await session.get(UserModel, row.user_model_id) if row.user_model_id else None
    if model is None and row.operation not in OWN_PIXELS:
        raise BadResult("Its model was deleted.")
    return model


async def _material(
    session: AsyncSession, user_model_id: UUID, source: GeneratedImage | None
) -> list[photos.TrainingPhoto]:
    """For the photo booth: the best photos, and the one that the source was made from."""
    found = await photos.best(session, user_model_id, photo_coach.MAX_PHOTOS)
    named = source and source.recipe.get("photo")
    return [
        photo
        for i, photo in enumerate(found)
        if i < MATERIAL or (named and photo.key.split("/")[-2] == named)
    ]


async def _conclude(session: AsyncSession, run: runs.Run, reason: str | None) -> None:
    row = await _row(session, run, lock=True)
    await generations.discard(session, run)
    row.status_reason = reason or row.status_reason
    if await runs.others_open(session, run):
        return
    made = len(await runs.made(session, generation_id=row.id))
    status = GenerationStatus.SUCCEEDED if made else GenerationStatus.FAILED
    await generations.settle(session, row, status=status, reason=_outcome(row, made))


def _outcome(row: Generation, made: int) -> str | None:
    """What the member reads at the end: nothing when all went well."""
    missing = row.count - made
    if not missing:
        return None
    why = row.status_reason or "The engine made no picture."
    if not made:
        return f"{why} Nothing was charged."
    them = "it" if missing == 1 else "them"
    return f"{missing} of {row.count} could not be made, and nothing was charged for {them}. {why}"


def _seeds(row: Generation, run: runs.Run) -> list[int]:
    """Of the images that this run makes."""
    usual = [(row.seed + i) % (generations.MAX_SEED + 1) for i in range(row.count)]
    return likeness_floor.seeds(row, run, usual, generations.MAX_SEED)
