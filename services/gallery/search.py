"""Which images a search finds: by words of the prompt, the style's name and the model's name."""

from collections.abc import Collection, Iterable, Iterator
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import GeneratedImage, UserModel
from db.search import words

MAX_WORDS = 20  # of a search; what follows is not looked at


async def found(session: AsyncSession, text: str, *, user_id: UUID) -> list[ColumnElement[bool]]:
    """One condition for each word of a search, of which any may be half typed.

    A model may get another name, so its name is not among the words kept with an image. The ids
    are looked up first: from a subquery PostgreSQL would expect a third of all images, and read
    every one of 100,000.
    """
    wanted = words(text)[:MAX_WORDS]
    if not wanted:
        return []
    names = select(UserModel.id, UserModel.name).where(UserModel.user_id == user_id)
    models = [(id, name) for id, name in (await session.execute(names)).all()]
    return [or_(*_ways(word, models)) for word in wanted]


def _ways(word: str, models: Iterable[tuple[UUID, str]]) -> Iterator[ColumnElement[bool]]:
    yield GeneratedImage.search.op("@@")(func.to_tsquery("simple", f"{word}:*"))
    if named := [id for id, name in models if _named(word, name)]:
        yield shows(named)


def shows(models: Collection[UUID]) -> ColumnElement[bool]:
    """Whether an image shows the person of one of these models, alone or beside another."""
    columns = GeneratedImage.user_model_id, GeneratedImage.second_model_id
    return or_(*(column.in_(models) for column in columns))


def _named(word: str, name: str) -> bool:
    return any(part.startswith(word) for part in words(name))
