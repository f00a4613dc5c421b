"""/worker: what a GPU worker calls while it works; the signature is the right."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel

from pages.api.dependencies import DepsDep
from services.remote import progress_urls

router = APIRouter(prefix="/worker", include_in_schema=False)


class Go(BaseModel):
    """Whether the worker is to stop."""

    cancel: bool


@router.post("/progress/{run_id}")
async def report(
    run_id: UUID, deps: DepsDep, signature: Annotated[str, Query(max_length=64)]
) -> Go:
    """Says whether somebody still waits; how far it is, the worker's queue tells us."""
    ended = await progress_urls.is_ended(deps, run_id=run_id, signature=signature)
    return Go(cancel=ended)
