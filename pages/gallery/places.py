"""The places of the gallery, as links above its pictures: each has an address of its own."""

from functools import cache

from components.dom import still

PLACES = (
    ("All", "/gallery"),
    ("Favourites", "/gallery?favourite=true"),
    ("Albums", "/gallery/albums"),
    ("Trash", "/gallery?trash=true"),
)


def place_links(here: str, *, within: bool = False) -> None:
    """Links to all places, with the one called `here` marked; within: on a page below it."""
    still(
        "nav",
        _links(here, "true" if within else "page"),
        classes="gallery-places",
        aria_label="Places of the gallery",
    )


@cache
def _links(here: str, current: str) -> str:
    marks = {here: f' aria-current="{current}"'}
    return "".join(f'<a href="{href}"{marks.get(name, "")}>{name}</a>' for name, href in PLACES)
