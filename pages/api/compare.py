"""/api/compare: one sentence made instantly and by the trained model, side by side."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, Field

from pages.api.dependencies import CurrentUser, DepsDep, SessionDep, api_router
from pages.api.errors import documented
from services.studio import comparing, generations
from services.studio.generations import GenerationQuote, GenerationRequest
from services.studio.requests import Aspect

router = api_router("generate")


class NewComparison(BaseModel, extra="forbid"):
    """What is made both ways, with the same seeds; each as in `POST /api/generate`."""

    model_id: UUID
    prompt: str = Field(max_length=4000, description="1 to 1,000 characters.")
    preset: str | None = Field(default=None, max_length=100)
    count: int = Field(default=1, ge=1, le=8, description="Images of each.")
    aspect: Aspect = "1:1"
    seed: int | None = Field(default=None, ge=0, le=generations.MAX_SEED)


class BothAccepted(BaseModel):
    """Follow each at `/api/generate/{job_id}`; cost: credits reserved for both together."""

    instant_job_id: UUID
    trained_job_id: UUID
    cost: int


@router.post("/compare", status_code=202, responses=documented(402, 404, 409))
async def compare(
    body: NewComparison, user: CurrentUser, session: SessionDep, deps: DepsDep
) -> BothAccepted:
    """Reserve the credits and queue both, or neither; `likeness` of the images tells them apart."""
    values = body.model_dump()
    request = GenerationRequest(user_model_id=values.pop("model_id"), **values)
    made = await comparing.create(session, deps, user_id=user.id, request=request)
    return BothAccepted(
        instant_job_id=made.instant.id, trained_job_id=made.trained.id, cost=made.cost
    )


@router.get("/compare/quote", responses=documented(409))
async def read_quote(
    user: CurrentUser,
    session: SessionDep,
    deps: DepsDep,
    count: Annotated[int, Query(ge=1, le=8)] = 1,
) -> GenerationQuote:
    """What so many images of each cost and take, before they are asked for."""
    return await comparing.quote(session, deps, user_id=user.id, count=count)
