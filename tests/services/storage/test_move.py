"""Moving from the local disk to a bucket: all of it, again where it was cut off."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.storage.base import StorageError
from services.storage.local import LocalStorage
from services.storage.move import move
from services.storage.s3 import S3Storage
from tests.doubles.s3 import ACCESS_KEY, BUCKET, SECRET_KEY, S3Server, s3_server


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    with s3_server() as server:
        yield server


def bucket(server: S3Server, *, secret: str = SECRET_KEY) -> S3Storage:
    return S3Storage(
        BUCKET, endpoint_url=server.url, access_key_id=ACCESS_KEY, secret_access_key=secret
    )


async def test_moving_goes_on_where_it_was(tmp_path: Path, server: S3Server) -> None:
    source = LocalStorage(tmp_path, secret=b"", base_url="")
    target, lines = bucket(server), list[str]()
    for number in range(5):
        await source.put(f"u/{number}.jpg", b"x" * (number + 1), content_type="image/jpeg")
    await target.put("u/0.jpg", b"x", content_type="image/jpeg")  # there already
    await target.put("u/1.jpg", b"x", content_type="image/jpeg")  # another size: sent again
    server.requests.clear()
    assert await move(source, target, say=lines.append) == []
    assert lines[-1] == "5 of 5 files, 0.00 of 0.00 GB"
    sent = sorted(r for r in server.requests if r.startswith("PUT") and "/u/" in r)
    assert sent == [f"PUT /{BUCKET}/u/{number}.jpg" for number in range(1, 5)]
    assert [await target.get(f"u/{n}.jpg") for n in range(5)] == [b"x" * (n + 1) for n in range(5)]
    info = await target.head("u/4.jpg")
    assert info is not None
    server.requests.clear()
    await move(source, target, say=lines.append)
    assert not [r for r in server.requests if r.startswith("PUT") and "/u/" in r]
    await target.close()


async def test_wrong_keys_stop_it_at_once(tmp_path: Path, server: S3Server) -> None:
    target = bucket(server, secret="wrong")
    with pytest.raises(StorageError, match="S3_SECRET_ACCESS_KEY"):
        await move(LocalStorage(tmp_path, secret=b"", base_url=""), target, say=lambda _: None)
    await target.close()
