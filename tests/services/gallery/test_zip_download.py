"""Archives: whole, readable by others, safe to open, and made without a file of their own."""

import csv
import io
import json
import zipfile
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from services.deps import Deps, Session
from services.gallery import zip_download
from services.gallery.image_query import Filters, Selection
from services.storage.local import LocalStorage
from tests.builders import make_image, make_user
from tests.conftest import NOW
from tests.files import leftovers


@pytest.fixture
def storage(tmp_path: Path) -> LocalStorage:
    return LocalStorage(tmp_path / "files", secret=b"s" * 32, base_url="http://test")


@pytest.fixture
async def owner(session: Session) -> UUID:
    return (await make_user(session)).id


async def archive(deps: Deps, owner: UUID, selection: Selection) -> tuple[bytes, int]:
    """The whole archive, and the size of its largest piece."""
    pieces = [
        piece async for piece in zip_download.stream(deps, user_id=owner, selection=selection)
    ]
    return b"".join(pieces), max(map(len, pieces))


async def test_pictures_and_recipes(
    session: Session, deps: Deps, storage: LocalStorage, owner: UUID, tmp_path: Path
) -> None:
    content = {}
    for i in range(3):
        image = await make_image(
            session,
            user_id=owner,
            prompt=("=cmd|' /C calc'!A0", "../../escape", "ünïcode \U0001f600")[i],
            recipe={"engine": "preview", "steps": i},
            created_at=NOW - timedelta(minutes=i),
        )
        content[image.id] = bytes([i]) * 700_000
        at = f"{image.folder}/full.webp"
        await storage.put(at, content[image.id], content_type="image/webp")
    before = leftovers(tmp_path)
    data, largest = await archive(deps, owner, Selection(matching=Filters().token()))
    assert leftovers(tmp_path) == before
    assert largest < 1_000_000, "memory grows with the files"

    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        assert opened.testzip() is None
        names = opened.namelist()
        assert len(set(names)) == len(names) == 5
        (accented,) = [info for info in opened.infolist() if "ünïcode" in info.filename]
        assert accented.flag_bits & 0x800, "nobody is told that the name is UTF-8"
        assert not any(".." in name or name.startswith("/") for name in names)
        recipes = json.loads(opened.read("recipes.json"))
        assert [recipe["recipe"]["steps"] for recipe in recipes] == [0, 1, 2]
        assert {opened.read(recipe["file"]) for recipe in recipes} == set(content.values())
        rows = list(csv.DictReader(io.StringIO(opened.read("recipes.csv").decode("utf-8-sig"))))
        assert rows[0]["prompt"] == "'=cmd|' /C calc'!A0"
        assert [row["file"] for row in rows] == [recipe["file"] for recipe in recipes]


async def test_a_missing_file_is_named_and_the_rest_comes(
    session: Session, deps: Deps, storage: LocalStorage, owner: UUID
) -> None:
    there, missing = [await make_image(session, user_id=owner) for _ in range(2)]
    await storage.put(f"{there.folder}/full.webp", b"there", content_type="image/webp")
    data, _ = await archive(deps, owner, Selection(ids=[there.id, missing.id]))
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        assert opened.testzip() is None
        assert missing.id.hex[-6:] in opened.read("missing.txt").decode()
        assert sum(name.startswith("pictures/") for name in opened.namelist()) == 1


async def test_nothing_of_another_member(session: Session, deps: Deps, owner: UUID) -> None:
    image = await make_image(session, user_id=owner)
    stranger = (await make_user(session)).id
    data, _ = await archive(deps, stranger, Selection(ids=[image.id]))
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        assert opened.namelist() == ["recipes.json", "recipes.csv"]
        assert json.loads(opened.read("recipes.json")) == []
