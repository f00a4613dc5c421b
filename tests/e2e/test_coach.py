"""The photo coach as a member meets it, with photographs of real persons."""

import asyncio
import io
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from PIL import Image
from playwright.async_api import Locator, Page, expect
from sqlalchemy import text

from services.accounts.users import UserView
from services.credits import ledger
from services.trainer.transfer import put
from services.training import photo_coach
from services.workers import keys
from tests import corpora
from tests.doubles.worker_line import Caller, make_key, outputs
from tests.e2e.conftest import reached, running
from tests.e2e.driving import Program, Server, barriers, shot, shots, visit
from tests.real_faces import ONE, OTHER, beside, file, photograph
from tests.waiting import eventually

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def program() -> Iterator[Program]:
    with running(FACE_CHECKS="on") as started:
        yield started


@pytest.fixture(scope="module")
async def server(program: Program) -> AsyncIterator[Server]:
    async with reached(program) as server:
        yield server


def photos_in(folder: Path) -> list[Path]:
    """Five of one person, one with company, and one of somebody else."""
    images = {name: photograph(name) for name in (*ONE, OTHER)}
    images["two.jpg"] = beside(images[ONE[0]], images[OTHER])
    for name, image in images.items():
        (folder / name).write_bytes(file(image))
    return sorted(folder.iterdir())


async def begin(page: Page) -> None:
    """A draft with a name and consent, ready for photos."""
    await visit(page, "/models/new")
    await page.get_by_label("Name", exact=True).fill("Me")
    await page.get_by_role("checkbox", name="measured on this server").check()
    await page.wait_for_url("**/models/new?draft=*")


def tile(page: Page, name: str) -> Locator:
    return page.get_by_role("listitem").filter(has=page.get_by_alt_text(f"Photo {name}"))


async def test_the_coach_tells_on_each_photo_and_on_the_set(page: Page, tmp_path: Path) -> None:
    await page.set_viewport_size({"width": 390, "height": 900})
    await begin(page)
    await page.locator("input[type=file]").set_input_files(photos_in(tmp_path))
    warning = photo_coach.WARNINGS[photo_coach.STRANGER]
    await expect(tile(page, OTHER)).to_contain_text(warning, timeout=60_000)
    await expect(tile(page, "two.jpg")).to_contain_text(photo_coach.WARNINGS["company"])
    await expect(page.get_by_text("7 of 10–20 photos, 5 good: one does not seem")).to_be_visible()
    await expect(page.locator(".photo.good")).to_have_count(5)
    await expect(page.locator(".photo.good img").first).to_have_attribute(
        "style", re.compile("object-position")
    )
    assert await barriers(page) == []
    await shot(page, "coach")
    await page.reload()
    await expect(tile(page, OTHER)).to_contain_text(warning)
    for name in (*ONE[1:4], "two.jpg"):  # three faces are too few to say who is who
        await page.get_by_role("button", name=f"Remove {name}").click()
    await expect(tile(page, OTHER)).not_to_contain_text(warning)


def mixed_set(folder: Path) -> list[Path]:
    """Three good photos, one on its side, one with a friend, and two strangers."""
    images = {name: photograph(name) for name in ONE[:3]}
    images["lying.jpg"] = photograph(ONE[3]).rotate(90, expand=True)
    images["friend.jpg"] = beside(photograph(ONE[4]), photograph(OTHER))
    images[OTHER] = photograph(OTHER)
    images["hopper.jpg"] = Image.open(io.BytesIO(corpora.hopper())).convert("RGB")
    for name, image in images.items():
        (folder / name).write_bytes(file(image))
    return sorted(folder.iterdir())


