"""/api/generations, /api/images, /api/albums and /api/shares, as a program meets them."""

import base64
import io
import json
import zipfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest

from services.deps import Deps
from services.storage.local import LocalStorage
from tests.builders import make_image
from tests.serving import browser

Registers = Callable[[httpx.AsyncClient, str], Awaitable[str]]


@pytest.fixture
def storage(tmp_path: Path) -> LocalStorage:
    return LocalStorage(tmp_path / "files", secret=b"s" * 32, base_url="http://test")


async def register(client: httpx.AsyncClient, name: str) -> str:
    """A new member behind this client; its id."""
    body = {"email": f"{name}@example.com", "password": "four quiet words here"}
    answer = await client.post("/api/auth/register", json=body)
    return str(answer.json()["id"])


async def images_of(deps: Deps, user_id: str, n: int) -> list[str]:
    async with deps.transaction() as session:
        made = [await make_image(session, user_id=user_id) for _ in range(n)]
    for image in made:
        await deps.storage.put(f"{image.folder}/full.webp", b"full", content_type="image/webp")
    return [str(image.id) for image in made]


async def test_list_change_delete_restore(api: httpx.AsyncClient, deps: Deps) -> None:
    await images_of(deps, await register(api, "anna"), 3)
    page = (await api.get("/api/generations", params={"limit": 2})).json()
    assert len(page["items"]) == 2
    rest = await api.get("/api/generations", params={"cursor": page["next_cursor"]})
    assert len(rest.json()["items"]) == 1
    assert rest.json()["next_cursor"] is None
    id = page["items"][0]["id"]
    changed = await api.patch(f"/api/images/{id}", json={"favourite": True, "rating": 5})
    assert (changed.json()["favourite"], changed.json()["rating"]) == (True, 5)
    cleared = await api.patch(f"/api/images/{id}", json={"rating": None})
    assert (cleared.json()["favourite"], cleared.json()["rating"]) == (True, None)
    assert (await api.get("/api/generations/count?favourite=true")).json()["count"] == 1
    for _ in range(2):
        assert (await api.delete(f"/api/images/{id}")).status_code == 204
    assert (await api.get("/api/generations/count")).json()["count"] == 2
    body = {"action": "restore", "ids": [id]}
    assert (await api.post("/api/images/bulk", json=body)).json()["count"] == 1
    assert (await api.get("/api/generations/count")).json()["count"] == 3


async def test_files_are_had_by_signed_addresses(api: httpx.AsyncClient, deps: Deps) -> None:
    (id,) = await images_of(deps, await register(api, "anna"), 1)
    redirect = await api.get(f"/api/images/{id}/file", params={"variant": "full"})
    assert redirect.status_code == 302
    stranger = browser()
    sent = await stranger.get(redirect.headers["location"])
    assert (sent.content, sent.headers["content-type"]) == (b"full", "image/webp")
    forged = redirect.headers["location"].replace("full.webp", "thumb.webp")
    assert (await stranger.get(forged)).status_code == 403
    download = await api.get(f"/api/images/{id}/file", params={"download": True})
    saved = await api.get(download.headers["location"])
    assert "attachment" in saved.headers["content-disposition"]


