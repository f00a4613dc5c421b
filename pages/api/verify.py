"""/api/verify: was this picture made here, by AI, and is it unchanged? Open to everybody."""

from contextlib import aclosing
from datetime import datetime
from typing import Literal

from fastapi import Request
from pydantic import BaseModel, Field
from starlette.requests import ClientDisconnect

from pages.api.dependencies import DepsDep, api_router
from pages.api.errors import documented
from pages.server.multipart import CUT_OFF, uploads
from services.deps import Deps
from services.errors import Malformed, TooLarge
from services.files.uploads import MAX_BYTES
from services.provenance import verifying
from services.provenance.verifying import Verdict

router = api_router("verify")
MISSING = "Choose a picture: one, in a part named file."
_FILE = {"type": "string", "format": "binary"}
_MULTIPART = {"type": "object", "properties": {"file": _FILE}, "required": ["file"]}


class Verified(BaseModel):
    """What can be said of the picture; never whose it is, nor whom it shows."""

    made_here: bool
    made_at: datetime | None = Field(
        description="When it was made: to the second by c2pa, the day in UTC by fingerprint."
    )
    ai: bool | None = Field(
        description="Whether AI made or changed it; null where nothing in the file says so."
    )
    unchanged: bool | None = Field(
        description="True only where the signed manifest proves that no byte is other than it was "
        "signed; null for a picture that was not made here."
    )
    matched_by: Literal["c2pa", "fingerprint"] | None = Field(
        description="By which proof it was made here: the signed manifest in the file, or that it "
        "looks like a picture made here, which proves nothing about changes."
    )


@router.post(
    "/verify",
    responses=documented(400, 413, 422),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"multipart/form-data": {"schema": _MULTIPART}},
        },
        "security": [],
    },
)
async def verify(request: Request, deps: DepsDep) -> Verified:
    """Check one picture of at most 25 MB. Nothing of it is kept."""
    verdict = await checked(request, deps)
    return Verified(
        made_here=verdict.made_here,
        made_at=verdict.made_at,
        ai=verdict.ai,
        unchanged=verdict.unchanged,
        matched_by=verdict.matched_by,
    )


async def checked(request: Request, deps: Deps) -> Verdict:
    """The verdict on the one file of a request. Raises Malformed, TooLarge, Rejected."""
    try:
        async with aclosing(uploads(request, deps)) as files:
            async for upload in files:
                if upload.too_large:
                    raise TooLarge(f"Send at most {MAX_BYTES // 2**20} MB.")
                return await verifying.verify(deps, upload.path)
    except ClientDisconnect:
        raise Malformed(CUT_OFF) from None
    raise Malformed(MISSING)
