"""/login, /register, /reset: plain forms that lose nothing and tell nothing."""

import re
from urllib.parse import quote

import httpx
import pytest
from sqlalchemy import select

from db.models import User
from services.accounts import api_keys, one_time_links
from services.deps import Deps
from tests.accounts import member, sign_in
from tests.builders import PASSWORD
from tests.serving import browser

NASTY = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'; drop table users; --",
    "{{7*7}}${7*7}%s%n",
    "\u202egnp.exe",
    "null\0byte",
    "Z\u0351\u036b\u0343a\u0329l\u032dg\u0346o\u0305",
    "\U0001f469\u200d\U0001f469\u200d\U0001f467",
    "../../etc/passwd",
    "x" * 5000,
]


async def test_sign_in_and_out(api: httpx.AsyncClient, deps: Deps) -> None:
    user = await member(deps)
    answer = await api.post("/login", data={"email": user.email, "password": PASSWORD})
    assert (answer.status_code, answer.headers["location"]) == (303, "/dashboard")
    assert (await api.get("/login")).headers["location"] == "/dashboard"
    answer = await api.post("/logout")
    assert answer.headers["location"] == "/login"
    assert (await api.get("/api/auth/me")).status_code == 401


async def test_a_stranger_does_not_lock_a_member_out(api: httpx.AsyncClient, deps: Deps) -> None:
    """A browser that signed in before still does, by form and by API; another reads why not."""
    user = await member(deps)
    form = {"email": user.email, "password": PASSWORD}
    await api.post("/login", data=form)
    await api.post("/logout")
    for i in range(26):
        async with browser(f"198.51.100.{i}") as stranger:
            refused = await stranger.post("/login", data=form | {"password": "guess"})
    assert refused.status_code == 429
    assert "browser that you have used here before" in refused.text
    assert (await api.post("/login", data=form)).status_code == 303
    async with browser() as program:
        program.cookies = api.cookies
        assert (await program.post("/api/auth/login", json=form)).status_code == 200


async def test_the_browsers_cookie_is_out_of_reach_and_survives_signing_out(
    api: httpx.AsyncClient, deps: Deps
) -> None:
    user = await member(deps)
    answer = await api.post("/login", data={"email": user.email, "password": PASSWORD})
    (cookie,) = [c for c in answer.headers.get_list("set-cookie") if "likeness-browser" in c]
    assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))
    assert str(user.id) not in cookie
    await api.post("/logout")
    assert set(api.cookies) == {"likeness-browser"}


async def test_a_refusal_keeps_the_address_and_not_the_password(
    api: httpx.AsyncClient, deps: Deps
) -> None:
    user = await member(deps)
    bodies = []
    for email in (user.email, "nobody@example.com"):
        page = await api.post("/login", data={"email": email, "password": "my secret guess"})
        assert page.status_code == 401
        assert f'value="{email}"' in page.text
        assert "my secret guess" not in page.text
        assert 'aria-invalid="true"' in page.text
        text = page.text.replace(email, "ADDRESS")
        bodies.append(re.sub(r'nonce="[^"]*"|id="c\d+"', "", text))
    assert bodies[0] == bodies[1]


@pytest.mark.parametrize(
    ("target", "location"),
    [
        ("/studio?model=1", "/studio?model=1"),
        ("//evil.example", "/dashboard"),
        ("https://evil.example", "/dashboard"),
        ("/\\evil.example", "/dashboard"),
        ("javascript:alert(1)", "/dashboard"),
        ("/a\r\nSet-Cookie: x=1", "/dashboard"),
        ("", "/dashboard"),
    ],
)
async def test_next_leads_to_pages_of_ours(
    api: httpx.AsyncClient, deps: Deps, target: str, location: str
) -> None:
    user = await member(deps)
    assert (await api.get(f"/login?next={quote(target)}")).status_code == 200
    form = {"email": user.email, "password": PASSWORD, "next": target}
    assert (await api.post("/login", data=form)).headers["location"] == location


