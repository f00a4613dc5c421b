"""/gallery: all pictures of a member, with filters, search, albums and trash."""

from collections.abc import Sequence
from dataclasses import replace

from fastapi import Request
from nicegui import ui

from components.controls import button
from components.feedback import empty_state
from components.gallery import Filter
from pages.gallery.dialogs import PictureDialogs, pictures
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
STARS = (
    ("", "Any rating"),
    *((str(n), f"{n} stars or more") for n in (1, 2, 3, 4)),
    ("5", "5 stars"),
)


def register(deps: Deps) -> None:
    """Serve the page."""

    @ui.page("/gallery")
    async def page(request: Request) -> None:
        async with shell(deps, "Gallery") as room:
            async with deps.reading() as session:
                choices = await images.choices(session, user_id=room.user.id)
                known = await styles.all_styles(session)
            given = filters(choices, known, dict(request.query_params))
            first = ("Open the studio", "/studio") if choices.models else ("Train a model", NEW)
            with pictures(deps, room.user.id, filters=given).empty:
                empty_state(
                    "What you make in the studio appears here at once.",
                    title="No pictures yet",
                    action=first,
                )
        with room.actions:
            albums = PictureDialogs(deps, room.user.id).albums
            button("Albums", albums, kind="quiet", icon_name="album")


def filters(
    choices: images.Choices, known: Sequence[StyleView], values: dict[str, str]
) -> list[Filter]:
    """The controls above the pictures, on `values`; what a member has none of is left out."""
    models = [(str(id), name) for id, name in choices.models]
    albums = [(str(id), name) for id, name in choices.albums]
    offered = [
        Filter("q", "Search", kind="search"),
        Filter("sort", "Order", SORTS),
        Filter("model_id", "Model", [("", "All models"), *models]) if models else None,
        Filter("album_id", "Album", [("", "All pictures"), *albums]) if albums else None,
        Filter("preset", "Style", [("", "All styles"), *((p.id, p.name) for p in known)]),
        Filter("rating", "Rating", STARS),
        Filter("since", "From", kind="date"),
        Filter("until", "To", kind="date"),
        Filter("favourite", "Favourites", kind="checkbox"),
        Filter("trash", "Trash", kind="checkbox"),
    ]
    return [replace(each, value=_offered(each, values)) for each in offered if each]


def _offered(control: Filter, values: dict[str, str]) -> str:
    """What the control stands on: never on what it does not offer, such as a deleted album."""
    value = values.get(control.name, "")
    known = control.options is None or value in {each for each, _ in control.options}
    return value if known else ""
