"""The plumbing of all routes: idempotency, one transaction, error shapes, documentation."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from jsonschema import Draft202012Validator

from services.deps import Deps
from services.kit import idempotency
from tests.accounts import member, program, sign_in
from tests.serving import browser, serving

KEY = {"Idempotency-Key": "one"}
JSON = {"Content-Type": "application/json"}


async def names(client: httpx.AsyncClient) -> list[str]:
    return [album["name"] for album in (await client.get("/api/albums")).json()["items"]]


async def test_a_repeat_gets_the_first_answer(api: httpx.AsyncClient, deps: Deps) -> None:
    await sign_in(deps, api, await member(deps))
    first, again = [
        await api.post("/api/albums", json={"name": "Holiday"}, headers=KEY) for _ in range(2)
    ]
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert again.headers["idempotency-replayed"] == "true"
    assert await names(api) == ["Holiday"]


async def test_another_request_under_the_key_is_refused(api: httpx.AsyncClient, deps: Deps) -> None:
    await sign_in(deps, api, await member(deps))
    await api.post("/api/albums", json={"name": "Holiday"}, headers=KEY)
    other = await api.post("/api/albums", json={"name": "Work"}, headers=KEY)
    assert (other.status_code, other.json()["error"]) == (409, "Conflict")
    assert "another request" in other.json()["message"]
    assert await names(api) == ["Holiday"]


@pytest.mark.parametrize("kind", ["application/json", "application/JSON", "Application/Json"])
async def test_the_key_belongs_to_the_body_however_its_type_is_written(
    api: httpx.AsyncClient, deps: Deps, kind: str
) -> None:
    """Two bodies of the same length."""
    await sign_in(deps, api, await member(deps))
    headers = KEY | {"Content-Type": kind}
    first, other, again = [
        await api.post("/api/albums", content=body, headers=headers)
        for body in (b'{"name": "Anna"}', b'{"name": "Bert"}', b'{"name": "Anna"}')
    ]
    assert [a.status_code for a in (first, other, again)] == [201, 409, 201]
    assert again.json() == first.json()
    assert await names(api) == ["Anna"]


async def test_a_refused_request_may_be_sent_again(api: httpx.AsyncClient, deps: Deps) -> None:
    await sign_in(deps, api, await member(deps))
    refused = await api.post("/api/albums", json={"name": " "}, headers=KEY)
    assert refused.status_code == 400
    mended = await api.post("/api/albums", json={"name": "Holiday"}, headers=KEY)
    assert mended.status_code == 201


async def test_one_members_key_is_not_anothers(api: httpx.AsyncClient, deps: Deps) -> None:
    await sign_in(deps, api, await member(deps))
    await api.post("/api/albums", json={"name": "Hers"}, headers=KEY)
    async with await program(deps, await member(deps)) as other:
        answer = await other.post("/api/albums", json={"name": "His"}, headers=KEY)
        assert answer.status_code == 201
        assert await names(other) == ["His"]


async def test_an_empty_answer_is_repeated_too(api: httpx.AsyncClient, deps: Deps) -> None:
    await sign_in(deps, api, await member(deps))
    album = (await api.post("/api/albums", json={"name": "Holiday"})).json()["id"]
    answers = [await api.delete(f"/api/albums/{album}", headers=KEY) for _ in range(2)]
    assert [a.status_code for a in answers] == [204, 204]
    assert answers[1].content == b""


async def test_ten_repeats_at_once_do_it_once(live_deps: Deps) -> None:
    user = await member(live_deps)
    async with serving(live_deps), await program(live_deps, user) as client:
        answers = await asyncio.gather(
            *(client.post("/api/albums", json={"name": "Holiday"}, headers=KEY) for _ in range(10))
        )
        assert {a.status_code for a in answers} == {201}
        assert len({a.json()["id"] for a in answers}) == 1
        assert await names(client) == ["Holiday"]


async def test_what_failed_is_undone_and_not_remembered(
    live_deps: Deps, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The work and its remembered answer commit together, or neither does."""
    user = await member(live_deps)
    async with serving(live_deps), await program(live_deps, user) as client:

        async def crash(*_: object, **__: object) -> None:
            raise RuntimeError("the power went")

        keep = idempotency.keep
        monkeypatch.setattr(idempotency, "keep", crash)
        failed = await client.post("/api/albums", json={"name": "Holiday"}, headers=KEY)
        assert failed.status_code == 500
        assert await names(client) == []
        monkeypatch.setattr(idempotency, "keep", keep)
        again = await client.post("/api/albums", json={"name": "Holiday"}, headers=KEY)
        assert again.status_code == 201
        assert await names(client) == ["Holiday"]


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        (b"{", 422, "Malformed"),
        (b'{"name": 1}', 422, "Malformed"),
        (b"{}", 422, "Malformed"),
        (b'{"name": "a\\u0000b"}', 422, "Malformed"),
        (b'{"name": "\\ud800"}', 422, "Malformed"),
        (b'{"name": " "}', 400, "Invalid"),
    ],
)
async def test_refusals_have_one_shape(
    api: httpx.AsyncClient, deps: Deps, body: bytes, status: int, error: str
) -> None:
    await sign_in(deps, api, await member(deps))
    headers = {"content-type": "application/json"}
    answer = await api.post("/api/albums", content=body, headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert set(answer.json()) == {"error", "message", "details"}


async def test_a_written_backslash_is_no_null_character(api: httpx.AsyncClient, deps: Deps) -> None:
    await sign_in(deps, api, await member(deps))
    answer = await api.post("/api/albums", json={"name": "C:\\u0000"})
    assert answer.status_code == 201


async def test_every_method_of_an_address_is_named(api: httpx.AsyncClient) -> None:
    answer = await api.put("/api/auth/login", json={})
    assert answer.status_code in {401, 405}
    answer = await api.get("/api/auth/login")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"


# Their calls need no Idempotency-Key, so it can't be another call's.
OF_WORKERS: dict[str, list[str]] = {"WorkerKey": []}


async def test_the_documentation_is_true_openapi(api: httpx.AsyncClient) -> None:
    document = (await api.get("/api/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    for path, item in document["paths"].items():
        for method, operation in item.items():
            assert operation["operationId"], path
            assert operation.get("description") or operation.get("summary"), path
            responses = operation["responses"]
            assert any(status[0] in "23" for status in responses), path
            for status in ("400", "401", "403", "422", "429"):
                schema = responses[status]["content"]["application/json"]["schema"]
                assert schema == {"$ref": "#/components/schemas/ErrorBody"}, path
            called = operation.get("security", [])
            if called and method != "get" and OF_WORKERS not in called:
                assert "409" in responses, path
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


async def test_the_reference_needs_no_other_host(api: httpx.AsyncClient) -> None:
    page = (await api.get("/api/docs")).text
    assert "/api/auth/me" in page
    assert "curl -X POST" in page
    assert 'src="http' not in page
    assert "cdn" not in page.lower()


async def test_me(api: httpx.AsyncClient, deps: Deps) -> None:
    user = await member(deps, name="Anna")
    async with await program(deps, user) as client:
        me = (await client.get("/api/auth/me")).json()
    assert me["name"] == "Anna"
    assert me["counts"] == {"models": 0, "images": 0}
    assert set(me["plan"]) == {"name", "title", "unlimited", "model_slots"}
    assert set(me["credits"]) == {"available", "held"}
    async with browser() as visitor:
        assert (await visitor.get("/api/auth/me")).status_code == 401


@pytest.mark.parametrize("route", ["/api/auth/login", "/api/albums"])
async def test_more_json_than_any_request_needs_is_not_taken_in(
    api: httpx.AsyncClient, deps: Deps, route: str
) -> None:
    await sign_in(deps, api, await member(deps))
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        yield b'{"name": "'
        while sent < 64:
            sent += 1
            yield b"a" * 2**20

    answer = await api.post(route, content=endless(), headers=JSON)
    assert (answer.status_code, answer.json()["error"]) == (413, "TooLarge")
    assert sent < 8


@pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data; boundary=x", "text/json"])
async def test_only_json_is_taken_for_json(api: httpx.AsyncClient, deps: Deps, kind: str) -> None:
    await sign_in(deps, api, await member(deps))
    for headers in ({"Content-Type": kind}, {}):
        answer = await api.post("/api/albums", content=b'{"name": "Holiday"}', headers=headers)
        assert (answer.status_code, answer.json()["error"]) == (415, "WrongType")
        assert answer.json()["message"].startswith("Send this as application/json")
    assert await names(api) == []


@pytest.mark.parametrize(
    "body",
    [
        '{"name": "a\\u0000b"}'.encode("utf-16"),
        b'{"name": "a\\\\\\u0000b"}',
        b'{"name": "a\\u0000b", "x":' + b"[" * 970 + b"]" * 970 + b"}",
    ],
)
async def test_no_way_of_writing_u0000_gets_through(
    api: httpx.AsyncClient, deps: Deps, body: bytes
) -> None:
    await sign_in(deps, api, await member(deps))
    answer = await api.post("/api/albums", content=body, headers=JSON)
    assert (answer.status_code, answer.json()["error"]) == (422, "Malformed")


async def test_a_backslash_before_u0000_is_only_text(api: httpx.AsyncClient, deps: Deps) -> None:
    await sign_in(deps, api, await member(deps))
    body = b'{"name": "\\\\u0000"}'
    assert (await api.post("/api/albums", content=body, headers=JSON)).status_code == 201


async def test_json_nested_beyond_all_measure_is_refused(
    api: httpx.AsyncClient, deps: Deps
) -> None:
    await sign_in(deps, api, await member(deps))
    deep = b'{"name": "\\\\u0000", "x":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    answer = await api.post("/api/albums", content=deep, headers=JSON)
    assert answer.status_code in {400, 422}
