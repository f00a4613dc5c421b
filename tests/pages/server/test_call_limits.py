"""What a caller sees of the limits: headers, a refusal in the API's shape, and words in pages."""

import dataclasses
from collections.abc import AsyncIterator
from contextlib import suppress
from uuid import UUID

import httpx
import pytest
from nicegui.testing import User as Visitor
from sqlalchemy import func, select
from starlette.types import Message, Receive, Scope, Send

from db.models import Generation, User
from pages.server.call_limits import CallLimits, act_of
from services.accounts import users
from services.deps import Deps
from services.errors import TooManyRequests
from services.limits.calls import Asking, Calls
from services.limits.policy import FIGURES, Act
from tests.accounts import member, program, sign_in
from tests.builders import make_generation
from tests.programs import REPOSITORY
from tests.serving import browser, serving
from tests.studio import Studio

JSON = {"Accept": "application/json"}


@pytest.fixture
def limited(live_deps: Deps) -> Deps:
    """Deps of a process that limits calls; its clock stands."""
    calls = Calls(secret=live_deps.secret, reading=live_deps.reading, now=live_deps.now)
    return dataclasses.replace(live_deps, calls=calls)


@pytest.fixture
async def web(limited: Deps) -> AsyncIterator[Visitor]:
    async with serving(limited) as visitor:
        yield visitor


@pytest.mark.parametrize(
    ("method", "path", "act"),
    [
        ("POST", "/api/generate", Act.GENERATE),
        ("POST", "/api/packs/headshots/run", Act.GENERATE),
        ("POST", "/api/generate/5/cancel", Act.WRITES),
        ("GET", "/api/generate/5", Act.READS),
        ("POST", "/api/models", Act.MODELS),
        ("POST", "/api/models/5/train", Act.MODELS),
        ("POST", "/api/models/5/images", Act.UPLOADS),
        ("GET", "/api/models/5/images", Act.READS),
        ("POST", "/api/shares", Act.SHARES),
        ("GET", "/s/token", Act.READS),
        ("GET", "/s/token/5/thumb", Act.PICTURES),
        ("GET", "/api/images/5/file", Act.PICTURES),
        ("PATCH", "/api/images/5", Act.WRITES),
        ("POST", "/login", Act.SIGN_IN),
        ("GET", "/login", Act.READS),
        ("POST", "/api/auth/login", Act.SIGN_IN),
        ("POST", "/api/verify", Act.VERIFY),
        ("GET", "/gallery", Act.READS),
        ("GET", "/_nicegui_ws/socket.io/", Act.SOCKETS),
        ("GET", "/files/a/b.webp", None),
        ("GET", "/_nicegui/3.18.0/static/nicegui.js", None),
        ("GET", "/healthz", None),
    ],
)
def test_what_a_call_is_counted_as(method: str, path: str, act: Act | None) -> None:
    assert act_of({"type": "http", "method": method, "path": path}) is act


async def test_every_answer_says_what_is_left(limited: Deps, api: httpx.AsyncClient) -> None:
    await sign_in(limited, api, await member(limited))
    for left in (899, 898):
        answer = await api.get("/api/albums")
        named = [answer.headers[f"ratelimit-{name}"] for name in ("limit", "remaining", "reset")]
        assert named == ["900", str(left), "60"]
    assert "ratelimit-limit" in (await api.get("/nowhere")).headers
    assert "ratelimit-limit" not in (await api.get("/healthz")).headers


async def test_a_program_that_reads_too_much_is_told_when_to_go_on(
    limited: Deps, web: Visitor
) -> None:
    client = await program(limited, await member(limited))
    answers = [await client.get("/api/albums") for _ in range(452)]
    assert [a.status_code for a in answers] == [200] * 450 + [429] * 2
    refused = answers[-1]
    assert refused.json() == {
        "error": "TooManyRequests",
        "message": "That was too much at once: at most 450 requests fit into a minute. "
        "Try again in 61 seconds.",
        "details": {"retry_after": 61, "limit": 450},
    }
    headers = ("retry-after", "ratelimit-limit", "ratelimit-remaining", "ratelimit-reset")
    assert [refused.headers[name] for name in headers] == ["61", "450", "0", "61"]
    await client.aclose()


