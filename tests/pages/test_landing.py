"""/ as a visitor finds it: what it offers depends on how the operator runs it."""

import dataclasses

import pytest

from services.deps import Deps
from services.payments.off import PaymentsOff
from services.settings import Settings
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
    assert "a month" not in page
    assert "<script src" not in page


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