async def test_a_mixed_set_is_made_good_by_following_the_coach_alone(
    page: Page, tmp_path: Path
) -> None:
    await begin(page)
    await page.locator("input[type=file]").set_input_files(mixed_set(tmp_path))
    meter = page.locator(".meter")
    await expect(meter).to_contain_text(
        "2 do not seem to be the same person; remove them", timeout=60_000
    )
    await expect(page.locator(".photo.left-out")).to_have_count(3)  # and the one on its side
    await shot(page, "coach-mixed")
    for name in (OTHER, "hopper.jpg"):
        await expect(tile(page, name)).to_contain_text(photo_coach.WARNINGS[photo_coach.STRANGER])
        await page.get_by_role("button", name=f"Remove {name}").click()
    await expect(meter).to_contain_text("one lies on its side; turn it")
    await page.get_by_role("button", name="Turn it: lying.jpg").click()
    await expect(meter).to_contain_text("one shows several people; crop it to the one")
    await page.get_by_role("button", name="Crop to the face: friend.jpg").click()
    await expect(meter).to_contain_text("add 5 more. Next: a photo from the side")
    await expect(page.locator(".photo.left-out")).to_have_count(0)
    await crop_by_hand(page, ONE[0])
    await expect(page.locator(".coverage .have")).not_to_have_count(0)
    assert await barriers(page) == []
    await shot(page, "coach-good")
    await page.set_viewport_size({"width": 390, "height": 900})
    await shot(page, "coach-good-phone")


async def crop_by_hand(page: Page, name: str) -> None:
    """By mouse, by keys and by a turn there and back: what stays is what is measured again."""
    ratio = "e => e.naturalWidth / e.naturalHeight"
    wider = f"(e, wanted) => e.complete && Math.abs(({ratio})(e) / wanted - 1) < 0.02"
    before = await page.get_by_alt_text(f"Photo {name}").evaluate(ratio)
    await page.get_by_role("button", name=f"Crop or turn {name}").click()
    dialog = page.get_by_role("dialog", name="Crop or turn")
    await expect(dialog.get_by_text("Face", exact=True)).to_be_visible()
    await expect(dialog.get_by_role("button", name="Save")).to_be_disabled()
    await dialog.get_by_role("button", name="Turn right").click()
    await dialog.get_by_role("button", name="Turn left").click()
    corner = dialog.get_by_role("button", name="Bottom right corner")
    stage = await dialog.locator(".crop-stage").bounding_box()
    assert stage
    await corner.hover(position={"x": 30, "y": 30})
    await page.mouse.down()
    await page.mouse.move(stage["x"] + stage["width"] / 2, stage["y"] + stage["height"] / 3)
    await page.mouse.up()
    await expect(dialog.get_by_role("status")).to_contain_text("The face is cut off.")
    for _ in range(14):
        await corner.press("Shift+ArrowDown")
        await corner.press("Shift+ArrowRight")
    await corner.press("Shift+ArrowUp")
    await expect(dialog.get_by_role("status")).not_to_contain_text("cut off")
    assert await barriers(page) == []
    await shot(page, "coach-crop")
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog).to_be_hidden()
    await eventually(lambda: page.get_by_alt_text(f"Photo {name}").evaluate(wider, before / 0.95))


async def test_the_dialog_closes_when_its_photo_goes_elsewhere(page: Page, tmp_path: Path) -> None:
    await page.set_viewport_size({"width": 390, "height": 844})
    await page.emulate_media(color_scheme="dark")
    await begin(page)
    (tmp_path / "one.jpg").write_bytes(file(photograph(ONE[0])))
    await page.locator("input[type=file]").set_input_files(tmp_path / "one.jpg")
    await page.get_by_role("button", name="Crop or turn one.jpg").click()
    dialog = page.get_by_role("dialog", name="Crop or turn")
    await dialog.get_by_role("button", name="Head and shoulders").click()
    await expect(dialog.get_by_role("button", name="Save")).to_be_enabled()
    assert await barriers(page) == []
    await shot(page, "coach-crop-phone")
    path = "/api/models/" + page.url.rpartition("draft=")[2] + "/images"
    (photo,) = (await (await page.request.get(path)).json())["items"]
    assert (await page.request.delete(f"{path}/{photo['id']}")).ok
    await expect(dialog).to_be_hidden()


@pytest.fixture
async def worker(server: Server) -> AsyncIterator[Caller]:
    """A GPU worker, by hand: the running program's images are what a test puts there."""
    id, key = await make_key(server.deps, "by hand")
    async with httpx.AsyncClient(base_url=server.url, timeout=60) as http:
        yield Caller(http, key)
    async with server.deps.transaction() as session:
        await keys.revoke(session, server.deps, key_id=id, actor_id=uuid4())


