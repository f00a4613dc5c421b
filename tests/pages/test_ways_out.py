"""Every way out of the house, by HTTP: each file has marks that the published reader accepts."""

import io
import json
import zipfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import c2pa
import httpx
import pytest
from PIL import Image

from services.accounts import api_keys
from services.deps import Deps
from services.storage.base import Storage
from services.storage.local import LocalStorage
from services.storage.s3 import S3Storage
from tests.doubles.engine import ScriptedEngine, images
from tests.doubles.s3 import ACCESS_KEY, BUCKET, SECRET_KEY, s3_server
from tests.pictures import drawn
from tests.serving import listening
from tests.studio import Studio

HERE = "http://test"
AI = b"trainedAlgorithmicMedia"


@pytest.fixture(params=["local", "bucket"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Storage]:
    if request.param == "local":
        yield LocalStorage(tmp_path / "data/files", secret=b"s" * 32, base_url=HERE)
        return
    with s3_server() as server:
        yield S3Storage(
            BUCKET,
            endpoint_url=server.url,
            access_key_id=ACCESS_KEY,
            secret_access_key=SECRET_KEY,
        )


@pytest.fixture
def engine() -> ScriptedEngine:
    return ScriptedEngine()


class Leaving:
    """A member with one picture, who fetches it by every way."""

    def __init__(self, http: httpx.AsyncClient, key: str, image_id: str) -> None:
        self._http, self._image_id = http, image_id
        self._key = {"Authorization": f"Bearer {key}"}

    async def ways(self) -> dict[str, bytes]:
        """The full picture, by the name of the way."""
        file = f"/api/images/{self._image_id}/file"
        details = await self._http.get(f"/api/images/{self._image_id}", headers=self._key)
        return {
            "REST": await self._followed(file, self._key),
            "viewer download": await self._followed(f"{file}?download=true", self._key),
            "signed address": await self._fetched(details.json()["full_url"]),
            "share page": await self._shared(),
            "ZIP": await self._zipped(),
        }

    async def smaller(self) -> list[bytes]:
        """thumb and medium."""
        file = f"/api/images/{self._image_id}/file?variant="
        return [await self._followed(file + name, self._key) for name in ("thumb", "medium")]

    async def _followed(self, path: str, headers: dict[str, str] | None = None) -> bytes:
        answer = await self._http.get(path, headers=headers)
        assert answer.status_code == 302, answer.text
        return await self._fetched(answer.headers["location"])

    async def _fetched(self, url: str) -> bytes:
        answer = await self._http.get(url.removeprefix(HERE))
        assert answer.status_code == 200, answer.text
        return answer.content

    async def _shared(self) -> bytes:
        body = {"image_id": self._image_id}
        made = await self._http.post("/api/shares", json=body, headers=self._key)
        path = "/s/" + made.json()["url"].rpartition("/s/")[2]
        link = f"{path}/{self._image_id}/full"
        assert link in (await self._http.get(path)).text
        return await self._followed(link)

    async def _zipped(self) -> bytes:
        selection = {"selection": json.dumps({"ids": [self._image_id]})}
        answer = await self._http.post("/api/images/zip", data=selection, headers=self._key)
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            name = next(name for name in archive.namelist() if name.startswith("pictures/"))
            return archive.read(name)


@pytest.fixture
async def leaving(live_deps: Deps, engine: ScriptedEngine) -> AsyncIterator[Leaving]:
    studio, out = await Studio(live_deps).open(plan="pro", status="ready"), io.BytesIO()
    drawn(1, (400, 500)).save(out, "JPEG")
    engine.on_submit.append(images(out.getvalue()))
    done = await studio.ended((await studio.generate(count=1)).id)
    await studio.close()
    async with live_deps.transaction() as session:
        _, key = await api_keys.create(session, live_deps, user_id=studio.user_id, name="Test")
    async with (
        listening(live_deps) as address,
        httpx.AsyncClient(base_url=address, timeout=30) as http,
    ):
        yield Leaving(http, key, str(done.images[0].id))


def accepted(data: bytes) -> dict[str, Any]:
    """The active manifest, as the published reader finds it; it must be sound."""
    with c2pa.Reader("image/jpeg", io.BytesIO(data)) as reader:
        store: dict[str, Any] = json.loads(reader.json())
    assert store["validation_state"] == "Valid"
    found: dict[str, Any] = store["manifests"][store["active_manifest"]]
    return found


async def test_every_way_out_carries_the_marks(leaving: Leaving) -> None:
    ways = await leaving.ways()
    assert len(ways) == 5
    for name, data in ways.items():
        assert AI.decode() in json.dumps(accepted(data)), name
        assert AI in Image.open(io.BytesIO(data)).info["xmp"], name
    for data in await leaving.smaller():
        assert AI in Image.open(io.BytesIO(data)).info["xmp"]
