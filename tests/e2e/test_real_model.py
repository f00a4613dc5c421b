"""A real model without a GPU: photos in, a LoRA trained by the real worker, pictures from it.

The program and its Postgres, an S3 server, the GPU worker on the CPU with a tiny
FLUX.2-klein, and a browser that watches.
"""

import json
import re
import struct
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, Page, expect
from sqlalchemy import text

from tests import faces
from tests.doubles.s3 import ACCESS_KEY, BUCKET, SECRET_KEY, s3_server
from tests.e2e.conftest import reached, running
from tests.e2e.driving import Program, Server, live, watched
from tests.trainer.worker import KEY, build_bases, running_worker, trainer_python
from tests.waiting import eventually

PERSON = {"email": "anna@example.com", "password": "four quiet words here", "name": "Anna"}
CONSENT = {"subject_is": "self", "text_version": "1"}
RECIPE = {
    "steps": 60,
    "rank": 8,
    "alpha": 8,
    "learning_rate": 1e-2,
    "warmup_steps": 2,
    "resolutions": [64],
    "checkpoint_every": 20,
    "samples_per_round": 1,
    "sample_size": 64,
    "sample_steps": 2,
    "sample_guidance": 1.0,
    "max_sequence_length": 64,
    "min_photos": 1,
    "extra_targets": ["x_embedder", "norm_out.linear"],
}
OPEN_HOLDS = text("select reference from credit_holds where closed_at is null")
PATIENCE = 120_000  # ms: the worker starts a process for each job, and imports torch in it


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """All parts as an operator with a bucket and a GPU starts them."""
    if trainer_python() is None:
        pytest.skip("no Python with the trainer's packages: see README, “Own GPU”")
    folder = tmp_path_factory.mktemp("worker")
    bases = build_bases(folder / "bases")
    with (
        s3_server() as bucket,
        running_worker(bases, folder / "work") as worker,
        running(
            S3_BUCKET=BUCKET,
            S3_ENDPOINT_URL=bucket.url,
            S3_ACCESS_KEY_ID=ACCESS_KEY,
            S3_SECRET_ACCESS_KEY=SECRET_KEY,
            ENGINE="worker",
            GPU_WORKER_URL=worker.url,
            GPU_WORKER_KEY=KEY,
            TRAINING_RECIPE=json.dumps(RECIPE),
        ) as program,
    ):
        yield program


@pytest.fixture
async def real(whole: Program) -> AsyncIterator[Server]:
    async with reached(whole) as server:
        yield server


@pytest.fixture
async def client(real: Server) -> AsyncIterator[httpx.AsyncClient]:
    """A member by the API."""
    async with httpx.AsyncClient(base_url=real.url, timeout=60) as client:
        assert (await client.post("/api/auth/register", json=PERSON)).is_success
        yield client


@pytest.fixture
async def screen(client: httpx.AsyncClient, real: Server, browser: Browser) -> AsyncIterator[Page]:
    """The same member's browser."""
    context = await browser.new_context(base_url=real.url, viewport={"width": 1440, "height": 900})
    token = client.cookies["likeness"]
    cookie: Any = {"name": "likeness", "value": token, "url": real.url, "httpOnly": True}
    await context.add_cookies([cookie])
    page = await context.new_page()
    with watched(page):
        yield page
    await context.close()


async def draft(client: httpx.AsyncClient) -> str:
    made = {"name": "Anna", "subject": "woman", "consent": CONSENT}
    id = str((await client.post("/api/models", json=made)).json()["id"])
    photos = [
        ("files", (f"{i}.jpg", faces.jpeg(i, width=300, height=400), "image/jpeg"))
        for i in range(10)
    ]
    taken = (await client.post(f"/api/models/{id}/images", files=photos)).json()
    assert taken["set"]["enough"], taken
    return id


@pytest.mark.timeout(420)  # torch is imported four times on the way
async def test_a_model_is_trained_and_makes_pictures(
    client: httpx.AsyncClient, screen: Page, real: Server
) -> None:
    model = await draft(client)
    await screen.goto(f"/models/new?draft={model}")
    await live(screen)
    await expect(screen.get_by_text("Your GPU worker").first).to_be_visible()
    await screen.get_by_role("button", name="Train model").click()
    await screen.wait_for_url(re.compile(r"/models/[0-9a-f-]{36}$"))
    await live(screen)
    ready = screen.get_by_role("heading", name="Anna is ready")
    await expect(ready).to_be_visible(timeout=PATIENCE)
    await expect(screen.locator(".samples img").first).to_be_visible()
    await expect(screen.get_by_role("link", name="Download LoRA")).to_be_visible()
    details = (await client.get(f"/api/models/{model}")).json()
    await check_training(client, details)

    body = {"model_id": model, "prompt": "at sea", "count": 2, "seed": 5, "steps": 4}
    job = (await client.post("/api/generate", json=body)).json()["job_id"]
    await screen.goto("/studio")
    await live(screen)
    made = screen.get_by_role("article", name="at sea")
    await expect(made.get_by_role("img", name="at sea")).to_have_count(2, timeout=PATIENCE)
    done = await ended(client, job)
    assert (done["status"], [image["seed"] for image in done["images"]]) == ("succeeded", [5, 6])
    image = (await client.get(f"/api/images/{done['images'][0]['id']}")).json()
    assert image["recipe"]["base_model"] == "FLUX.2-klein-base-4B"
    async with real.deps.transaction() as session:
        assert (await session.execute(OPEN_HOLDS)).all() == []


async def check_training(client: httpx.AsyncClient, details: dict[str, Any]) -> None:
    """The loss fell, and the weights are whole and say what they are for."""
    assert details["base_model"] == "FLUX.2-klein-base-4B"
    assert details["samples"]
    assert details["recipe"]["last_loss"] < 0.8 * details["recipe"]["first_loss"]
    assert details["recipe"]["steps"] == RECIPE["steps"]
    assert details["metrics"][-1]["step"] > details["metrics"][0]["step"]
    moved = await client.get(f"/api/models/{details['id']}/lora")
    async with httpx.AsyncClient() as anybody:
        data = (await anybody.get(moved.headers["location"])).raise_for_status().content
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    assert header["__metadata__"]
    assert len(header) > 10


async def ended(client: httpx.AsyncClient, job: str) -> dict[str, Any]:
    """The generation once it has ended."""

    async def over() -> dict[str, Any] | None:
        found: dict[str, Any] = (await client.get(f"/api/generate/{job}")).json()
        return None if found["status"] in {"queued", "running"} else found

    found = await eventually(over, timeout=60)
    assert found
    return found
