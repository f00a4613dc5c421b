"""/api/packs: many pictures for one price, by one call, into one album."""

from uuid import UUID

from pydantic import BaseModel, Field

from pages.api.dependencies import CurrentUser, DepsDep, SessionDep, api_router
from pages.api.errors import documented
from pages.api.generate import Accepted
from services.engines.base import Method
from services.gallery.albums import AlbumName
from services.studio import packs
from services.studio.generations import GenerationQuote
from services.studio.packs import PackRequest, PackView

router = api_router("generate")


class Pack(BaseModel):
    """One pack: each prompt in each style and each format; `credits` is the price of all."""

    id: str
    name: str
    description: str
    prompts: list[str]
    styles: list[str]
    formats: list[str]
    pictures: int
    credits: int


class Packs(BaseModel):
    """All packs that are offered; there are few."""

    items: list[Pack]
    next_cursor: None = None


class NewPackRun(BaseModel, extra="forbid"):
    """Whom the pictures show, and how they are made."""

    model_id: UUID
    engine: str | None = Field(
        default=None, max_length=100, description="See /api/engines; by default the usual one."
    )
    method: Method | None = Field(
        default=None, description="One of the model's `methods`; by default the first of them."
    )
    credits: int | None = Field(
        default=None,
        ge=1,
        le=100_000,
        description="The price that you were told; another one is refused.",
    )


class PackAccepted(BaseModel):
    """Follow each picture at `/api/generate/{job_id}`; all of them go into the album."""

    album: AlbumName
    quote: GenerationQuote
    generations: list[Accepted]


@router.get("/packs")
async def list_packs(_user: CurrentUser, session: SessionDep) -> Packs:
    """The packs that can be run, in the operator's order."""
    return Packs(items=[_pack(pack) for pack in await packs.offered(session)])


@router.post("/packs/{pack_id}/run", status_code=202, responses=documented(402, 404, 409))
async def run_pack(
    pack_id: str, body: NewPackRun, user: CurrentUser, session: SessionDep, deps: DepsDep
) -> PackAccepted:
    """Reserve the price, make the album and queue every picture: all of it, or nothing."""
    request = PackRequest(body.model_id, body.engine, body.method, body.credits)
    run = await packs.run(session, deps, user_id=user.id, pack_id=pack_id, request=request)
    queued = [Accepted(job_id=view.id, cost=view.cost) for view in run.generations]
    return PackAccepted(album=run.album, quote=run.quote, generations=queued)


def _pack(pack: PackView) -> Pack:
    return Pack(
        id=pack.id,
        name=pack.name,
        description=pack.description,
        prompts=list(pack.prompts),
        styles=list(pack.styles),
        formats=list(pack.formats),
        pictures=pack.pictures,
        credits=pack.price,
    )
