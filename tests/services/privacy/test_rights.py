"""Taking one's data along, withdrawing consent, being forgotten."""

import io
import json
import zipfile
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from db.base import Base
from db.models import AuditEntry, Consent, GeneratedImage, JobRow, OneTimeToken, UserModel
from services import jobs
from services.accounts import rate_limits, users
from services.deps import Deps
from services.errors import Invalid, NotFound, TooManyRequests
from services.files import erasing
from services.privacy import member_erasure, personal_data, rights
from services.storage.base import Storage
from services.storage.local import LocalStorage
from tests import builders
from tests.accounts import furnish
from tests.builders import PASSWORD
from tests.services.jobs.kit import pass_time, working
from tests.waiting import eventually

SECRETS = ("password_hash", "token_hash", "key_hash")


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return LocalStorage(tmp_path / "files", secret=b"s" * 32, base_url="http://test", cdn_url="")


async def objects(deps: Deps, user_id: UUID) -> list[str]:
    return [info.key async for info in deps.storage.list(str(user_id))]


async def actions(session: AsyncSession, target: UUID) -> list[AuditEntry]:
    query = select(AuditEntry).where(AuditEntry.target == str(target)).order_by(AuditEntry.id)
    return list((await session.scalars(query)).all())


async def erase(deps: Deps, finished: int) -> None:
    """Let a worker do the erasing that is due, until so many jobs of it are done."""
    kinds = {member_erasure.KIND: jobs.Kind(member_erasure.handle)}
    done = select(func.count()).where(JobRow.kind == member_erasure.KIND, JobRow.state == "done")

    async def all_done() -> bool:
        async with deps.transaction() as session:
            return await session.scalar(done) == finished

    async with working(deps, kinds) as worker:
        await worker.poll()
        await eventually(all_done)


def test_every_table_is_a_members_or_the_houses() -> None:
    someone = UUID(int=1)
    for table in Base.metadata.sorted_tables:
        ownerless = str(personal_data.owned(table, someone)) == "false"
        assert ownerless == (table.name in personal_data.HOUSE), (
            f"say in services/privacy/personal_data.py whose rows {table.name} holds"
        )


async def test_the_export_has_all_rows_and_objects(live_deps: Deps) -> None:
    async with live_deps.transaction() as session:
        anna = await furnish(session, live_deps, name="Anna \u2764")
        bert = await furnish(session, live_deps)
        counted = await personal_data.counts(session, user_id=anna)
    data = b"".join([chunk async for chunk in rights.export(live_deps, user_id=anna)])
    archive = zipfile.ZipFile(io.BytesIO(data))
    assert archive.testzip() is None
    rows = {
        name.removeprefix("data/").removesuffix(".json"): json.loads(archive.read(name))
        for name in archive.namelist()
        if name.startswith("data/")
    }
    assert {name: len(found) for name, found in rows.items() if found} == counted | {
        "audit_log": len(rows["audit_log"])
    }
    assert rows["users"][0]["name"] == "Anna \u2764"
    text = json.dumps(rows)
    assert str(bert) not in text
    assert not any(secret in text for secret in SECRETS)
    files = {f"{anna}/{n.removeprefix('files/')}" for n in archive.namelist() if n[:6] == "files/"}
    assert files == set(await objects(live_deps, anna))
    assert len(files) == 2


