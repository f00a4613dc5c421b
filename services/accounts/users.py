"""Members' accounts: reading, creating, renaming and finding them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import func, or_, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import GeneratedImage, User, UserModel
from services.deps import Deps
from services.errors import Conflict, Invalid, NotFound
from services.kit import texts


@dataclass(frozen=True, slots=True)
class UserView:
    """A member. role: member or admin; plan: None where the operator's default applies."""

    id: UUID
    email: str
    name: str
    role: str
    plan: str | None
    created_at: datetime
    disabled_at: datetime | None

    @property
    def is_admin(self) -> bool:
        """Return whether the member may use /admin."""
        return self.role == "admin"


COLUMNS = (
    User.id,
    User.email,
    User.name,
    User.role,
    User.plan,
    User.created_at,
    User.disabled_at,
)


@dataclass(frozen=True, slots=True)
class Counts:
    """The number of a member's user models and images."""

    models: int
    images: int


def parse_email(value: str) -> str:
    """Return the address in its normal form, in lower case. Raises Invalid."""
    try:
        parsed = validate_email(value.strip(), check_deliverability=False)
    except EmailNotValidError:
        raise Invalid("Enter an e-mail address like name@example.com.", field="email") from None
    return parsed.normalized.lower()


async def create(
    session: AsyncSession, deps: Deps, *, email: str, name: str, password_hash: str, role: str
) -> UserView:
    """Create a member. Raises Conflict if the address has an account."""
    row = (
        await session.execute(
            insert(User)
            .values(
                id=deps.new_id(),
                email=parse_email(email),
                name=texts.clean(name, field="Name", maximum=100),
                password_hash=password_hash,
                role=role,
                created_at=deps.now(),
            )
            .on_conflict_do_nothing()
            .returning(User)
        )
    ).scalar_one_or_none()
    if row is None:
        raise Conflict(
            "An account can't be made with this address. "
            "If it is yours already, sign in or reset your password.",
            field="email",
        )
    return view(row)


async def get(session: AsyncSession, *, user_id: UUID) -> UserView:
    """Return the member. Raises NotFound."""
    return view(await row_of(session, user_id=user_id))


async def rename(session: AsyncSession, *, user_id: UUID, name: str) -> UserView:
    """Change a member's display name; 0-100 characters."""
    row = await row_of(session, user_id=user_id)
    row.name = texts.clean(name, field="Name", maximum=100)
    await session.flush()
    return view(row)


async def counts(session: AsyncSession, *, user_id: UUID) -> Counts:
    """Return the member's number of models and images; images in the trash are not counted."""
    models = select(func.count()).where(UserModel.user_id == user_id)
    images = select(func.count()).where(
        GeneratedImage.user_id == user_id, GeneratedImage.deleted_at.is_(None)
    )
    return Counts(await session.scalar(models) or 0, await session.scalar(images) or 0)


async def by_email(session: AsyncSession, *, email: str) -> User | None:
    """Return the account of an address in upper or lower case; for services only."""
    if not email.isprintable():  # cannot be an address: Postgres need not be asked
        return None
    return await session.scalar(select(User).where(func.lower(User.email) == email.lower()))


async def row_of(session: AsyncSession, *, user_id: UUID, lock: bool = False) -> User:
    """Return the member's row, for services only. Raises NotFound.

    lock: blocks other changes of the row, but not new rows of the member, which a job handler
    may be about to write while the holder of this lock waits for that handler.
    """
    row = await session.get(User, user_id, with_for_update={"key_share": True} if lock else None)
    if row is None:
        raise NotFound("There is no such member.")
    return row


async def page(
    session: AsyncSession,
    *,
    search: str = "",
    after: tuple[datetime, UUID] | None = None,
    limit: int = 50,
) -> list[UserView]:
    """Return members, newest first, following the one whose (created_at, id) is `after`.

    search: a part of the address or name, in upper or lower case; empty for all.
    """
    query = select(User).order_by(User.created_at.desc(), User.id.desc()).limit(limit)
    if search.strip():
        part = search.strip()
        query = query.where(
            or_(
                User.email.icontains(part, autoescape=True),
                User.name.icontains(part, autoescape=True),
            )
        )
    if after:
        query = query.where(tuple_(User.created_at, User.id) < after)
    return [view(row) for row in await session.scalars(query)]


def view(row: Any) -> UserView:
    """Return the view of a User, or of a row that begins with COLUMNS."""
    return UserView(
        id=row.id,
        email=row.email,
        name=row.name,
        role=row.role,
        plan=row.plan,
        created_at=row.created_at,
        disabled_at=row.disabled_at,
    )


async def require_admin(session: AsyncSession, *, actor_id: UUID) -> None:
    """Check that the actor is an administrator; each administrator's action calls this anew.

    Raises NotFound for everyone else.
    """
    actor = await row_of(session, user_id=actor_id)
    if actor.role != "admin" or actor.disabled_at:
        raise NotFound("There is no such page.")
