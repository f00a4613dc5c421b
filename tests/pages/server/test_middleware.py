"""What every request passes: headers, who is asking, other sites, addresses."""

import dataclasses
import logging
import re

import httpx
import pytest
from nicegui import app
from sqlalchemy import select

from db.models import Session, User
from pages.server import middleware
from services.deps import Deps
from services.settings import Settings
from tests.accounts import member, program, sign_in
from tests.builders import PASSWORD
from tests.serving import browser, serving

PRIVATE = ["/dashboard", "/studio", "/gallery", "/account", "/models/new", "/account/export"]
PRIVATE_API = ["/api/auth/me", "/api/generations", "/api/albums", "/api/shares"]


async def test_headers_of_a_page(api: httpx.AsyncClient) -> None:
    page = await api.get("/login")
    policy = dict(d.split(" ", 1) for d in page.headers["content-security-policy"].split("; "))
    assert policy["object-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert policy["default-src"] == "'self'"
    assert "unsafe-inline" not in policy["script-src"]
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["referrer-policy"] == "same-origin"
    assert page.headers["cache-control"] == "no-store"
    assert "strict-transport-security" not in page.headers


async def test_every_script_carries_a_fresh_nonce(api: httpx.AsyncClient) -> None:
    nonces = set()
    for _ in range(2):
        page = await api.get("/login")
        (nonce,) = re.findall(r"'nonce-([^']+)'", page.headers["content-security-policy"])
        assert set(re.findall(r"<script(?:[^>]*? nonce=\"([^\"]*)\")?", page.text)) == {nonce}
        nonces.add(nonce)
    assert len(nonces) == 2


async def test_a_reference_on_every_answer(api: httpx.AsyncClient) -> None:
    for path in ("/login", "/nowhere", "/api/auth/me", "/api/nowhere"):
        answer = await api.get(path, headers={"x-request-id": "forged"})
        assert re.fullmatch(r"[0-9a-f]{16}", answer.headers["x-request-id"])


@pytest.mark.parametrize("path", PRIVATE)
async def test_visitors_are_sent_to_the_login_and_back(api: httpx.AsyncClient, path: str) -> None:
    answer = await api.get(f"{path}?a=1&b=2")
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/login?next={path}%3Fa%3D1%26b%3D2"


@pytest.mark.parametrize("path", PRIVATE_API)
async def test_programs_are_told_to_sign_in(api: httpx.AsyncClient, path: str) -> None:
    for headers in ({}, {"Authorization": "Bearer lk_guess"}, {"Authorization": "Basic YTpi"}):
        answer = await api.get(path, headers=headers)
        assert answer.status_code == 401
        assert answer.json()["error"] == "NotSignedIn"
        assert answer.headers["www-authenticate"] == "Bearer"


async def test_what_does_not_exist_is_404_for_all(api: httpx.AsyncClient, deps: Deps) -> None:
    await sign_in(deps, visitor := browser(), await member(deps))
    for client in (api, visitor):
        page = await client.get("/nowhere")
        assert page.status_code == 404
        assert page.headers["x-request-id"] in page.text
        answer = await client.get("/api/nowhere")
        assert (answer.status_code, answer.json()["error"]) == (404, "NotFound")
    await visitor.aclose()


async def test_a_key_opens_the_api_and_no_page(api: httpx.AsyncClient, deps: Deps) -> None:
    user = await member(deps)
    async with await program(deps, user) as client:
        assert (await client.get("/api/auth/me")).json()["id"] == str(user.id)
        assert (await client.get("/account")).status_code == 303


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 201),
        ({"origin": "http://test", "sec-fetch-site": "same-origin"}, 201),
        ({"sec-fetch-site": "none"}, 201),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "http://test.evil.example"}, 403),
        ({"origin": "null"}, 403),
    ],
)
async def test_other_sites_change_nothing(
    api: httpx.AsyncClient, deps: Deps, headers: dict[str, str], status: int
) -> None:
    await sign_in(deps, api, await member(deps))
    answer = await api.post("/api/albums", json={"name": "Holiday"}, headers=headers)
    assert answer.status_code == status, answer.text
    albums = (await api.get("/api/albums", headers=headers)).json()["items"]
    assert len(albums) == (status == 201)  # reading is not refused: the browser hides the answer


