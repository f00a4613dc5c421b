"""/api/models/{id}/images over a real line: verdicts, limits, and lines that drop."""

import asyncio
import io
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import pytest
from PIL import Image

from services.deps import Deps
from services.files.uploads import MAX_BYTES
from services.storage.local import LocalStorage
from tests.builders import make_user_model
from tests.files import leftovers
from tests.pictures import picture
from tests.serving import listening
from tests.waiting import eventually

ANNA = {"email": "anna@example.com", "password": "four quiet words here"}


@pytest.fixture
def storage(tmp_path: Path) -> LocalStorage:
    return LocalStorage(tmp_path / "data/files", secret=b"s" * 32, base_url="http://test")


class Member:
    """A signed-in browser with a draft."""

    def __init__(self, http: httpx.AsyncClient, user_id: UUID, path: str) -> None:
        self.http, self.user_id, self.path = http, user_id, path

    async def post(self, *files: tuple[str, bytes]) -> list[dict[str, Any]]:
        parts = [("files", (name, data, "image/jpeg")) for name, data in files]
        answer = await self.http.post(self.path, files=parts)
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    async def count(self) -> int:
        answer = await self.http.get(self.path)
        assert answer.status_code == 200
        return len(answer.json()["items"])


@asynccontextmanager
async def registered(
    deps: Deps, base_url: str, *, email: str = ANNA["email"]
) -> AsyncIterator[Member]:
    async with httpx.AsyncClient(base_url=base_url, timeout=60) as http:
        answer = await http.post("/api/auth/register", json=ANNA | {"email": email})
        assert answer.status_code == 201, answer.text
        user_id = UUID(answer.json()["id"])
        async with deps.transaction() as session:
            model = await make_user_model(session, user_id=user_id)
        yield Member(http, user_id, f"/api/models/{model.id}/images")


@pytest.fixture
async def member(live_deps: Deps) -> AsyncIterator[Member]:
    async with listening(live_deps) as base_url, registered(live_deps, base_url) as member:
        yield member


async def test_one_bad_file_fails_no_other(member: Member, tmp_path: Path) -> None:
    verdicts = await member.post(
        ("one.jpg", picture(1)), ("notes.jpg", b"no picture"), ("", picture(2)), ("empty.png", b"")
    )
    assert [v["code"] for v in verdicts] == ["accepted", "not_a_picture", "accepted", "empty"]
    assert [v["name"] for v in verdicts] == ["one.jpg", "notes.jpg", "photo", "empty.png"]
    assert await member.count() == 2
    assert set(leftovers(tmp_path / "data")) == {"full.jpg", "thumb.webp", "train.jpg"}


async def test_a_raw_photo_and_its_thumbnail(member: Member) -> None:
    answer = await member.http.put(f"{member.path}?name=IMG_1.HEIC", content=picture())
    assert answer.status_code == 200
    photo = answer.json()["photo"]
    assert photo["name"] == "IMG_1.HEIC"
    thumb = await member.http.get(photo["thumb_url"])
    assert thumb.headers["content-type"] == "image/webp"
    lasting = re.fullmatch(r"private, max-age=(\d+), immutable", thumb.headers["cache-control"])
    assert lasting
    assert 0 < int(lasting[1]) <= 15 * 60  # no longer than its URL
    assert max(Image.open(io.BytesIO(thumb.content)).size) == 512
    assert (await member.http.delete(f"{member.path}/{photo['id']}")).status_code == 204
    assert await member.count() == 0


