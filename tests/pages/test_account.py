"""/account, as its owner uses it in a real browser."""

import asyncio
import io
import json
import zipfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, Page, expect
from sqlalchemy import func, select, update

from db.models import Consent, User, UserModel
from services.accounts import api_keys, sessions, users
from services.accounts.sessions import Caller
from services.app.bootstrap import KINDS
from services.deps import Deps
from services.storage.base import Storage
from services.storage.local import LocalStorage
from services.training import consents
from tests.builders import (
    PASSWORD,
    make_image,
    make_training_image,
    make_user,
    make_user_model,
)
from tests.doubles.push import Browser as PushBrowser
from tests.doubles.push import PushService, push_service
from tests.e2e.driving import shot
from tests.pages.driving import signed_in, visit
from tests.services.jobs.kit import working
from tests.waiting import eventually

IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1"
NEW = "another quiet sentence"


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return LocalStorage(tmp_path / "files", secret=b"s" * 32, base_url="http://test", cdn_url="")


@pytest.fixture
async def page(live_deps: Deps, chromium: Browser, address: str) -> AsyncIterator[Page]:
    """Anna's account page; she is signed in on a telephone as well."""
    async with live_deps.transaction() as session:
        user = users.view(await make_user(session, email="anna@example.com", name="Anna"))
        phone = Caller("203.0.113.5", IPHONE)
        await sessions.start(session, live_deps, user=user, caller=phone, replaces=None)
    async with signed_in(chromium, address, live_deps, user.id) as page:
        await visit(page, "/account")
        yield page


async def only_user(deps: Deps) -> User:
    async with deps.transaction() as session:
        return (await session.scalars(select(User))).one()


async def test_rename(page: Page, live_deps: Deps) -> None:
    await page.get_by_label("Name", exact=True).fill("Anna <b>Berg</b>")
    await page.get_by_role("button", name="Save name").click()
    await expect(page.get_by_text("Saved.")).to_be_visible()
    assert (await only_user(live_deps)).name == "Anna <b>Berg</b>"
    await page.reload()
    await expect(page.get_by_label("Name", exact=True)).to_have_value("Anna <b>Berg</b>")


async def test_change_password(page: Page) -> None:
    present, new = page.get_by_label("Current password"), page.get_by_label("New password")
    await present.fill("not it")
    await new.fill(NEW)
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("This is not your current password.")).to_be_visible()
    await expect(present).to_be_focused()
    await present.fill(PASSWORD)
    await new.fill(NEW)
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Your password is changed.")).to_be_visible()
    await expect(page.get_by_text("Safari on iPhone")).to_have_count(0)


async def test_a_new_password_may_revoke_the_keys(
    page: Page, live_deps: Deps, address: str
) -> None:
    user = await only_user(live_deps)
    offer = page.get_by_label("Revoke my API key as well")
    await expect(offer).to_have_count(0)
    async with live_deps.transaction() as session:
        _, key = await api_keys.create(session, live_deps, user_id=user.id, name="Backup")
    await page.reload()
    await page.get_by_label("Current password").fill(PASSWORD)
    await page.get_by_label("New password").fill(NEW)
    await offer.check()
    await page.get_by_role("button", name="Change password").click()
    await expect(page.get_by_text("your API keys are revoked")).to_be_visible()
    await expect(page.get_by_role("button", name="Revoke Backup")).to_have_count(0)
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {key}"}) as program:
        assert (await program.get(f"{address}/api/auth/me")).status_code == 401


async def test_end_another_session(page: Page) -> None:
    await page.get_by_role("button", name="Sign out Safari on iPhone").click()
    await expect(page.get_by_text("Safari on iPhone")).to_have_count(0)
    await page.reload()
    await expect(page.get_by_text("Safari on iPhone")).to_have_count(0)
    await expect(page.get_by_text("This browser")).to_be_visible()


async def test_make_use_and_revoke_a_key(page: Page, address: str) -> None:
    await page.get_by_label("Name of a new key").fill("Backup")
    await page.get_by_role("button", name="Make a key").click()
    dialog = page.get_by_role("dialog", name="Your new key")
    key = await dialog.locator("code").text_content()
    assert key
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {key}"}) as program:
        me = await program.get(f"{address}/api/auth/me")
        assert me.json()["email"] == "anna@example.com"
        await dialog.get_by_role("button", name="Close").click()
        await page.get_by_role("button", name="Revoke Backup").click()
        await expect(page.get_by_role("button", name="Revoke Backup")).to_have_count(0)
        assert (await program.get(f"{address}/api/auth/me")).status_code == 401
    await page.reload()
    assert key not in await page.content()


async def test_export(page: Page) -> None:
    async with page.expect_download() as download:
        await page.get_by_role("link", name="Export my data").click()
    path = await (await download.value).path()
    archive = zipfile.ZipFile(io.BytesIO(path.read_bytes()))
    assert b"anna@example.com" in archive.read("data/users.json")


async def test_withdraw_a_consent(page: Page, live_deps: Deps) -> None:
    async with live_deps.transaction() as session:
        user = (await session.scalars(select(User))).one()
        model = await make_user_model(session, user_id=user.id, name="Me in spring")
        await consents.give(
            session,
            live_deps,
            user_id=user.id,
            user_model_id=model.id,
            subject_is="self",
            text_version=consents.current(live_deps),
        )
    await page.reload()
    await page.get_by_role("button", name="Withdraw the consent for Me in spring").click()
    sure = page.get_by_role("button", name="Withdraw and erase")
    await expect(sure).to_be_disabled()
    await page.get_by_label("Type Me in spring to confirm").fill("Me in spring")
    await sure.click()
    await expect(page.get_by_text("The consent is withdrawn")).to_be_visible()
    await expect(page.get_by_text("Me in spring")).to_have_count(0)
    async with live_deps.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(UserModel)) == 0
        consent = (await session.scalars(select(Consent))).one()
        assert consent.withdrawn_at


