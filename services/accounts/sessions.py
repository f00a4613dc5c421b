"""Signed-in browsers: server-side, revocable; only a hash of each session's token is stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import Session, User
from services.accounts import devices, tokens
from services.accounts.users import COLUMNS, UserView, view
from services.deps import Deps
from services.errors import NotFound
from services.kit import notify

IDLE = timedelta(days=14)
LIFETIME = timedelta(days=90)
SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Caller:
    """The sender of a request. browser: the cookie of `devices`, as received."""

    ip: str
    user_agent: str = ""
    browser: str = ""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session and its member."""

    user: UserView
    session_id: UUID


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session that has just begun; `token` and `browser` go into cookies and are not stored."""

    id: UUID
    token: str
    user: UserView
    browser: str


@dataclass(frozen=True, slots=True)
class SessionView:
    """One signed-in browser, as its owner sees it."""

    id: UUID
    ip: str
    user_agent: str
    created_at: datetime
    last_seen_at: datetime


# built once, because every request runs it
_FOUND = (
    select(*COLUMNS, Session.id.label("session_id"), Session.last_seen_at)
    .join(Session, Session.user_id == User.id)
    .where(
        Session.token_hash == bindparam("token_hash"),
        Session.expires_at > bindparam("now"),
        Session.last_seen_at > bindparam("idle_since"),
        User.disabled_at.is_(None),
    )
)


async def start(
    session: AsyncSession, deps: Deps, *, user: UserView, caller: Caller, replaces: UUID | None
) -> NewSession:
    """Sign a member in under a new token; end the browser's earlier session."""
    if replaces:
        await _end(session, Session.id == replaces)
    token, now = tokens.new(), deps.now()
    row = Session(
        id=deps.new_id(),
        user_id=user.id,
        token_hash=tokens.digest(token),
        ip=caller.ip,
        user_agent=caller.user_agent[:500],
        created_at=now,
        last_seen_at=now,
        expires_at=now + LIFETIME,
    )
    session.add(row)
    await session.flush()
    return _new(deps, row.id, token, user, caller)


async def renew(
    session: AsyncSession, deps: Deps, *, session_id: UUID, user: UserView, caller: Caller
) -> NewSession:
    """Give a session a new token; its open pages stay open, and the old token stops working."""
    token, now = tokens.new(), deps.now()
    await session.execute(
        update(Session)
        .where(Session.id == session_id, Session.user_id == user.id)
        .values(token_hash=tokens.digest(token), expires_at=now + LIFETIME, last_seen_at=now)
    )
    return _new(deps, session_id, token, user, caller)


async def find(session: AsyncSession, deps: Deps, *, token: str) -> SignedIn | None:
    """Return the token's session and its member, or None.

    None if the session ended or idled out, or if the member is disabled.
    """
    now = deps.now()
    given = {"token_hash": tokens.digest(token), "now": now, "idle_since": now - IDLE}
    row = (await session.execute(_FOUND, given)).one_or_none()
    if row is None:
        return None
    if row.last_seen_at < now - SEEN_EVERY:
        seen = update(Session).where(Session.id == row.session_id).values(last_seen_at=now)
        await session.execute(seen)
    return SignedIn(user=view(row), session_id=row.session_id)


async def is_live(session: AsyncSession, deps: Deps, *, session_id: UUID) -> bool:
    """Return whether a session is still live, for pages that stay open. Counts as activity."""
    now = deps.now()
    seen = await session.scalar(
        update(Session)
        .where(
            Session.id == session_id,
            Session.expires_at > now,
            Session.last_seen_at > now - IDLE,
            Session.user_id.in_(select(User.id).where(User.disabled_at.is_(None))),
        )
        .values(last_seen_at=now)
        .returning(Session.id)
    )
    return seen is not None


async def of_user(session: AsyncSession, deps: Deps, *, user_id: UUID) -> Sequence[SessionView]:
    """Return the member's live sessions, latest activity first."""
    now = deps.now()
    rows = await session.scalars(
        select(Session)
        .where(
            Session.user_id == user_id,
            Session.expires_at > now,
            Session.last_seen_at > now - IDLE,
        )
        .order_by(Session.last_seen_at.desc(), Session.id)
    )
    return [SessionView(r.id, r.ip, r.user_agent, r.created_at, r.last_seen_at) for r in rows]


async def end(session: AsyncSession, *, user_id: UUID, session_id: UUID) -> None:
    """Sign one browser out and close its open pages. Raises NotFound."""
    if not await _end(session, (Session.id == session_id) & (Session.user_id == user_id)):
        raise NotFound("This session has already ended.")


async def end_all(session: AsyncSession, *, user_id: UUID, but: UUID | None = None) -> int:
    """Sign a member out everywhere, except from session `but`; return how many sessions ended."""
    condition = Session.user_id == user_id
    return await _end(session, condition & (Session.id != but) if but else condition)


async def prune(session: AsyncSession, deps: Deps) -> None:
    """Delete sessions that are over and close their open pages."""
    now = deps.now()
    await _end(session, (Session.expires_at <= now) | (Session.last_seen_at <= now - IDLE))


def _new(deps: Deps, id: UUID, token: str, user: UserView, caller: Caller) -> NewSession:
    browser = devices.remember(deps.secret, caller.browser, user.id)
    return NewSession(id=id, token=token, user=user, browser=browser)


async def _end(session: AsyncSession, condition: ColumnElement[bool]) -> int:
    ended = (
        await session.execute(
            delete(Session).where(condition).returning(Session.id, Session.user_id)
        )
    ).all()
    for id, user_id in ended:
        await notify.publish(session, topic="session", id=id, user_id=user_id)
    return len(ended)
