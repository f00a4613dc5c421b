"""A member buys, changes and ends a plan: page, API, ledger and Stripe's double agree."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, FilePayload, Page, expect

from services.billing import set_up
from services.credits import ledger
from tests import faces
from tests.doubles.stripe import StripeDouble
from tests.doubles.stripe.server import SECRET_KEY, WEBHOOK_SECRET
from tests.e2e.conftest import reached, running
from tests.e2e.driving import Server, barriers, visit, watched
from tests.waiting import eventually

FREE = 3  # credits that every new member has


@pytest.fixture
async def shop(double: StripeDouble) -> AsyncIterator[Server]:
    """The program with a Stripe account that the operator has set up."""
    keys = {"STRIPE_SECRET_KEY": SECRET_KEY, "STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET}
    with running(**keys, STRIPE_API_BASE=double.url) as program:
        async with reached(program) as server:
            public = server.deps.settings.model_copy(update={"public_url": server.url})
            object.__setattr__(server.deps, "settings", public)
            await set_up.run(server.deps.transaction, server.deps.settings)
            double.webhook_url = f"{server.url}/api/webhooks/stripe"
            yield server


@pytest.fixture
async def buyer(shop: Server, browser: Browser) -> AsyncIterator[Page]:
    context = await browser.new_context(base_url=shop.url, viewport={"width": 1440, "height": 900})
    page = await context.new_page()
    with watched(page):
        await page.goto("/register")
        await page.fill("input[name=email]", "buyer@example.com")
        await page.fill("input[name=password]", "four words are fine")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/dashboard")
        yield page
    await context.close()


async def me(page: Page) -> dict[str, Any]:
    answer: dict[str, Any] = await (await page.request.get("/api/auth/me")).json()
    return answer


async def agree(shop: Server, page: Page, *, plan: str, credits: int) -> None:
    """What the API and the ledger say."""

    async def same() -> bool:
        said = await me(page)
        async with shop.deps.transaction() as session:
            balance = await ledger.balance(session, user_id=said["id"])
        return (said["plan"]["name"], said["credits"]["available"], balance.available) == (
            plan,
            credits,
            credits,
        )

    await eventually(same, timeout=15)


async def make_one(page: Page) -> None:
    """A model and one image of it."""
    consent = {"subject_is": "self", "text_version": "1"}
    body = {"name": "Anna", "subject": "person", "consent": consent}
    model = await (await page.request.post("/api/models", data=body)).json()
    for i in range(10):
        photo: FilePayload = {"name": f"{i}.jpg", "mimeType": "image/jpeg", "buffer": faces.jpeg(i)}
        await page.request.post(f"/api/models/{model['id']}/images", multipart={"files": photo})
    assert (await page.request.post(f"/api/models/{model['id']}/train")).status == 202

    async def ready() -> bool:
        found = await (await page.request.get(f"/api/models/{model['id']}")).json()
        return bool(found["status"] == "ready")

    await eventually(ready, timeout=60)
    wanted = {"model_id": model["id"], "prompt": "by the sea", "count": 1, "aspect": "1:1"}
    asked = await (await page.request.post("/api/generate", data=wanted)).json()

    async def made() -> bool:
        found = await (await page.request.get(f"/api/generate/{asked['job_id']}")).json()
        return bool(found["status"] == "succeeded")

    await eventually(made, timeout=60)


async def test_buying_changing_and_ending_a_plan(
    shop: Server, buyer: Page, double: StripeDouble
) -> None:
    await visit(buyer, "/billing")
    assert await barriers(buyer) == []
    await agree(shop, buyer, plan="free", credits=FREE)
    await buyer.get_by_role("button", name="Choose Creator").click()
    await expect(buyer.get_by_text("$20.00")).to_be_visible()
    await buyer.get_by_role("button", name="Subscribe").click()
    await expect(buyer.get_by_text("Waiting for Stripe")).to_be_visible()
    await agree(shop, buyer, plan="free", credits=FREE)  # the way back grants nothing
    await asyncio.to_thread(double.deliver_all)
    await expect(buyer.get_by_text("You are on Creator: 203 credits")).to_be_visible()
    await agree(shop, buyer, plan="creator", credits=FREE + 200)

    await make_one(buyer)
    await agree(shop, buyer, plan="creator", credits=FREE + 199)

    await visit(buyer, "/billing")
    await expect(buyer.get_by_role("link", name="Receipt")).to_have_count(1)
    await buyer.get_by_role("button", name="Change to Pro").click()
    await buyer.get_by_role("button", name="Confirm").click()
    await buyer.wait_for_url("**/billing")
    await asyncio.to_thread(double.deliver_all)
    await agree(shop, buyer, plan="pro", credits=FREE + 199 + 300)  # all of the month is left
    await expect(buyer.locator(".plan.current h3")).to_have_text("Pro")

    await buyer.get_by_role("button", name="Change to Creator").click()
    await buyer.get_by_role("button", name="Confirm").click()
    await buyer.wait_for_url("**/billing")
    await asyncio.to_thread(double.deliver_all)
    await expect(buyer.get_by_text("Your plan changes to Creator on")).to_be_visible()
    await agree(shop, buyer, plan="pro", credits=FREE + 499)

    await buyer.get_by_role("button", name="Cancel plan").click()
    await buyer.get_by_role("button", name="Confirm").click()
    await buyer.wait_for_url("**/billing")
    await asyncio.to_thread(double.deliver_all)
    await expect(buyer.get_by_text("Your plan ends on")).to_be_visible()
    subscription = double.world.listed("subscription")[0]
    assert subscription["cancel_at_period_end"]
    double.world.end_period(subscription)
    await asyncio.to_thread(double.deliver_all)
    await agree(shop, buyer, plan="free", credits=FREE + 499)
    await expect(buyer.locator(".plan.current h3")).to_have_text("Free")


async def test_without_stripe_there_is_no_webhook_and_nothing_to_buy(
    server: Server, page: Page
) -> None:
    json = {"Content-Type": "application/json"}  # as Stripe sends; other types are refused at once
    answer = await page.request.post("/api/webhooks/stripe", data="{}", headers=json)
    assert answer.status == 404
    await visit(page, "/billing")
    await expect(page.get_by_role("heading", name="Your plan")).to_be_visible()
    await expect(page.get_by_role("heading", name="Plans")).to_have_count(0)
