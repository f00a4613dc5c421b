"""Change notices on their way to pages."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest
from nicegui import Client, core
from nicegui.page import page

from components import live
from services.errors import NotFound, Unavailable
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


async def test_a_notice_that_comes_while_a_look_fails_is_not_lost(client: Client) -> None:
    looks: list[str] = []
    go_on = asyncio.Event()

    async def look(_: UUID) -> None:
        looks.append("look")
        await go_on.wait()
        if len(looks) == 1:
            raise ConnectionError("the database is away")

    id = uuid4()
    with client:
        live.on("generation", ANNA, look)
    live.changed("generation", id, ANNA)
    await eventually(lambda: looks)
    live.changed("generation", id, ANNA)
    go_on.set()
    await eventually(lambda: len(looks) == 2)


@pytest.mark.parametrize("error", [ConnectionError("away"), Unavailable("away")])
async def test_a_look_that_fails_is_tried_again_without_another_notice(
    client: Client, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The notice of the last change may be the one whose look fails."""
    monkeypatch.setattr(live, "WAITS", (0, 0, 0))
    looks: list[UUID] = []

    async def look(id: UUID) -> None:
        looks.append(id)
        if len(looks) < 3:
            raise error

    with client:
        live.on("generation", ANNA, look)
    live.changed("generation", BEN, ANNA)
    await eventually(lambda: looks == [BEN, BEN, BEN])


async def test_a_page_that_stays_behind_says_so_and_what_is_refused_is_asked_once(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(live, "WAITS", (0, 0))
    looks: list[str] = []

    async def broken(_: UUID) -> None:
        looks.append("broken")
        raise ConnectionError("away")

    async def gone(_: UUID) -> None:
        looks.append("gone")
        raise NotFound("There is no such model.")

    with client:
        live.on("generation", ANNA, broken)
        live.on("user_model", ANNA, gone)
    live.changed("user_model", ANNA, ANNA)
    live.changed("generation", ANNA, ANNA)

    def shown() -> set[str]:
        return {getattr(element, "text", "") for element in client.elements.values()}

    await eventually(lambda: "This page could not be brought up to date." in shown())
    assert sorted(looks) == ["broken", "broken", "broken", "gone"]
    assert [record for record in caplog.records if record.levelname == "ERROR"]


async def test_what_changes_while_a_page_is_built_is_looked_at_again(client: Client) -> None:
    """Between its reading and its subscription; but nothing from before the page began."""
    looks: list[UUID] = []

    async def look(id: UUID) -> None:
        looks.append(id)

    of_anna, of_ben = uuid4(), uuid4()
    live.changed("user_model", of_anna, ANNA)
    live.changed("user_model", of_ben, BEN)
    live.changed("generation", uuid4(), ANNA)
    with client:
        live.on("user_model", ANNA, look)
    await eventually(lambda: looks == [of_anna])
    late = Client(page(""))
    with late:
        live.on("user_model", ANNA, look)
    live.changed("user_model", of_ben, ANNA)
    await eventually(lambda: len(looks) == 3)
    late.delete()
    assert looks == [of_anna, of_ben, of_ben]


async def test_looks_of_one_page_do_not_overtake_each_other(client: Client) -> None:
    """Each reads a whole list: the one that began first would show the older one last."""
    begun: list[UUID] = []
    go_on = asyncio.Event()

    async def look(id: UUID) -> None:
        begun.append(id)
        await go_on.wait()

    one, other = uuid4(), uuid4()
    with client:
        live.on(("user_model", "generation"), ANNA, look)
    live.changed("user_model", one, ANNA)
    live.changed("generation", other, ANNA)
    await eventually(lambda: begun)
    await asyncio.sleep(0)
    assert begun == [one]
    go_on.set()
    await eventually(lambda: begun == [one, other])
