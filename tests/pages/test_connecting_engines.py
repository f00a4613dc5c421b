"""/admin, Engines: connecting one, as the administrator's browser does it."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from nicegui.testing import User as Visitor
from nicegui.testing.user_interaction import UserInteraction
from sqlalchemy import func, select, update

from components.dom import El
from db.models import EngineSetting, User
from services.accounts.users import UserView
from services.deps import Deps
from services.engines import configured
from tests.pages.conftest import ANNA
from tests.serving import serving
from tests.waiting import eventually


@pytest.fixture
async def house(live_deps: Deps) -> Deps:
    """An installation in which nothing is connected, and ENGINE is not set."""
    settings = live_deps.settings.model_copy(update={"engine": "auto"})
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    engines = configured.build(settings, live_deps.storage)
    return replace(live_deps, settings=settings, engines=engines)


@pytest.fixture
async def visitor(house: Deps) -> AsyncIterator[Visitor]:
    async with serving(house) as visitor:
        await visitor.http_client.post("/register", data=ANNA)
        yield visitor


@pytest.fixture
async def admin(house: Deps, anna: UserView) -> UserView:
    """Anna, who may."""
    async with house.transaction() as session:
        await session.execute(update(User).where(User.id == anna.id).values(role="admin"))
    return anna


def write(visitor: Visitor, placeholder: str, text: str) -> None:
    """What is typed into the field with this example in it."""
    assert visitor.client
    elements = visitor.client.elements.values()
    (field,) = [
        e for e in elements if isinstance(e, El) and e.props.get("placeholder") == placeholder
    ]
    UserInteraction(visitor, {field}, None).trigger("input", text)


async def test_what_does_not_answer_is_not_kept(
    visitor: Visitor, house: Deps, admin: UserView
) -> None:
    await visitor.open("/admin")
    for said in ("GPU_WORKER_URL is not set.", "TOGETHER_API_KEY is not set.", "Start the worker"):
        await visitor.should_see(said)
    write(visitor, "http://gpu-box:9000", "http://127.0.0.1:9")
    visitor.find(marker="connect-worker").click()

    async def told() -> bool:
        await visitor.should_see("set both")
        return True

    await eventually(told)
    async with house.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(EngineSetting)) == 0
    assert [engine.info.name for engine in house.engines.ready] == ["preview"]