async def test_what_is_too_large_is_not_kept(member: Member, tmp_path: Path) -> None:
    """The limit holds whether the size is announced or not."""

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(MAX_BYTES // 2**20 + 1):
            yield b"\0" * 2**20

    for content in (b"\0" * (MAX_BYTES + 1), endless()):
        answer = await member.http.put(member.path, content=content)
        assert (answer.status_code, answer.json()["code"]) == (200, "too_large")
    big = ("big.jpg", b"\0" * (MAX_BYTES + 1))
    assert [v["code"] for v in await member.post(big, ("ok.jpg", picture()))] == [
        "too_large",
        "accepted",
    ]
    assert leftovers(tmp_path / "data/uploads") == []


async def test_a_dropped_line_leaves_nothing(member: Member, tmp_path: Path) -> None:
    """Then the same photo is sent again, and taken."""
    uploads, data = tmp_path / "data/uploads", picture()
    where = urlsplit(str(member.http.base_url))
    cookie = "; ".join(f"{name}={value}" for name, value in member.http.cookies.items())
    _reader, writer = await asyncio.open_connection(where.hostname, where.port)
    head = f"PUT {member.path} HTTP/1.1\r\nHost: {where.netloc}\r\nCookie: {cookie}\r\n"
    writer.write(f"{head}Content-Length: {len(data)}\r\n\r\n".encode() + data[: len(data) // 2])
    await writer.drain()
    await eventually(lambda: leftovers(uploads))
    writer.transport.abort()
    await eventually(lambda: not leftovers(uploads))
    assert await member.count() == 0
    assert (await member.post(("again.jpg", data)))[0]["accepted"]


BOUNDARY = "multipart/form-data; boundary=x"
HALF = b"--x\r\nContent-Disposition: form-data; name=files; filename=a\r\n\r\nhalf"


async def test_malformed_bodies(member: Member, tmp_path: Path) -> None:
    bodies = [(b"", BOUNDARY), (b"--x\r\nno headers", BOUNDARY), (b"--x--\r\n", BOUNDARY)]
    long = f"multipart/form-data; boundary={'x' * 257}"
    for content, kind in [*bodies, (HALF, BOUNDARY), (HALF, long), (b"", "multipart/form-data")]:
        answer = await member.http.post(
            member.path, content=content, headers={"Content-Type": kind}
        )
        assert (answer.status_code, answer.json()["error"]) == (422, "Malformed")
    answer = await member.http.post(member.path, content=b"{}", headers={"Content-Type": "a/b"})
    assert (answer.status_code, answer.json()["error"]) == (415, "WrongType")
    assert leftovers(tmp_path / "data") == []


async def test_what_calls_itself_text_is_judged_by_its_content(member: Member) -> None:
    """A browser sends the type that the file's name suggests."""
    headers = {"Content-Type": "text/plain"}
    for content, code in ((b"notes", "not_a_picture"), (picture(), "accepted")):
        answer = await member.http.put(member.path, content=content, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (200, code)


KEY = {"Idempotency-Key": "one"}


@pytest.mark.parametrize("how", ["raw", "in a part"])
async def test_a_key_drops_no_other_photo_of_the_same_length(member: Member, how: str) -> None:
    """A program that uses one key for a whole set hears of it; no photo is lost in silence."""

    async def send(data: bytes) -> httpx.Response:
        content = {"content": data} if how == "raw" else {"files": [("files", ("a.jpg", data))]}
        send = member.http.put if how == "raw" else member.http.post
        return await send(member.path, headers=KEY, **content)

    length = max(len(picture(1)), len(picture(2)))
    photos = [picture(seed).ljust(length, b"\0") for seed in (1, 2, 1)]
    first, other, again = [await send(data) for data in photos]
    assert [a.status_code for a in (first, other, again)] == [200, 409, 200]
    assert "another request" in other.json()["message"]
    assert again.json() == first.json()
    assert await member.count() == 1


async def test_a_key_knows_the_photo_whatever_its_boundary(member: Member) -> None:
    answers = [
        await member.http.post(member.path, files=[("files", ("a.jpg", picture()))], headers=KEY)
        for _ in range(2)
    ]
    requests = [a.request.headers["content-type"] for a in answers]
    assert requests[0] != requests[1]
    assert answers[0].json() == answers[1].json()
    assert answers[1].headers["idempotency-replayed"] == "true"
    assert await member.count() == 1


async def test_another_members_photos_do_not_exist(member: Member, live_deps: Deps) -> None:
    photo = (await member.post(("me.jpg", picture())))[0]["photo"]
    path, base_url = member.path, str(member.http.base_url)
    async with registered(live_deps, base_url, email="b@example.com") as other:
        answers = [
            await other.http.get(path),
            await other.http.put(path, content=picture()),
            await other.http.post(path, files=[("files", ("x.jpg", picture()))]),
            await other.http.delete(f"{path}/{photo['id']}"),
            await other.http.delete(f"{other.path}/{photo['id']}"),
        ]
    assert [answer.status_code for answer in answers] == [404] * 5
    assert await member.count() == 1


async def test_the_same_key_gets_the_same_answer(member: Member) -> None:
    for _ in range(2):
        files = [("files", ("me.jpg", picture()))]
        answer = await member.http.post(
            member.path, files=files, headers={"Idempotency-Key": "once"}
        )
        assert answer.status_code == 200, answer.text
        assert [verdict["code"] for verdict in answer.json()["items"]] == ["accepted"]
