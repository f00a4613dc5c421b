"""The versions of a trained model beside its page: which is in use, and the way back to another."""

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from components import formatting
from components.controls import button
from components.dom import el
from components.feedback import toast
from services.deps import Deps
from services.errors import DomainError, NotFound
from services.training import versions
from services.training.versions import VersionView


class Versions:
    """Shown once there is a choice."""

    def __init__(self, deps: Deps, user_id: UUID, model_id: UUID) -> None:
        self._deps, self._key = deps, {"user_id": user_id, "user_model_id": model_id}
        self._shown: Sequence[VersionView] = ()
        with el("section", classes="card stack") as self.root:
            el("h2", "Versions")
            self._list = el("div", classes="stack")
        self.root.set_visibility(False)

    async def refresh(self) -> None:
        """Read again; the list is built anew only where it has changed."""
        try:
            async with self._deps.reading() as session:
                found = await versions.list_(session, **self._key)
        except NotFound:
            return
        self.root.set_visibility(len(found) > 1)
        if found == self._shown:
            return
        self._shown = found
        self._list.clear()
        with self._list:
            for version in found:
                self._row(version)

    def _row(self, version: VersionView) -> None:
        said = [f"Version {version.number}", formatting.plural(version.photos, "photo")]
        if version.likeness is not None:
            said.append(f"likeness {version.likeness:.0f}")
        with el("div", classes="row between nowrap"):
            el("p", " · ".join(said), classes="num")
            if version.in_use:
                el("span", "In use", classes="badge good")
            else:
                use = partial(self._use, version.number)
                button("Use", use, kind="quiet", aria_label=f"Use version {version.number}")

    async def _use(self, number: int) -> None:
        try:
            async with self._deps.transaction() as session:
                await versions.use(session, number=number, **self._key)
        except DomainError as error:
            toast(str(error), danger=True)
        else:
            toast(f"Version {number} makes the images now.")
            await self.refresh()
