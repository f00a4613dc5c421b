"""/api/models: user models, their training and the LoRA that comes of it."""

from dataclasses import dataclass, fields
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query, Request
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field

from pages.api.dependencies import CurrentUser, DepsDep, SessionDep, api_router
from pages.api.errors import documented
from pages.server import context
from services.deps import Deps, Session
from services.kit.paging import Page
from services.training import consents, lora_files, photos, trainings, user_models
from services.training.coverage import Coverage
from services.training.trainings import TrainingQuote
from services.training.user_models import UserModelView

router = api_router("models")


class ConsentGiven(BaseModel, extra="forbid"):
    """Whom the photos show, and which text was agreed to."""

    subject_is: Literal["self", "other_with_permission"]
    text_version: str = Field(max_length=20, examples=list(consents.TEXTS))


class NewModel(BaseModel, extra="forbid"):
    """A draft, to which photos are then added."""

    name: str = Field(max_length=200, description=f"1 to {user_models.NAME_LENGTH} characters.")
    subject: Literal["person", "woman", "man"]
    consent: ConsentGiven


class Changes(BaseModel, extra="forbid"):
    """What a member may change of a model; what is left out, or null, stays."""

    name: str | None = Field(default=None, max_length=200)
    subject: Literal["person", "woman", "man"] | None = None


class ConsentText(BaseModel):
    """The words that are agreed to before a model is made."""

    version: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelDetails(UserModelView):
    """A user model, what training it takes and costs, and what its photos show.

    coverage: how many of the photos that are trained on show each side, distance, light; null
    where nobody looks at faces.
    """

    quote: TrainingQuote
    coverage: Coverage | None


@router.get("/consent")
async def read_consent(deps: DepsDep) -> ConsentText:
    """The present consent text; send its version when a model is made."""
    version = consents.current(deps)
    return ConsentText(version=version, text=consents.TEXTS[version])


@router.post("/models", status_code=201, responses=documented(409))
async def create_model(
    body: NewModel, request: Request, user: CurrentUser, session: SessionDep, deps: DepsDep
) -> ModelDetails:
    """A new draft with its consent. Add photos next, then train it."""
    view = await user_models.create(
        session,
        deps,
        user_id=user.id,
        name=body.name,
        subject=body.subject,
        subject_is=body.consent.subject_is,
        text_version=body.consent.text_version,
        ip=context.caller(request).ip,
    )
    return await _details(session, deps, user.id, view)


@router.get("/models")
async def list_models(
    user: CurrentUser,
    session: SessionDep,
    deps: DepsDep,
    cursor: Annotated[str | None, Query(max_length=400)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Page[UserModelView]:
    """Your models, newest first."""
    return await user_models.list_(session, deps, user_id=user.id, cursor=cursor, limit=limit)


@router.get("/models/{model_id}", responses=documented(404))
async def read_model(
    model_id: UUID, user: CurrentUser, session: SessionDep, deps: DepsDep
) -> ModelDetails:
    """Its status, live stage and progress, samples, loss curve, and the price of training it."""
    view = await user_models.get(session, deps, user_id=user.id, user_model_id=model_id)
    return await _details(session, deps, user.id, view)


@router.patch("/models/{model_id}", responses=documented(404, 409))
async def change_model(
    model_id: UUID, body: Changes, user: CurrentUser, session: SessionDep, deps: DepsDep
) -> ModelDetails:
    """Give it another name or, before it is trained, another subject."""
    view = await user_models.edit(
        session,
        deps,
        user_id=user.id,
        user_model_id=model_id,
        name=body.name,
        subject=body.subject,
    )
    return await _details(session, deps, user.id, view)


@router.delete("/models/{model_id}", status_code=204, responses=documented(404))
async def delete_model(model_id: UUID, user: CurrentUser, session: SessionDep) -> None:
    """Stop its training, and erase its photos and its LoRA for good. Pictures made stay."""
    await user_models.delete(session, user_id=user.id, user_model_id=model_id)


@router.post("/models/{model_id}/train", status_code=202, responses=documented(402, 404, 409))
async def train_model(
    model_id: UUID, user: CurrentUser, session: SessionDep, deps: DepsDep
) -> ModelDetails:
    """Start the training; read the model to follow it."""
    view = await trainings.start(session, deps, user_id=user.id, user_model_id=model_id)
    return await _details(session, deps, user.id, view)


@router.post("/models/{model_id}/cancel", status_code=202, responses=documented(404, 409))
async def cancel_training(
    model_id: UUID, user: CurrentUser, session: SessionDep, deps: DepsDep
) -> ModelDetails:
    """Stop the training at once; its credits come back."""
    view = await trainings.cancel(session, deps, user_id=user.id, user_model_id=model_id)
    return await _details(session, deps, user.id, view)


@router.get(
    "/models/{model_id}/lora",
    status_code=302,
    response_class=RedirectResponse,
    responses=documented(404, 409),
)
async def download_lora(
    model_id: UUID,
    user: CurrentUser,
    deps: DepsDep,
    form: Annotated[
        lora_files.Form, Query(description="Names as diffusers has them, or ComfyUI and BFL.")
    ] = "diffusers",
) -> RedirectResponse:
    """A redirect to the trained weights, a safetensors file for stock diffusers or ComfyUI."""
    location = await lora_files.url(deps, user_id=user.id, user_model_id=model_id, form=form)
    return RedirectResponse(location, 302, {"Cache-Control": "no-store"})


async def _details(
    session: Session, deps: Deps, user_id: UUID, view: UserModelView
) -> ModelDetails:
    quote = await trainings.quote(session, deps, user_id=user_id, user_model_id=view.id)
    known = {field.name: getattr(view, field.name) for field in fields(view)}
    state = await photos.state(session, user_id=user_id, user_model_id=view.id)
    return ModelDetails(**known, quote=quote, coverage=state.verdict.coverage)
