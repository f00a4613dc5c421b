"""The queue server against Together's own description, over HTTP, with a stand-in for the work."""

import dataclasses
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from services.trainer import supervisor
from services.trainer.config import WorkerConfig, worker_key
from services.trainer.spec import TrainPayload
from tests.trainer.bucket import Bucket
from tests.trainer.serving import GPU, Client, Jobs, Serve
from tests.trainer.serving import client as client
from tests.trainer.serving import description as description
from tests.trainer.serving import serve as serve
from tests.waiting import eventually


async def test_a_job_goes_from_pending_to_done(client: Client, generation: Jobs) -> None:
    answer = await client.submit(generation("job-number-1"), info={"note": "ours"}, priority=3)
    assert answer.json() == {"requestId": "job-number-1"}
    status = await client.reaches("job-number-1", "done")
    assert status["outputs"] == {"kind": "generate", "client_job_id": "job-number-1"}
    assert status["info"]["note"] == "ours"
    assert status["info"]["progress"] == 0.5
    assert (status["priority"], status["retries"]) == (3, 0)
    assert "signature" not in str(status)


async def test_a_failed_job_says_why(client: Client, generation: Jobs) -> None:
    await client.submit(generation("failing-job", prompt="fail lora_mismatch"))
    status = await client.reaches("failing-job", "failed")
    assert status["info"]["error"] == "lora_mismatch: As the test wanted."


@pytest.mark.parametrize("header", ["", "Bearer wrong", "the key"])
async def test_no_key_no_answer(client: Client, header: str) -> None:
    client.http.headers["Authorization"] = header
    assert (await client.get("metrics", model="m")).status_code == 401
    assert (await client.post("submit", {"model": "m", "payload": {}})).status_code == 401
    assert (await client.http.get("/health")).status_code == 200


async def test_health_names_the_hardware(serve: Serve, config: WorkerConfig) -> None:
    async with serve(config, GPU) as client:
        hardware = (await client.http.get("/health")).json()["hardware"]
    assert hardware["summary"] == "NVIDIA L4 (24 GiB, driver 580.65, CUDA 13.0)"
    assert (hardware["torch"], hardware["memory_bytes"]) == ("2.15.0", 24 * 2**30)


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "model"),
        ({"model": "m"}, "payload"),
        ({"model": "m", "payload": []}, "payload"),
        ({"model": "m", "payload": {}}, "payload.job"),
        ({"model": "m", "payload": {"job": {"kind": "paint"}}}, "payload.job"),
        ({"model": "m", "payload": {"job": {}}, "priority": "high"}, "priority"),
    ],
)
async def test_a_malformed_submit_is_refused(client: Client, body: Any, param: str) -> None:
    answer = await client.post("submit", body)
    assert answer.status_code == 400
    assert answer.json()["param"] == param


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"output_put_urls": ["ftp://x/y"]}, "payload.job.generate.output_put_urls.0"),
        ({"seeds": [1, 2]}, "payload.job.generate"),
        ({"width": 1000}, "payload.job.generate.width"),
        ({"client_job_id": "../../etc"}, "payload.job.generate.client_job_id"),
        ({"surprise": 1}, "payload.job.generate.surprise"),
    ],
)
async def test_a_bad_payload_is_refused_by_field(
    client: Client, generation: Jobs, change: dict[str, Any], param: str
) -> None:
    job = {**generation("bad-payload").model_dump(mode="json"), **change}
    answer = await client.post("submit", {"model": "m", "payload": {"job": job}})
    assert (answer.status_code, answer.json()["param"]) == (400, param)


async def test_a_base_without_a_licence_is_refused_at_once(
    client: Client, generation: Jobs
) -> None:
    answer = await client.submit(generation("licence-job", base_model="FLUX.2-klein-base-9B"))
    assert (answer.status_code, answer.json()["code"]) == (400, "licence_required")


async def test_an_overlong_body_is_refused(client: Client) -> None:
    answer = await client.post("submit", {"model": "m", "payload": {"x": "y" * 2**20}})
    assert (answer.status_code, answer.json()["code"]) == (400, "too_large")


