"""The work behind a sheet: one picture after the other, each seen as soon as it is there."""

import hashlib
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import ModelSheet, SheetPicture, UserModel
from db.states import SheetStatus
from services import imaging, jobs
from services.deps import Deps
from services.engines import base
from services.engines.base import Refused, SheetRequest
from services.imaging import Derived
from services.provenance import fingerprints, marks
from services.provenance.manifests import Origin
from services.remote import runs
from services.training import sheet_queue, sheets
from services.training.photos import TrainingPhoto

KIND = sheet_queue.KIND
ATTEMPTS = 5
MAX_SEED = 2**31
THUMB = "thumb.webp"


@dataclass(frozen=True, slots=True)
class _Next:
    """The picture to make now, and who makes it."""

    maker: sheet_queue.Maker
    folder: str
    position: int
    picture: base.SheetPicture
    seed: int
    photos: list[TrainingPhoto]


async def handle(deps: Deps, job: jobs.Job) -> jobs.Outcome:
    """Makes what the sheet lacks, for the photos that there are at the end."""
    user_model_id = UUID(job.payload["user_model_id"])
    while work := await _next(deps, job, user_model_id):
        derived = await _made(deps, work)
        await _keep(deps, job, user_model_id, work, derived)
    return jobs.Done()


async def abandoned(session: AsyncSession, job: jobs.Job, _reason: str) -> None:
    """Says that the sheet is not complete; a tap or a change of the photos tries again."""
    user_model_id = UUID(job.payload["user_model_id"])
    failed = (
        update(ModelSheet)
        .where(ModelSheet.user_model_id == user_model_id, ModelSheet.status == SheetStatus.MAKING)
        .values(status=SheetStatus.FAILED)
    )
    await session.execute(failed)
    if model := await session.get(UserModel, user_model_id):
        await sheet_queue.changed(session, model)


async def _next(deps: Deps, job: jobs.Job, user_model_id: UUID) -> _Next | None:
    """The next picture; None, and the job is finished, when nothing is left to do."""
    async with job.transaction(deps) as session:
        model = await _locked(session, user_model_id)
        maker = sheet_queue.maker(deps)
        work = await _missing(session, model, maker) if model and maker else None
        if work is None:
            await job.finish(session)
        return work


async def _missing(
    session: AsyncSession, model: UserModel, maker: sheet_queue.Maker
) -> _Next | None:
    """The first picture that is not there, in a new edition where the photos have changed."""
    there = await sheets.candidates(session, model.id)
    if not there:
        return None
    sheet = await session.get(ModelSheet, model.id, populate_existing=True)
    if sheet is None or sheets.outdated(sheet, there):
        sheet = await sheets.begin(session, model, sheet, there)
    query = select(SheetPicture.position).where(SheetPicture.user_model_id == model.id)
    pictures = maker.sheet.pictures
    missing = sorted(set(range(len(pictures))).difference(await session.scalars(query)))
    status = SheetStatus.MAKING if missing else SheetStatus.MADE
    if sheet.status != status:
        sheet.status = status
        await session.flush()
        await sheet_queue.changed(session, model)
    if not missing:
        return None
    used = [photo for photo in there if str(photo.id) in sheet.photos]
    first = missing[0]
    return _Next(maker, sheet.folder, first, pictures[first], _seed(sheet) + first, used)


async def _locked(session: AsyncSession, user_model_id: UUID) -> UserModel | None:
    query = select(UserModel).where(UserModel.id == user_model_id)
    return await session.scalar(query.with_for_update(key_share=True))


def _seed(sheet: ModelSheet) -> int:
    """Where the seeds of this edition begin: the same again after a restart."""
    digest = hashlib.sha256(f"{sheet.user_model_id}/{sheet.edition}".encode()).digest()
    return int.from_bytes(digest[:4], "big") % MAX_SEED


async def _made(deps: Deps, work: _Next) -> Derived:
    """The picture, marked. Raises Refused where it can't be made now, Permanent where never."""
    try:
        data = await work.maker.sheet.make(_request(deps, work))
        derived = await imaging.derive(data)
        derived = replace(derived, files={THUMB: derived.files[THUMB]})
        return await marks.mark(deps, derived, _origin(deps, work))
    except Refused as error:
        if error.retryable:
            raise
        raise jobs.Permanent(str(error)) from error


def _origin(deps: Deps, work: _Next) -> Origin:
    return marks.origin(engine=work.maker.info.name, recipe={}, at=deps.now())


def _request(deps: Deps, work: _Next) -> SheetRequest:
    photos = work.photos
    alphas = [runs.readable(deps, p.alpha_key) if p.alpha_key else None for p in photos]
    return SheetRequest(
        picture=work.picture,
        seed=work.seed,
        photos=[runs.readable(deps, photo.key) for photo in photos],
        face_boxes=[photo.face_box for photo in photos],
        alphas=alphas,
    )


async def _keep(
    deps: Deps, job: jobs.Job, user_model_id: UUID, work: _Next, derived: Derived
) -> None:
    """Bytes, then the row, unless another edition has begun or the model was deleted."""
    key = f"{work.folder}/{work.position:02}.webp"
    await deps.storage.put(key, derived.files[THUMB], content_type="image/webp")
    async with job.transaction(deps) as session:
        kept = await _insert(session, user_model_id, work, key, derived.thumbhash)
        if kept:
            fingerprints.record(session, deps, derived.fingerprints, _origin(deps, work))
    if not kept:
        await deps.storage.erase(work.folder)


async def _insert(
    session: AsyncSession, user_model_id: UUID, work: _Next, key: str, thumbhash: bytes
) -> bool:
    """False if the sheet is no longer this edition."""
    model = await _locked(session, user_model_id)
    sheet = await session.get(ModelSheet, user_model_id, populate_existing=True)
    if sheet is None or model is None or sheet.folder != work.folder:
        return False
    values = {
        "user_model_id": user_model_id,
        "position": work.position,
        "preset": work.picture.preset,
        "prompt": work.picture.prompt,
        "key": key,
        "thumbhash": thumbhash,
    }
    await session.execute(insert(SheetPicture).values(values).on_conflict_do_nothing())
    await sheet_queue.changed(session, model)
    return True
