"""/admin, Engines: each engine, what it is, a test of it, and how it is connected."""

from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

from nicegui import ui

from components.dom import el
from components.engine_panel import EnginePanel
from components.feedback import section
from services.deps import Deps
from services.remote import connections
from services.remote.connections import ConnectionView


class Engines:
    """All engines, the usual one first."""

    def __init__(self, deps: Deps, actor_id: UUID) -> None:
        """actor_id: the administrator who looks."""
        self._deps = deps
        self._actor_id = actor_id

    async def build(self) -> None:
        """A card for each."""
        async with self._deps.transaction() as session:
            views = await connections.list_(session, self._deps)
        with section("Engines"), el("div", classes="choices"):
            for view in views:
                engine = self._deps.engines.find(view.name)
                EnginePanel(
                    view,
                    check=engine.check if engine else None,
                    on_connect=self._connecting(view),
                    on_disconnect=self._disconnecting(view),
                )

    def _connecting(self, view: ConnectionView) -> Callable[[Mapping[str, str]], Awaitable[str]]:
        async def connect(values: Mapping[str, str]) -> str:
            said = await connections.try_out(self._deps, name=view.name, values=values)
            async with self._deps.transaction() as session:
                await connections.connect(
                    session, self._deps, name=view.name, values=values, actor_id=self._actor_id
                )
            await self._reload()
            return said

        return connect

    def _disconnecting(self, view: ConnectionView) -> Callable[[], Awaitable[None]]:
        async def disconnect() -> None:
            async with self._deps.transaction() as session:
                await connections.disconnect(session, name=view.name, actor_id=self._actor_id)
            await self._reload()

        return disconnect

    async def _reload(self) -> None:
        """This process first, so that the page shows what is so now."""
        await connections.reload(self._deps)
        ui.navigate.reload()
