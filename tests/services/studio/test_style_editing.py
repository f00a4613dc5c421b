"""What an administrator may do to styles and packs, and what is refused."""

from typing import Any
from uuid import UUID

import pytest

from db.models import StyleRow
from services.deps import Deps, Session
from services.errors import DomainError, Invalid, NotFound
from services.studio import packs, style_editing, styles
from services.studio.style_editing import PACK, STYLE
from tests.builders import make_user


@pytest.fixture
async def admin(session: Session) -> UUID:
    return (await make_user(session, role="admin")).id


async def test_a_style_that_is_edited_is_the_operators(
    session: Session, deps: Deps, admin: UUID
) -> None:
    changes = {"name": "Oils", "words": "Oils of {subject}, {prompt}", "look": None}
    await style_editing.edit_style(session, deps, style_id="oil", changes=changes, actor_id=admin)
    found = await styles.find(session, "oil")
    assert found
    assert (found.name, found.look, found.edited) == ("Oils", None, True)
    await style_editing.move_up(session, table=STYLE, id="business-headshot", actor_id=admin)
    assert [style.id for style in await styles.offered(session)][:2] == [
        "business-headshot",
        "studio-portrait",
    ]
    row = await session.get_one(StyleRow, "business-headshot", populate_existing=True)
    assert row.edited_at is None, "its words may still be written better by a later release"


@pytest.mark.parametrize(
    "changes",
    [
        {"words": "no place"},
        {"words": "{subject} {prompt} {prompt}"},
        {"look": "x"},
        {"medium": "x"},
    ],
)
async def test_a_style_that_models_cannot_use_is_refused(
    session: Session, deps: Deps, admin: UUID, changes: dict[str, Any]
) -> None:
    with pytest.raises(Invalid):
        await style_editing.edit_style(
            session, deps, style_id="oil", changes=changes, actor_id=admin
        )


@pytest.mark.parametrize(
    "changes",
    [
        {"prompts": []},
        {"styles": ["x"]},
        {"formats": ["7:1"]},
        {"credits": 0},
        {"prompts": ["a"] * 49},
    ],
)
async def test_a_pack_that_cannot_be_made_is_refused(
    session: Session, deps: Deps, admin: UUID, changes: dict[str, Any]
) -> None:
    with pytest.raises(DomainError):
        await style_editing.edit_pack(
            session, deps, pack_id="dating", changes=changes, actor_id=admin
        )


async def test_only_administrators_edit(session: Session, deps: Deps) -> None:
    member = (await make_user(session)).id
    with pytest.raises(NotFound):
        await style_editing.offer(session, table=PACK, id="dating", offered=False, actor_id=member)
    assert "dating" in {pack.id for pack in await packs.offered(session)}
