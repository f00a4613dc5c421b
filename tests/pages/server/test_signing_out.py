"""What a browser keeps of a member after signing out: nothing that anybody could look at."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest
from playwright.async_api import Browser, Page

from services.accounts import sessions, users
from services.accounts.sessions import Caller
from services.accounts.users import UserView
from services.deps import Deps
from tests.builders import make_user
from tests.pictures import picture

KEY = "u/anna/full.jpg"
# whether the browser's own cache still answers, without asking us
CACHED = """async (url) => {
  try { return (await fetch(url, {cache: 'only-if-cached', mode: 'same-origin'})).ok }
  catch { return false }
}"""


@dataclass
class Signed:
    """A member's browser that has looked at one of her pictures."""

    page: Page
    user: UserView
    picture: str

    async def is_kept(self) -> bool:
        kept: bool = await self.page.evaluate(CACHED, self.picture)
        return kept


@pytest.fixture
async def signed(live_deps: Deps, chromium: Browser, address: str) -> AsyncIterator[Signed]:
    async with live_deps.transaction() as session:
        user = users.view(await make_user(session))
        started = await sessions.start(
            session, live_deps, user=user, caller=Caller("127.0.0.1"), replaces=None
        )
    await live_deps.storage.put(KEY, picture(), content_type="image/jpeg")
    context = await chromium.new_context()
    await context.add_cookies([{"name": "likeness", "value": started.token, "url": address}])
    page = await context.new_page()
    await page.goto(f"{address}/privacy")
    url = live_deps.storage.url(KEY)
    assert await page.evaluate("async (url) => (await fetch(url)).ok", url)
    yield Signed(page, user, url)
    await context.close()


async def test_signing_out_empties_the_cache(signed: Signed, address: str) -> None:
    assert await signed.is_kept()
    await signed.page.evaluate("async () => { await fetch('/logout', {method: 'POST'}) }")
    assert not await signed.is_kept()


async def test_so_does_the_sign_in_page_after_an_end_elsewhere(
    signed: Signed, live_deps: Deps, address: str
) -> None:
    """She signs the library's computer out from home; its browser hears of it at the next page."""
    async with live_deps.transaction() as session:
        await sessions.end_all(session, user_id=signed.user.id)
    assert await signed.is_kept()
    await signed.page.goto(f"{address}/gallery")
    assert signed.page.url.startswith(f"{address}/login")
    assert not await signed.is_kept()
    assert "likeness" not in {c.get("name") for c in await signed.page.context.cookies()}


async def test_every_way_out_says_so(address: str) -> None:
    account = {"email": "anna@example.com", "password": "four quiet words here"}
    for path in ("/logout", "/api/auth/logout"):
        async with httpx.AsyncClient(base_url=address) as browser:
            await browser.post("/register", data=account)
            await browser.post("/login", data=account)
            answer = await browser.post(path)
            assert answer.headers["clear-site-data"] == '"cache"', path
