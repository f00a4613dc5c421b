"""/admin, Engines: each engine, what it is, a test of it, and how it is connected."""

from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

from nicegui import ui

from components import live
from components.dom import el
from components.engine_panel import EnginePanel
from components.feedback import section
from components.local_panel import LocalPanel
from services.deps import Deps
from services.engines.base import Engine
from services.engines.local.state import Local
from services.engines.visited import Visited
from services.remote import connections
from services.remote.connections import ConnectionView

TOPIC = "engine state"  # of this process alone
ANY = UUID(int=0)


def follow(deps: Deps) -> None:
    """Has open pages hear of engines that change by themselves."""
    deps.engines.follow(lambda: live.changed(TOPIC, ANY, None))


def _away(engine: Engine) -> bool:
    """Whether nobody is there who could answer a test."""
    return isinstance(engine, Visited) and engine.away is not None


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
                panel = EnginePanel(
                    view,
                    check=None if engine is None or _away(engine) else engine.check,
                    on_connect=self._connecting(view),
                    on_disconnect=self._disconnecting(view),
                )
                if isinstance(engine, Local):
                    self._follow(engine, view.name, panel)

    def _follow(self, engine: Local, name: str, panel: EnginePanel) -> None:
        """The worker of this machine, and what changes there while one looks."""

        async def look() -> None:
            engine.look()

        async def fetch() -> None:
            engine.fetch()

        async def try_out() -> None:
            engine.try_out()

        with panel.more:
            local = LocalPanel(
                engine.state,
                on_look=look,
                on_fetch=fetch,
                on_hold=engine.hold,
                on_trial=try_out,
            )

        async def show(_: UUID) -> None:
            local.show(engine.state)
            async with self._deps.transaction() as session:
                views = await connections.list_(session, self._deps)
            panel.show(next(view for view in views if view.name == name))

        live.on(TOPIC, None, show)

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