async def test_an_unknown_job_is_not_found(client: Client, generation: Jobs) -> None:
    await client.submit(generation("known-job"))
    for parameters in (
        {"model": "m", "request_id": "?"},
        {"model": "x", "request_id": "known-job"},
    ):
        assert (await client.get("status", **parameters)).status_code == 404
        assert (await client.post("cancel", parameters)).status_code == 404


async def test_the_same_job_is_not_run_twice(client: Client, generation: Jobs) -> None:
    job = generation("only-once-job")
    await client.submit(job)
    await client.reaches("only-once-job", "done")
    signed_anew = {"output_put_urls": tuple(f"{url}2" for url in job.output_put_urls)}
    again = await client.submit(job.model_copy(update=signed_anew))
    assert again.json() == {"requestId": "only-once-job"}
    other = await client.submit(job.model_copy(update={"prompt": "something else"}))
    assert (other.status_code, other.json()["param"]) == (400, "client_job_id")
    assert client.order() == ["only-once-job"]


async def test_a_failed_job_may_be_sent_again(client: Client, generation: Jobs) -> None:
    job = generation("again-and-again", prompt="fail transfer_failed")
    for _ in range(2):
        await client.submit(job)
        await client.reaches("again-and-again", "failed")
    assert client.order() == ["again-and-again"] * 2


async def test_priority_goes_first_then_order_of_arrival(client: Client, generation: Jobs) -> None:
    await client.submit(generation("running-job", prompt="wait"))
    await client.reaches("running-job", "running")
    for name, priority in (("low-first", 0), ("low-second", 0), ("high-late", 9)):
        await client.submit(generation(name), priority=priority)
    metrics = (await client.get("metrics", model="m")).json()
    assert metrics == {"messages_running": 1, "messages_waiting": 3, "total_jobs": 4}
    await client.post("cancel", {"model": "m", "request_id": "running-job"})
    await client.reaches("low-second", "done")
    assert client.order() == ["running-job", "high-late", "low-first", "low-second"]


async def test_a_pending_and_a_running_job_can_be_canceled(
    client: Client, generation: Jobs
) -> None:
    await client.submit(generation("running-job", prompt="wait"))
    await client.submit(generation("pending-job"))
    await client.reaches("running-job", "running")
    for name in ("pending-job", "running-job"):
        body = {"model": "m", "request_id": name}
        answer = await client.post("cancel", body)
        assert (answer.status_code, answer.json()) == (200, {"status": "canceled"})
        assert (await client.post("cancel", body)).status_code == 409
    await client.submit(generation("next-job"))
    await client.reaches("next-job", "done")
    assert (await client.status("running-job"))["status"] == "canceled"
    assert client.order() == ["running-job", "next-job"]


async def test_clear_cancels_what_waits(client: Client, generation: Jobs) -> None:
    await client.submit(generation("running-job", prompt="wait"))
    await client.reaches("running-job", "running")
    await client.submit(generation("waiting-job"))
    assert (await client.post("clear", {"model": "m"})).json() == {"canceled_count": 1}
    assert (await client.status("waiting-job"))["status"] == "canceled"
    assert (await client.status("running-job"))["status"] == "running"


async def test_jobs_survive_a_restart(serve: Serve, config: WorkerConfig, generation: Jobs) -> None:
    async with serve(config) as client:
        await client.submit(generation("done-job"))
        await client.reaches("done-job", "done")
        await client.submit(generation("running-job", prompt="wait"))
        await client.reaches("running-job", "running")
        await client.submit(generation("waiting-job"))
    async with serve(config) as client:
        assert (await client.status("done-job"))["status"] == "done"
        await client.reaches("running-job", "running")
        await client.post("cancel", {"model": "m", "request_id": "running-job"})
        await client.reaches("waiting-job", "done")
        assert client.order() == ["done-job", "running-job", "running-job", "waiting-job"]


async def test_nothing_personal_is_left_of_an_ended_job(client: Client, generation: Jobs) -> None:
    await client.submit(generation("private-job"))
    await client.reaches("private-job", "done")
    folder = client.work_dir / "jobs" / "private-job"
    await eventually(lambda: [path.name for path in folder.iterdir()] == ["job.json"])
    assert "signature" not in (folder / "job.json").read_text()
    assert "in a park" not in (folder / "job.json").read_text()


