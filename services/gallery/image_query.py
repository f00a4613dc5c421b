"""Which images are meant: filters, order, the place in a list, and a selection of many."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    ValidationError,
    model_validator,
)
from sqlalchemy import (
    ColumnElement,
    Float,
    Integer,
    Select,
    literal_column,
    not_,
    or_,
    select,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import AlbumImage, GeneratedImage
from db.models.generations import LIKENESS, RATED
from services.engines.base import Method
from services.errors import Conflict, Invalid
from services.gallery import search
from services.kit import paging

TRASH_KEPT = timedelta(days=30)
MAX_IDS = 10_000
RATING = literal_column(RATED, Integer)
CREATED = (GeneratedImage.created_at, GeneratedImage.id)
DAY = re.compile(r"\d{4}-\d\d-\d\d")
NUMBER = re.compile(r"[+-]?[\d.]+")
NO_NUL = r"^[^\x00]*$"  # which Postgres text cannot hold


def _no_number(value: Any) -> Any:
    if isinstance(value, int | float) or (isinstance(value, str) and NUMBER.fullmatch(value)):
        raise ValueError("write a date like 2026-05-04")
    return value


def _instant(edge: time) -> BeforeValidator:
    """Reads a day as the instant at its `edge` in UTC, and an instant as it is."""

    def read(value: Any) -> Any:
        if isinstance(value, str) and DAY.fullmatch(value):
            value = date.fromisoformat(value)
        if isinstance(value, date) and not isinstance(value, datetime):
            return datetime.combine(value, edge, UTC)
        return _no_number(value)

    return BeforeValidator(read, json_schema_input_type=date | AwareDatetime)


NOT_A_NUMBER = BeforeValidator(_no_number)  # pydantic would take one for seconds since 1970
Since = Annotated[AwareDatetime, _instant(time.min)]
Until = Annotated[AwareDatetime, _instant(time.max)]
Sort = Literal["newest", "oldest", "rating", "likeness"]


@dataclass(frozen=True, slots=True)
class Measure:
    """A number that an order goes by, before the time. of: the number of a row (an image).

    least, most: the numbers that a cursor of ours can name.
    """

    key: ColumnElement[Any]
    of: Callable[[Any], float]
    kind: type[int | float]
    least: float
    most: float


MEASURES: dict[Sort, Measure] = {
    "rating": Measure(RATING, lambda row: row.rating or 0, int, 0, 5),
    "likeness": Measure(
        literal_column(LIKENESS, Float),
        lambda row: -1.0 if row.likeness is None else row.likeness,
        float,
        -1,
        100,
    ),
}


# by width and height; what is nearly square, as after an edit, is square
SQUARE = 1.05
Shape = Literal["portrait", "square", "landscape"]


class Filters(BaseModel, frozen=True):
    """What a list of images shows.

    model_id: of a person who is seen, alone or beside another.
    since, until: instants, or days in UTC, both ends included. rating: at least this many stars.
    q: words of the prompt or of a style's or model's name, each as typed so far.
    as_of, deleted_at: set by the server in tokens, so that "all" stays what was seen.
    """

    model_id: UUID | None = None
    generation_id: UUID | None = None
    album_id: UUID | None = None
    preset: str | None = Field(default=None, max_length=100, pattern=NO_NUL)
    method: Method | None = None
    shape: Shape | None = None
    favourite: bool = False
    rating: int | None = Field(default=None, ge=1, le=5)
    since: Since | None = None
    until: Until | None = None
    q: str | None = Field(default=None, max_length=200)
    trash: bool = False
    sort: Sort = "newest"
    as_of: Annotated[datetime, NOT_A_NUMBER] | None = None
    deleted_at: Annotated[datetime, NOT_A_NUMBER] | None = None

    def token(self, **changes: Any) -> str:
        """These filters as one short text: "all that match" without naming each image."""
        fields = self.model_copy(update=changes).model_dump_json(exclude_defaults=True)
        return paging.to_token(fields)


NULL: JsonValue = {"type": "null"}
NO_ITEMS: JsonValue = {"maxItems": 0}
SOME_TEXT: JsonValue = {"type": "string", "minLength": 1}


class Selection(BaseModel, frozen=True):
    """Images by id, or all that match a token but for some; exactly one of the two ways.

    count: how many the member was shown; an action on any other number is refused.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                {"required": ["ids"], "properties": {"ids": {"minItems": 1}, "matching": NULL}},
                {"required": ["matching"], "properties": {"ids": NO_ITEMS, "matching": SOME_TEXT}},
            ]
        }
    )

    ids: list[UUID] = Field(default_factory=list, max_length=MAX_IDS)
    matching: str | None = Field(default=None, max_length=2000)
    excluded: list[UUID] = Field(default_factory=list, max_length=MAX_IDS)
    count: int | None = Field(
        default=None, ge=0, description="How many images you expect; refused if there are others."
    )

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if bool(self.ids) == bool(self.matching):
            raise ValueError("Send either ids or matching.")
        return self

    def filters(self) -> Filters:
        """The filters of `matching`, or none. Raises Invalid for a token that is not ours."""
        try:
            if not self.matching:
                return Filters()
            return Filters.model_validate_json(paging.from_token(self.matching))
        except ValidationError as error:
            raise Invalid(
                "This selection is no longer valid. Select the pictures again."
            ) from error


