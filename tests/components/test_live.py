"""Change notices on their way to pages."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest
from nicegui import Client, core
from nicegui.page import page

from components import live
from tests.waiting import eventually

ANNA, BEN = uuid4(), uuid4()


@pytest.fixture
async def client(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Client]:
    """An open page."""
    monkeypatch.setattr(core, "loop", asyncio.get_running_loop())
    client = Client(page(""))
    yield client
    if not client.is_deleted:
        client.delete()


async def test_only_the_owner_and_whoever_hears_all_are_told(client: Client) -> None:
    told: list[tuple[str, UUID]] = []

    async def anna(id: UUID) -> None:
        told.append(("anna", id))

    async def admin(id: UUID) -> None:
        told.append(("admin", id))

    with client:
        live.on("image", ANNA, anna)
        live.on("image", None, admin)
    of_anna, of_ben = uuid4(), uuid4()
    live.changed("image", of_anna, ANNA)
    live.changed("image", of_ben, BEN)
    live.changed("generation", of_anna, ANNA)
    expected = {("anna", of_anna), ("admin", of_anna), ("admin", of_ben)}
    await eventually(lambda: set(told) == expected)


async def test_a_burst_becomes_one_more_look(client: Client) -> None:
    """While a page reads, a hundred notices are one: the last state is what counts."""
    looks: list[UUID] = []
    go_on = asyncio.Event()

    async def look(id: UUID) -> None:
        looks.append(id)
        await go_on.wait()

    id = uuid4()
    with client:
        live.on("user_model", ANNA, look)
    for _ in range(100):
        live.changed("user_model", id, ANNA)
    await eventually(lambda: looks == [id])
    go_on.set()
    await eventually(lambda: looks == [id, id])


async def test_a_closed_page_hears_nothing(client: Client) -> None:
    looks: list[UUID] = []

    async def look(id: UUID) -> None:
        looks.append(id)

    with client:
        live.on("credits", BEN, look)
    client.delete()
    live.changed("credits", BEN, BEN)
    assert looks == []
