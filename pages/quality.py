"""/quality: how good the work was in the last 30 days, for everybody if the operator says so."""

from collections.abc import Callable

from fastapi import Request
from fastapi.responses import HTMLResponse
from nicegui import app

from components.dom import el
from components.plain import Plain
from components.quality_panel import quality_panel
from pages.server.context import visitor
from services.deps import Deps, Session
from services.errors import NotFound
from services.figures import quality
from services.studio import styles

INTRO = (
    "What this installation makes, in figures that it measures itself. They are over all members "
    "together; groups of fewer than twenty are left out."
)


def register(deps: Deps) -> None:
    """Serve the page; where it is not public, to administrators alone."""

    @app.get("/quality", include_in_schema=False)
    async def shown(request: Request) -> HTMLResponse:
        user = visitor(request)
        if not deps.settings.quality_public and not (user and user.is_admin):
            raise NotFound("There is no such page.")
        async with deps.transaction() as session:
            found = await quality.kept(session)
            style_name = await naming(session)
        page = Plain("Quality")
        with page.body(
            width="reading",
            doors=True,
            signed_in=user is not None,
            sign_up=deps.settings.registration == "open",
        ):
            el("h1", "Quality")
            el("p", INTRO, classes="muted")
            with el("div", classes="stack"):
                quality_panel(found.of_many(), style_name=style_name)
        return page.response()


async def naming(session: Session) -> Callable[[str], str]:
    """What a style is called on the page, by its id in the figures."""
    names = {style.id: style.name for style in await styles.all_styles(session)}
    names |= {"": "No style", "own": "Own styles"}
    return lambda id: names.get(id, id)