async def test_forgetting_a_member_leaves_nothing_but_a_receipt(live_deps: Deps) -> None:
    async with live_deps.transaction() as session:
        anna, bert = [await furnish(session, live_deps) for _ in range(2)]
        email = (await users.get(session, user_id=anna)).email
        others = await personal_data.counts(session, user_id=bert)
    for typed, password, refusal in [
        ("x@y.org", PASSWORD, "not the e-mail"),
        (email, "a guess", "not your current password"),
        (email, "", "not your current password"),
    ]:
        with pytest.raises(Invalid, match=refusal):
            await rights.delete_account(
                live_deps, user_id=anna, typed_email=typed, password=password
            )
    await rights.delete_account(
        live_deps, user_id=anna, typed_email=f" {email.upper()} ", password=PASSWORD
    )
    async with live_deps.transaction() as session:
        assert await personal_data.counts(session, user_id=anna) == {}
        assert await personal_data.counts(session, user_id=bert) == others
        mentions = select(func.count()).where(OneTimeToken.email == email)
        assert await session.scalar(mentions) == 0
    await erase(live_deps, finished=1)
    assert await objects(live_deps, anna) == []
    assert len(await objects(live_deps, bert)) == 2
    async with live_deps.transaction() as session:
        deleted, erased = await actions(session, anna)
        kept = (await session.scalars(select(AuditEntry))).all()
    assert (deleted.action, deleted.details["rows"]["user_models"]) == ("user.deleted", 1)
    assert erased.action == "user.erased"
    assert erased.details == {"objects": 2, "objects_left": 0, "rows_left": 0}
    assert all(entry.ip is None for entry in kept if entry.actor_id == anna)
    assert email not in " ".join(str(entry.details) for entry in kept)


async def test_nobody_guesses_the_password_at_the_deletion(live_deps: Deps) -> None:
    """Whoever sits at an open browser; nor does waiting for a refusal delete anything."""
    async with live_deps.transaction() as session:
        anna = await furnish(session, live_deps)
        email = (await users.get(session, user_id=anna)).email
    for _ in range(rate_limits.PASSWORD_BY_MEMBER.attempts):
        with pytest.raises(Invalid):
            await rights.delete_account(
                live_deps, user_id=anna, typed_email=email, password="guess"
            )
    with pytest.raises(TooManyRequests):
        await rights.delete_account(live_deps, user_id=anna, typed_email=email, password=PASSWORD)
    async with live_deps.transaction() as session:
        assert await users.get(session, user_id=anna)


async def test_what_a_late_job_still_puts_is_swept_again(live_deps: Deps) -> None:
    async with live_deps.transaction() as session:
        anna = await furnish(session, live_deps)
        await rights.delete_member(session, live_deps, user_id=anna, actor_id=anna)
    await erase(live_deps, finished=1)
    await live_deps.storage.put(f"{anna}/late/full.jpg", b"late", content_type="image/jpeg")
    with pytest.raises(IntegrityError):  # nor can it write a row
        async with live_deps.transaction() as session:
            await builders.make_user_model(session, user_id=anna)
    await pass_time(live_deps, member_erasure.SWEEPS[-1].total_seconds() + 1)
    await erase(live_deps, finished=2)
    assert await objects(live_deps, anna) == []


async def test_withdrawn_consent_stops_and_deletes(live_deps: Deps) -> None:
    async with live_deps.transaction() as session:
        anna, bert = [await furnish(session, live_deps) for _ in range(2)]
        model = (await session.scalars(select(UserModel).where(UserModel.user_id == anna))).one()
    async with live_deps.transaction() as session:
        with pytest.raises(NotFound):
            await rights.withdraw_consent(session, live_deps, user_id=bert, user_model_id=model.id)
    async with live_deps.transaction() as session:
        await rights.withdraw_consent(session, live_deps, user_id=anna, user_model_id=model.id)
    async with live_deps.transaction() as session:
        for table in (UserModel, GeneratedImage):
            count = select(func.count()).where(table.user_id == anna)
            assert await session.scalar(count) == 0
        consent = (await session.scalars(select(Consent).where(Consent.user_id == anna))).one()
        assert consent.withdrawn_at
        prefixes = await session.scalars(
            select(JobRow.payload["prefix"].astext).where(JobRow.kind == erasing.KIND)
        )
        assert model.folder in set(prefixes)
        others = await session.scalars(select(UserModel.user_id))
        assert others.all() == [bert]
