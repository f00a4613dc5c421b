"""Fingerprints of the pictures that were made here, and the search for one that looks the same."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import Fingerprint
from services.deps import Deps
from services.imaging.fingerprints import BITS, NEAR
from services.provenance.manifests import Origin

BANDS, BAND_BITS = 4, 20
# Each window is compared only with rows that share one of its bands, so that a million rows cost
# a few hundred look-ups in an index.
_SAME_BAND = " union all ".join(
    "select made_on, source, bit_count(f.bits # q.bits) as apart from q"  # noqa: S608 (our own)
    f" join fingerprints f on f.band_{band} = q.band_{band}"
    for band in range(1, BANDS + 1)
)
_NEAREST = text(f"""
    with q as materialized (
        select cast(b as bit({BITS})) as bits, band_1, band_2, band_3, band_4
        from unnest(
            cast(:bits as text[]), cast(:band_1 as int[]), cast(:band_2 as int[]),
            cast(:band_3 as int[]), cast(:band_4 as int[])
        ) as u (b, band_1, band_2, band_3, band_4)
    )
    select made_on, source, apart from ({_SAME_BAND}) near
    where apart <= :near order by apart, made_on limit 1""")  # noqa: S608 (our own)


@dataclass(frozen=True, slots=True)
class Near:
    """A picture of ours that looks the same. source: of the IPTC vocabulary. apart: bits, 0..NEAR.

    made_on: the day in UTC.
    """

    made_on: date
    source: str
    apart: int


def record(session: AsyncSession, deps: Deps, prints: Iterable[str], origin: Origin) -> None:
    """Keep what `imaging.derive` measured of a picture, once the picture itself is kept."""
    for digits in prints:
        session.add(
            Fingerprint(
                id=deps.new_id(),
                made_on=origin.at.date(),
                source=origin.source.value,
                bits=bits(digits),
                **bands(digits),
            )
        )


async def nearest(session: AsyncSession, sought: Sequence[str]) -> Near | None:
    """The most alike of all pictures made here; sought: of `imaging.fingerprints.sought`."""
    if not sought:
        return None
    found = [bands(digits) for digits in sought]
    columns = {name: [each[name] for each in found] for name in found[0]}
    values = {"bits": [bits(digits) for digits in sought], "near": NEAR, **columns}
    row = (await session.execute(_NEAREST, values)).one_or_none()
    return Near(row.made_on, row.source, row.apart) if row else None


def bits(digits: str) -> str:
    """As Postgres writes them: zeros and ones."""
    return f"{int(digits, 16):0{BITS}b}"


def bands(digits: str) -> dict[str, int]:
    """Every fourth of the 80 lowest frequencies, so that each band has some of every size."""
    lowest = bits(digits)[: BANDS * BAND_BITS]
    return {f"band_{band + 1}": int(lowest[band::BANDS], 2) for band in range(BANDS)}
