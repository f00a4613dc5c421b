"""Days and times: in the reader's locale and time zone, written in one way on every page."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID

import pytest
from playwright.async_api import Browser, Page, expect

from services.accounts import api_keys
from services.accounts.users import UserView
from services.credits import ledger
from services.gallery import share_links
from tests.builders import make_user_model
from tests.e2e.driving import Server, visit, watched
from tests.e2e.test_gallery_search import with_prompts

AT = datetime(2026, 3, 1, 20, 30, tzinfo=UTC)
TIMES = "[...document.querySelectorAll('local-time')].map((e) => e.textContent)"
WRITTEN = """[...document.querySelectorAll('local-time')].map((e) => {
    const time = e.getAttribute('shown') === 'day' ? {} : { timeStyle: 'short' };
    const format = new Intl.DateTimeFormat('de-DE', { dateStyle: 'long', ...time,
        timeZone: 'Pacific/Auckland' });
    return format.format(new Date(e.getAttribute('datetime')));
})"""


@pytest.fixture
async def afar(server: Server, page: Page, browser: Browser) -> AsyncIterator[Page]:
    """The member's page in New Zealand, in German."""
    context = await browser.new_context(
        base_url=server.url, locale="de-DE", timezone_id="Pacific/Auckland"
    )
    await context.add_cookies(await page.context.cookies())  # type: ignore[arg-type]
    made = await context.new_page()
    with watched(made):
        yield made
    await context.close()


async def test_every_page_writes_times_for_its_reader(
    server: Server, afar: Page, member: UserView
) -> None:
    (image,) = await with_prompts(server, member, ["A portrait"], created_at=AT)
    async with server.deps.transaction() as session:
        model = await make_user_model(
            session, user_id=member.id, status="ready", created_at=AT, started_at=AT
        )
        await api_keys.create(session, server.deps, user_id=member.id, name="Backup")
        await ledger.grant(
            session, user_id=member.id, credits=5, reference=str(member.id), reason="Welcome"
        )
        link = await share_links.create(
            session, server.deps, user_id=member.id, days=30, image_id=UUID(image)
        )
    await visit(afar, f"/gallery?image={image}")
    made = afar.get_by_role("dialog").locator("local-time")
    await expect(made).to_have_text("2. März 2026 um 09:30")
    await visit(afar, f"/models/{model.id}")
    await expect(afar.locator("local-time").first).to_have_text("2. März 2026")
    for path in ("/account", "/billing", f"/models/{model.id}", link.url):
        await afar.goto(path)
        await expect(afar.locator("local-time").first).to_be_visible()
        assert await afar.evaluate(TIMES) == await afar.evaluate(WRITTEN), path
        assert " UTC" not in await afar.inner_text("body"), path


async def test_a_shared_page_says_its_day_without_scripts(
    server: Server, browser: Browser, member: UserView
) -> None:
    (image,) = await with_prompts(server, member, ["A portrait"], created_at=AT)
    async with server.deps.transaction() as session:
        link = await share_links.create(
            session, server.deps, user_id=member.id, days=30, image_id=UUID(image)
        )
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    await page.goto(link.url)
    until = link.expires_at
    text = f"Shared until {until.day} {until:%B %Y}"
    await expect(page.get_by_text(text)).to_be_visible()
    await context.close()
