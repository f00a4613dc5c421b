"""/models/new while photos arrive, here and from elsewhere, and while the model changes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, Page, expect

from services.deps import Deps
from services.files.uploads import Upload
from services.storage.base import Storage
from services.training import captions, photos, trainings
from tests.e2e.driving import barriers, shot
from tests.faces import jpeg
from tests.pages.driving import signed_in, visit
from tests.statements import counted
from tests.studio import Studio
from tests.waiting import eventually

PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
}


@pytest.fixture
async def studio(live_deps: Deps) -> Studio:
    """A member with a draft of ten photos."""
    return await Studio(live_deps).open(name="Anna")


@pytest.fixture
async def page(chromium: Browser, address: str, studio: Studio) -> AsyncIterator[Page]:
    async with signed_in(chromium, address, studio.deps, studio.user_id) as page:
        await visit(page, f"/models/new?draft={studio.model_id}")
        yield page


@pytest.fixture
def signed(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The keys of which a URL was signed."""
    keys: list[str] = []
    sign = storage.url

    def url(key: str, **how: Any) -> str:
        keys.append(key)
        return sign(key, **how)

    monkeypatch.setattr(storage, "url", url)
    return keys


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[int]]:
    """How many statements each price, and each look at the set, took."""
    taken: dict[str, list[int]] = {"quote": [], "state": []}

    def counting(name: str, read: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def run(*args: Any, **key: Any) -> Any:
            with counted() as sent:
                found = await read(*args, **key)
            taken[name].append(len(sent))
            return found

        return run

    monkeypatch.setattr(trainings, "quote", counting("quote", trainings.quote))
    monkeypatch.setattr(photos, "state", counting("state", photos.state))
    return taken


async def test_a_photo_costs_one_refresh_of_five_statements(
    page: Page, signed: list[str], reads: dict[str, list[int]], tmp_path: Path
) -> None:
    await expect(page.get_by_text("10 of 10–20 photos")).to_be_visible()
    file = tmp_path / "new.jpg"
    file.write_bytes(jpeg(1))
    await page.locator("input[type=file]").set_input_files(file)
    await expect(page.get_by_text("11 of 10–20 photos")).to_be_visible()
    await page.get_by_role("button", name="Remove new.jpg").click()
    await expect(page.get_by_text("10 of 10–20 photos")).to_be_visible()
    assert len(reads["quote"]) == 2  # it came, and it went
    assert max(reads["quote"]) + max(reads["state"]) <= 5
    assert {key.split("/")[-1] for key in signed} <= {"thumb.webp", "full.jpg"}
    assert len(signed) <= 4, signed  # once for the answer to the upload, once for the page


async def receive(studio: Studio, folder: Path, n: int) -> None:
    """A photo comes in from another device."""
    file = folder / f"{n}.upload"
    file.write_bytes(jpeg(n))
    upload = Upload(file, f"elsewhere {n}.jpg", file.stat().st_size, bytes([100 + n]) * 32)
    verdict = await photos.receive(
        studio.deps, user_id=studio.user_id, user_model_id=studio.model_id, upload=upload
    )
    assert verdict.accepted, verdict


async def test_photos_come_and_go_elsewhere_while_some_are_uploaded_here(
    page: Page, studio: Studio, tmp_path: Path
) -> None:
    files = [tmp_path / f"here {n}.jpg" for n in range(4)]
    for n, file in enumerate(files):
        file.write_bytes(jpeg(n))

    async def elsewhere() -> None:
        for n in range(4, 7):
            await receive(studio, tmp_path, n)

    await asyncio.gather(page.locator("input[type=file]").set_input_files(files), elsewhere())
    await expect(page.get_by_text("17 of 10–20 photos")).to_be_visible()
    await expect(page.locator(".photo")).to_have_count(17)
    for name in ("here 3.jpg", "elsewhere 6.jpg", "0.jpg"):
        remove = page.get_by_role("button", name=f"Remove {name}", exact=True)
        await expect(remove).to_have_count(1)
    async with studio.deps.transaction() as session:
        key: dict[str, Any] = {"user_id": studio.user_id, "user_model_id": studio.model_id}
        found = await photos.list_(session, studio.deps, **key)
        gone = next(photo for photo in found.photos if photo.name == "0.jpg")
        await photos.remove(session, studio.deps, image_id=gone.id, **key)
    remove = page.get_by_role("button", name="Remove 0.jpg", exact=True)
    await expect(remove).to_have_count(0)
    await expect(page.locator(".photo")).to_have_count(16)


async def test_what_is_no_picture_is_refused_in_plain_words(page: Page, tmp_path: Path) -> None:
    """And trying it again would not help; a good photo beside it is taken."""
    text, photo = tmp_path / "notes.txt", tmp_path / "good.jpg"
    text.write_text("Dear diary")
    photo.write_bytes(jpeg(1))
    await page.locator("input[type=file]").set_input_files([text, photo])
    refused = page.get_by_role("listitem").filter(has_text="notes.txt")
    await expect(refused).to_contain_text("This is not a picture we can read. Use JPEG")
    await expect(page.get_by_text("11 of 10–20 photos")).to_be_visible()
    await expect(page.get_by_role("button", name="Try again")).to_have_count(0)


async def test_a_photo_that_comes_too_late_is_refused_for_good(
    page: Page, studio: Studio, tmp_path: Path
) -> None:
    await studio.execute("update user_models set status = 'training'")
    photo = tmp_path / "late.jpg"
    photo.write_bytes(jpeg(1))
    await page.locator("input[type=file]").set_input_files(photo)
    refused = page.locator(".photo.refused")
    await expect(refused).to_contain_text("photos cannot change once the training has begun")
    await expect(page.get_by_role("button", name="Try again")).to_have_count(0)


async def test_a_draft_whose_training_begins_elsewhere_shows_the_training(
    page: Page, studio: Studio
) -> None:
    await page.get_by_label("Name", exact=True).press_sequentially("B")
    await studio.train()
    await page.wait_for_url(f"**/models/{studio.model_id}")
    await expect(page.get_by_role("button", name="Cancel training")).to_be_visible()


async def test_a_photo_is_described_in_its_field(page: Page, studio: Studio) -> None:
    await page.get_by_text("Describe the photos").click()
    field = page.get_by_label("3.jpg", exact=True)
    await field.fill("in a park, red coat")
    await field.press("Tab")

    async def kept() -> bool:
        async with studio.deps.transaction() as session:
            found = await captions.list_(
                session, studio.deps, user_id=studio.user_id, user_model_id=studio.model_id
            )
        written = {caption.name: caption.written for caption in found}
        return written["3.jpg"] == "in a park, red coat"

    await eventually(kept)
    await page.reload()
    await page.get_by_text("Describe the photos").click()
    await expect(page.get_by_label("3.jpg", exact=True)).to_have_value("in a park, red coat")


async def test_a_phone_that_scans_the_code_adds_photos_while_some_are_added_here(
    page: Page, chromium: Browser, address: str, tmp_path: Path
) -> None:
    """In a browser that nobody has signed in; another phone is too late."""
    files = [tmp_path / f"phone {n}.jpg" for n in range(2)]
    for n, file in enumerate(files):
        file.write_bytes(jpeg(20 + n))
    (tmp_path / "here.jpg").write_bytes(jpeg(30))
    await page.get_by_role("button", name="Add from your phone").click()
    await expect(page.get_by_role("img", name="QR code")).to_be_visible()
    await shot(page, "phone-code")
    code = await page.get_by_label("Address for your phone").input_value()
    phone = await chromium.new_page(**PHONE)
    await phone.goto(code.replace(urlsplit(code).netloc, urlsplit(address).netloc))
    await expect(phone.get_by_role("heading", name="Photos for “Anna”")).to_be_visible()
    await expect(page.get_by_text("Your phone is connected")).to_be_visible()
    await page.keyboard.press("Escape")
    await asyncio.gather(
        phone.get_by_label("Choose photos").set_input_files(files),
        page.locator("input[type=file]").set_input_files(tmp_path / "here.jpg"),
    )
    await expect(phone.get_by_text("2 photos arrived")).to_be_visible()
    await expect(phone.get_by_text("of 10–20 photos")).to_contain_text("a good set")
    await expect(page.get_by_text("13 of 10–20 photos")).to_be_visible()
    await expect(page.get_by_alt_text("Photo phone 1.jpg")).to_be_visible()
    assert await barriers(phone) == []
    await shot(phone, "phone")
    await phone.reload()
    await expect(phone.get_by_role("heading", name="Photos for “Anna”")).to_be_visible()
    late = await chromium.new_page(**PHONE)
    await late.goto(phone.url)
    await expect(late.get_by_text("another phone has used it")).to_be_visible()
    await expect(late.get_by_text("Choose photos")).to_be_hidden()
    await phone.context.close()
    await late.context.close()
