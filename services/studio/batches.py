"""Several requests at once: all of them are queued and paid, or none."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.deps import Deps
from services.engines.base import Method
from services.errors import InsufficientCredits
from services.studio import generations
from services.studio.generations import GenerationQuote, GenerationView
from services.studio.requests import GenerationRequest, Share


@dataclass(frozen=True, slots=True)
class Priced:
    """A price of its own for the whole, in credits; and the album for all the pictures."""

    credits: int
    album_id: UUID
    purpose: str


async def quote(
    session: AsyncSession,
    deps: Deps,
    *,
    user_id: UUID,
    pictures: int,
    credits: int,
    engine: str | None = None,
    method: Method | None = None,
) -> GenerationQuote:
    """One quote for all. seconds: of work at most, one picture after the other."""
    one = await generations.quote(
        session, deps, user_id=user_id, count=1, engine=engine, method=method
    )
    seconds = None if one.seconds is None else one.seconds * pictures
    return replace(one, credits=credits, seconds=seconds)


async def create(
    session: AsyncSession,
    deps: Deps,
    *,
    user_id: UUID,
    requests: Sequence[GenerationRequest],
    priced: Priced | None = None,
) -> list[GenerationView]:
    """Queues each request, in the caller's transaction: an exception leaves none of them.

    priced: the price of the whole; else each picture costs one credit. Raises what
    `generations.create` raises; InsufficientCredits says what the whole needs.
    """
    shares = _shares(requests, priced)
    needed = priced.credits if priced else sum(r.count or 1 for r in requests)
    await _check(session, deps, user_id, needed)
    return [
        await generations.create(session, deps, user_id=user_id, request=request, share=share)
        for request, share in zip(requests, shares, strict=True)
    ]


async def _check(session: AsyncSession, deps: Deps, user_id: UUID, needed: int) -> None:
    """Said of the whole before its first part is set aside, which is checked by itself."""
    asked = await generations.quote(session, deps, user_id=user_id, count=1)
    if asked.available is not None and asked.available < needed:
        raise InsufficientCredits(
            f"This needs {needed} credits and you have {asked.available}. "
            "Larger plans are under Billing.",
            needed=needed,
            available=asked.available,
        )


def _shares(requests: Sequence[GenerationRequest], priced: Priced | None) -> Sequence[Share | None]:
    """Whole credits that add up to the price, as even as they can be."""
    if priced is None:
        return [None] * len(requests)
    number = len(requests)
    ends = [priced.credits * (i + 1) // number for i in range(number)]
    parts = [end - start for start, end in zip([0, *ends[:-1]], ends, strict=True)]
    return [Share(part, priced.album_id, priced.purpose) for part in parts]
