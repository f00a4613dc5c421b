"""A member's rights over their data: export it, withdraw consent, delete the account."""

import json
import zipfile
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import (
    AuditEntry,
    GeneratedImage,
    Generation,
    OneTimeToken,
    User,
    UserModel,
)
from db.states import GENERATION_OPEN
from services.accounts import past_members, sessions, signing_in, users
from services.billing import closing
from services.deps import Deps
from services.errors import Invalid
from services.figures import business
from services.files import erasing
from services.files.zip_stream import Archive, entry
from services.kit import audit
from services.privacy import member_erasure, personal_data
from services.storage.base import ObjectMissing
from services.studio import generations
from services.training import consents, user_models

README = """Everything that Likeness keeps about you.

data/   one JSON file a table; times are UTC, bytes are base64. Passwords and keys are not in it:
        only hashes of them are kept.
files/  your photos, models and pictures, in the folders that data/ names.
"""


async def export(deps: Deps, *, user_id: UUID) -> AsyncIterator[bytes]:
    """Yield all rows and all objects of a member as one ZIP archive, chunk by chunk."""
    archive, missing = Archive(), list[str]()
    archive.zip.writestr(entry("README.txt", deps.now()), README)
    for table in personal_data.tables():
        with archive.zip.open(
            entry(f"data/{table.name}.json", deps.now(), zipfile.ZIP_DEFLATED), "w"
        ) as file:
            separator = "[\n"
            async for row in personal_data.rows(deps, table, user_id=user_id):
                file.write((separator + json.dumps(row, ensure_ascii=False)).encode())
                separator = ",\n"
                yield archive.take()
            file.write(b"[]\n" if separator == "[\n" else b"\n]\n")
    async for info in deps.storage.list(str(user_id)):
        name = f"files/{info.key.partition('/')[2]}"
        try:
            async for chunk in archive.add_object(
                deps, key=info.key, name=name, at=info.modified_at
            ):
                yield chunk
        except ObjectMissing:  # deleted during the export
            missing.append(name)
    if missing:
        archive.zip.writestr(entry("missing.txt", deps.now()), "\n".join(missing) + "\n")
    yield archive.close()


async def withdraw_consent(
    session: AsyncSession, deps: Deps, *, user_id: UUID, user_model_id: UUID
) -> None:
    """Cancel the generations that show a person; delete the model, its photos and its pictures.

    The consent and its withdrawal stay on record. Raises NotFound.
    """
    await user_models.owned(session, user_id=user_id, user_model_id=user_model_id)
    await consents.withdraw(session, user_id=user_id, user_model_id=user_model_id)
    await _cancel_generations(session, deps, user_id, _shows_person(Generation, user_model_id))
    pictures = await session.execute(
        delete(GeneratedImage)
        .where(_shows_person(GeneratedImage, user_model_id), GeneratedImage.user_id == user_id)
        .returning(GeneratedImage.folder)
    )
    for folder in pictures.scalars():
        await erasing.request(session, prefix=folder)
    await user_models.delete(session, user_id=user_id, user_model_id=user_model_id)
    audit.record(session, action="consent.withdrawn", actor_id=user_id, target=str(user_model_id))


async def delete_account(deps: Deps, *, user_id: UUID, typed_email: str, password: str) -> None:
    """Delete the account of a member who typed their e-mail and their password.

    Raises Invalid with `field` email or confirm, TooManyRequests.
    """
    async with deps.transaction() as session:
        email = (await users.get(session, user_id=user_id)).email
    if typed_email.strip().lower() != email.lower():
        raise Invalid("This is not the e-mail of your account.", field="email")
    await signing_in.confirm(deps, user_id=user_id, password=password, field="confirm")
    async with deps.transaction() as session:
        await delete_member(session, deps, user_id=user_id, actor_id=user_id)


async def delete_member(
    session: AsyncSession, deps: Deps, *, user_id: UUID, actor_id: UUID | None
) -> None:
    """End a member's work and sessions and delete all rows now; enqueue the deletion of all files.

    A receipt stays in the audit log: ids and counts, no personal data.
    """
    user = await users.row_of(session, user_id=user_id, lock=True)
    receipt = await personal_data.counts(session, user_id=user_id)
    paying: dict[str, Any] = (
        {"paying": True} if await business.is_paying(session, user_id=user_id) else {}
    )
    await sessions.end_all(session, user_id=user_id)
    await closing.close_customer(session, user_id=user_id)
    await _cancel_generations(session, deps, user_id, Generation.user_id == user_id)
    models = await session.scalars(select(UserModel.id).where(UserModel.user_id == user_id))
    for user_model_id in models.all():
        await user_models.delete(session, user_id=user_id, user_model_id=user_model_id)
    await past_members.remember(session, deps, user=user)
    email = user.email
    await session.execute(delete(OneTimeToken).where(OneTimeToken.email == email))
    await session.execute(delete(User).where(User.id == user_id))
    await session.execute(update(AuditEntry).where(AuditEntry.actor_id == user_id).values(ip=None))
    await member_erasure.request(session, user_id=user_id)
    audit.record(
        session,
        action="user.deleted",
        actor_id=actor_id,
        target=str(user_id),
        rows=receipt,
        **paying,
    )


def _shows_person(of: type[Generation | GeneratedImage], id: UUID) -> ColumnElement[bool]:
    """Return the condition that a person is in the picture, alone or beside another person."""
    return or_(of.user_model_id == id, of.second_model_id == id)


async def _cancel_generations(
    session: AsyncSession, deps: Deps, user_id: UUID, condition: object
) -> None:
    """Cancel the generations that are running or queued; their credits are returned."""
    query = select(Generation.id).where(
        condition,  # type: ignore[arg-type]
        Generation.user_id == user_id,
        Generation.status.in_(GENERATION_OPEN),
    )
    for generation_id in (await session.scalars(query)).all():
        await generations.cancel(session, deps, user_id=user_id, generation_id=generation_id)
