"""Password rules, and that every character counts."""

import pytest
from passlib.context import CryptContext

from services.accounts import passwords
from services.errors import Invalid

LONG = "correct horse battery staple, " * 4  # 120 characters


async def test_every_character_counts() -> None:
    stored = await passwords.hashed(LONG)
    assert (await passwords.verify(LONG, stored)).correct
    assert not (await passwords.verify(LONG[:72], stored)).correct
    assert not (await passwords.verify(LONG[:-1], stored)).correct


async def test_a_thousand_characters_and_every_script() -> None:
    longest = "p\u00e4ssw\u00f6rd \u5bc6\u7801 \U0001f511 " * 71
    longest = longest.ljust(passwords.MAXIMUM, "x")[: passwords.MAXIMUM]
    passwords.check(longest)
    stored = await passwords.hashed(longest)
    assert (await passwords.verify(longest, stored)).correct
    assert not (await passwords.verify(longest[:-1] + "y", stored)).correct


async def test_keyboards_that_compose_differently_mean_the_same() -> None:
    stored = await passwords.hashed("cafe\u0301 au lait")
    assert (await passwords.verify("caf\u00e9 au lait", stored)).correct


async def test_new_hashes_take_twelve_rounds() -> None:
    assert "r=12$" in await passwords.hashed("four quiet words here")
    assert not passwords._context.needs_update(passwords.DUMMY_HASH)


async def test_plain_bcrypt_is_replaced_at_the_next_login() -> None:
    old = CryptContext(schemes=["bcrypt"], bcrypt__rounds=4).hash("four quiet words")
    verdict = await passwords.verify("four quiet words", old)
    assert verdict.correct
    assert verdict.new_hash
    assert verdict.new_hash.startswith("$bcrypt-sha256$")
    assert not (await passwords.verify("x" * 100, old)).correct  # bcrypt itself would raise


@pytest.mark.parametrize("odd", ["a\0bcdefgh", "\ud800 lone half", "\u202e reversed"])
async def test_odd_characters_never_break_it(odd: str) -> None:
    stored = await passwords.hashed(odd)
    assert (await passwords.verify(odd, stored)).correct


@pytest.mark.parametrize(
    "password",
    [
        "",
        "1234567",
        "x" * 1001,
        "password1",
        "PASSWORD1",
        "iloveyou1",
        "aaaaaaaaaaaa",
        "anna@example.com",
        "Anna.Berg",
    ],
)
def test_refused(password: str) -> None:
    email = "anna.berg@example.com" if password == "Anna.Berg" else "anna@example.com"
    with pytest.raises(Invalid) as refusal:
        passwords.check(password, email=email)
    assert refusal.value.details == {"field": "password"}


@pytest.mark.parametrize(
    "password", ["kind lamp", "all lower case letters", "81649317", "x" * 998 + "yz"]
)
def test_no_rules_of_composition(password: str) -> None:
    passwords.check(password, email="anna@example.com")
