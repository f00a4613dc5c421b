"""/api/styles: what a request may name as its `preset`."""

from pydantic import BaseModel

from components import pictures
from pages.api.dependencies import CurrentUser, SessionDep, api_router
from services.studio import styles
from services.studio.styles import Medium, StyleView

router = api_router("generate")


class Style(BaseModel):
    """One style. words: what a model is asked for, around {subject} and {prompt}.

    look: how the photo booth draws it; null: as a plain photo.
    """

    id: str
    name: str
    description: str
    words: str
    medium: Medium
    look: str | None
    picture_url: str | None


class Styles(BaseModel):
    """All styles that are offered; there are few."""

    items: list[Style]
    next_cursor: None = None


class Preset(BaseModel):
    """One style, as the first releases gave it."""

    id: str
    name: str
    description: str
    template: str


class Presets(BaseModel):
    """All styles that are offered; there are few."""

    items: list[Preset]
    next_cursor: None = None


@router.get("/styles")
async def list_styles(_user: CurrentUser, session: SessionDep) -> Styles:
    """The styles that a request may name, in the operator's order."""
    return Styles(items=[_style(style) for style in await styles.offered(session)])


@router.get("/presets", deprecated=True)
async def list_presets(_user: CurrentUser, session: SessionDep) -> Presets:
    """The same as `GET /api/styles`, in an older form."""
    return Presets(items=[_preset(style) for style in await styles.offered(session)])


def _style(style: StyleView) -> Style:
    return Style(
        id=style.id,
        name=style.name,
        description=style.description,
        words=style.words,
        medium=style.medium,
        look=style.look,
        picture_url=pictures.of_style(style),
    )


def _preset(style: StyleView) -> Preset:
    return Preset(id=style.id, name=style.name, description=style.description, template=style.words)
