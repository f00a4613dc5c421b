"""A real model without a GPU: photos in, a LoRA trained by the real worker, pictures from it.

The program and its Postgres, an S3 server, the GPU worker on the CPU with a tiny
FLUX.2-klein, and a browser that watches.
"""

import json
import re
import signal
import struct
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from playwright.async_api import Browser, Page, expect
from sqlalchemy import text

from db.models import UserModel
from tests import faces
from tests.doubles.s3 import ACCESS_KEY, BUCKET, SECRET_KEY, s3_server
from tests.e2e.conftest import reached, running
from tests.e2e.driving import Program, Server, live, watched
from tests.trainer.worker import KEY, Worker, build_bases, running_worker, trainer_python
from tests.waiting import eventually

PERSON = {"password": "four quiet words here", "name": "Anna"}
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
def gpu(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    """The operator's GPU worker."""
    if trainer_python() is None:
        pytest.skip("no Python with the trainer's packages: see README, “Own GPU”")
    folder = tmp_path_factory.mktemp("worker")
    with running_worker(build_bases(folder / "bases"), folder / "work") as worker:
        yield worker


@pytest.fixture(scope="module")
def whole(gpu: Worker) -> Iterator[Program]:
    """All parts as an operator with a bucket and a GPU starts them."""
    with (
        s3_server() as bucket,
        running(
            S3_BUCKET=BUCKET,
            S3_ENDPOINT_URL=bucket.url,
            S3_ACCESS_KEY_ID=ACCESS_KEY,
            S3_SECRET_ACCESS_KEY=SECRET_KEY,
            ENGINE="worker",
            GPU_WORKER_URL=gpu.url,
            GPU_WORKER_KEY=KEY,
            TRAINING_RECIPE=json.dumps(RECIPE),
            UPSCALER="tiny-x4",
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
        person = PERSON | {"email": f"{uuid4()}@example.com"}
        assert (await client.post("/api/auth/register", json=person)).is_success
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
    await likeness_of_samples(real)
    ready = screen.get_by_role("heading", name="Anna is ready")
    await expect(ready).to_be_visible(timeout=PATIENCE)
    await expect(screen.locator(".samples img").first).to_be_visible()
    await expect(screen.get_by_role("link", name="Download LoRA")).to_be_visible()
    details = (await client.get(f"/api/models/{model}")).json()
    await check_training(client, details)
    await check_kept(real, details)
    await expect(screen.get_by_text("step 56 of 60")).to_be_visible()

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


@pytest.mark.timeout(420)
async def test_a_worker_that_is_killed_costs_neither_the_model_nor_credits(
    client: httpx.AsyncClient, real: Server, gpu: Worker
) -> None:
    """kill -9 in mid-training and in mid-generation, while the program runs on."""
    model = await draft(client)
    assert (await client.post(f"/api/models/{model}/train")).is_success

    async def status(*wanted: str) -> bool:
        found = (await client.get(f"/api/models/{model}")).json()
        assert found["status"] != "failed", found["status_reason"]
        return found["status"] in wanted

    await eventually(lambda: status("training"), timeout=120)
    gpu.end(signal.SIGKILL)
    gpu.start()
    await eventually(lambda: status("ready"), timeout=180)

    body = {"model_id": model, "prompt": "at sea", "count": 2, "seed": 5, "steps": 4}
    job = (await client.post("/api/generate", json=body)).json()["job_id"]

    async def running() -> bool:
        found = (await client.get(f"/api/generate/{job}")).json()
        return bool(found["status"] == "running")

    await eventually(running, timeout=60)
    gpu.end(signal.SIGKILL)
    gpu.start()
    done = await ended(client, job)
    assert (done["status"], len(done["images"])) == ("succeeded", 2), done["status_reason"]
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


async def likeness_of_samples(real: Server) -> None:
    """A double of likeness: the last but two of the thirty rounds is the most alike."""
    async with real.deps.transaction() as session:
        await session.execute(
            text(
                "create or replace function measured() returns trigger language plpgsql as $$ "
                "begin "
                "new.likeness := case when new.key like '%/27.webp' then 88 else 60 end; "
                "return new; end $$"
            )
        )
        await session.execute(
            text(
                "create or replace trigger measured before insert on training_samples "
                "for each row execute function measured()"
            )
        )


async def check_kept(real: Server, details: dict[str, Any]) -> None:
    """Of the rounds that arrived the most alike is kept, and the others are gone from storage."""
    kept = details["recipe"]["checkpoint"]
    assert (kept["step"], kept["likeness"], details["likeness"]["samples"]) == (56, 88, 88)
    assert [one["step"] for one in kept["tried"]] == [54, 56, 58, 60]
    async with real.deps.transaction() as session:
        row = await session.get_one(UserModel, UUID(details["id"]))
        folder = row.folder

    async def weights() -> list[str]:
        found = [info.key async for info in real.deps.storage.list(folder)]
        return [key.rpartition("/")[2] for key in found if key.endswith(".safetensors")]

    async def alone() -> bool:
        return await weights() == ["checkpoint-1.safetensors"]

    await eventually(alone, timeout=60)


async def ended(client: httpx.AsyncClient, job: str) -> dict[str, Any]:
    """The generation once it has ended."""

    async def over() -> dict[str, Any] | None:
        found: dict[str, Any] = (await client.get(f"/api/generate/{job}")).json()
        return None if found["status"] in {"queued", "running"} else found

    found = await eventually(over, timeout=120)
    assert found
    return found


@pytest.mark.timeout(600)
async def test_a_picture_in_the_first_minute_and_what_a_training_adds(
    real: Server, browser: Browser, tmp_path: Path
) -> None:
    """As a new member does it: one photo, a sentence, changes; then ten photos and a training."""
    context = await browser.new_context(base_url=real.url, viewport={"width": 1440, "height": 900})
    page = await context.new_page()
    page.set_default_timeout(PATIENCE)
    files = [tmp_path / f"{i}.jpg" for i in range(10)]
    for i, file in enumerate(files):
        file.write_bytes(faces.jpeg(i, width=300, height=400))
    with watched(page):
        await sign_up(page)
        await page.goto("/models/new")
        await live(page)
        await page.locator("input[type=file]").first.set_input_files(files[:1])
        await page.get_by_label("Name").fill("Anna")
        await page.get_by_role("checkbox", name=re.compile("at least 18")).check()
        await page.wait_for_url("**/models/new?draft=*")
        draft_url = page.url
        await expect(page.locator(".photo img")).to_have_count(1, timeout=PATIENCE)
        first = await made_in_studio(page, "by the sea")

        await page.goto(f"/gallery?image={first}")
        panel = page.get_by_role("complementary", name="Edit")
        await page.get_by_role("button", name="Edit (E)").click()
        await panel.get_by_label("What is to change").fill("at night")
        await panel.get_by_role("button", name="Change it").click()
        edited = await child_of(page, first)
        await panel.get_by_role("button", name="Enlarge 2×").click()
        larger = await child_of(page, edited)
        hold = page.get_by_role("button", name="Hold: before")
        await expect(hold).to_be_focused()  # its picture is there
        await page.keyboard.down("b")
        await expect(page.locator(f".stage img[src*='{edited}']")).to_be_visible()
        await page.keyboard.up("b")
        await expect(page.locator(f".stage img[src*='{larger}']")).to_be_visible()

        await page.goto(draft_url)
        await live(page)
        await page.locator("input[type=file]").first.set_input_files(files[1:])
        await expect(page.locator(".photo img")).to_have_count(10, timeout=PATIENCE)
        await page.get_by_role("button", name="Train model").click()
        await page.wait_for_url(re.compile(r"/models/[0-9a-f-]{36}$"))
        ready = page.get_by_role("heading", name="Anna is ready")
        await expect(ready).to_be_visible(timeout=PATIENCE)
        model_url = page.url
        await made_in_studio(page, "by the sea in June")
        await measured_double(real)
        await page.goto(model_url)
        said = "Likeness: instant 58, trained 81, your own photos 90."
        await expect(page.get_by_text(said)).to_be_visible()
    await context.close()


async def measured_double(real: Server) -> None:
    """A double of likeness, since a tiny model draws no faces."""
    async with real.deps.transaction() as session:
        set_to = "update generated_images set likeness = case method when 'trained' then 81 else 58"
        await session.execute(text(f"{set_to} end"))


async def sign_up(page: Page) -> None:
    await page.goto("/register")
    await page.get_by_label("Name").fill("Anna Bell")
    await page.get_by_label("E-mail").fill(f"{uuid4()}@example.com")
    await page.get_by_label("Password", exact=True).fill("four words are fine")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/dashboard")


async def made_in_studio(page: Page, sentence: str) -> str:
    """The id of a picture that the studio has made."""
    await page.goto("/studio")
    await live(page)
    await page.get_by_label("Prompt").fill(sentence)
    one = page.get_by_role("group", name="How many").get_by_role("radio", name="1", exact=True)
    await one.press("Space")
    await page.get_by_role("button", name="Make 1 image").click()
    newest = page.get_by_role("article").filter(has_text=sentence).first
    image = newest.locator("img[data-image]")
    await expect(image).to_have_count(1, timeout=PATIENCE)
    return str(await image.get_attribute("data-image"))


async def child_of(page: Page, parent: str) -> str:
    """The id of the picture that takes this one's place in the viewer."""
    await page.wait_for_url(lambda url: "image=" in url and parent not in url)
    return page.url.rpartition("image=")[2][:36]