@pytest.mark.parametrize("path", ["/login", "/register", "/logout", "/account/password"])
async def test_forms_of_other_sites_are_refused(api: httpx.AsyncClient, path: str) -> None:
    answer = await api.post(path, data={"email": "a"}, headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403
    assert "another site" in answer.text


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded"])
async def test_json_routes_take_no_forms(api: httpx.AsyncClient, deps: Deps, kind: str) -> None:
    await sign_in(deps, api, await member(deps))
    answer = await api.post(
        "/api/albums", content=b'{"name": "Holiday"}', headers={"content-type": kind}
    )
    assert (answer.status_code, answer.json()["error"]) == (415, "WrongType")


async def test_an_error_is_a_reference_and_no_detail(
    api: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    @app.get("/share/broken")
    def broken() -> None:
        raise RuntimeError("the database password is hunter2")

    with caplog.at_level(logging.CRITICAL, logger="likeness.errors"):
        page = await api.get("/share/broken")
    assert page.status_code == 500
    assert page.headers["x-request-id"] in page.text
    assert "content-security-policy" in page.headers
    assert "hunter2" not in page.text


def with_settings(deps: Deps, **values: object) -> Deps:
    settings: Settings = deps.settings.model_copy(update=values)
    return dataclasses.replace(deps, settings=settings)


@pytest.mark.parametrize(
    ("public_url", "name", "flags"),
    [
        ("https://likeness.example", "__Host-likeness", {"secure", "httponly", "samesite=lax"}),
        (None, "likeness", {"httponly", "samesite=lax"}),
    ],
)
async def test_the_cookie(deps: Deps, public_url: str | None, name: str, flags: set[str]) -> None:
    user = await member(deps)
    async with serving(with_settings(deps, public_url=public_url)) as web:
        form = {"email": user.email, "password": PASSWORD}
        answer = await web.http_client.post("/login", data=form)
        cookie, *rest = answer.headers["set-cookie"].split("; ")
        attributes = {a.lower() for a in rest}
        assert cookie.startswith(f"{name}=")
        assert attributes & {"secure", "httponly", "samesite=lax"} == flags
        assert "path=/" in attributes
        assert not any(a.startswith("domain") for a in attributes)
        assert ("strict-transport-security" in answer.headers) == bool(public_url)


async def test_over_https_a_plain_cookie_counts_for_nothing(deps: Deps) -> None:
    user = await member(deps)
    async with serving(with_settings(deps, public_url="https://likeness.example")) as web:
        await sign_in(deps, web.http_client, user)  # by the plain name
        assert (await web.http_client.get("/api/auth/me")).status_code == 401


@pytest.mark.parametrize(
    ("proxies", "peer", "forwarded", "seen"),
    [
        ("127.0.0.1", "192.0.2.7", "203.0.113.9", "192.0.2.7"),
        ("127.0.0.1", "127.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("127.0.0.1", "127.0.0.1", "6.6.6.6, 203.0.113.9", "203.0.113.9"),
        ("10.0.0.0/8", "10.1.2.3", "6.6.6.6, 203.0.113.9, 10.9.9.9", "203.0.113.9"),
        ("", "127.0.0.1", "203.0.113.9", "127.0.0.1"),
    ],
)
async def test_addresses_are_believed_of_trusted_proxies_only(
    deps: Deps, proxies: str, peer: str, forwarded: str, seen: str
) -> None:
    user = await member(deps)
    async with serving(with_settings(deps, trusted_proxies=proxies), host=peer) as web:
        await web.http_client.post(
            "/login",
            data={"email": user.email, "password": PASSWORD},
            headers={"x-forwarded-for": forwarded},
        )
        async with deps.transaction() as session:
            assert (await session.scalars(select(Session.ip))).all() == [seen]


async def test_forged_addresses_do_not_escape_the_throttle(api: httpx.AsyncClient) -> None:
    answers = [
        await api.post(
            "/api/auth/login",
            json={"email": f"m{i}@example.com", "password": "guess"},
            headers={"x-forwarded-for": f"198.51.100.{i}"},
        )
        for i in range(26)
    ]
    assert [a.status_code for a in answers] == [401] * 25 + [429]
    assert 0 < int(answers[-1].headers["retry-after"]) <= 300


async def test_whatever_exists_asks_visitors_to_sign_in(api: httpx.AsyncClient) -> None:
    """A new page or route is private unless the middleware names it."""
    someone = "00000000-0000-4000-8000-000000000001"
    tried = 0
    for path in _addresses():
        if middleware.PUBLIC.match(path) or middleware.STATIC.match(path):
            continue
        answer = await api.get(re.sub(r"{[^}]*}", someone, path))
        tried += 1
        signed_out = answer.headers.get("location", "").startswith("/login?next=")
        assert answer.status_code == 401 if path.startswith("/api/") else signed_out, path
    assert tried > 25


def _addresses() -> set[str]:
    """The path of every route, those of included routers as well."""
    found = set()
    for route in app.routes:
        inner = getattr(route, "original_router", None)
        for each in inner.routes if inner else [route]:
            found.add(getattr(each, "path_format", getattr(each, "path", "")))
    return {path for path in found if path.startswith("/") and not path.startswith("/_nicegui")}


@pytest.mark.parametrize("origin", ["http://[::1", "null", "file://", "//", "http://test.evil"])
async def test_an_origin_that_is_no_address_of_ours_is_refused(
    api: httpx.AsyncClient, deps: Deps, origin: str
) -> None:
    await sign_in(deps, api, await member(deps))
    answer = await api.post("/api/albums", json={"name": "x"}, headers={"Origin": origin})
    assert (answer.status_code, answer.json()["error"]) == (403, "Forbidden")


async def test_an_origin_proves_nothing_where_the_host_is_empty(
    api: httpx.AsyncClient, deps: Deps
) -> None:
    await sign_in(deps, api, await member(deps))
    headers = {"Origin": "null", "Host": ""}
    answer = await api.post("/api/albums", json={"name": "x"}, headers=headers)
    assert answer.status_code == 403


@pytest.mark.parametrize("others", ['prefs={"a":"b"}', "a b=c; x", 'q="', "é=1; ;;="])
async def test_cookies_of_other_programs_sign_nobody_out(
    api: httpx.AsyncClient, deps: Deps, others: str
) -> None:
    await sign_in(deps, api, await member(deps))
    cookie = f"{others}; likeness={api.cookies['likeness']}; last={{1}}"
    answer = await api.get("/api/auth/me", headers={b"Cookie": cookie.encode()})
    assert answer.status_code == 200


async def test_a_proxys_own_password_is_no_key_of_ours(api: httpx.AsyncClient, deps: Deps) -> None:
    await sign_in(deps, api, user := await member(deps))
    answer = await api.get("/api/auth/me", headers={"Authorization": "Basic YTpi"})
    assert answer.json()["id"] == str(user.id)


OURS = ["photos.example.com", "PHOTOS.example.com:8080", "photos.example.com.", "localhost:1"]
OURS += ["127.0.0.1", "192.168.1.5:8080", "[::1]:8080", "[fe80::1]", "nas", "a.b.example.org", ""]
OTHERS = ["evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1.evil.example"]
OTHERS += ["photos.example.com.evil.example", "photos.example.com@evil.example", "example.org"]
OTHERS += [
    "xphotos.example.com",
    "evilexample.org",
    "127.0.0.1/evil",
    "0x7f.1",
    "[evil]",
    "nas nas",
]
OTHERS += ["localhost:80:80", "test"]
REACHED = {"public_url": "https://photos.example.com", "allowed_hosts": "nas, *.example.org"}
ANNA = {"email": "anna@example.com", "password": "four quiet words here"}


async def test_a_name_has_to_be_known(deps: Deps) -> None:
    """A page of a site whose name points here would be of our origin."""
    async with serving(with_settings(deps, **REACHED)) as web:
        for host in OURS:
            answer = await web.http_client.get("/login", headers={"Host": host})
            assert answer.status_code == 200, host
        for host in OTHERS:
            for path in ("/login", "/healthz", "/api/auth/me", "/nowhere"):
                answer = await web.http_client.get(path, headers={"Host": host})
                assert answer.status_code == 421, host
        assert "ALLOWED_HOSTS" in answer.text
        assert "content-security-policy" in answer.headers
        headers = {"Host": "evil.example"}
        answer = await web.http_client.post("/api/auth/register", json=ANNA, headers=headers)
        assert (answer.status_code, answer.json()["error"]) == (421, "Misdirected")
    async with deps.transaction() as session:
        assert (await session.scalars(select(User.id))).all() == []


@pytest.mark.parametrize(
    ("host", "origin", "status"),
    [
        ("photos.example.com", "https://photos.example.com", 201),
        ("10.0.0.2:8080", "https://photos.example.com", 201),  # as a proxy may send it
        ("10.0.0.2:8080", "https://nas", 201),
        ("10.0.0.2:8080", "http://10.0.0.2:8080", 201),
        ("10.0.0.2:8080", "http://10.0.0.2:9000", 403),
        ("10.0.0.2:8080", "http://10.0.0.3:8080", 403),
        ("nas:8080", "http://nas:9000", 403),
        ("localhost:8080", "http://localhost:3000", 403),
        ("photos.example.com", "https://evil.example", 403),
        ("evil.example", "https://evil.example", 421),
    ],
)
async def test_a_page_writes_from_this_host_or_a_known_name(
    deps: Deps, host: str, origin: str, status: int
) -> None:
    async with serving(with_settings(deps, **REACHED)) as web:
        web.http_client.headers["Host"] = host
        async with await program(deps, await member(deps)) as client:
            answer = await client.post(
                "/api/albums", json={"name": "x"}, headers={"Host": host, "Origin": origin}
            )
    assert answer.status_code == status
