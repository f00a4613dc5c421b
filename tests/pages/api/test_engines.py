"""/api/engines and the choice of an engine and a method for each request."""

from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import UUID

import httpx
import pytest

from services.deps import Deps
from services.engines.base import EngineInfo, Method
from services.engines.registry import Entry, Registry
from tests.doubles.engine import INFO, ScriptedEngine, images, picture
from tests.pages.api.test_models import DRAFT, register
from tests.serving import serving
from tests.studio import Studio

SHOWN = {
    "name", "label", "ready", "reason", "methods", "operations", "min_photos", "trains", "privacy",
    "base_model", "image_seconds", "training_seconds", "cost_per_image_usd",
}  # fmt: skip


def info(name: str, *methods: Method) -> EngineInfo:
    return replace(INFO, name=name, label=name.capitalize(), methods=methods)


@pytest.fixture
def usual() -> ScriptedEngine:
    return ScriptedEngine(info("usual", Method.TRAINED, Method.INSTANT))


@pytest.fixture
def booth() -> ScriptedEngine:
    return ScriptedEngine(info("booth", Method.PREVIEW))


@pytest.fixture
async def studio(
    live_deps: Deps, usual: ScriptedEngine, booth: ScriptedEngine
) -> AsyncIterator[Studio]:
    away = Entry(info("away", Method.INSTANT), None, "AWAY_KEY is not set.")
    entries = {
        "away": away,
        "booth": Entry(booth.info, booth),
        "usual": Entry(usual.info, usual),
    }
    studio = Studio(replace(live_deps, engines=Registry(entries, default="usual")))
    yield studio
    await studio.close()


@pytest.fixture
async def client(studio: Studio) -> AsyncIterator[httpx.AsyncClient]:
    async with serving(studio.deps) as user:
        await register(user.http_client, "anna")
        studio.user_id = UUID((await user.http_client.get("/api/auth/me")).json()["id"])
        yield user.http_client


async def test_every_engine_is_listed_with_what_it_lacks(client: httpx.AsyncClient) -> None:
    items = (await client.get("/api/engines")).json()["items"]
    assert [(item["name"], item["ready"], item["reason"]) for item in items] == [
        ("usual", True, None),
        ("away", False, "AWAY_KEY is not set."),
        ("booth", True, None),
    ]
    assert items[0].keys() >= SHOWN
    assert (items[0]["methods"], items[0]["operations"]) == (["trained", "instant"], ["generate"])


async def test_a_model_says_what_can_make_images_of_it_from_the_first_photo_on(
    client: httpx.AsyncClient, studio: Studio
) -> None:
    made = (await client.post("/api/models", json=DRAFT)).json()
    assert made["methods"] == []
    body = {"model_id": made["id"], "prompt": "at sea", "count": 1}
    refused = await client.post("/api/generate", json=body)
    assert (refused.status_code, refused.json()["message"]) == (
        409, "This model has no photos yet. Add one first.",
    )  # fmt: skip
    async with studio.deps.transaction() as session:
        one = await studio.add_model(session, photos=1)
        trained = await studio.add_model(session, photos=1, status="ready", lora_key="l")
    methods = [(await client.get(f"/api/models/{id}")).json()["methods"] for id in (one, trained)]
    assert methods == [["instant", "preview"], ["trained", "instant", "preview"]]


@pytest.mark.parametrize(
    ("asked", "made_by", "method"),
    [
        ({}, "usual", "trained"),
        ({"method": "instant"}, "usual", "instant"),
        ({"method": "preview"}, "booth", "preview"),
        ({"engine": "booth"}, "booth", "preview"),
    ],
)
async def test_a_request_goes_to_the_engine_and_by_the_method_that_it_names(
    client: httpx.AsyncClient,
    studio: Studio,
    usual: ScriptedEngine,
    booth: ScriptedEngine,
    asked: dict[str, str],
    made_by: str,
    method: str,
) -> None:
    async with studio.deps.transaction() as session:
        id = await studio.add_model(session, photos=1, status="ready", lora_key="l")
    for each in (usual, booth):
        each.on_submit.append(images(picture()))
    body = {"model_id": str(id), "prompt": "at sea", "count": 1}
    job = (await client.post("/api/generate", json=body | asked)).json()["job_id"]
    await studio.ended(UUID(job))
    done = (await client.get(f"/api/generate/{job}")).json()
    assert (done["engine"], done["method"]) == (made_by, method)
    assert [(i["engine"], i["method"]) for i in done["images"]] == [(made_by, method)]
    (sent,) = (usual if made_by == "usual" else booth).submitted
    assert (sent.method, sent.lora is not None) == (method, method == "trained")


@pytest.mark.parametrize(
    ("asked", "status", "words"),
    [
        ({"engine": "nobody"}, 400, "There is no such engine."),
        ({"engine": "away"}, 409, "Away takes no requests here: AWAY_KEY is not set."),
        ({"engine": "booth", "method": "instant"}, 409, "Booth makes no instant pictures."),
        ({"method": "trained"}, 409, "This model is not trained yet. Train it first."),
        ({"method": "best"}, 422, None),
    ],
)
async def test_what_cannot_be_is_refused_with_what_to_do(
    client: httpx.AsyncClient,
    studio: Studio,
    asked: dict[str, str],
    status: int,
    words: str | None,
) -> None:
    async with studio.deps.transaction() as session:
        id = await studio.add_model(session, photos=1)
    body = {"model_id": str(id), "prompt": "at sea", "count": 1}
    refused = await client.post("/api/generate", json=body | asked)
    assert refused.status_code == status
    assert words is None or refused.json()["message"] == words
