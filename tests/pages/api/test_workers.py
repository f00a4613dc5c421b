"""/api/worker, as GPU workers call it."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import httpx
import pytest

from services.deps import Deps
from services.engines.base import Method, Operation, RemoteState
from services.engines.pull.engine import PullEngine
from services.engines.visited import Visited
from services.kit.notify import Listener
from services.workers import asking, keys, line
from tests.doubles.worker_line import OFFERS, Caller, make_key, make_run, outputs, with_line
from tests.pages.conftest import ANNA
from tests.serving import serving
from tests.waiting import eventually


@pytest.fixture
def house(live_deps: Deps) -> Deps:
    return with_line(live_deps)


@pytest.fixture
async def http(house: Deps) -> AsyncIterator[httpx.AsyncClient]:
    async with serving(house) as user:
        yield user.http_client


@pytest.fixture
async def worker(house: Deps, http: httpx.AsyncClient) -> Caller:
    return Caller(http, (await make_key(house))[1])


@pytest.fixture
def pull(house: Deps) -> PullEngine:
    engine = house.engines.find("pull")
    assert isinstance(engine, PullEngine)
    assert isinstance(engine, Visited)
    return engine


async def put(house: Deps, kind: str = "generate", needs: str = OFFERS[1]) -> UUID:
    """Something comes into the line."""
    async with house.transaction() as session:
        id = await make_run(session)
    work = {"kind": kind, "needs": [needs], "payload": {"job": {"kind": kind}}, "digest": "d"}
    await line.of(house).submit(id, **work)  # type: ignore[arg-type]
    return id


async def test_a_job_is_claimed_reported_and_finished(
    house: Deps, worker: Caller, pull: PullEngine
) -> None:
    assert (await worker.claim()).status_code == 204
    id = await put(house)
    given = (await worker.claim()).json()
    assert (given["job_id"], given["kind"]) == (str(id), "generate")
    assert given["payload"] == {"job": {"kind": "generate"}}
    held = {"job_id": given["job_id"], "token": given["token"]}
    info = {"stage": "generating", "progress": 0.5, "done_images": [0]}
    assert (await worker.post("progress", **held, progress=info)).json() == {"cancel": False}
    status = await pull.poll(str(id))
    assert (status.state, status.progress) == (RemoteState.RUNNING, 0.5)
    assert [result.index for result in status.results] == [0]
    for _ in range(2):  # the first answer may be lost
        answer = await worker.post("finish", **held, outputs=outputs(id))
        assert (answer.status_code, answer.json()) == (200, {"cancel": False})
    status = await pull.poll(str(id))
    assert status.state is RemoteState.SUCCEEDED
    assert [result.seed for result in status.results] == [7]
    assert status.recipe == {"a": 1}
    assert (await worker.post("progress", **held)).status_code == 409


async def test_a_failure_says_why_and_what_is_canceled_stops(
    house: Deps, worker: Caller, pull: PullEngine
) -> None:
    id = await put(house)
    held = await worker.job()
    await worker.post("fail", **held, code="oom", message="There was not enough memory.")
    status = await pull.poll(str(id))
    assert (status.state, status.reason) == (RemoteState.FAILED, "There was not enough memory.")
    id = await put(house)
    held = await worker.job()
    assert await pull.cancel(str(id))
    assert (await worker.post("progress", **held)).json() == {"cancel": True}
    assert (await worker.post("finish", **held, outputs=outputs(id))).json() == {"cancel": True}
    assert (await pull.poll(str(id))).state is RemoteState.CANCELED
    assert not await pull.cancel(str(id))
    assert (await pull.poll(str(uuid4()))).state is RemoteState.LOST


async def test_what_a_worker_gives_back_another_has_at_once(house: Deps, worker: Caller) -> None:
    id = await put(house)
    held = await worker.job()
    other = Caller(worker.http, (await make_key(house, "other"))[1])
    assert (await other.claim()).status_code == 204
    assert (await worker.post("release", **held)).status_code == 204
    assert (await other.job())["job_id"] == str(id)
    late = await worker.post("finish", **held, outputs=outputs(id))
    assert (late.status_code, late.json()["error"]) == (409, "Conflict")


async def test_who_waits_is_woken_when_work_comes(
    house: Deps, worker: Caller, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "LOOK_EVERY", 1000.0)  # so that only the notice can do it
    listener = Listener(database_url)
    listener.subscribe(line.of(house).heard)
    await listener.start()
    try:
        waiting = asyncio.create_task(worker.claim(wait=25))
        await eventually(lambda: line.of(house).bell._next is not None)
        id = await put(house)
        assert (await waiting).json()["job_id"] == str(id)
    finally:
        await listener.stop()


async def test_a_stop_of_the_process_lets_waiting_workers_go(house: Deps, worker: Caller) -> None:
    waiting = asyncio.create_task(worker.claim(wait=25))
    await eventually(lambda: line.of(house).bell._next is not None)
    line.of(house).bell.close()
    assert (await waiting).status_code == 204


async def test_the_engine_offers_what_a_worker_that_is_there_can_do(
    house: Deps, worker: Caller, pull: PullEngine
) -> None:
    assert pull.away
    assert pull.info.methods == ()
    assert [e.info.name for e in house.engines.ready] == ["preview"]
    await worker.claim(offers=[OFFERS[1], "edit"])  # no weights to train with
    await pull.refresh()
    info = pull.info
    assert (info.methods, info.trains) == ((Method.INSTANT,), False)
    assert info.operations == (Operation.GENERATE, Operation.EDIT)
    await worker.claim()
    await pull.refresh()
    info = pull.info
    assert (info.methods, info.trains) == ((Method.TRAINED, Method.INSTANT), True)
    assert Operation.EXTEND not in info.operations
    assert [e.info.name for e in house.engines.ready] == ["preview", "pull"]
    assert (await pull.check()).endswith("0 running, 0 waiting.")


async def test_only_the_key_of_a_worker_opens_these_calls(house: Deps, worker: Caller) -> None:
    http = worker.http
    await http.post("/register", data=ANNA)  # a member's session is not enough
    for key in ("wk_unknown", ""):
        answer = await Caller(http, key).claim()
        assert (answer.status_code, answer.json()["error"]) == (401, "NotSignedIn")
    made = await http.post("/api/auth/keys", json={"name": "mine"})
    if made.is_success:
        assert (await Caller(http, made.json()["key"]).claim()).status_code == 401
    for path in ("/api/models", "/api/auth/me"):
        http.cookies.clear()
        answer = await http.get(path, headers={"Authorization": f"Bearer {worker.key}"})
        assert answer.status_code == 401, path


async def test_a_revoked_key_ends_at_once_and_its_work_goes_to_others(
    house: Deps, http: httpx.AsyncClient
) -> None:
    worker_id, key = await make_key(house, "stolen")
    stolen = Caller(http, key)
    id = await put(house)
    held = await stolen.job()
    async with house.transaction() as session:
        await keys.revoke(session, house, key_id=worker_id, actor_id=uuid4())
    for path, more in (("progress", {}), ("finish", {"outputs": outputs(id)})):
        assert (await stolen.post(path, **held, **more)).status_code == 401, path
    honest = Caller(http, (await make_key(house, "honest"))[1])
    assert (await honest.job())["job_id"] == str(id)


async def test_malformed_words_of_a_worker_are_refused(house: Deps, worker: Caller) -> None:
    await put(house)
    held = await worker.job()
    for path, body in (
        ("claim", {"kinds": ["cook"], "offers": []}),
        ("claim", {"kinds": ["train"], "offers": [], "wait": 3600}),
        ("finish", held | {"outputs": {"kind": "generate"}}),
        ("progress", held | {"token": "-1"}),
        ("fail", held | {"code": "bored", "message": ""}),
    ):
        assert (await worker.post(path, **body)).status_code == 422, (path, body)
    huge = held | {"token": "9" * 19}
    assert (await worker.post("progress", **huge)).status_code == 409
