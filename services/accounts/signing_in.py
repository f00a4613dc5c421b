"""Registering, signing in and changing passwords: each a few short transactions around a hash."""

from contextlib import suppress
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from db.models import User
from services.accounts import (
    api_keys,
    devices,
    mail_job,
    mails,
    one_time_links,
    passwords,
    past_members,
    rate_limits,
    sessions,
    users,
)
from services.accounts.sessions import Caller, NewSession
from services.accounts.users import UserView
from services.deps import Deps
from services.errors import Forbidden, Invalid, NotFound, NotSignedIn
from services.kit import audit

WRONG = "This e-mail and password don't match an account."
EXPIRED = "This link has expired or was used already. Ask for a new one."


async def register(
    deps: Deps,
    *,
    email: str,
    password: str,
    name: str = "",
    token: str | None = None,
    caller: Caller,
    replaces: UUID | None = None,
) -> NewSession:
    """Create an account and sign in; `token` is an invitation or the first administrator's link.

    A known address takes the same time as a new one, but can't get the same answer, since
    a new member is signed in at once; the rate limit keeps that from being a way to list members.
    Raises Invalid, Forbidden, Conflict, TooManyRequests.
    """
    email = users.parse_email(email)
    passwords.check(password, email=email)
    async with deps.transaction() as session:
        await _admit_newcomer(session, deps, token=token, caller=caller)
    password_hash = await passwords.hashed(password)
    async with deps.transaction() as session:
        role = await _role(session, deps, email=email, token=token)
        user = await users.create(
            session, deps, email=email, name=name, password_hash=password_hash, role=role
        )
        await past_members.recognise(session, deps, user_id=user.id, email=email)
        audit.record(
            session, action="user.registered", actor_id=user.id, target=str(user.id), ip=caller.ip
        )
        return await sessions.start(session, deps, user=user, caller=caller, replaces=replaces)


async def login(
    deps: Deps, *, email: str, password: str, caller: Caller, replaces: UUID | None = None
) -> NewSession:
    """Sign in. An unknown address and a wrong password get one answer, in the same time.

    Raises NotSignedIn, TooManyRequests.
    """
    email = email.strip().lower()
    async with deps.transaction() as session:
        row = await users.by_email(session, email=email)
        user_id, known = (row.id, row.password_hash) if row else (None, None)
        await _admit(session, deps, email=email, user_id=user_id, caller=caller)
    verdict = await passwords.verify(password, known)
    async with deps.transaction() as session:
        started = None
        if user_id and verdict.correct:
            started = await _start(session, deps, user_id, verdict, known, caller, replaces)
        action = "session.started" if started else "session.refused"
        audit.record(session, action=action, actor_id=user_id, ip=caller.ip)
    if started is None:
        raise NotSignedIn(WRONG)
    return started


async def change_password(
    deps: Deps,
    *,
    user_id: UUID,
    session_id: UUID,
    current: str,
    new: str,
    caller: Caller,
    revoke_keys: bool = False,
) -> NewSession:
    """Set a new password, end every other session of the member, and renew this one.

    revoke_keys: also revoke the API keys. The member is told by mail.
    Raises Invalid with `field` current or password, TooManyRequests.
    """
    async with deps.transaction() as session:
        email = (await users.row_of(session, user_id=user_id)).email
    passwords.check(new, email=email)
    await confirm(deps, user_id=user_id, password=current, field="current")
    password_hash = await passwords.hashed(new)
    async with deps.transaction() as session:
        user = await _set_password(
            session, deps, user_id, password_hash, caller, revoke_keys=revoke_keys, but=session_id
        )
        return await sessions.renew(session, deps, session_id=session_id, user=user, caller=caller)


async def confirm(deps: Deps, *, user_id: UUID, password: str, field: str) -> None:
    """Check a signed-in member's password before an action that can't be undone.

    Raises Invalid with `field`, TooManyRequests.
    """
    async with deps.transaction() as session:
        limit = rate_limits.PASSWORD_BY_MEMBER
        await rate_limits.hit(session, deps, limit=limit, subject=str(user_id))
        known = (await users.row_of(session, user_id=user_id)).password_hash
    if not (await passwords.verify(password, known)).correct:
        raise Invalid("This is not your current password.", field=field)


