"""What a search finds, whatever the accents and the case, in prompts, styles and models."""

import random
from uuid import UUID

import pytest
from sqlalchemy import text

from db.models.generations import Method
from db.search import vector, words
from services.deps import Deps, Session
from services.gallery import images
from services.gallery.image_query import Filters
from tests.builders import make_image, make_user, make_user_model

ALPHABET = (
    "abcXYZ0123456789 .-_/'@:&|!()*<>\\éßŁøÆıΣσςяЖёЙ한ダ東١½²⁄’“”—…🙂№\u0301\u00a0\u3000\ufe0f"
)


@pytest.fixture
async def owner(session: Session) -> UUID:
    return (await make_user(session)).id


async def found(session: Session, deps: Deps, owner: UUID, q: str) -> list[UUID]:
    """The ids of the list, which is as long as is told."""
    filters = Filters(q=q)
    page = await images.page(session, deps, user_id=owner, filters=filters)
    told = await images.count(session, deps, user_id=owner, filters=filters)
    assert told.count == len(page.items)
    return [item.id for item in page.items]


@pytest.mark.parametrize(
    ("prompt", "q"),
    [
        ("Reading in a café", "cafe"),
        ("Reading in a cafe", "CAFÉ"),
        ("Reading in a cafe\u0301", "café"),
        ("Großtante bei Łódź", "grosstante LODZ"),
        ("smørrebrød og blåbær", "smorrebrod blabaer"),
        ("ΟΔΟΣ Αθηνών", "οδος αθηνων"),
        ("МОСКВА, ёлка", "москва елка"),
        ("in the rain.Smiling", "smiling"),
        ("“don’t look”—she said", "look she don"),
        ("a 3d-print, f/1.8, 50mm", "print 50mm 1.8"),
        ("서울의 밤", "서울"),
        ("Astronaut", "astro"),
    ],
)
async def test_accents_case_and_punctuation_do_not_matter(
    session: Session, deps: Deps, owner: UUID, prompt: str, q: str
) -> None:
    wanted = await make_image(session, user_id=owner, prompt=prompt)
    await make_image(session, user_id=owner, prompt="something else")
    assert await found(session, deps, owner, q) == [wanted.id]


async def test_styles_and_models_are_found_by_their_names(
    session: Session, deps: Deps, owner: UUID
) -> None:
    zoe = await make_user_model(session, user_id=owner, name="Zoé Großmann")
    stranger = (await make_user(session)).id
    other = await make_user_model(session, user_id=stranger, name="Zoé")
    await make_image(session, user_id=stranger, user_model_id=other.id)
    image = await make_image(
        session, user_id=owner, user_model_id=zoe.id, style="Pop-art grid", prompt="an astronaut"
    )
    await make_image(session, user_id=owner, style="Oil painting", prompt="an astronaut")
    for q in ("zoe", "GROSSM", "pop-art grid", "pop astronaut", "zoe astro grid"):
        assert await found(session, deps, owner, q) == [image.id], q
    assert len(await found(session, deps, owner, "astronaut")) == 2
    for q in ("zoe oil", "zoe pencil", "watercolour"):
        assert await found(session, deps, owner, q) == [], q
    zoe.name = "Renamed"
    await session.flush()
    assert await found(session, deps, owner, "renamed") == [image.id]
    assert await found(session, deps, owner, "zoe") == []


async def test_every_word_of_any_text_finds_it(session: Session) -> None:
    """PostgreSQL splits and folds as Python does: a word that is typed is a word that is kept."""
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    matches = text(f"select ({vector(':text')}) @@ to_tsquery('simple', :word)")
    for _ in range(300):
        prompt = "".join(chance.choices(ALPHABET, k=14))
        for word in words(prompt):
            values = {"text": prompt, "word": f"{word}:*"}
            assert await session.scalar(matches, values), (seed, prompt, word)


async def test_a_shape_is_what_is_clearly_tall_or_wide(
    session: Session, deps: Deps, owner: UUID
) -> None:
    """Nearly square, as after an edit, is square."""
    sizes = {
        "portrait": [(832, 1248), (1000, 1050)],
        "square": [(1024, 1024), (1000, 1049), (1049, 1000)],
        "landscape": [(1248, 832), (1050, 1000)],
    }
    for width, height in (size for some in sizes.values() for size in some):
        await make_image(session, user_id=owner, width=width, height=height)
    for shape, wanted in sizes.items():
        filters = Filters.model_validate({"shape": shape})
        page = await images.page(session, deps, user_id=owner, filters=filters)
        assert sorted((it.width, it.height) for it in page.items) == sorted(wanted), shape


async def test_a_method_finds_what_was_made_by_it(
    session: Session, deps: Deps, owner: UUID
) -> None:
    made = {m: await make_image(session, user_id=owner, method=m) for m in Method}
    for method, image in made.items():
        filters = Filters(method=method)
        page = await images.page(session, deps, user_id=owner, filters=filters)
        assert [it.id for it in page.items] == [image.id], method
