"""Processes start with other settings while members use a plan: only an explicit choice counts."""

from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest
from pydantic import SecretStr

from services.app import startup
from services.credits import ledger, plans
from services.deps import Deps
from services.errors import InsufficientCredits
from services.settings import Settings
from tests.doubles.engine import ScriptedEngine, images, picture
from tests.pairs.table import pair
from tests.studio import Studio

KEY = {"stripe_secret_key": SecretStr("sk_test_1")}
DEFAULT = "select name from plans where is_default"


class Installation:
    """One database, on which processes start."""

    def __init__(self, settings: Settings, url: str) -> None:
        self.url = url
        self._settings = settings.model_copy(update={"database_url": SecretStr(url)})

    def start(self, **changes: Any) -> str:
        """A process begins to serve, up to where it builds its parts; what it said."""
        said: list[str] = []
        with startup.opened_database(self._settings.model_copy(update=changes), said.append):
            return "\n".join(said)

    def refusal(self, **changes: Any) -> str:
        """Why such a process can't start."""
        with pytest.raises(startup.CannotStart) as refused:
            self.start(**changes)
        return str(refused.value)

    def default(self) -> str:
        """The plan of everybody who has no other."""
        with psycopg.connect(self.url) as connection:
            [(name,)] = connection.execute(DEFAULT).fetchall()
        return str(name)

    def price(self, plan: str) -> str | None:
        """What it is sold by."""
        with psycopg.connect(self.url) as connection:
            query = "select stripe_price_id from plans where name = %s"
            [(price,)] = connection.execute(query, (plan,)).fetchall()
        return None if price is None else str(price)


@pytest.fixture
def house(settings: Settings, database_url: str) -> Installation:
    return Installation(settings, database_url)


def test_a_household_that_says_nothing_is_unlimited(house: Installation) -> None:
    for role in ("all", "web", "worker"):
        said = house.start(role=role)
        assert (house.default(), "plan" in said) == ("unlimited", False)


@pytest.mark.parametrize("role", ["worker", "web", "all"])
def test_a_container_without_the_key_makes_nothing_free_for_all(
    house: Installation, role: str
) -> None:
    house.start(**KEY)
    said = house.start(role=role)
    assert house.default() == "free"
    assert ("members keep the plan Free" in said) == (role != "worker")


def test_a_container_without_the_choice_keeps_it(house: Installation) -> None:
    house.start(default_plan="creator")
    for changes in ({"role": "worker"}, {"role": "web"}, {}):
        house.start(**changes)
        assert house.default() == "creator"
    house.start(default_plan="unlimited")
    assert house.default() == "unlimited"


def test_a_worker_decides_nothing_even_with_settings_of_its_own(house: Installation) -> None:
    house.start(**KEY, stripe_price_pro="price_1")
    for changes in ({"default_plan": "pro"}, {"stripe_price_pro": "price_2"}, KEY):
        house.start(role="worker", **changes)
        assert (house.default(), house.price("pro")) == ("free", "price_1")
    assert house.start(role="worker", default_plan="gold")  # nor is it asked what it thinks


def test_a_choice_that_there_is_not_is_refused_and_nothing_changed(house: Installation) -> None:
    house.start(default_plan="creator")
    assert "choose one of free" in house.refusal(default_plan="gold")
    assert house.default() == "creator"


@pytest.fixture
def engine() -> ScriptedEngine:
    return ScriptedEngine()


@pytest.fixture
async def studio(live_deps: Deps, house: Installation) -> AsyncIterator[Studio]:
    """A member of a house that sells plans, without a plan of their own."""
    house.start(**KEY)
    studio = await Studio(live_deps).open(status="ready")
    yield studio
    await studio.close()


@pair("generate", "restart")
async def test_images_under_way_are_paid_whatever_container_starts(
    studio: Studio, engine: ScriptedEngine, house: Installation
) -> None:
    engine.on_submit.append(images(picture(), picture()))
    asked = await studio.generate(count=2)
    house.start(role="worker")
    await studio.ended(asked.id)
    house.start()
    balance = await studio.balance()
    assert (balance.available, balance.held) == (1, 0)
    with pytest.raises(InsufficientCredits):
        await studio.generate(count=2)


async def test_a_chosen_plan_counts_from_the_next_request_on(
    studio: Studio, engine: ScriptedEngine, house: Installation
) -> None:
    """What was set aside from the member's own credits is paid by them, the next by the plan."""
    engine.on_submit.append(images(picture(), picture()))
    asked = await studio.generate(count=2)
    house.start(**KEY, default_plan="unlimited")
    await studio.ended(asked.id)
    await studio.ended((await studio.generate(count=2)).id)
    house.start(**KEY, default_plan="free")
    assert (await studio.balance()).available == 1
    async with studio.deps.transaction() as session:
        assert (await plans.of_user(session, user_id=studio.user_id)).name == "free"
        moves = await ledger.statement(session, user_id=studio.user_id)
    assert [(move.kind, move.change) for move in reversed(moves)] == [
        ("grant", 3),
        ("reserve", -2),
        ("capture", 0),
        ("reserve", 0),
        ("capture", 0),
    ]
