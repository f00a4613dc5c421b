"""/gallery: the pictures of a member, or those of one place: favourites, an album, the trash."""

from collections.abc import Sequence
from dataclasses import replace

from fastapi import Request
from nicegui import ui

from components.feedback import empty_state
from components.gallery import Filter
from components.method_picker import NAMES
from pages.gallery.dialogs import pictures
from pages.gallery.places import place_links
from pages.server.context import current_user
from pages.signed_in_frame import shell
from services.deps import Deps
from services.gallery import images
from services.studio import styles
from services.studio.styles import StyleView

SORTS = (
    ("", "Newest first"),
    ("oldest", "Oldest first"),
    ("rating", "Best rated"),
    ("likeness", "Best likeness"),
)
NEW = "/models/new"
FLAG = (("", ""), ("true", "Yes"))
SHAPES = (
    ("", "All formats"),
    ("portrait", "Portrait"),
    ("square", "Square"),
    ("landscape", "Landscape"),
)
STARS = (
    ("", "Any rating"),
    *((str(n), f"{n} stars or more") for n in (1, 2, 3, 4)),
    ("5", "5 stars"),
)


def register(deps: Deps) -> None:
    """Serve the page."""

    @ui.page("/gallery")
    async def page(request: Request) -> None:
        given = dict(request.query_params)
        user = current_user()
        async with deps.reading() as session:
            choices = await images.choices(session, user_id=user.id)
            known = await styles.all_styles(session)
        shown = filters(choices, known, _methods(deps), given)
        place, title = _place(choices, {each.name: each.value for each in shown})
        async with shell(deps, title, place="Gallery") as room:
            place_links(place, within=title not in (place, "Gallery"))
            first = ("Open the studio", "/studio") if choices.models else ("Train a model", NEW)
            with pictures(deps, room.user.id, filters=shown).empty:
                empty_state(
                    "What you make in the studio appears here at once.",
                    title="No pictures yet",
                    action=first,
                )


def _place(choices: images.Choices, values: dict[str, str]) -> tuple[str, str]:
    """Which place the filters name, and the heading of its page."""
    if values["trash"]:
        return "Trash", "Trash"
    albums = {str(id): name for id, name in choices.albums}
    if album := albums.get(values["album_id"]):
        return "Albums", album
    return ("Favourites", "Favourites") if values["favourite"] else ("All", "Gallery")


def _methods(deps: Deps) -> list[tuple[str, str]]:
    """(value, text) of the ways in which this installation makes pictures, if it has several."""
    ways = dict.fromkeys(way for each in deps.engines.ready for way in each.info.methods)
    return [(str(way), NAMES[way]) for way in ways] if len(ways) > 1 else []


def filters(
    choices: images.Choices,
    known: Sequence[StyleView],
    methods: Sequence[tuple[str, str]],
    values: dict[str, str],
) -> list[Filter]:
    """The controls above the pictures, on `values`; what a member has none of is left out."""
    models = [(str(id), name) for id, name in choices.models]
    albums = [(str(id), name) for id, name in choices.albums]
    offered = [
        Filter("q", "Search", kind="search"),
        Filter("sort", "Order", SORTS),
        Filter("model_id", "Model", [("", "All models"), *models]) if models else None,
        Filter("preset", "Style", [("", "All styles"), *((p.id, p.name) for p in known)]),
        Filter("shape", "Format", SHAPES),
        Filter("method", "Method", [("", "All methods"), *methods]) if methods else None,
        Filter("rating", "Rating", STARS),
        Filter("since", "From", kind="date"),
        Filter("until", "To", kind="date"),
        Filter("album_id", "Album", [("", ""), *albums], kind="hidden"),
        Filter("favourite", "Favourites", FLAG, kind="hidden"),
        Filter("trash", "Trash", FLAG, kind="hidden"),
    ]
    return [replace(each, value=_offered(each, values)) for each in offered if each]


def _offered(control: Filter, values: dict[str, str]) -> str:
    """What the control stands on: never on what it does not offer, such as a deleted album."""
    value = values.get(control.name, "")
    known = control.options is None or value in {each for each, _ in control.options}
    return value if known else ""
