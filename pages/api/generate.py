"""/api/generate: ask for images, follow them, stop them; and what may be asked for."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import Base64Bytes, BaseModel, Field

from pages.api.dependencies import CurrentUser, DepsDep, SessionDep, api_router
from pages.api.errors import documented
from services.engines.base import EngineInfo, Method, Operation
from services.studio import edit_sheet, engines, generations
from services.studio.edit_sheet import Reading
from services.studio.engines import EngineView
from services.studio.generations import GenerationQuote, GenerationRequest, GenerationView
from services.studio.requests import Aspect

router = api_router("generate")


class NewGeneration(BaseModel, extra="forbid"):
    """A request for images of one prompt, or for an operation on a picture of yours.

    Steps, scales and operations: see `GET /api/engine`.
    """

    model_id: UUID | None = Field(
        default=None, description="An operation takes the picture's own model."
    )
    second_model_id: UUID | None = Field(
        default=None,
        description="Another person to be seen beside the first: see `max_people` of the engines.",
    )
    prompt: str = Field(
        default="",
        max_length=4000,
        description="1 to 1,000 characters; may be empty where the operation needs no words.",
    )
    operation: Operation = Operation.GENERATE
    source_image_id: UUID | None = Field(
        default=None, description="The picture that the operation starts from."
    )
    scale: int | None = Field(default=None, ge=2, le=4, description="Of an enlargement: 2 or 4.")
    mask: Base64Bytes | None = Field(
        default=None,
        max_length=500_000,
        description="To inpaint: a PNG of the picture's shape, white where it may change.",
    )
    engine: str | None = Field(
        default=None, max_length=100, description="See /api/engines; by default the usual one."
    )
    method: Method | None = Field(
        default=None, description="One of the model's `methods`; by default the first of them."
    )
    preset: str | None = Field(default=None, max_length=100, description="See /api/styles.")
    negative_prompt: str | None = Field(default=None, max_length=2000)
    count: int | None = Field(
        default=None, ge=1, le=8, description="4 if left out; an operation makes 1."
    )
    aspect: Aspect = Field(
        default="1:1", description="Of new pictures, and the format to extend one to."
    )
    seed: int | None = Field(
        default=None, ge=0, le=generations.MAX_SEED, description="Of the first image."
    )
    steps: int | None = Field(default=None, ge=1, le=200)
    guidance_scale: float | None = Field(default=None, ge=0, le=100)
    lora_scale: float | None = Field(default=None, ge=0, le=10)

    def request(self) -> GenerationRequest:
        """For the service."""
        values = self.model_dump()
        return GenerationRequest(user_model_id=values.pop("model_id"), **values)


class Accepted(BaseModel):
    """Follow it at `/api/generate/{job_id}`; cost: credits reserved, at most what is charged."""

    job_id: UUID
    cost: int


class Engines(BaseModel):
    """All engines; there are few."""

    items: list[EngineView]
    next_cursor: None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """The usual engine and the formats it makes, as (width, height) in pixels."""

    engine: EngineInfo
    aspects: dict[str, tuple[int, int]]


@router.post("/generate", status_code=202, responses=documented(402, 404, 409))
async def generate(
    body: NewGeneration, user: CurrentUser, session: SessionDep, deps: DepsDep
) -> Accepted:
    """Reserve the credits and queue the images."""
    view = await generations.create(session, deps, user_id=user.id, request=body.request())
    return Accepted(job_id=view.id, cost=view.cost)


@router.get("/generate/quote", responses=documented(409))
async def read_quote(
    user: CurrentUser,
    session: SessionDep,
    deps: DepsDep,
    count: Annotated[int, Query(ge=1, le=8)] = 4,
    operation: Operation = Operation.GENERATE,
    engine: Annotated[str | None, Query(max_length=100)] = None,
    method: Method | None = None,
) -> GenerationQuote:
    """What so many images cost and take, before they are asked for."""
    return await generations.quote(
        session,
        deps,
        user_id=user.id,
        count=count,
        operation=operation,
        engine=engine,
        method=method,
    )


@router.get("/generate/reading")
async def read_words(
    _user: CurrentUser,
    deps: DepsDep,
    prompt: Annotated[str, Query(max_length=4000)] = "",
    engine: Annotated[str | None, Query(max_length=100)] = None,
) -> Reading:
    """What an engine understands of a prompt; null for engines that take any words."""
    return edit_sheet.read(deps, prompt, engine=engine)


@router.get("/generate/{job_id}", responses=documented(404))
async def read_generation(
    job_id: UUID, user: CurrentUser, session: SessionDep, deps: DepsDep
) -> GenerationView:
    """Its status and progress, and the images that are finished so far."""
    return await generations.get(session, deps, user_id=user.id, generation_id=job_id)


@router.post("/generate/{job_id}/cancel", status_code=202, responses=documented(404, 409))
async def cancel_generation(
    job_id: UUID, user: CurrentUser, session: SessionDep, deps: DepsDep
) -> GenerationView:
    """Stop it at once: finished images stay and are paid, the rest is given back."""
    return await generations.cancel(session, deps, user_id=user.id, generation_id=job_id)


@router.get("/engines")
async def list_engines(_user: CurrentUser, session: SessionDep, deps: DepsDep) -> Engines:
    """Every engine that there is, the usual one first, and whether it takes requests."""
    return Engines(items=await engines.list_(session, deps))


@router.get("/engine")
async def read_engine(_user: CurrentUser, deps: DepsDep) -> Offer:
    """Which engine is the usual one, what that means, and which parameters it takes."""
    return Offer(deps.engine.info, generations.ASPECTS)
