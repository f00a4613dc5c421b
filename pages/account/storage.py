"""The part of /account that says how much of the member's storage is used."""

from components import formatting
from components.controls import link_button
from components.dom import el
from components.feedback import Bar, section
from services.training.quota import StorageView


def storage_section(found: StorageView) -> None:
    """What photos and pictures take, and where room is made."""
    with section("Storage"):
        used, limit = formatting.size(found.used), formatting.size(found.limit)
        el("p", f"{used} of {limit} used", classes="strong num")
        Bar(min(1.0, found.used / found.limit) if found.limit else 1.0, label="Storage used")
        photos, pictures = formatting.size(found.photos), formatting.size(found.pictures)
        el(
            "p",
            f"Photos {photos}, pictures {pictures}. What is in the trash counts until it is "
            "deleted for ever.",
            classes="small muted",
        )
        with el("div", classes="row"):
            link_button("Open the trash", "/gallery?trash=true")
