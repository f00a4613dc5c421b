"""Who guesses passwords has to wait; the members whose passwords they are need not."""

import asyncio
import dataclasses
from collections import Counter

import pytest

from services.accounts import devices, one_time_links, rate_limits, signing_in, users
from services.accounts.sessions import Caller, NewSession
from services.deps import Deps
from services.errors import NotSignedIn, TooManyRequests
from tests.builders import PASSWORD, make_user
from tests.services.accounts.test_signing_in import CALLER, NEW, login, register, token_of


async def test_the_account_is_throttled(deps: Deps) -> None:
    async with deps.transaction() as session:
        user = users.view(await make_user(session))
    for i in range(25):
        with pytest.raises(NotSignedIn):
            await signing_in.login(
                deps, email=user.email, password="guess", caller=Caller(f"198.51.100.{i}")
            )
    with pytest.raises(TooManyRequests):  # even with the right password, from anywhere
        await signing_in.login(
            deps, email=user.email, password=PASSWORD, caller=Caller("203.0.113.1")
        )


async def guess(deps: Deps, times: int, **values: str) -> None:
    """A stranger's wrong passwords, each from an address of its own unless `caller` is given."""
    for i in range(times):
        caller = Caller(**{"ip": f"2001:db8:{i:x}::1"} | values)
        with pytest.raises(NotSignedIn):
            await signing_in.login(deps, email="anna@example.com", password="guess", caller=caller)


async def test_strangers_do_not_lock_out_a_browser_that_has_signed_in_before(deps: Deps) -> None:
    known = (await register(deps)).browser
    await guess(deps, 25)
    elsewhere = Caller("203.0.113.1", browser=known)
    started = await signing_in.login(
        deps, email="anna@example.com", password=PASSWORD, caller=elsewhere
    )
    assert started.user.email == "anna@example.com"
    with pytest.raises(TooManyRequests):  # as before for every other browser
        await login(deps, "anna@example.com")


async def test_nor_does_a_stranger_of_the_same_network(deps: Deps) -> None:
    known = (await register(deps)).browser
    for i in range(25):
        with pytest.raises(NotSignedIn):
            await login(deps, f"somebody{i}@example.com")
    with pytest.raises(TooManyRequests):
        await login(deps, "anna@example.com")
    here = dataclasses.replace(CALLER, browser=known)
    await signing_in.login(deps, email="anna@example.com", password=PASSWORD, caller=here)


async def test_a_known_browser_is_held_up_by_its_own_guesses(deps: Deps) -> None:
    known = (await register(deps)).browser
    await guess(deps, 25, browser=known)
    with pytest.raises(TooManyRequests):
        await signing_in.login(
            deps,
            email="anna@example.com",
            password=PASSWORD,
            caller=Caller("203.0.113.1", browser=known),
        )
    await login(deps, "anna@example.com")  # which costs no other browser anything


async def test_a_browser_is_known_to_the_accounts_it_signed_in_to_only(deps: Deps) -> None:
    await register(deps)
    berts = (await register(deps, "bert@example.com")).browser
    forged = f"{berts[:-1]}{'A' if berts[-1] != 'A' else 'B'}"
    await guess(deps, 25)
    for browser in (berts, forged, "", "x", "a.b.c", "é" * 40, berts * 50):
        with pytest.raises(TooManyRequests):
            await signing_in.login(
                deps,
                email="anna@example.com",
                password=PASSWORD,
                caller=Caller("203.0.113.1", browser=browser),
            )


async def test_a_browser_that_several_share_is_known_to_each(deps: Deps) -> None:
    browser, names = "", [f"m{i}@example.com" for i in range(devices.ACCOUNTS + 1)]
    async with deps.transaction() as session:
        ids = [(await make_user(session, email=name)).id for name in names]
    for name in names:
        caller = Caller("192.0.2.7", browser=browser)
        browser = (
            await signing_in.login(deps, email=name, password=PASSWORD, caller=caller)
        ).browser
    known = [devices.known(deps.secret, browser, id) for id in ids]
    assert known[0] is None  # the one that was here longest ago made room
    assert len(set(known[1:])) == 1
    assert known[1]


async def test_a_new_password_makes_the_browser_known(deps: Deps) -> None:
    """So do browsers that signed in before there was such a cookie."""
    here = await register(deps)
    started = await signing_in.change_password(
        deps,
        user_id=here.user.id,
        session_id=here.id,
        current=PASSWORD,
        new=NEW,
        caller=CALLER,
    )
    assert devices.known(deps.secret, started.browser, here.user.id)


@pytest.mark.parametrize("prefix", ["2001:db8:7:{:x}::1", "2001:db8:{:x}::1"])
async def test_a_whole_site_and_everybody_together_are_throttled(
    deps: Deps, monkeypatch: pytest.MonkeyPatch, prefix: str
) -> None:
    """Whoever has a /48, or many of them, tries other accounts from other networks each time."""
    limit = "site" if prefix.startswith("2001:db8:7") else "everybody"
    few = dataclasses.replace(getattr(rate_limits.LOGIN, limit), attempts=30)
    monkeypatch.setattr(
        rate_limits, "LOGIN", dataclasses.replace(rate_limits.LOGIN, **{limit: few})
    )
    known = (await register(deps)).browser
    for i in range(30):
        caller = Caller(prefix.format(i))
        with pytest.raises(NotSignedIn):
            await signing_in.login(deps, email=f"m{i}@example.com", password="guess", caller=caller)
    attacker = Caller(prefix.format(99))
    with pytest.raises(TooManyRequests):
        await signing_in.login(deps, email="m99@example.com", password="guess", caller=attacker)
    await signing_in.login(
        deps,
        email="anna@example.com",
        password=PASSWORD,
        caller=dataclasses.replace(attacker, browser=known),
    )


async def test_who_is_invited_gets_in_while_strangers_register(
    deps: Deps, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = dataclasses.replace(rate_limits.REGISTER.everybody, attempts=1)
    monkeypatch.setattr(
        rate_limits, "REGISTER", dataclasses.replace(rate_limits.REGISTER, everybody=one)
    )
    await register(deps, "bert@example.com")
    with pytest.raises(TooManyRequests):
        await register(deps)
    async with deps.transaction() as session:
        link = await one_time_links.create(
            session, deps, purpose="invite", email="anna@example.com"
        )
    await register(deps, token=token_of(link))


async def test_the_network_is_throttled(deps: Deps) -> None:
    for i in range(5):
        await register(deps, f"m{i}@example.com", caller=Caller(f"2001:db8::{i}"))
    with pytest.raises(TooManyRequests):
        await register(deps, "m6@example.com", caller=Caller("2001:db8::ffff"))
    await register(deps, "m7@example.com", caller=Caller("2001:db8:0:1::1"))


async def test_a_member_signs_in_in_the_middle_of_an_attack(live_deps: Deps) -> None:
    known = (await register(live_deps)).browser
    here = dataclasses.replace(CALLER, browser=known)
    strangers = [
        signing_in.login(
            live_deps, email="anna@example.com", password="guess", caller=Caller(f"198.51.100.{i}")
        )
        for i in range(40)
    ]
    member = signing_in.login(live_deps, email="anna@example.com", password=PASSWORD, caller=here)
    *refused, started = await asyncio.gather(*strangers, member, return_exceptions=True)
    assert Counter(map(type, refused)) == {NotSignedIn: 25, TooManyRequests: 15}
    assert isinstance(started, NewSession)
