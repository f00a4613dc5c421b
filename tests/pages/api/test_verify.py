"""/verify and /api/verify as strangers use them: no account, and nothing is kept."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from services.deps import Deps
from services.files import uploads
from services.files.uploads import MAX_BYTES
from services.provenance import verifying
from tests.pictures import picture
from tests.services.provenance.test_verifying import Verifier, stripped
from tests.serving import listening


@pytest.fixture
async def stranger(live_deps: Deps) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        listening(live_deps) as address,
        httpx.AsyncClient(base_url=address, timeout=60) as http,
    ):
        yield http
    await asyncio.to_thread(verifying.close)


async def ask(http: httpx.AsyncClient, data: bytes) -> dict[str, object]:
    answer = await http.post("/api/verify", files={"file": ("a.jpg", data, "image/jpeg")})
    assert answer.status_code == 200, answer.text
    found: dict[str, object] = answer.json()
    return found


async def test_strangers_are_told_what_a_picture_is_and_nothing_is_kept(
    live_deps: Deps, stranger: httpx.AsyncClient, tmp_path: Path
) -> None:
    made = await Verifier(live_deps, tmp_path).made()
    found = await ask(stranger, made)
    assert set(found) == {"made_here", "made_at", "ai", "unchanged", "matched_by"}
    assert (found["made_here"], found["unchanged"], found["matched_by"]) == (True, True, "c2pa")
    copy = await ask(stranger, stripped(made))
    assert (copy["made_here"], copy["unchanged"]) == (True, False)
    assert copy["matched_by"] == "fingerprint"
    other = await ask(stranger, picture(77))
    assert other == dict.fromkeys(found) | {"made_here": False}
    folder = uploads.folder(live_deps)
    assert not list(folder.glob("*"))


async def test_the_page_says_the_same_in_words(
    live_deps: Deps, stranger: httpx.AsyncClient, tmp_path: Path
) -> None:
    asked = await stranger.get("/verify")
    assert "Choose a picture" in asked.text
    made = await Verifier(live_deps, tmp_path).made()
    for data, words in (
        (made, "Made here, and unchanged"),
        (made[:-20] + b"x" + made[-19:], "changed since"),
        (stripped(made), "A picture that looks the same was made here"),
        (picture(77), "Not found here"),
        (b"no picture", "not a picture we can read"),
    ):
        answer = await stranger.post("/verify", files={"file": ("a.jpg", data)})
        assert words in answer.text


@pytest.mark.parametrize(
    ("files", "status"),
    [
        ({"other": (None, b"x")}, 422),
        ({"file": ("a.jpg", b"")}, 400),
        ({"file": ("a.jpg", b"\xff\xd8" + bytes(MAX_BYTES))}, 413),
    ],
)
async def test_what_is_no_picture_is_refused(
    stranger: httpx.AsyncClient, files: dict[str, tuple[str | None, bytes]], status: int
) -> None:
    answer = await stranger.post("/api/verify", files=files)
    assert answer.status_code == status
    assert answer.json()["message"]
