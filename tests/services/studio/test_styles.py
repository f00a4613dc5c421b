"""Styles and packs as they ship, and what becomes of requests when the operator changes them."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import update

from db.models import PackRow, StyleRow
from services.deps import Deps, Session
from services.engines.preview.looks import LOOKS
from services.errors import Invalid
from services.studio import styles
from services.studio.styles import Medium
from tests.doubles.engine import ScriptedEngine, images, picture
from tests.studio import Studio


@pytest.fixture
def engine() -> ScriptedEngine:
    return ScriptedEngine()


@pytest.fixture
async def studio(live_deps: Deps) -> AsyncIterator[Studio]:
    studio = await Studio(live_deps).open(status="ready")
    yield studio
    await studio.close()


async def test_the_booth_can_draw_every_style_that_ships(session: Session) -> None:
    known = await styles.offered(session)
    assert {style.look for style in known} == {*LOOKS, None}
    for style in known:
        assert style.words.count("{subject}") == style.words.count("{prompt}") == 1, style
        assert " no " not in style.words, "FLUX.2 shows what is named, also what it should not"


async def test_packs_that_ship_name_styles_that_are_there(session: Session) -> None:
    known = {style.id for style in await styles.offered(session)}
    for pack in await session.scalars(PackRow.__table__.select().with_only_columns(PackRow.styles)):
        assert known.issuperset(pack)


async def test_a_request_keeps_its_style_after_it_is_switched_off(
    studio: Studio, engine: ScriptedEngine
) -> None:
    engine.on_submit.append(images(picture()))
    asked = await studio.generate(count=1, preset="oil")
    async with studio.deps.transaction() as session:
        await session.execute(update(StyleRow).where(StyleRow.id == "oil").values(offered=False))
    done = await studio.ended(asked.id)
    assert done.status == "succeeded"
    assert engine.submitted[0].template.startswith("Oil painting of {subject}, {prompt}.")
    with pytest.raises(Invalid, match="Oil painting is not offered any more"):
        await studio.generate(count=1, preset="oil")


async def test_only_photos_are_held_to_the_face(session: Session) -> None:
    oil, noir = await styles.find(session, "oil"), await styles.find(session, "film-noir")
    assert oil
    assert oil.medium is Medium.PAINTING
    assert not styles.photographic("oil", oil)
    assert styles.photographic("film-noir", noir)
    assert styles.photographic(None, None)
    assert not styles.photographic("gone", None)
