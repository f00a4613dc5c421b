"""The studio's packs: what there is, with its price, and how far those are that were ordered."""

from collections.abc import Callable
from functools import partial
from uuid import UUID

from components import live
from components.controls import Dialog, button
from components.dom import El
from components.feedback import toast
from components.pack_cards import PackCard, pack_offer
from pages.server.call_limits import count_in_page
from services.credits import ledger
from services.deps import Deps
from services.engines.base import Method
from services.errors import DomainError, NotFound
from services.limits.policy import Act
from services.studio import packs, styles
from services.studio.packs import PackRequest, PackView

Whom = Callable[[], tuple[UUID, Method | None]]


class StudioPacks:
    """A button that opens the packs; `place` is where those that were ordered are shown."""

    place: El

    def __init__(self, deps: Deps, user_id: UUID, *, chosen: Whom) -> None:
        """chosen: whom the pictures are to show, and by which method."""
        self._deps = deps
        self._user_id = user_id
        self._chosen = chosen
        self._cards: dict[UUID, PackCard] = {}
        button("Packs", self._offer, kind="quiet", icon_name="album", mark="packs")
        self._dialog = Dialog("Packs")

    async def open(self) -> None:
        """Shows what was ordered since yesterday, and follows it."""
        async with self._deps.transaction() as session:
            found = await packs.recent(session, self._deps, user_id=self._user_id)
        for progress in reversed(found):
            self._card(progress.album.id).show(progress)
        live.on("generation", self._user_id, self._changed)

    @property
    def any(self) -> bool:
        """Whether one is shown."""
        return bool(self._cards)

    async def _offer(self) -> None:
        async with self._deps.transaction() as session:
            offered = await packs.offered(session)
            balance = await ledger.balance(session, user_id=self._user_id)
            known = {style.id: style for style in await styles.offered(session)}
        self._dialog.body.clear()
        with self._dialog.body:
            for pack in offered:
                shown = [known[id] for id in pack.styles]
                pack_offer(
                    pack,
                    shown,
                    counted=balance.available is not None,
                    on_order=partial(self._order, pack),
                )
        self._dialog.show()

    async def _order(self, pack: PackView) -> None:
        whom, method = self._chosen()
        request = PackRequest(whom, method=method, credits=pack.price)
        try:
            count_in_page(Act.GENERATE)
            async with self._deps.transaction() as session:
                run = await packs.run(
                    session, self._deps, user_id=self._user_id, pack_id=pack.id, request=request
                )
        except DomainError as error:
            toast(str(error), danger=True)
            return
        self._dialog.close()
        await self._show(run.album.id)
        self._cards[run.album.id].reveal()

    async def _changed(self, id: UUID) -> None:
        for album_id, card in list(self._cards.items()):
            if id in card.ids:
                await self._show(album_id)

    async def _show(self, album_id: UUID) -> None:
        try:
            async with self._deps.transaction() as session:
                progress = await packs.progress(
                    session, self._deps, user_id=self._user_id, album_id=album_id
                )
        except NotFound:  # the album was deleted; its pictures are in the gallery
            return
        self._card(album_id).show(progress)

    def _card(self, album_id: UUID) -> PackCard:
        if album_id not in self._cards:
            with self.place:
                card = self._cards[album_id] = PackCard()
            card.root.move(target_index=0)
        return self._cards[album_id]