def confirm(selection: Selection, found: int) -> None:
    """Raises Conflict when there are more or fewer images than the member was shown."""
    if selection.count in (None, found):
        return
    if selection.count == 1 and not found:
        raise Conflict("This picture is not here any more.")
    raise Conflict(
        f"The list has changed: you chose {selection.count:,} pictures, and now there are "
        f"{found:,}. Nothing was done. Choose again."
    )


async def selected(
    session: AsyncSession, selection: Selection, *, user_id: UUID, now: datetime
) -> list[ColumnElement[bool]]:
    """The conditions that pick a selection out of this member's images, trash included for ids."""
    if selection.ids:
        return [GeneratedImage.user_id == user_id, GeneratedImage.id.in_(selection.ids)]
    conditions = await matching(session, selection.filters(), user_id=user_id, now=now)
    if selection.excluded:
        conditions.append(GeneratedImage.id.not_in(selection.excluded))
    return conditions


async def matching(
    session: AsyncSession, filters: Filters, *, user_id: UUID, now: datetime
) -> list[ColumnElement[bool]]:
    """The conditions for a member's images under these filters."""
    image, f = GeneratedImage, filters
    conditions: list[ColumnElement[bool]] = [
        image.user_id == user_id,
        in_trash(now) if f.trash else image.deleted_at.is_(None),
        *_among(f),
        *_between(f),
    ]
    if f.favourite:
        conditions.append(image.favourite.is_(True))
    if f.rating:
        conditions.append(f.rating <= RATING)
    return [*conditions, *await search.found(session, f.q or "", user_id=user_id)]


def in_trash(now: datetime) -> ColumnElement[bool]:
    """In the trash and still to be had back."""
    return GeneratedImage.deleted_at > now - TRASH_KEPT


def ordered(
    query: Select[*tuple[Any, ...]],
    sort: Sort,
    *,
    after: Sequence[Any] | None = None,
    stop: Sequence[Any] | None = None,
    backwards: bool = False,
) -> Select[*tuple[Any, ...]]:
    """The query in this order, from after one place up to and with another (keyset paging)."""
    measure = MEASURES.get(sort)
    keys = (measure.key, *CREATED) if measure else CREATED
    place = tuple_(*keys)
    ascending = (sort == "oldest") is not backwards
    if after is not None:
        query = query.where(paging.after(tuple(after), keys, ascending=ascending))
    if stop is not None:
        query = query.where(place <= tuple_(*stop) if ascending else place >= tuple_(*stop))
    return query.order_by(*(key.asc() if ascending else key.desc() for key in keys))


def place_of(row: Any, sort: Sort) -> tuple[Any, ...]:
    """Where a row (an image or a Row of one) stands in this order."""
    created = (row.created_at, row.id)
    measure = MEASURES.get(sort)
    return (measure.of(row), *created) if measure else created


def cursor(row: Any, sort: Sort) -> str:
    """The place of a row as an opaque text; `place` reads it back."""
    return paging.encode(sort, place_of(row, sort))


def place(text: str | None, sort: Sort) -> tuple[Any, ...] | None:
    """The place that a cursor names. Raises Invalid for one of another order, or not ours."""
    if not text:
        return None
    measure = MEASURES.get(sort)
    found = paging.decode(text, sort, [measure.kind] if measure else [])
    if measure and not measure.least <= found[0] <= measure.most:
        raise Invalid(paging.INVALID)
    return found


def _among(f: Filters) -> Iterator[ColumnElement[bool]]:
    if f.model_id:
        yield search.shows([f.model_id])
    if f.generation_id:
        yield GeneratedImage.generation_id == f.generation_id
    if f.preset:
        yield GeneratedImage.preset == f.preset
    if f.method:
        yield GeneratedImage.method == f.method
    if f.shape:
        yield _shaped(f.shape)
    if f.album_id:
        members = select(AlbumImage.image_id).where(AlbumImage.album_id == f.album_id)
        yield GeneratedImage.id.in_(members)


def _shaped(shape: Shape) -> ColumnElement[bool]:
    width, height = GeneratedImage.width, GeneratedImage.height
    tall, wide = height >= SQUARE * width, width >= SQUARE * height
    return {"portrait": tall, "landscape": wide, "square": not_(or_(tall, wide))}[shape]


def _between(f: Filters) -> Iterator[ColumnElement[bool]]:
    created = GeneratedImage.created_at
    if f.since:
        yield created >= f.since
    if f.until:
        yield created <= f.until
    if f.as_of:
        yield created <= f.as_of
    if f.deleted_at:
        yield GeneratedImage.deleted_at == f.deleted_at
