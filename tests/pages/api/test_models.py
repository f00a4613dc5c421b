"""/api/models and /api/generate, as a program meets them."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import httpx
import pytest

from services.credits import ledger
from services.deps import Deps
from services.engines.base import RemoteState, RemoteStatus
from services.engines.preview.words.vocabulary import Vocabulary
from services.remote import progress_urls
from tests.doubles.engine import ScriptedEngine, images, picture
from tests.serving import browser, serving
from tests.studio import Studio

CONSENT = {"subject_is": "self", "text_version": "1"}
DRAFT: dict[str, Any] = {"name": "Me", "subject": "person", "consent": CONSENT}


@pytest.fixture
def engine() -> ScriptedEngine:
    return ScriptedEngine()


@pytest.fixture
async def client(live_deps: Deps) -> AsyncIterator[httpx.AsyncClient]:
    """A registered member; what they ask for is committed."""
    async with serving(live_deps) as user:
        await register(user.http_client, "anna")
        yield user.http_client


@pytest.fixture
async def studio(live_deps: Deps, client: httpx.AsyncClient) -> AsyncIterator[Studio]:
    """The same member's queue, to be worked."""
    studio = Studio(live_deps)
    studio.user_id = UUID((await client.get("/api/auth/me")).json()["id"])
    yield studio
    await studio.close()


async def register(client: httpx.AsyncClient, name: str) -> None:
    body = {"email": f"{name}@example.com", "password": "four quiet words here"}
    assert (await client.post("/api/auth/register", json=body)).status_code == 201


async def ready_model(studio: Studio) -> str:
    async with studio.deps.transaction() as session:
        return str(await studio.add_model(session, status="ready"))


async def test_a_draft_is_made_changed_listed_and_deleted(client: httpx.AsyncClient) -> None:
    made = await client.post("/api/models", json=DRAFT)
    assert made.status_code == 201
    model = made.json()
    assert (model["status"], model["photos"]) == ("draft", 0)
    assert model["quote"]["problem"] == "Add 10 more photos: a training takes 10 to 30."
    url = f"/api/models/{model['id']}"
    assert (await client.patch(url, json={"name": "Anna"})).json()["name"] == "Anna"
    page = (await client.get("/api/models")).json()
    assert ([item["name"] for item in page["items"]], page["next_cursor"]) == (["Anna"], None)
    assert (await client.post(f"{url}/train")).status_code == 409
    assert (await client.delete(url)).status_code == 204
    assert (await client.get(url)).status_code == 404


async def test_a_draft_needs_a_name_a_subject_and_consent(client: httpx.AsyncClient) -> None:
    refused: list[tuple[dict[str, Any], int]] = [
        (DRAFT | {"name": "  "}, 400),
        (DRAFT | {"consent": CONSENT | {"text_version": "0"}}, 400),
        (DRAFT | {"subject": "dog"}, 422),
        ({"name": "Me", "subject": "person"}, 422),
        (DRAFT | {"user_id": str(uuid4())}, 422),
    ]
    for body, status in refused:
        assert (await client.post("/api/models", json=body)).status_code == status, body


async def test_a_training_is_started_and_canceled(
    client: httpx.AsyncClient, studio: Studio
) -> None:
    async with studio.deps.transaction() as session:
        id = await studio.add_model(session)
    started = await client.post(f"/api/models/{id}/train")
    assert (started.status_code, started.json()["status"]) == (202, "queued")
    assert (await client.post(f"/api/models/{id}/train")).status_code == 409
    for _ in range(2):
        canceled = await client.post(f"/api/models/{id}/cancel")
        assert (canceled.status_code, canceled.json()["status"]) == (202, "canceled")
    assert (await client.get(f"/api/models/{id}/lora")).status_code == 409


async def test_images_are_asked_for_and_followed(
    client: httpx.AsyncClient, studio: Studio, engine: ScriptedEngine
) -> None:
    engine.on_submit.append(images(picture(), picture()))
    body = {"model_id": await ready_model(studio), "prompt": "at sea", "count": 2, "seed": 5}
    accepted = await client.post("/api/generate", json=body, headers={"Idempotency-Key": "k1"})
    again = await client.post("/api/generate", json=body, headers={"Idempotency-Key": "k1"})
    assert (accepted.status_code, accepted.json()["cost"]) == (202, 2)
    assert again.json() == accepted.json()
    id = accepted.json()["job_id"]
    await studio.ended(UUID(id))
    done = (await client.get(f"/api/generate/{id}")).json()
    assert (done["status"], [image["seed"] for image in done["images"]]) == ("succeeded", [5, 6])
    assert (await client.get("/api/generations/count")).json()["count"] == 2
    assert (await client.post(f"/api/generate/{id}/cancel")).status_code == 409


async def test_what_the_engine_understood_is_answered_and_kept_with_each_picture(
    client: httpx.AsyncClient, studio: Studio, engine: ScriptedEngine
) -> None:
    engine.words = Vocabulary()
    engine.is_(tag="Photo booth, no generative AI")
    engine.on_submit.append(images(picture()))
    prompt = "As an astronaut in a café at dawn"
    body = {"model_id": await ready_model(studio), "prompt": prompt, "count": 1}
    id = (await client.post("/api/generate", json=body)).json()["job_id"]
    engine.words = None  # another engine, or other words, by the time that it is made
    await studio.ended(UUID(id))
    expected = {
        "made_by": "Photo booth, no generative AI",
        "understood": [
            {"label": "café", "kind": "place", "word": "café"},
            {"label": "dawn", "kind": "light", "word": "dawn"},
        ],
        "not_understood": [
            {"word": "astronaut", "reason": "the booth can't dress you up; a real engine can"}
        ],
    }
    done = (await client.get(f"/api/generate/{id}")).json()
    assert {name: done[name] for name in expected} == expected
    recipe = (await client.get(f"/api/images/{done['images'][0]['id']}")).json()["recipe"]
    assert {name: recipe[name] for name in expected} == expected


