"""/admin, GPU workers: keys made, shown once, renamed and revoked; each worker as it comes."""

from collections.abc import AsyncIterator

import pytest
from nicegui.testing import User as Visitor
from nicegui.testing.user_interaction import UserInteraction
from sqlalchemy import update

from components import live
from components.dom import El
from db.models import User
from services.accounts.users import UserView
from services.deps import Deps
from services.workers import keys, presence
from services.workers.keys import WorkerView
from tests.doubles.worker_line import OFFERS, Caller, with_line
from tests.pages.conftest import ANNA
from tests.serving import serving
from tests.waiting import eventually


@pytest.fixture
async def house(live_deps: Deps) -> Deps:
    live_deps.settings.data_dir.mkdir(parents=True, exist_ok=True)
    return with_line(live_deps)


@pytest.fixture
async def visitor(house: Deps) -> AsyncIterator[Visitor]:
    async with serving(house) as visitor:
        await visitor.http_client.post("/register", data=ANNA)
        yield visitor


@pytest.fixture
async def admin(house: Deps, anna: UserView) -> UserView:
    async with house.transaction() as session:
        await session.execute(update(User).where(User.id == anna.id).values(role="admin"))
    return anna


def shown(visitor: Visitor, label: str) -> str:
    """What stands in the field with that label."""
    assert visitor.client
    elements = [e for e in visitor.client.elements.values() if isinstance(e, El)]
    (field,) = [e for e in elements if e.props.get("aria-label") == label]
    return str(field.props["defaultValue"])


def write(visitor: Visitor, name: str, text: str) -> None:
    """What is typed into the field that shows `name`, as its example or its value."""
    assert visitor.client
    elements = [e for e in visitor.client.elements.values() if isinstance(e, El)]
    found = {
        e for e in elements if name in (e.props.get("placeholder"), e.props.get("defaultValue"))
    }
    UserInteraction(visitor, found, None).trigger("input", text)


async def listed(house: Deps) -> list[WorkerView]:
    async with house.transaction() as session:
        return await keys.list_(session)


async def test_a_worker_gets_a_key_comes_is_renamed_and_revoked(
    visitor: Visitor, house: Deps, admin: UserView
) -> None:
    await visitor.open("/admin")
    visitor.find(marker="make-worker-key").click()
    await visitor.should_see("Name")
    assert await listed(house) == []
    write(visitor, "Box at home", "Attic")
    visitor.find(marker="make-worker-key").click()
    await visitor.should_see("Key of Attic")
    await visitor.should_see("Not started yet")
    key = shown(visitor, "Key")
    assert f"TRAINER_APP_KEY={key} python -m services.trainer work" in shown(visitor, "Command")

    worker = Caller(visitor.http_client, key)
    assert (await worker.claim(hardware="NVIDIA L4 (24 GiB)")).status_code == 204
    (view,) = await listed(house)
    live.changed(presence.TOPIC, view.id, None)  # as the listener of the process does
    await visitor.should_see("Waits for work")
    await visitor.should_see("NVIDIA L4 (24 GiB)")

    visitor.find(marker="ask-worker-name").click()
    await visitor.should_see("Rename the worker")
    write(visitor, "Attic", "Cellar")
    visitor.find(marker="rename-worker").click()
    await visitor.should_see("Cellar")

    async def gone() -> bool:
        return await listed(house) == []

    visitor.find(marker="revoke-worker").click()
    await eventually(gone)
    await visitor.should_see("The key is revoked.")
    await visitor.should_not_see("Cellar")
    assert (await worker.claim(offers=OFFERS)).status_code == 401