async def test_another_members_images_are_not_there(api: httpx.AsyncClient, deps: Deps) -> None:
    (id,) = await images_of(deps, await register(api, "anna"), 1)
    album = (await api.post("/api/albums", json={"name": "Mine"})).json()["id"]
    share = (await api.post("/api/shares", json={"image_id": id})).json()["id"]
    async with browser("192.0.2.8") as other:
        for path in (f"/api/images/{id}", f"/api/images/{id}/file", "/api/generations"):
            assert (await other.get(path)).status_code == 401
        await register(other, "ben")
        for method, path, body in (
            ("GET", f"/api/images/{id}", None),
            ("GET", f"/api/images/{id}/file", None),
            ("PATCH", f"/api/images/{id}", {"favourite": True}),
            ("DELETE", f"/api/images/{id}", None),
            ("PATCH", f"/api/albums/{album}", {"name": "Yours"}),
            ("DELETE", f"/api/albums/{album}", None),
            ("POST", f"/api/albums/{album}/images", {"ids": [id]}),
            ("POST", "/api/shares", {"image_id": id}),
            ("POST", "/api/shares", {"album_id": album}),
            ("DELETE", f"/api/shares/{share}", None),
        ):
            answer = await other.request(method, path, json=body)
            assert answer.status_code == 404, (method, path, answer.text)
            assert answer.json()["error"] == "NotFound"
        assert (await other.get("/api/generations")).json()["items"] == []
        assert (await other.get("/api/shares")).json()["items"] == []


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/generations?cursor=nonsense", 400),
        ("/api/generations?limit=501", 422),
        ("/api/generations?sort=price", 422),
        ("/api/generations?since=9999-12-31&until=0001-01-01", 200),
        ("/api/generations?preset=%00", 422),
        ("/api/images/not-an-id", 404),
    ],
)
async def test_bad_input_is_refused_in_words(
    api: httpx.AsyncClient, path: str, status: int
) -> None:
    await register(api, "anna")
    answer = await api.get(path)
    assert answer.status_code == status
    if status >= 400:
        assert set(answer.json()) == {"error", "message", "details"}


async def test_bulk_needs_one_way_to_say_which(api: httpx.AsyncClient) -> None:
    await register(api, "anna")
    for selection in ({}, {"ids": [str(uuid4())], "matching": "e30"}, {"matching": "???"}):
        answer = await api.post("/api/images/bulk", json={"action": "trash", **selection})
        assert answer.status_code in {400, 422}, answer.text


async def test_archive(api: httpx.AsyncClient, deps: Deps) -> None:
    ids = await images_of(deps, await register(api, "anna"), 2)
    page = (await api.get("/api/generations")).json()
    for selection in ({"ids": ids}, {"matching": page["matching"]}):
        answer = await api.post("/api/images/zip", data={"selection": json.dumps(selection)})
        assert answer.headers["content-type"] == "application/zip"
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            assert sum(archive.read(name) == b"full" for name in archive.namelist()) == 2
    refused = await api.post("/api/images/zip", data={"selection": "{}"})
    assert refused.status_code == 400


async def test_a_shared_page_asks_for_no_account_and_ends_when_taken_back(
    api: httpx.AsyncClient, deps: Deps
) -> None:
    shown, hidden = await images_of(deps, await register(api, "anna"), 2)
    made = (await api.post("/api/shares", json={"image_id": shown, "days": 1})).json()
    path = httpx.URL(made["url"]).path
    async with browser("192.0.2.9") as visitor:
        page = await visitor.get(path)
        assert page.status_code == 200
        assert "noindex" in page.headers["x-robots-tag"]
        assert "a portrait" not in page.text, "the prompt is private"
        card = f'property="og:image" content="{made["url"]}/{shown}/medium"'
        assert card in page.text, "messengers show the picture, at its public address"
        assert (await visitor.get(f"{path}/{shown}/full")).status_code == 302
        assert (await visitor.get(f"{path}/{hidden}/full")).status_code == 404
        assert (await api.delete(f"/api/shares/{made['id']}")).status_code == 204
        for gone in (path, f"{path}/{shown}/full"):
            assert (await visitor.get(gone)).status_code == 404


@pytest.mark.parametrize("first", [10**30, -(10**9), 2**63])
async def test_a_cursor_with_an_absurd_number_is_not_ours(
    api: httpx.AsyncClient, first: int
) -> None:
    await register(api, "anna")
    place = json.dumps(["rating", first, "2026-01-01T00:00:00+00:00", str(UUID(int=1))])
    cursor = base64.urlsafe_b64encode(place.encode()).decode()
    answer = await api.get("/api/generations", params={"sort": "rating", "cursor": cursor})
    assert (answer.status_code, answer.json()["error"]) == (400, "Invalid")