async def test_delete_takes_the_typed_address_and_the_password(
    page: Page, live_deps: Deps, address: str
) -> None:
    await page.get_by_text("Delete my account").first.click()
    typed = page.get_by_label("Type your e-mail to confirm")
    password = page.get_by_label("Your password", exact=True)
    await typed.fill("somebody@example.com")
    await password.fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("This is not the e-mail of your account.")).to_be_visible()
    await typed.fill("anna@example.com")
    await password.fill("a guess")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("This is not your current password.")).to_be_visible()
    await expect(password).to_be_focused()
    await typed.fill("anna@example.com")
    await password.fill(PASSWORD)
    await page.get_by_role("button", name="Delete my account").click()
    await page.wait_for_url(f"{address}/")
    async with live_deps.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(User)) == 0


async def test_the_page_says_how_much_storage_is_used(page: Page, live_deps: Deps) -> None:
    user = await only_user(live_deps)
    async with live_deps.transaction() as session:
        model = await make_user_model(session, user_id=user.id)
        await make_training_image(session, user_model=model, bytes=1_500_000_000)
        await make_image(session, user_id=user.id, bytes=2_000_000_000, deleted_at=live_deps.now())
        await session.execute(update(User).values(quota_bytes=7_000_000_000))
    await page.reload()
    await page.get_by_role("link", name="Storage").click()
    storage = page.get_by_role("region", name="Storage")
    await expect(storage).to_contain_text("3.5 GB of 7.0 GB used")
    await expect(storage).to_contain_text("Photos 1.5 GB, pictures 2.0 GB.")
    meter = storage.get_by_role("progressbar", name="Storage used")
    await expect(meter).to_have_attribute("aria-valuenow", "50")
    await page.set_viewport_size({"width": 390, "height": 844})
    await shot(page, "account")
    wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, "the page scrolls sideways"


# Chromium without a network has no push service: what it would subscribe with comes from the test.
SUBSCRIBES = """PushManager.prototype.getSubscription = async () => null;
PushManager.prototype.subscribe = async () => ({ toJSON: () => (%s) });"""
SHOWN = """async () => (await self.registration.getNotifications())
    .map((one) => [one.title, one.data.path])"""


@pytest.fixture
def service() -> Iterator[PushService]:
    with push_service() as service:
        yield service


class Pushed:
    """The browser's own service of pushes, which delivers what a test gives it."""

    def __init__(self, page: Page) -> None:
        self._page = page

    async def start(self) -> "Pushed":
        """Finds the page's service worker."""
        found: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        def registered(event: dict[str, Any]) -> None:
            if event["registrations"] and not found.done():
                found.set_result(event["registrations"][0]["registrationId"])

        self._devtools = await self._page.context.new_cdp_session(self._page)
        self._devtools.on("ServiceWorker.workerRegistrationUpdated", registered)
        await self._devtools.send("ServiceWorker.enable")
        self._to = {"origin": await self._page.evaluate("origin"), "registrationId": await found}
        return self

    async def deliver(self, said: dict[str, Any]) -> None:
        await self._devtools.send(
            "ServiceWorker.deliverPushMessage", {**self._to, "data": json.dumps(said)}
        )

    async def while_looking_on(self, said: dict[str, Any]) -> None:
        """What the service worker does about it, to its end."""
        (worker,) = self._page.context.service_workers
        await worker.evaluate("(said) => show(said)", said)

    async def shown(self) -> Any:
        (worker,) = self._page.context.service_workers
        return await worker.evaluate(SHOWN)


async def test_a_browser_is_told_while_its_member_is_elsewhere(
    page: Page, live_deps: Deps, service: PushService
) -> None:
    live_deps.settings.web_push = "on"
    live_deps.settings.web_push_hosts = f"127.0.0.1:{service.port}"
    browser = PushBrowser(service)
    keys = {"p256dh": browser.receiver.public_key, "auth": browser.receiver.auth_secret}
    subscription = json.dumps({"endpoint": browser.endpoint, "keys": keys})
    await page.context.grant_permissions(["notifications"])
    await page.add_init_script(SUBSCRIBES % subscription)
    await page.reload()
    await page.get_by_role("button", name="Tell me in this browser").click()
    told = page.get_by_role("region", name="Notifications").get_by_role("listitem")
    await expect(told).to_contain_text("This browser")
    await shot(page, "notifications")
    await page.get_by_role("button", name="Send a test").click()
    async with working(live_deps, KINDS) as worker:

        async def sent() -> bool:
            await worker.poll()
            return bool(service.requests)

        await eventually(sent)
    said = browser.read(service.requests[0][1])
    pushed = await Pushed(page).start()
    await pushed.while_looking_on(said)
    assert await pushed.shown() == []
    await page.goto("about:blank")
    await pushed.deliver(said)

    async def shown() -> bool:
        return bool(await pushed.shown() == [[said["title"], "/account"]])

    await eventually(shown)
    await page.go_back()
    await page.get_by_role("button", name="Stop in this browser").click()
    await expect(told).to_have_count(0)