async def test_old_jobs_are_forgotten(serve: Serve, config: WorkerConfig, generation: Jobs) -> None:
    async with serve(config) as client:
        await client.submit(generation("forgotten-job"))
        await client.reaches("forgotten-job", "done")
    async with serve(dataclasses.replace(config, keep_jobs_days=0)) as client:
        folder = client.work_dir / "jobs" / "forgotten-job"
        await eventually(lambda: not folder.exists())


def test_a_key_is_made_once_and_kept_private(tmp_path: Path) -> None:
    config = WorkerConfig(work_dir=tmp_path / "work")
    key = worker_key(config)
    assert len(key) > 30
    assert worker_key(config) == key
    assert (tmp_path / "work" / "key").stat().st_mode & 0o777 == 0o600


async def test_an_answer_can_cancel_a_running_job(
    client: Client, generation: Jobs, bucket: Bucket
) -> None:
    calls: list[Any] = []

    async def app(_scope: Any, receive: Callable[[], Awaitable[Any]], send: Any) -> None:
        calls.append((await receive())["body"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b'{"cancel": true}'})

    from tests.servers import served

    with served(app) as url:
        await client.submit(
            generation("called-back-job", prompt="wait", progress_url=f"{url}/progress")
        )
        await client.reaches("called-back-job", "canceled")
    assert b'"client_job_id":"called-back-job"' in calls[0]


# -- the process that jobs run in ---------------------------------------------------------------


async def test_out_of_memory_climbs_down_the_ladder(
    client: Client, training: Callable[..., TrainPayload]
) -> None:
    await client.submit(training("ladder-job", captions=["oom 2"], recipe={"rank": 32}))
    await client.reaches("ladder-job", "done")
    lines = (client.work_dir / "jobs" / "order.txt").read_text().splitlines()
    assert [line.split()[2] for line in lines] == ["0", "1", "2"]
    assert len({line.split()[1] for line in lines}) == 3  # a new process on each rung


async def test_the_ladder_has_an_end(client: Client, training: Callable[..., TrainPayload]) -> None:
    await client.submit(training("no-rung-left", captions=["oom 99"], recipe={"rank": 32}))
    status = await client.reaches("no-rung-left", "failed")
    assert status["info"]["error"].startswith("oom: ")


async def test_a_crash_is_tried_again(client: Client, generation: Jobs) -> None:
    await client.submit(generation("crashing-twice", prompt="crash 2"))
    await client.reaches("crashing-twice", "done")
    assert client.order() == ["crashing-twice"] * 3


async def test_a_poisonous_job_is_given_up(client: Client, generation: Jobs) -> None:
    await client.submit(generation("poison-job", prompt="crash 99"))
    status = await client.reaches("poison-job", "failed")
    assert status["info"]["error"].startswith("crashed: ")
    assert len(client.order()) == supervisor.MAX_CRASHES + 1
    await client.submit(generation("healthy-job"))
    await client.reaches("healthy-job", "done")


async def test_a_silent_process_is_ended(
    client: Client, generation: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "SILENCE", 0.5)
    await client.submit(generation("silent-job", prompt="hang"))
    status = await client.reaches("silent-job", "failed")
    assert status["info"]["error"].startswith("crashed: ")


async def test_a_process_that_will_not_stop_is_killed(
    client: Client, generation: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "PATIENCE", 0.3)
    await client.submit(generation("stubborn-job", prompt="hang"))
    await client.reaches("stubborn-job", "running")
    await eventually(lambda: (client.work_dir / "jobs" / "order.txt").exists())
    await client.post("cancel", {"model": "m", "request_id": "stubborn-job"})
    await client.submit(generation("next-job"))
    await client.reaches("next-job", "done")


async def test_images_share_a_process_and_trainings_do_not(
    client: Client, generation: Jobs, training: Callable[..., TrainPayload]
) -> None:
    for build, name in (
        (generation, "image-job-1"),
        (generation, "image-job-2"),
        (training, "training-job"),
        (generation, "image-job-3"),
    ):
        await client.submit(build(name))
        await client.reaches(name, "done")
    lines = (client.work_dir / "jobs" / "order.txt").read_text().splitlines()
    pids = [line.split()[1] for line in lines]
    assert pids[0] == pids[1]
    assert len(set(pids)) == 3