async def known(page: Page, worker: Caller) -> None:
    """The worker asks for work, and the program has heard what it can do."""
    assert (await worker.claim()).status_code == 204

    async def offered() -> bool:
        engines = (await (await page.request.get("/api/engines")).json())["items"]
        return any(one["name"] == "pull" and "instant" in one["methods"] for one in engines)

    await eventually(offered)


async def makes(worker: Caller, *files: bytes) -> None:
    """Takes the next job, and puts these as its images."""

    async def given() -> dict[str, Any] | None:
        answer = await worker.claim(wait=10)
        return None if answer.status_code == 204 else answer.json()

    job = await eventually(given, timeout=60)
    assert job
    urls = job["payload"]["job"]["output_put_urls"]
    sent = [
        await asyncio.to_thread(put, url, data, content_type="image/jpeg", index=i)
        for i, (url, data) in enumerate(zip(urls, files, strict=True))
    ]
    images = [file.model_dump(mode="json") for file in sent]
    done = outputs(job["payload"]["job"]["client_job_id"]) | {"images": images}
    await worker.post("finish", job_id=job["job_id"], token=job["token"], outputs=done)


@pytest.mark.timeout(300)  # the program starts, and faces are read on seven pictures
async def test_what_is_not_the_person_is_made_again_and_given_back(
    page: Page, server: Server, member: UserView, worker: Caller, tmp_path: Path
) -> None:
    """Studio, viewer, statement, REST and ledger tell the same story of it."""
    async with server.deps.transaction() as session:
        await session.execute(
            text("update users set plan = 'creator' where id = :id"), {"id": member.id}
        )
        before = await ledger.balance(session, user_id=member.id)
    await begin(page)
    files = [tmp_path / name for name in ONE[:4]]
    for path in files:
        path.write_bytes(file(photograph(path.name)))
    await page.locator("input[type=file]").set_input_files(files)
    await expect(page.locator(".photo.good")).to_have_count(4, timeout=60_000)
    same, other = (file(photograph(name)) for name in (ONE[4], OTHER))
    await known(page, worker)

    await visit(page, "/studio")
    await page.get_by_label("Prompt").fill("at sea")
    two = page.get_by_role("group", name="How many").get_by_role("radio", name="2", exact=True)
    await two.press("Space")
    await page.get_by_role("button", name="Make 2 images").click()
    card = page.get_by_role("article", name="at sea")
    await makes(worker, same, other)
    await expect(card).to_contain_text("Making one again: it was not the person", timeout=60_000)
    await expect(card.locator("img[data-image]")).to_have_count(2)
    await shots(page, "floor-again")
    await makes(worker, other)
    said = "2 made, 1 not charged: it did not look like you."
    await expect(card).to_contain_text(said, timeout=60_000)
    await expect(card.get_by_text("Not charged", exact=True)).to_have_count(1)
    aimed = card.locator("img[style*='object-position']")
    await expect(aimed).to_have_count(2)  # no face is cut off, whatever the format
    assert await barriers(page) == []
    await shots(page, "floor-studio")
    await agree(page, server, member.id, before, said)


async def agree(
    page: Page, server: Server, member_id: UUID, before: ledger.Balance, said: str
) -> None:
    """REST, ledger, statement and viewer: one of two images costs a credit."""
    (image, other) = (await (await page.request.get("/api/generations")).json())["items"]
    assert {image["charged"], other["charged"]} == {True, False}
    free = other if image["charged"] else image
    assert free["likeness_word"] == "not_her"
    job = await (await page.request.get(f"/api/generate/{free['generation_id']}")).json()
    assert (job["status"], job["charged"], job["status_reason"]) == ("succeeded", 1, said)
    async with server.deps.transaction() as session:
        after = await ledger.balance(session, user_id=member_id)
    assert (before.available, after.available, after.held) == (200, 199, 0)
    await visit(page, "/billing")
    await expect(page.get_by_text("1 not charged: it did not look like you.")).to_be_visible()
    await shots(page, "floor-billing")
    await visit(page, f"/gallery?image={free['id']}")
    await expect(page.get_by_text("Not charged: it did not look like the person")).to_be_visible()
    await shots(page, "floor-viewer")
