"""Registering, signing in and out, new passwords: who gets in, and what ends."""

import asyncio
import dataclasses
from collections import Counter
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

from db.models import AuditEntry, Session
from services.accounts import administration, one_time_links, passwords, sessions, signing_in
from services.accounts.sessions import Caller, NewSession
from services.deps import Deps
from services.errors import Conflict, Forbidden, Invalid, NotSignedIn
from services.settings import Settings
from tests.builders import PASSWORD, make_user

CALLER = Caller("192.0.2.7", "Firefox")
NEW = "another quiet sentence"


@pytest.fixture
def hashing(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Counts the expensive operations: equal counts are equal times, on any machine."""
    counted: Counter[str] = Counter()

    def count(name: str) -> None:
        original = getattr(passwords, name)

        def counting(*args: str) -> object:
            counted[name] += 1
            return original(*args)

        monkeypatch.setattr(passwords, name, counting)

    count("_hash")
    count("_verify")
    return counted


async def register(deps: Deps, email: str = "anna@example.com", **rest: Any) -> NewSession:
    given: dict[str, Any] = {"email": email, "password": PASSWORD, "caller": CALLER}
    return await signing_in.register(deps, **given | rest)


async def login(deps: Deps, email: str, password: str = PASSWORD) -> NewSession:
    return await signing_in.login(deps, email=email, password=password, caller=CALLER)


async def works(deps: Deps, token: str) -> bool:
    async with deps.transaction() as session:
        return await sessions.find(session, deps, token=token) is not None


def token_of(link: str) -> str:
    return parse_qs(urlsplit(link).query)["token"][0]


def at(deps: Deps, later: timedelta) -> Deps:
    return dataclasses.replace(deps, now=lambda: deps.now() + later)


def set_to(deps: Deps, **values: object) -> Deps:
    settings: Settings = deps.settings.model_copy(update=values)
    return dataclasses.replace(deps, settings=settings)


async def test_register_then_login_in_any_case(deps: Deps) -> None:
    registered = await register(deps, "Anna@Example.com", name=" Anna ")
    assert registered.user.email == "anna@example.com"
    assert registered.user.name == "Anna"
    assert registered.user.role == "member"
    again = await login(deps, " ANNA@example.COM ")
    assert again.user == registered.user
    assert again.token != registered.token


async def test_unknown_address_and_wrong_password_are_one(
    deps: Deps, hashing: Counter[str]
) -> None:
    await register(deps)
    answers = []
    for email, password in [("anna@example.com", "wrong one"), ("nobody@example.com", PASSWORD)]:
        hashing.clear()
        with pytest.raises(NotSignedIn) as refusal:
            await login(deps, email, password)
        answers.append((str(refusal.value), refusal.value.details, dict(hashing)))
    assert answers[0] == answers[1]
    assert answers[0][2] == {"_verify": 1}


async def test_an_overlong_password_costs_the_same(deps: Deps, hashing: Counter[str]) -> None:
    await register(deps)
    hashing.clear()
    with pytest.raises(NotSignedIn):
        await login(deps, "anna@example.com", "x" * 100_000)
    assert hashing == {"_verify": 1}


async def test_a_known_address_costs_as_much_as_a_new_one(
    deps: Deps, hashing: Counter[str]
) -> None:
    await register(deps)
    assert hashing == {"_hash": 1}
    hashing.clear()
    with pytest.raises(Conflict) as refusal:
        await register(deps, "ANNA@example.com")
    assert refusal.value.details == {"field": "email"}
    assert hashing == {"_hash": 1}


async def test_two_registrations_at_once_make_one_account(live_deps: Deps) -> None:
    results = await asyncio.gather(
        register(live_deps), register(live_deps, "ANNA@example.com"), return_exceptions=True
    )
    assert sorted(type(r).__name__ for r in results) == ["Conflict", "NewSession"]


async def test_login_replaces_the_browsers_session(deps: Deps) -> None:
    first = await register(deps)
    second = await signing_in.login(
        deps, email="anna@example.com", password=PASSWORD, caller=CALLER, replaces=first.id
    )
    assert not await works(deps, first.token)
    assert await works(deps, second.token)


async def test_only_a_hash_of_the_token_is_stored(deps: Deps) -> None:
    started = await register(deps)
    async with deps.transaction() as session:
        row = (await session.scalars(select(Session))).one()
    assert started.token.encode() not in row.token_hash
    assert len(row.token_hash) == 32


async def test_sessions_idle_out_and_end(deps: Deps) -> None:
    token = (await register(deps)).token
    assert not await works(at(deps, timedelta(days=14, seconds=1)), token)
    for day in range(10, 90, 10):
        assert await works(at(deps, timedelta(days=day)), token)  # in use, so it stays
    assert not await works(at(deps, timedelta(days=90)), token)


async def test_logout_ends_it_and_may_be_repeated(deps: Deps) -> None:
    started = await register(deps)
    for _ in range(2):
        await signing_in.logout(deps, user_id=started.user.id, session_id=started.id)
    assert not await works(deps, started.token)


async def test_nobody_ends_anothers_session(deps: Deps) -> None:
    anna, bert = await register(deps), await register(deps, "bert@example.com")
    await signing_in.logout(deps, user_id=bert.user.id, session_id=anna.id)
    assert await works(deps, anna.token)


async def test_a_new_password_ends_every_session(deps: Deps) -> None:
    here, elsewhere = await register(deps), await login(deps, "anna@example.com")
    change: dict[str, Any] = {"user_id": here.user.id, "session_id": here.id, "caller": CALLER}
    with pytest.raises(Invalid) as refusal:
        await signing_in.change_password(deps, current="wrong", new=NEW, **change)
    assert refusal.value.details == {"field": "current"}
    started = await signing_in.change_password(deps, current=PASSWORD, new=NEW, **change)
    assert await works(deps, started.token)
    assert not await works(deps, here.token)
    assert not await works(deps, elsewhere.token)
    with pytest.raises(NotSignedIn):
        await login(deps, "anna@example.com")
    await login(deps, "anna@example.com", NEW)


async def test_a_new_password_voids_the_links_that_could_set_another(deps: Deps) -> None:
    """Whoever read the member's mail before has to read it again."""
    here = await register(deps)
    async with deps.transaction() as session:
        link = await one_time_links.create(
            session, deps, purpose="password_reset", user_id=here.user.id
        )
    change: dict[str, Any] = {"user_id": here.user.id, "session_id": here.id, "caller": CALLER}
    await signing_in.change_password(deps, current=PASSWORD, new=NEW, **change)
    with pytest.raises(Invalid, match="expired or was used"):
        await signing_in.reset_password(
            deps, token=token_of(link), new="somebody else's words", caller=CALLER
        )


async def test_a_disabled_member_is_out(deps: Deps) -> None:
    started = await register(deps)
    async with deps.transaction() as session:
        admin = await make_user(session, role="admin")
        await administration.disable(session, deps, actor_id=admin.id, user_id=started.user.id)
    assert not await works(deps, started.token)
    with pytest.raises(NotSignedIn, match="don't match"):
        await login(deps, "anna@example.com")


async def test_reset_by_link(deps: Deps) -> None:
    started = await register(deps)
    async with deps.transaction() as session:
        stale = await one_time_links.create(
            session, deps, purpose="password_reset", user_id=started.user.id
        )
        link = await one_time_links.create(
            session, deps, purpose="password_reset", user_id=started.user.id
        )
    with pytest.raises(Invalid, match="Ask for a new one"):
        await signing_in.reset_password(deps, token=token_of(stale), new=NEW, caller=CALLER)
    with pytest.raises(Invalid):  # a refused password does not use the link up
        await signing_in.reset_password(deps, token=token_of(link), new="short", caller=CALLER)
    reset = await signing_in.reset_password(deps, token=token_of(link), new=NEW, caller=CALLER)
    assert not await works(deps, started.token)
    assert await works(deps, reset.token)
    with pytest.raises(Invalid, match="used already"):
        await signing_in.reset_password(deps, token=token_of(link), new=NEW, caller=CALLER)


async def test_links_expire_and_serve_one_purpose(deps: Deps) -> None:
    started = await register(deps)
    async with deps.transaction() as session:
        reset = await one_time_links.create(
            session, deps, purpose="password_reset", user_id=started.user.id
        )
        invite = await one_time_links.create(session, deps, purpose="invite")
    later = at(deps, timedelta(hours=1, seconds=1))
    with pytest.raises(Invalid, match="expired"):
        await signing_in.reset_password(later, token=token_of(reset), new=NEW, caller=CALLER)
    with pytest.raises(Invalid):
        await signing_in.reset_password(deps, token=token_of(invite), new=NEW, caller=CALLER)
    with pytest.raises(Invalid):
        await register(deps, "bert@example.com", token=token_of(reset))


@pytest.mark.parametrize("registration", ["invite", "closed"])
async def test_closed_doors(deps: Deps, registration: str) -> None:
    deps = set_to(deps, registration=registration)
    with pytest.raises(Forbidden):
        await register(deps)
    async with deps.transaction() as session:
        link = await one_time_links.create(
            session, deps, purpose="invite", email="anna@example.com"
        )
    with pytest.raises(Invalid, match="another address"):
        await register(deps, "bert@example.com", token=token_of(link))
    started = await register(deps, token=token_of(link))
    assert started.user.role == "member"
    with pytest.raises(Invalid, match="used already"):
        await register(deps, "carl@example.com", token=token_of(link))


async def test_the_first_administrator(deps: Deps) -> None:
    deps = set_to(deps, registration="closed")
    async with deps.transaction() as session:
        link = await one_time_links.first_admin(session, deps)
    assert link
    assert (await register(deps, token=token_of(link))).user.role == "admin"
    async with deps.transaction() as session:
        assert await one_time_links.first_admin(session, deps) is None


async def test_a_link_used_twice_at_once_works_once(live_deps: Deps) -> None:
    async with live_deps.transaction() as session:
        link = await one_time_links.create(session, live_deps, purpose="invite")
    results = await asyncio.gather(
        *(register(live_deps, f"m{i}@example.com", token=token_of(link)) for i in range(3)),
        return_exceptions=True,
    )
    assert sorted(type(r).__name__ for r in results) == ["Invalid", "Invalid", "NewSession"]


async def test_what_matters_is_audited_without_secrets(deps: Deps) -> None:
    await register(deps)
    with pytest.raises(NotSignedIn):
        await login(deps, "anna@example.com", "wrong guess")
    async with deps.transaction() as session:
        entries = (await session.scalars(select(AuditEntry).order_by(AuditEntry.id))).all()
    assert [e.action for e in entries] == ["user.registered", "session.refused"]
    said = " ".join(f"{e.target} {e.details}" for e in entries)
    assert "wrong guess" not in said
    assert "anna" not in said


@pytest.mark.parametrize(
    "email", ["", "anna", "anna@", "@example.com", "a b@example.com", "anna@example.com\nBcc: x"]
)
async def test_addresses_that_are_none(deps: Deps, email: str) -> None:
    with pytest.raises(Invalid, match="e-mail address"):
        await register(deps, email)
