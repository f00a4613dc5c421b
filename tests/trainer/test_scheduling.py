"""Images before trainings: pausing, turns, and both at once where the GPU has room."""

import dataclasses
from collections.abc import Callable

import pytest

from services.trainer import job_queue
from services.trainer.config import WorkerConfig
from services.trainer.scheduling import Decision, Standing, decide
from services.trainer.spec import TrainPayload
from tests.trainer.serving import GPU, Client, Jobs, Serve
from tests.trainer.serving import client as client
from tests.trainer.serving import description as description
from tests.trainer.serving import serve as serve
from tests.waiting import eventually


async def test_images_go_before_trainings_whenever_they_came(
    client: Client, generation: Jobs, training: Callable[..., TrainPayload]
) -> None:
    await client.submit(generation("running-job", prompt="wait"))
    await client.reaches("running-job", "running")
    await client.submit(training("early-training"), priority=9)
    await client.submit(generation("late-image"))
    await client.post("cancel", {"model": "m", "request_id": "running-job"})
    await client.reaches("early-training", "done")
    assert client.order() == ["running-job", "late-image", "early-training"]


async def test_a_training_pauses_for_an_image_and_goes_on(
    serve: Serve,
    config: WorkerConfig,
    generation: Jobs,
    training: Callable[..., TrainPayload],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(job_queue, "LOOK_EVERY", 0.05)
    config = dataclasses.replace(config, turn_seconds=0.2)
    async with serve(config) as client:
        await client.submit(training("long-training", captions=["wait"]))
        await client.reaches("long-training", "running")
        await client.submit(generation("urgent-image"))
        await client.reaches("urgent-image", "done")
        await client.reaches("long-training", "running")
        order = ["long-training", "urgent-image", "long-training"]
        await eventually(lambda: client.order() == order)
        lines = (client.work_dir / "jobs" / "order.txt").read_text().splitlines()
        assert len({line.split()[1] for line in lines}) == 3
        assert (await client.status("long-training"))["retries"] == 0
        await client.post("cancel", {"model": "m", "request_id": "long-training"})


async def test_a_training_keeps_its_turn(
    client: Client, generation: Jobs, training: Callable[..., TrainPayload]
) -> None:
    await client.submit(training("first-training", captions=["wait"]))
    await client.reaches("first-training", "running")
    await client.submit(generation("patient-image"))
    metrics = (await client.get("metrics", model="m")).json()
    assert (metrics["messages_running"], metrics["messages_waiting"]) == (1, 1)
    await client.post("cancel", {"model": "m", "request_id": "first-training"})
    await client.reaches("patient-image", "done")
    assert client.order() == ["first-training", "patient-image"]


async def test_both_run_at_once_where_both_fit(
    serve: Serve,
    config: WorkerConfig,
    generation: Jobs,
    training: Callable[..., TrainPayload],
) -> None:
    async with serve(config, GPU) as client:
        await client.submit(training("beside-training", captions=["wait"]))
        await client.reaches("beside-training", "running")
        await client.submit(generation("beside-image"))
        await client.reaches("beside-image", "done")
        assert (await client.status("beside-training"))["status"] == "running"
        both = ["beside-image", "beside-training"]  # two processes: either may start first
        await eventually(lambda: sorted(client.order()) == both)
        await client.post("cancel", {"model": "m", "request_id": "beside-training"})


@pytest.mark.parametrize(
    ("now", "decision"),
    [
        (Standing(), Decision()),
        (Standing(images_wait=True), Decision(start_images=True)),
        (Standing(training_waits=True), Decision(start_training=True)),
        (Standing(images_wait=True, training_waits=True), Decision(start_images=True)),
        (Standing(images_run=True, training_waits=True), Decision()),
        (Standing(images_run=True, images_wait=True), Decision()),
        (Standing(training_runs=True, training_waits=True, turn=900), Decision()),
        (Standing(training_runs=True, images_wait=True, turn=None), Decision()),
        (Standing(training_runs=True, images_wait=True, turn=59), Decision()),
        (
            Standing(training_runs=True, images_wait=True, turn=60),
            Decision(pause_training=True),
        ),
        (
            Standing(training_runs=True, images_wait=True, turn=900, seconds_left=20),
            Decision(),
        ),
        (
            Standing(training_runs=True, images_wait=True, turn=900, seconds_left=31),
            Decision(pause_training=True),
        ),
        (
            Standing(training_runs=True, images_wait=True, turn=900, together=True),
            Decision(start_images=True),
        ),
        (
            Standing(images_run=True, training_waits=True, together=True),
            Decision(start_training=True),
        ),
        (
            Standing(images_run=True, images_wait=True, training_waits=True),
            Decision(),
        ),
    ],
)
def test_who_may_use_the_gpu_next(now: Standing, decision: Decision) -> None:
    assert decide(now, minimum_turn=60) == decision
