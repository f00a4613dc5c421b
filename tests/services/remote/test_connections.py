"""Engines that an administrator connects in the page: kept encrypted, used without a restart."""

from collections.abc import Iterator
from dataclasses import replace
from uuid import uuid4

import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import select

from db.models import AuditEntry, EngineSetting
from services.deps import Deps
from services.engines import configured
from services.engines.base import Engine
from services.errors import Conflict, Invalid
from services.remote import connections
from tests.servers import served

KEY = "key of the worker"


@pytest.fixture
def worker() -> Iterator[str]:
    """The address of something that answers as a GPU worker does, to the right key."""
    app = FastAPI()

    @app.get("/v1/queue/metrics")
    async def metrics(model: str) -> dict[str, int]:
        assert model
        return {"messages_running": 0, "messages_waiting": 0, "total_jobs": 0}

    @app.get("/health")
    async def health() -> dict[str, object]:
        return {"hardware": {"summary": "one H100"}}

    with served(app) as url:
        yield url


@pytest.fixture
def house(live_deps: Deps) -> Deps:
    """An installation in which nothing is connected, and ENGINE is not set."""
    settings = live_deps.settings.model_copy(update={"engine": "auto"})
    engines = configured.build(settings, live_deps.storage)
    return replace(live_deps, settings=settings, engines=engines)


async def connect(deps: Deps, name: str, **values: str) -> None:
    async with deps.transaction() as session:
        await connections.connect(session, deps, name=name, values=values, actor_id=uuid4())


async def names(deps: Deps) -> list[str]:
    """Of the engines that take requests, the usual one first."""
    await connections.reload(deps)
    return [engine.info.name for engine in deps.engines.ready]


async def test_an_engine_is_tried_kept_and_used_at_once(house: Deps, worker: str) -> None:
    assert await names(house) == ["preview"]
    booth = house.engines.find("preview")
    values = {"gpu_worker_url": worker, "gpu_worker_key": KEY}
    said = await connections.try_out(house, name="worker", values=values)
    assert said.endswith("It runs on one H100.")
    assert await names(house) == ["preview"]
    await connect(house, "worker", **values)
    assert await names(house) == ["worker", "preview"]
    assert "engine:worker" in house.offers
    assert house.engines.find("preview") is booth  # what it is at work on goes on
    connected = house.engines.find("worker")
    assert await names(house) == ["worker", "preview"]
    assert house.engines.find("worker") is connected
    async with house.transaction() as session:
        await connections.disconnect(session, name="worker", actor_id=uuid4())
    assert await names(house) == ["preview"]


async def test_keys_are_encrypted_and_never_shown_again(house: Deps) -> None:
    await connect(house, "together", together_api_key=KEY, together_image_model="some/model")
    await names(house)
    async with house.transaction() as session:
        rows = list(await session.scalars(select(EngineSetting)))
        views = await connections.list_(session, house)
        entries = list(await session.scalars(select(AuditEntry)))
    assert not any(KEY.encode() in row.sealed for row in rows)
    together = next(view for view in views if view.name == "together")
    assert [(f.value, f.given) for f in together.fields[:2]] == [("", True), ("some/model", True)]
    assert [(entry.action, entry.target) for entry in entries] == [("engine.connect", "together")]
    assert KEY not in repr([entry.details for entry in entries])
    other = replace(house, secret=b"another secret of 32 bytes, yes!")
    assert await names(other) == ["preview"]  # and the product starts


async def test_what_is_left_empty_stays_as_it_is(house: Deps) -> None:
    await connect(house, "together", together_api_key=KEY)
    await connect(house, "together", together_api_key="", together_image_model="some/model")
    assert await names(house) == ["together", "preview"]
    info = house.engines.info("together")
    assert info
    assert info.base_model == "some/model"


async def test_the_environment_wins_and_says_so(house: Deps) -> None:
    fixed = type(house.settings)(
        data_dir=house.settings.data_dir, together_api_key=SecretStr("of the environment")
    )
    deps = replace(house, settings=fixed, engines=configured.build(fixed, house.storage))
    with pytest.raises(Conflict, match="TOGETHER_API_KEY is set in the environment"):
        await connect(deps, "together", together_api_key=KEY)
    await connect(house, "together", together_api_key=KEY)
    async with deps.transaction() as session:
        views = await connections.list_(session, deps)
    together = next(view for view in views if view.name == "together")
    assert together.fields[0].fixed
    values = {"together_api_key": KEY}
    kept = connections.merged(fixed, values).together_api_key
    assert kept
    assert kept.get_secret_value() == "of the environment"


@pytest.mark.parametrize(
    ("name", "values", "words"),
    [
        ("worker", {"gpu_worker_url": "gpu-box"}, "http://gpu-box:9000"),
        ("worker", {"gpu_worker_url": "http://127.0.0.1:9"}, "set both"),
        (
            "worker",
            {"gpu_worker_url": "http://127.0.0.1:9", "gpu_worker_key": "k"},
            "can’t be reached",
        ),
        ("worker", {}, "GPU_WORKER_URL is not set"),
        ("worker", {"secret_key": "x"}, "no such setting"),
        ("together", {"together_image_model": "x"}, "TOGETHER_API_KEY is not set"),
    ],
)
async def test_what_does_not_work_is_refused_with_what_is_wrong(
    house: Deps, name: str, values: dict[str, str], words: str
) -> None:
    with pytest.raises(Invalid, match=words):
        await connections.try_out(house, name=name, values=values)
    assert await names(house) == ["preview"]


async def test_other_processes_hear_of_it(house: Deps) -> None:
    other = replace(house, engines=configured.build(house.settings, house.storage))
    follower = connections.Follower(other)
    await connect(house, "together", together_api_key=KEY)
    follower.heard(connections.TOPIC, uuid4(), None)
    assert follower._task
    await follower._task
    engine: Engine = other.engines.default
    assert engine.info.name == "together"
