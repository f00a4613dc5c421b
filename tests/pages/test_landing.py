"""/ as a visitor finds it: what it offers depends on how the operator runs it."""

import dataclasses
import io

import pytest
from PIL import Image

from services.analytics.base import Event, Step
from services.analytics.off import AnalyticsOff
from services.deps import Deps
from services.payments.off import PaymentsOff
from services.settings import Settings
from tests.accounts import member, sign_in
from tests.serving import serving


class Selling(PaymentsOff):
    """Payments that are on."""

    enabled = True


async def front_page(deps: Deps) -> str:
    async with serving(deps) as web:
        answer = await web.http_client.get("/")
        assert answer.status_code == 200
        return answer.text


async def test_a_household_meets_no_prices(deps: Deps) -> None:
    page = await front_page(deps)
    assert "Pictures of you that nobody took" in page
    assert "Get started" in page
    assert "Her photo" in page
    assert "Made of it" in page
    assert "a month" not in page
    assert "<script src" not in page
    ahead = page.partition('type="speculationrules"')[2].partition("</script>")[0]
    assert '"/register"' in ahead
    for costly in ('"/"', "/dashboard", "/studio"):  # a visit that is counted, a client each
        assert costly not in ahead


async def test_plans_and_prices_are_shown_where_they_are_sold(deps: Deps) -> None:
    page = await front_page(dataclasses.replace(deps, payments=Selling()))
    for offer in ("Choose Creator", "$20", "200 images a month", "3 images in all", "$99"):
        assert offer in page, offer


@pytest.mark.parametrize("registration", ["invite", "closed"])
async def test_a_closed_house_offers_only_the_door(
    deps: Deps, settings: Settings, registration: str
) -> None:
    closed = settings.model_copy(update={"registration": registration})
    page = await front_page(dataclasses.replace(deps, settings=closed))
    assert "Get started" not in page
    assert "/register" not in page


class Told(AnalyticsOff):
    """Analytics that keep what they are told."""

    enabled = True

    def __init__(self) -> None:
        self.events: list[Event] = []

    def record(self, event: Event) -> None:
        self.events.append(event)


async def test_a_visit_is_told_of_and_privacy_says_so(deps: Deps) -> None:
    told = Told()
    async with serving(dataclasses.replace(deps, analytics=told)) as web:
        for _ in range(2):
            assert (await web.http_client.get("/")).headers.get("set-cookie") is None
        assert "eu.i.posthog.com" in (await web.http_client.get("/privacy")).text
        await sign_in(deps, web.http_client, await member(deps))
        await web.http_client.get("/")
    assert [event.step for event in told.events] == [Step.LANDING] * 2
    assert len({event.who for event in told.events}) == 2


async def test_without_a_key_privacy_names_nobody(deps: Deps) -> None:
    async with serving(deps) as web:
        assert "PostHog" not in (await web.http_client.get("/privacy")).text


async def test_a_link_to_the_page_shows_a_card_by_its_public_address(
    deps: Deps, settings: Settings
) -> None:
    public = settings.model_copy(update={"public_url": "https://studio.example/"})
    async with serving(dataclasses.replace(deps, settings=public)) as web:
        page = (await web.http_client.get("/")).text
        start = '<meta property="og:image" content="https://studio.example'
        address = page.partition(start)[2].partition('"')[0]
        picture = await web.http_client.get(address)
    assert '<meta property="og:url" content="https://studio.example/">' in page
    assert '<meta name="twitter:card" content="summary_large_image">' in page
    with Image.open(io.BytesIO(picture.content)) as card:
        assert card.size == (1200, 630)


async def test_prices_are_compared_where_something_is_sold(deps: Deps, settings: Settings) -> None:
    sold = {"credit_pack_credits": 50, "stripe_price_pack": "price_pack"}
    selling = dataclasses.replace(
        deps, settings=settings.model_copy(update=sold), payments=Selling()
    )
    async with serving(selling) as web:
        assert 'href="/pricing"' in (await web.http_client.get("/")).text
        page = (await web.http_client.get("/pricing")).text
    for words in ("$20", "200 a month", "3 in all", "Included", "50 credits in a pack"):
        assert words in page, words


async def test_without_a_till_the_page_says_that_nothing_is_sold(deps: Deps) -> None:
    async with serving(deps) as web:
        assert "/pricing" not in (await web.http_client.get("/")).text
        page = (await web.http_client.get("/pricing")).text
    assert "Nothing is sold on this installation" in page
    assert "$" not in page.partition("<main")[2].partition("</main")[0]
    assert "noindex" in page