async def reset_password(
    deps: Deps, *, token: str, new: str, caller: Caller, revoke_keys: bool = False
) -> NewSession:
    """Set a new password by a reset link, end every session, and sign in.

    revoke_keys: also revoke the API keys. The member is told by mail. Raises Invalid, Forbidden,
    TooManyRequests.
    """
    async with deps.transaction() as session:
        subject = rate_limits.network(caller.ip)  # no other limit: nobody can guess the link
        await rate_limits.hit(session, deps, limit=rate_limits.RESET.network, subject=subject)
        link = await one_time_links.look(session, deps, token=token)
        if link is None or link.purpose != "password_reset" or link.user_id is None:
            raise Invalid(EXPIRED, field="token")
        email = (await users.row_of(session, user_id=link.user_id)).email
    passwords.check(new, email=email)
    password_hash = await passwords.hashed(new)
    async with deps.transaction() as session:
        if (
            await one_time_links.use(session, deps, token=token, purposes={"password_reset"})
            is None
        ):
            raise Invalid(EXPIRED, field="token")
        user = await _set_password(
            session, deps, link.user_id, password_hash, caller, revoke_keys=revoke_keys
        )
        if user.disabled_at:
            raise Forbidden("This account is disabled. Ask the administrator.")
        return await sessions.start(session, deps, user=user, caller=caller, replaces=None)


async def logout(deps: Deps, *, user_id: UUID, session_id: UUID) -> None:
    """End this browser's session and close its open pages; ending it twice is no error."""
    async with deps.transaction() as session:
        with suppress(NotFound):
            await sessions.end(session, user_id=user_id, session_id=session_id)
        audit.record(session, action="session.ended", actor_id=user_id)


async def _admit(
    session: AsyncSession, deps: Deps, *, email: str, user_id: UUID | None, caller: Caller
) -> None:
    """Count a sign-in; a browser that has signed in to the account before has its own count.

    Raises TooManyRequests.
    """
    browser = devices.known(deps.secret, caller.browser, user_id) if user_id else None
    if browser:
        own = f"{browser}:{user_id}"
        await rate_limits.hit(session, deps, limit=rate_limits.LOGIN_BY_BROWSER, subject=own)
        return
    await rate_limits.stranger(session, deps, limits=rate_limits.LOGIN, address=caller.ip)
    await rate_limits.hit(session, deps, limit=rate_limits.LOGIN_BY_ACCOUNT, subject=email)


async def _admit_newcomer(
    session: AsyncSession, deps: Deps, *, token: str | None, caller: Caller
) -> None:
    """Count a registration; a caller with a valid link is no stranger. Raises TooManyRequests."""
    if token and await one_time_links.look(session, deps, token=token):
        subject, limit = rate_limits.network(caller.ip), rate_limits.REGISTER.network
        await rate_limits.hit(session, deps, limit=limit, subject=subject)
    else:
        await rate_limits.stranger(session, deps, limits=rate_limits.REGISTER, address=caller.ip)


async def _start(
    session: AsyncSession,
    deps: Deps,
    user_id: UUID,
    verdict: passwords.Verdict,
    known: str | None,
    caller: Caller,
    replaces: UUID | None,
) -> NewSession | None:
    """Begin the session, or return None if the account changed while the password was checked."""
    row = await session.get(User, user_id, with_for_update=True)
    if row is None or row.disabled_at or row.password_hash != known:
        return None
    row.password_hash = verdict.new_hash or row.password_hash
    user = users.view(row)
    return await sessions.start(session, deps, user=user, caller=caller, replaces=replaces)


async def _set_password(
    session: AsyncSession,
    deps: Deps,
    user_id: UUID,
    password_hash: str,
    caller: Caller,
    *,
    revoke_keys: bool,
    but: UUID | None = None,
) -> UserView:
    row = await users.row_of(session, user_id=user_id, lock=True)
    row.password_hash = password_hash
    await one_time_links.void(session, user_id=user_id)
    await sessions.end_all(session, user_id=user_id, but=but)
    revoked = await api_keys.revoke_all(session, deps, user_id=user_id) if revoke_keys else 0
    entry = audit.record(
        session,
        action="password.changed",
        actor_id=user_id,
        ip=caller.ip,
        keys_revoked=revoked,
        keys_left=await api_keys.count(session, user_id=user_id),
    )
    await session.flush()
    await mail_job.enqueue(
        session, deps, mails.password_changed, owner_id=user_id, entry_id=entry.id
    )
    return users.view(row)


async def _role(session: AsyncSession, deps: Deps, *, email: str, token: str | None) -> str:
    """Return the role that registering gives, and use the link up. Raises Forbidden, Invalid."""
    if token:
        link = await one_time_links.use(
            session, deps, token=token, purposes={"first_admin", "invite"}
        )
        if link is None:
            raise Invalid(EXPIRED, field="token")
        if link.email and link.email != email:
            raise Invalid("This invitation is for another address.", field="email")
        await one_time_links.invitation_changed(session, id=link.id)
        return "admin" if link.purpose == "first_admin" else "member"
    if deps.settings.registration == "invite":
        raise Forbidden("Joining takes an invitation. Ask the administrator for a link.")
    if deps.settings.registration == "closed":
        raise Forbidden("New accounts are not being made here at present.")
    return "member"