async def test_pictures_that_could_not_follow_the_words_say_so(
    client: httpx.AsyncClient, studio: Studio, engine: ScriptedEngine
) -> None:
    engine.words, note = Vocabulary(), "The head is cut off."
    apart = {"note": note, "understood": []}
    model = await ready_model(studio)
    cases: list[tuple[list[dict[str, Any]], list[str], str | None]] = [
        ([{}, apart], ["café"], f"1 of 2 pictures: {note}"),
        ([apart, apart], [], note),
        ([{}, {}], ["café"], None),
    ]
    for recipes, understood, said in cases:
        files = images(picture(), picture())
        results = [replace(r, recipe=own) for r, own in zip(files.results, recipes, strict=True)]
        engine.on_submit.clear()
        engine.on_submit.append(replace(files, results=tuple(results)))
        body = {"model_id": model, "prompt": "in a café", "count": 2}
        id = (await client.post("/api/generate", json=body)).json()["job_id"]
        await studio.ended(UUID(id))
        view = (await client.get(f"/api/generate/{id}")).json()
        assert [term["label"] for term in view["understood"]] == understood
        assert view["note"] == said


async def test_an_engine_that_takes_any_words_says_nothing_of_them(
    client: httpx.AsyncClient, studio: Studio
) -> None:
    body = {"model_id": await ready_model(studio), "prompt": "As an astronaut in a café"}
    id = (await client.post("/api/generate", json=body)).json()["job_id"]
    view = (await client.get(f"/api/generate/{id}")).json()
    assert (view["understood"], view["not_understood"], view["made_by"]) == (None, None, "")


async def test_a_request_is_canceled(
    client: httpx.AsyncClient, studio: Studio, engine: ScriptedEngine
) -> None:
    engine.on_submit.append(RemoteStatus("r1", RemoteState.PENDING))
    body = {"model_id": await ready_model(studio), "prompt": "at sea"}
    id = (await client.post("/api/generate", json=body)).json()["job_id"]
    assert (await client.post(f"/api/generate/{id}/cancel")).json()["status"] == "canceled"


async def test_the_price_is_told_and_the_balance_kept(
    client: httpx.AsyncClient, studio: Studio
) -> None:
    await studio.execute("update users set plan = 'free'")
    async with studio.deps.transaction() as session:
        await ledger.grant_plan(session, user_id=studio.user_id)
    quote = (await client.get("/api/generate/quote?count=4")).json()
    assert (quote["credits"], quote["available"]) == (4, 3)
    body = {"model_id": await ready_model(studio), "prompt": "at sea", "count": 4}
    refused = await client.post("/api/generate", json=body)
    assert (refused.status_code, refused.json()["error"]) == (402, "InsufficientCredits")


async def test_the_engine_and_the_styles_are_told(client: httpx.AsyncClient) -> None:
    offer = (await client.get("/api/engine")).json()
    assert offer["engine"]["name"] == "scripted"
    assert offer["aspects"]["16:9"] == [1280, 720]
    styles = (await client.get("/api/styles")).json()["items"]
    assert len(styles) == 24
    noir = next(style for style in styles if style["id"] == "film-noir")
    assert (noir["medium"], noir["look"]) == ("photo", "black-and-white-film")
    assert noir["picture_url"].endswith("/film-noir.webp")
    assert len((await client.get("/api/presets")).json()["items"]) == 24
    assert (await client.get("/api/consent")).json()["version"] == "1"


async def test_another_members_objects_are_not_there(
    client: httpx.AsyncClient, studio: Studio
) -> None:
    model = await ready_model(studio)
    made = await client.post("/api/generate", json={"model_id": model, "prompt": "at sea"})
    job = made.json()["job_id"]
    async with browser("192.0.2.8") as other:
        await register(other, "ben")
        for method, path in [
            ("GET", f"/api/models/{model}"),
            ("PATCH", f"/api/models/{model}"),
            ("DELETE", f"/api/models/{model}"),
            ("POST", f"/api/models/{model}/train"),
            ("POST", f"/api/models/{model}/cancel"),
            ("GET", f"/api/models/{model}/lora"),
            ("GET", f"/api/generate/{job}"),
            ("POST", f"/api/generate/{job}/cancel"),
        ]:
            body = {"name": "x"} if method == "PATCH" else None
            answer = await other.request(method, path, json=body)
            assert answer.status_code == 404, (method, path)
        theirs = await other.post("/api/generate", json={"model_id": model, "prompt": "x"})
        assert theirs.status_code == 404
        assert (await other.get("/api/models")).json()["items"] == []


async def test_a_worker_reports_without_signing_in(live_deps: Deps) -> None:
    async with serving(live_deps):
        path = urlsplit(progress_urls.url(live_deps, uuid4()))
        async with browser("192.0.2.9") as worker:
            answer = await worker.post(f"{path.path}?{path.query}", json={"info": {}})
            assert (answer.status_code, answer.json()) == (200, {"cancel": True})
            assert (await worker.post(f"{path.path}?signature=0")).status_code == 404
