"""/admin, GPU workers: their keys, and what each of them is and does, followed live."""

import shlex
from uuid import UUID

from components import live
from components.controls import Dialog, Field, button
from components.copying import copyable
from components.dom import el
from components.feedback import section, toast
from components.keyed_list import KeyedList
from components.worker_row import WorkerRow
from services.deps import Deps
from services.errors import DomainError
from services.remote import connections
from services.workers import keys, presence
from services.workers.keys import WorkerView

WHAT = (
    "A GPU at home, rented or behind NAT asks here for work: no port has to be open there. Give "
    "each worker a key of its own."
)
REVOKED = "The key is revoked. What the worker had goes to others."


class Workers:
    """The workers that have keys, and the dialogs that make, show and rename them."""

    def __init__(self, deps: Deps, actor_id: UUID) -> None:
        """actor_id: the administrator who looks."""
        self._deps = deps
        self._actor_id = actor_id

    async def build(self) -> None:
        """The list, and its subscription."""
        with section("GPU workers"):
            el("p", WHAT, classes="muted")
            rows = el("ul", classes="stack")
            self._name = Field("Name of a new worker", placeholder="Box at home", maxlength="80")
            with el("div", classes="row"):
                button("Make a key", self._make, mark="make-worker-key")
        self._rows = KeyedList[WorkerView](rows, key=lambda view: view.id, build=self._row)
        self._dialog = Dialog("Key of the worker")
        await self._refresh(self._actor_id)
        live.on(presence.TOPIC, None, self._refresh)

    def _row(self, view: WorkerView) -> WorkerRow:
        return WorkerRow(view, on_rename=self._ask_name, on_revoke=self._revoke)

    async def _refresh(self, _: UUID) -> None:
        async with self._deps.transaction() as session:
            views = await keys.list_(session)
        self._rows.show(views)

    async def _make(self) -> None:
        try:
            async with self._deps.transaction() as session:
                view, key = await keys.create(
                    session, self._deps, name=self._name.value, actor_id=self._actor_id
                )
        except DomainError as error:
            self._name.error = str(error)
            self._name.focus()
            return
        self._name.value = ""
        await self._refresh(view.id)
        self._show_key(view, key)

    def _show_key(self, view: WorkerView, key: str) -> None:
        """The key, once, and what to type where the GPU is."""
        self._dialog.heading.text = f"Key of {view.name}"
        self._dialog.body.clear()
        app = shlex.quote(self._deps.settings.base_url)
        with self._dialog.body:
            el("p", "Copy it now. It is not shown again.")
            copyable(key, label="Key")
            el("p", "Where the GPU is, in the worker’s folder:")
            command = f"TRAINER_APP_KEY={key} python -m services.trainer work --app {app}"
            copyable(command, label="Command")
        self._dialog.show()

    async def _ask_name(self, view: WorkerView) -> None:
        self._dialog.heading.text = "Rename the worker"
        self._dialog.body.clear()
        with self._dialog.body:
            name = Field("Name", value=view.name, maxlength="80")

            async def rename() -> None:
                try:
                    async with self._deps.transaction() as session:
                        await keys.rename(
                            session, key_id=view.id, name=name.value, actor_id=self._actor_id
                        )
                except DomainError as error:
                    name.error = str(error)
                    name.focus()
                    return
                self._dialog.close()
                await self._refresh(view.id)

            button("Rename", rename, kind="primary", mark="rename-worker")
        self._dialog.show()

    async def _revoke(self, view: WorkerView) -> None:
        try:
            async with self._deps.transaction() as session:
                await keys.revoke(session, self._deps, key_id=view.id, actor_id=self._actor_id)
        except DomainError as error:
            toast(str(error), danger=True)
        else:
            toast(REVOKED)
        await connections.reload(self._deps)
        await self._refresh(view.id)
