"""Five members send photos of 12 megapixels at once: all are judged rightly, pages stay alive."""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from services.deps import Deps
from services.storage.local import LocalStorage
from tests.files import leftovers
from tests.pages.api.test_photos import Member, registered
from tests.pictures import picture
from tests.serving import listening

MEMBERS = 5
SIZE = (4000, 3000)


@pytest.fixture
def storage(tmp_path: Path) -> LocalStorage:
    return LocalStorage(tmp_path / "data/files", secret=b"s" * 32, base_url="http://test")


async def send(member: Member, photos: list[bytes]) -> Counter[str]:
    """As the dropzone does it: three at a time."""
    free, codes = asyncio.Semaphore(3), Counter[str]()

    async def one(number: int, data: bytes) -> None:
        async with free:
            answer = await member.http.put(f"{member.path}?name={number}.jpg", content=data)
        assert answer.status_code == 200
        codes[answer.json()["code"]] += 1

    await asyncio.gather(*(one(number, data) for number, data in enumerate(photos)))
    return codes


@pytest.mark.parametrize("count", [3, pytest.param(20, marks=pytest.mark.slow)])
@pytest.mark.timeout(600)
async def test_five_members_at_once(count: int, live_deps: Deps, tmp_path: Path) -> None:
    good = [picture(seed, SIZE) for seed in range(count)]
    async with listening(live_deps) as base_url, AsyncExitStack() as stack:
        members = [
            await stack.enter_async_context(
                registered(live_deps, base_url, email=f"member{number}@example.com")
            )
            for number in range(MEMBERS)
        ]
        photos = [*good, good[0][: len(good[0]) // 2], b"no picture"]
        sending = asyncio.gather(*(send(member, photos) for member in members))
        looks = 0
        while not sending.done():
            page = await members[0].http.get("/api/auth/me")
            assert page.status_code == 200
            looks += 1
        expected = Counter(accepted=count, damaged=1, not_a_picture=1)
        assert await sending == [expected] * MEMBERS
        assert [await member.count() for member in members] == [count] * MEMBERS
    assert looks > count * MEMBERS
    assert Counter(leftovers(tmp_path / "data"))["train.jpg"] == count * MEMBERS
    assert leftovers(tmp_path / "data/uploads") == []
