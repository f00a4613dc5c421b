"""An administrator invites somebody, in a real browser, with a real mail server and worker."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, expect

from services.accounts import invitations, mail_job, users
from services.app.bootstrap import KINDS
from services.deps import Deps
from services.settings import Settings
from tests.accounts import member
from tests.mailbox import Mailbox
from tests.pages.driving import signed_in, visit
from tests.services.jobs.kit import pass_time, working
from tests.waiting import eventually


@pytest.fixture
def settings(settings: Settings, mailbox: Mailbox) -> Settings:
    return mailbox.sends_to(settings)


@pytest.fixture
async def page(live_deps: Deps, chromium: Browser, address: str) -> AsyncIterator[Page]:
    """Anna, who is the administrator, looks at /admin."""
    live_deps.settings.data_dir.mkdir(exist_ok=True)  # whose disk the page measures
    admin = await member(live_deps, role="admin", email="anna@example.com")
    async with signed_in(chromium, address, live_deps, admin.id) as page:
        await visit(page, "/admin")
        yield page


async def invite(page: Page, email: str) -> None:
    await page.get_by_role("button", name="Invite", exact=True).click()
    dialog = page.get_by_role("dialog", name="Invite somebody")
    await dialog.get_by_label("E-mail").fill(email)
    await page.keyboard.press("Tab")
    await dialog.get_by_role("button", name="Invite").click()


async def test_the_administrator_sees_the_mail_go(
    page: Page, live_deps: Deps, mailbox: Mailbox
) -> None:
    mailbox.refuse = "550 No such user here"
    await expect(page.get_by_role("heading", name="Invitations")).to_be_hidden()
    await invite(page, "bert@example.com")
    dialog = page.get_by_role("dialog", name="Invitation")
    await expect(dialog.get_by_role("status").first).to_have_text("Being mailed.")
    async with working(live_deps, {mail_job.KIND: KINDS[mail_job.KIND]}) as worker:
        await worker.poll()
        await expect(dialog.get_by_role("status").first).to_contain_text("550 No such user here")
        mailbox.refuse = None

        async def mailed() -> bool:
            await pass_time(live_deps, 600)
            await worker.poll()
            return bool(mailbox.mails)

        await eventually(mailed)
        await expect(dialog.get_by_role("status").first).to_have_text("Mailed.")
    await dialog.get_by_role("button", name="Close").click()
    item = page.get_by_role("listitem").filter(has_text="bert@example.com")
    await expect(item).to_contain_text("Mailed.")
    await item.get_by_role("button", name="Show link").click()
    shown = await dialog.get_by_label("Link").input_value()
    assert shown in mailbox.text()
    await dialog.get_by_role("button", name="Close").click()
    await item.get_by_role("button", name="Withdraw").click()
    await expect(item).to_have_count(0)
    await expect(page.get_by_role("heading", name="Invitations")).to_be_hidden()


async def test_who_has_an_account_is_refused_beside_the_field(page: Page) -> None:
    await invite(page, "anna@example.com")
    await expect(page.get_by_text("This address has an account already.")).to_be_visible()
    await expect(page.get_by_role("dialog").get_by_label("E-mail")).to_be_focused()


async def test_what_is_typed_stays_while_other_invitations_come(
    page: Page, live_deps: Deps
) -> None:
    async with live_deps.transaction() as session:
        admin = await users.by_email(session, email="anna@example.com")
    assert admin
    await page.get_by_role("button", name="Invite", exact=True).click()
    email = page.get_by_role("dialog").get_by_label("E-mail")
    await email.press_sequentially("be")
    for other in ("carl@example.com", "dora@example.com"):
        async with live_deps.transaction() as session:
            await invitations.create(session, live_deps, actor_id=admin.id, email=other)
        await expect(page.get_by_text(other)).to_have_count(1)
    await email.press_sequentially("rt@example.com")
    await expect(email).to_have_value("bert@example.com")


class TestWithoutMail:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"smtp_url": None})

    async def test_there_is_a_link_to_send(self, page: Page) -> None:
        await invite(page, "bert@example.com")
        dialog = page.get_by_role("dialog", name="Invitation")
        await expect(dialog).to_contain_text("no mail server is set up: send the link yourself")
        link = await dialog.get_by_label("Link").input_value()
        other = await page.context.browser.new_page()  # type: ignore[union-attr]
        await other.goto(
            page.url.partition("/admin")[0] + "/register" + link.partition("/register")[2]
        )
        await expect(other.get_by_label("E-mail")).to_have_value("bert@example.com")
        await other.close()
