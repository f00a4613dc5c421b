"""Every id of one member, tried by another and by nobody: it does not exist."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select

from db.models import GeneratedImage, Generation, ShareLink, TrainingImage, UserModel
from pages.api import docs
from services.deps import Deps
from services.engines.base import Engine
from services.gallery import albums, share_links
from services.privacy import personal_data
from services.storage.base import Storage
from services.storage.local import LocalStorage
from tests.accounts import furnish, member, program
from tests.builders import THUMBHASH
from tests.doubles.engine import ScriptedEngine
from tests.serving import browser

BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("patch", "/api/albums/{album_id}"): {"name": "Mine"},
    ("post", "/api/albums/{album_id}/images"): {"ids": ["IMAGE"]},
    ("post", "/api/albums/{album_id}/images/remove"): {"ids": ["IMAGE"]},
    ("patch", "/api/images/{image_id}"): {"favourite": True},
    ("patch", "/api/models/{model_id}"): {"name": "Mine"},
    ("patch", "/api/models/{model_id}/images/{image_id}"): {"included": False},
    ("post", "/api/packs/{pack_id}/run"): {"model_id": "MODEL"},
    ("put", "/api/models/{model_id}/images/{image_id}/caption"): {"text": "mine"},
}
# ids in bodies, where the address has none
ELSEWHERE: dict[tuple[str, str], dict[str, Any]] = {
    ("post", "/api/generate"): {"model_id": "MODEL", "prompt": "a portrait", "count": 1},
    ("post", "/api/shares"): {"image_id": "IMAGE"},
}


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return LocalStorage(tmp_path / "files", secret=b"s" * 32, base_url="http://test", cdn_url="")


@pytest.fixture
def engine() -> Engine:
    return ScriptedEngine()


@pytest.fixture
async def ids(deps: Deps) -> dict[str, str]:
    """What Anna has, by the name that the addresses give it."""
    async with deps.transaction() as session:
        anna = await furnish(session, deps)
        image = (await session.scalars(select(GeneratedImage))).one()
        album = await albums.create(session, deps, user_id=anna, name="Hers")
        await share_links.create(
            session, deps, user_id=anna, image_id=image.id, album_id=None, days=7
        )
        model = (await session.scalars(select(UserModel))).one()
        photo = TrainingImage(
            id=deps.new_id(),
            user_id=anna,
            user_model_id=model.id,
            sha256=b"s" * 32,
            phash=1,
            folder=f"{model.folder}/photos/1",
            name="1.jpg",
            format="JPEG",
            width=8,
            height=8,
            bytes=8,
            thumbhash=THUMBHASH,
            verdict={"warnings": [], "sharpness": 100.0, "light": 128.0},
        )
        session.add(photo)
        await session.flush()
        share = (await session.scalars(select(ShareLink.id))).one()
        return {
            "anna": str(anna),
            "album_id": str(album.id),
            "share_id": str(share),
            "model_id": str(model.id),
            "photo_id": str(photo.id),
            "image_id": str(image.id),
            "pack_id": "business",
            "job_id": str((await session.scalars(select(Generation.id))).first()),
        }


@pytest.fixture
async def bert(api: httpx.AsyncClient, deps: Deps) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody else, with an API key."""
    async with await program(deps, await member(deps)) as client:
        yield client


def operations() -> list[tuple[str, str]]:
    """Each documented operation that names an object."""
    paths = docs.document("likeness")["paths"]
    return [(m, p) for p, item in paths.items() for m in item if "{" in p] + list(ELSEWHERE)


def filled(ids: dict[str, str], method: str, path: str) -> tuple[str, Any]:
    """The address and body with Anna's ids; in an address with a model, an image is a photo."""
    body = BODIES.get((method, path)) or ELSEWHERE.get((method, path))
    if "{model_id}" in path:
        path = path.replace("{image_id}", "{photo_id}")
    known = {"MODEL": ids["model_id"], "IMAGE": ids["image_id"], "['IMAGE']": [ids["image_id"]]}
    return path.format(**ids, number=1), body and {k: known.get(str(v), v) for k, v in body.items()}


async def test_anothers_objects_do_not_exist(
    bert: httpx.AsyncClient, deps: Deps, ids: dict[str, str]
) -> None:
    before = await everything(deps, ids["anna"])
    tried = operations()
    assert len(tried) > 15
    for method, path in tried:
        address, body = filled(ids, method, path)
        files = [("files", ("a.jpg", b"jpeg"))] if path.endswith("/images") and not body else None
        for client, statuses in ((bert, {404}), (browser(), {401})):
            answer = await client.request(
                method, address, json=body, files=files if method == "post" else None
            )
            assert answer.status_code in statuses, (method, path, answer.status_code, answer.text)
            assert ids["anna"] not in answer.text
    assert await everything(deps, ids["anna"]) == before


async def test_lists_and_archives_hold_ones_own_only(
    bert: httpx.AsyncClient, ids: dict[str, str]
) -> None:
    for path in ("/api/models", "/api/generations", "/api/albums", "/api/shares"):
        assert (await bert.get(path)).json()["items"] == []
    for field in ("model_id", "album_id"):
        answer = await bert.get("/api/generations", params={field: ids[field]})
        assert answer.status_code == 404 or answer.json()["items"] == []
    selection = f'{{"ids": ["{ids["image_id"]}"]}}'
    archive = await bert.post("/api/images/zip", data={"selection": selection})
    assert b"pictures/" not in archive.content
    bulk = {"ids": [ids["image_id"]], "action": "erase"}
    assert (await bert.post("/api/images/bulk", json=bulk)).json()["count"] == 0


async def everything(deps: Deps, user_id: str) -> dict[str, list[dict[str, Any]]]:
    """All rows of a member: what nobody else may change."""
    return {
        table.name: [row async for row in personal_data.rows(deps, table, user_id=UUID(user_id))]
        for table in personal_data.tables()
    }