async def test_a_login_replaces_the_session_and_ignores_a_planted_one(
    api: httpx.AsyncClient, deps: Deps
) -> None:
    user = await member(deps)
    form, tokens = {"email": user.email, "password": PASSWORD}, ["planted-by-somebody-else"]
    for _ in range(2):
        api.cookies.clear()
        cookie = {"Cookie": f"likeness={tokens[-1]}"}
        answer = await api.post("/login", data=form, headers=cookie)
        tokens.append(answer.cookies["likeness"])
    assert len(set(tokens)) == 3
    statuses = []
    for token in tokens:
        api.cookies.clear()
        answer = await api.get("/api/auth/me", headers={"Cookie": f"likeness={token}"})
        statuses.append(answer.status_code)
    assert statuses == [401, 401, 200]


async def test_register_keeps_what_was_typed(api: httpx.AsyncClient) -> None:
    form = {"name": "Anna Berg", "email": "anna@example.com", "password": "short"}
    page = await api.post("/register", data=form)
    assert page.status_code == 400
    assert 'value="Anna Berg"' in page.text
    assert 'value="anna@example.com"' in page.text
    assert "Use at least 8 characters." in page.text


@pytest.mark.parametrize("nasty", NASTY)
async def test_nasty_texts(api: httpx.AsyncClient, nasty: str) -> None:
    for path in ("/login", "/register", "/reset"):
        fields = ("name", "email", "password", "token", "next")
        page = await api.post(path, data=dict.fromkeys(fields, nasty))
        assert page.status_code in {400, 401, 403, 422, 429}, (path, page.status_code)
        assert "<script>alert" not in page.text
        assert "<img src=x" not in page.text


async def test_role_and_credits_are_ignored(api: httpx.AsyncClient, deps: Deps) -> None:
    body = {"email": "anna@example.com", "password": "four quiet words", "role": "admin"}
    answer = await api.post("/api/auth/register", json=body | {"plan": "pro", "credits": 9})
    assert answer.json()["role"] == "member"
    await api.post("/register", data=body | {"email": "bert@example.com"})
    async with deps.transaction() as session:
        assert set((await session.execute(select(User.role, User.plan))).all()) == {
            ("member", None)
        }


async def test_reset_by_the_administrators_link(api: httpx.AsyncClient, deps: Deps) -> None:
    user = await member(deps)
    assert "Ask the administrator" in (await api.get("/reset")).text
    async with deps.transaction() as session:
        link = await one_time_links.create(session, deps, purpose="password_reset", user_id=user.id)
    path = link.removeprefix(deps.settings.base_url)
    assert "Set a new password" in (await api.get(path)).text
    token = path.partition("token=")[2]
    page = await api.post("/reset", data={"token": token, "password": "password1"})
    assert "first that are tried" in page.text
    page = await api.post("/reset", data={"token": token, "password": "a new quiet sentence"})
    assert page.headers["location"] == "/dashboard"
    assert (await api.get("/api/auth/me")).json()["id"] == str(user.id)
    assert "used already" in (await api.get(path)).text


async def test_a_reset_offers_to_revoke_the_keys(api: httpx.AsyncClient, deps: Deps) -> None:
    user = await member(deps)
    async with deps.transaction() as session:
        made = [
            await api_keys.create(session, deps, user_id=user.id, name=name) for name in ("a", "b")
        ]
        link = await one_time_links.create(session, deps, purpose="password_reset", user_id=user.id)
    path = link.removeprefix(deps.settings.base_url)
    assert "Revoke my 2 API keys as well" in (await api.get(path)).text
    form = {"token": path.partition("token=")[2], "password": "a new quiet sentence"}
    page = await api.post("/reset", data=form | {"revoke_keys": "on"})
    assert page.headers["location"] == "/dashboard"
    async with browser() as program:
        for _, key in made:
            headers = {"Authorization": f"Bearer {key}"}
            assert (await program.get("/api/auth/me", headers=headers)).status_code == 401


async def test_change_password_on_the_account_page(api: httpx.AsyncClient, deps: Deps) -> None:
    user = await member(deps)
    await sign_in(deps, api, user)
    form = {"current": "wrong", "password": "a new quiet sentence"}
    answer = await api.post("/account/password", data=form)
    assert answer.headers["location"] == "/account?problem=current#password"
    answer = await api.post("/account/password", data=form | {"current": PASSWORD})
    assert answer.headers["location"] == "/account?said=password#password"
    assert (await api.get("/api/auth/me")).status_code == 200