async def test_a_page_says_it_in_words(limited: Deps, api: httpx.AsyncClient) -> None:
    anna = await member(limited)
    await sign_in(limited, api, anna)
    spend(limited, Act.READS, Asking("192.0.2.7", anna.id))
    page = await api.get("/gallery", headers={"Accept": "text/html"})
    assert page.status_code == 429
    assert "One moment" in page.text
    assert "That was too much at once" in page.text
    assert page.headers["retry-after"] == "61"


async def test_another_member_goes_on_meanwhile(limited: Deps, api: httpx.AsyncClient) -> None:
    anna, bert = await member(limited), await member(limited)
    spend(limited, Act.READS, Asking("192.0.2.7", anna.id))
    await sign_in(limited, api, bert)
    assert (await api.get("/api/albums")).status_code == 200


async def test_a_guess_of_keys_meets_a_limit(limited: Deps, web: Visitor) -> None:
    async with browser("93.184.216.34") as stranger:
        stranger.headers["Authorization"] = "Bearer lk_wrong"
        answers = [await stranger.get("/api/albums") for _ in range(305)]
        limit = FIGURES[Act.REFUSED].address
        assert [a.status_code for a in answers] == [401] * limit + [429] * (305 - limit)
        del stranger.headers["Authorization"]
        assert (await stranger.get("/login")).status_code == 200


def spend(deps: Deps, act: Act, asking: Asking) -> None:
    """Use up what the caller has in a minute."""
    assert deps.calls
    with suppress(TooManyRequests):
        for _ in range(10_000):
            deps.calls.count(act, asking)


async def test_the_studio_says_it_in_words(limited: Deps, web: Visitor) -> None:
    studio = await Studio(limited).open(name="Anna", status="ready", engine="preview")
    key = {"user_id": studio.user_id, "user_model_id": studio.model_id}
    async with limited.transaction() as session:
        anna = await users.get(session, user_id=studio.user_id)
        earlier = (await make_generation(session, prompt="by the sea", **key)).id
    await sign_in(limited, web.http_client, anna)
    await web.open(f"/studio?again={earlier}")
    spend(limited, Act.GENERATE, Asking("192.0.2.7", studio.user_id))
    web.find(marker="make").click()
    await web.should_see("at most 30 requests for pictures fit into a minute")
    async with limited.reading() as session:
        assert await session.scalar(select(func.count(Generation.id))) == 1


async def test_the_documentation_names_the_headers(api: httpx.AsyncClient) -> None:
    document = (await api.get("/api/openapi.json")).json()
    answers = document["paths"]["/api/albums"]["get"]["responses"]
    assert set(answers["429"]["headers"]) == set(document["components"]["headers"])
    assert set(answers["429"]["headers"]) - set(answers["200"]["headers"]) == {"Retry-After"}
    assert "headers" not in answers["401"]


async def test_a_socket_too_many_is_closed(limited: Deps) -> None:
    anna = users.view(User(id=UUID(int=1), email="a@b.c", name="", role="member"))
    spend(limited, Act.SOCKETS, Asking("192.0.2.7", anna.id))
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def never(scope: Scope, receive: Receive, send: Send) -> None:
        raise AssertionError("it was let through")

    scope = {"type": "websocket", "path": "/_nicegui_ws/socket.io/", "client": ("192.0.2.7", 1)}
    await CallLimits(never, limited)(scope | {"state": {"user": anna}}, receive, send)
    assert sent == [{"type": "websocket.close", "code": 4429}]


def test_what_pages_do_is_counted_like_the_api() -> None:
    """A page that makes what the API counts has to count it, too."""
    counted = ("generations.create", "trainings.start", "share_links.create", "user_models.create")
    for module in (REPOSITORY / "pages").rglob("*.py"):
        source = module.read_text()
        if module.parent.name != "api" and any(name in source for name in counted):
            assert "count_in_page(" in source, module
