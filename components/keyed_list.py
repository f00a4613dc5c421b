"""Lists that follow the database while a member presses, types and reads in them."""

from collections.abc import Callable, Hashable, Iterable
from typing import Generic, Protocol, TypeVar

from components.dom import El

Item = TypeVar("Item")
Shown = TypeVar("Shown", contravariant=True)


class Row(Protocol[Shown]):
    """One item on the page; `show` brings it up to date without another element."""

    @property
    def root(self) -> El: ...  # noqa: D102

    def show(self, item: Shown, /) -> None: ...  # noqa: D102


class KeyedList(Generic[Item]):
    """Each item keeps its element for as long as it is in the list.

    A click counts only if mouse-down and mouse-up meet the same element, and the focus goes
    with it: so what is there already is changed, never built again.
    """

    def __init__(
        self, root: El, *, key: Callable[[Item], Hashable], build: Callable[[Item], Row[Item]]
    ) -> None:
        """root: what the elements go into, before whatever else is in it."""
        self._root = root
        self._key = key
        self._build = build
        self._rows: dict[Hashable, Row[Item]] = {}

    def show(self, items: Iterable[Item]) -> None:
        """These items, in this order."""
        wanted = {self._key(item): item for item in items}
        for key in self._rows.keys() - wanted.keys():
            self._rows.pop(key).root.delete()
        for place, (key, item) in enumerate(wanted.items()):
            self._show_one(place, key, item)

    def _show_one(self, place: int, key: Hashable, item: Item) -> None:
        if key not in self._rows:
            with self._root:
                self._rows[key] = self._build(item)
        row = self._rows[key]
        if self._root.default_slot.children[place] is not row.root:
            row.root.move(target_index=place)
        row.show(item)
