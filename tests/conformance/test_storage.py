"""What every storage keeps: run against each implementation, its URLs over real HTTP."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest
from fastapi import FastAPI

from pages import files
from services.storage import keys
from services.storage.base import ObjectMissing, Storage, StorageError
from services.storage.local import LocalStorage
from services.storage.s3 import S3Storage
from tests.doubles.s3 import ACCESS_KEY, BUCKET, SECRET_KEY, S3Server, s3_server
from tests.files import leftovers
from tests.servers import served

JPG = "image/jpeg"
SECRET = b"of the storage tests, 32 bytes.."


class Clock:
    """The time by which URLs expire; tests move it on."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def local(tmp_path: Path, clock: Clock) -> Iterator[LocalStorage]:
    app = FastAPI()
    with served(app) as base_url:
        storage = LocalStorage(tmp_path / "files", secret=SECRET, base_url=base_url, now=clock)
        app.include_router(files.router(storage))
        yield storage


@pytest.fixture(scope="module")
def bucket() -> Iterator[S3Server]:
    with s3_server() as server:
        yield server


def s3_storage(server: S3Server, **other: Any) -> S3Storage:
    given: dict[str, Any] = {"access_key_id": ACCESS_KEY, "secret_access_key": SECRET_KEY}
    given |= {"endpoint_url": server.url} | other
    return S3Storage(given.pop("bucket", BUCKET), **given)


@pytest.fixture
async def s3(bucket: S3Server) -> AsyncIterator[S3Storage]:
    storage = s3_storage(bucket)
    yield storage
    bucket.faults.clear()
    await storage.delete([info.key async for info in storage.list()])
    await storage.close()


@pytest.fixture(params=["local", "s3"])
def storage(request: pytest.FixtureRequest) -> Storage:
    storage: Storage = request.getfixturevalue(request.param)
    return storage


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(timeout=10) as client:
        yield client


async def collected(chunks: AsyncIterator[bytes]) -> bytes:
    return b"".join([chunk async for chunk in chunks])


async def listed(storage: Storage, prefix: str = "") -> list[str]:
    return sorted([info.key async for info in storage.list(prefix)])


async def test_what_was_put_is_there(storage: Storage, tmp_path: Path) -> None:
    await storage.put("u/a/full.jpg", b"first", content_type=JPG)
    assert await storage.get("u/a/full.jpg") == b"first"
    info = await storage.head("u/a/full.jpg")
    assert info is not None
    assert (info.key, info.size, info.content_type) == ("u/a/full.jpg", 5, JPG)
    assert abs(datetime.now(UTC) - info.modified_at) < timedelta(minutes=1)
    source = tmp_path / "source"
    source.write_bytes(b"second")
    await storage.put("u/a/full.jpg", source, content_type=JPG)
    assert await storage.get("u/a/full.jpg") == b"second"


async def test_nothing_is_there(storage: Storage) -> None:
    assert await storage.head("u/none.jpg") is None
    with pytest.raises(ObjectMissing):
        await storage.get("u/none.jpg")
    with pytest.raises(ObjectMissing):
        await collected(storage.stream("u/none.jpg"))
    await storage.delete(["u/none.jpg"])


async def test_a_folder_is_no_object(storage: Storage) -> None:
    await storage.put("u/a/full.jpg", b"1", content_type=JPG)
    assert await storage.head("u/a") is None
    with pytest.raises(ObjectMissing):
        await storage.get("u/a")


BAD_KEYS = ["", "/etc/passwd", "../x", "a/../x", "a//b", "a/", ".hidden", "a b", "ä.jpg", "a\0b"]


@pytest.mark.parametrize("key", [*BAD_KEYS, "a\\b", "x" * 1000])
async def test_bad_keys_are_refused(storage: Storage, key: str) -> None:
    with pytest.raises(ValueError, match="not a storage key"):
        await storage.put(key, b"", content_type="application/octet-stream")
    with pytest.raises(ValueError, match="not a storage key"):
        await storage.get(key)
    with pytest.raises(ValueError, match="not a storage key"):
        storage.url(key)


async def test_a_type_must_fit_its_key(storage: Storage) -> None:
    with pytest.raises(ValueError, match="cannot be stored as text/html"):
        await storage.put("u/a.jpg", b"<script>", content_type="text/html")


async def test_ranges(storage: Storage) -> None:
    data = bytes(range(256)) * 4096  # 1 MiB: more than one piece
    await storage.put("u/big.zip", data, content_type="application/zip")
    assert await collected(storage.stream("u/big.zip")) == data
    assert await collected(storage.stream("u/big.zip", start=1_000_000)) == data[1_000_000:]
    assert await collected(storage.stream("u/big.zip", start=5, end=700_000)) == data[5:700_000]
    assert await collected(storage.stream("u/big.zip", start=7, end=7)) == b""
    assert await collected(storage.stream("u/big.zip", start=len(data))) == b""
    await storage.put("u/empty.txt", b"", content_type="text/plain")
    assert await storage.get("u/empty.txt") == b""


async def test_erasing_a_folder_touches_no_other(storage: Storage) -> None:
    for key in ("u1/a/1.jpg", "u1/a/b/2.jpg", "u1/ab/3.jpg", "u10/4.jpg"):
        await storage.put(key, b"x", content_type=JPG)
    proof = await storage.erase("u1/a")
    assert (proof.erased, proof.left) == (2, 0)
    assert await listed(storage) == ["u1/ab/3.jpg", "u10/4.jpg"]
    assert await listed(storage, "u1") == ["u1/ab/3.jpg"]
    assert (await storage.erase("u1/a")).erased == 0
    with pytest.raises(ValueError, match="folder"):
        await storage.erase("")


async def test_delete(storage: Storage) -> None:
    for name in ("1", "2", "3"):
        await storage.put(f"u/{name}.jpg", b"x", content_type=JPG)
    await storage.delete(["u/1.jpg", "u/3.jpg", "u/none.jpg"])
    assert await listed(storage) == ["u/2.jpg"]


async def test_a_reader_never_sees_half_a_write(storage: Storage) -> None:
    """Two writers of the same key and a reader: it always gets one of the two, whole."""
    versions = {b"a" * 300_000, b"b" * 300_000}
    await storage.put("u/x.jpg", b"a" * 300_000, content_type=JPG)

    async def write(data: bytes) -> None:
        for _ in range(5):
            await storage.put("u/x.jpg", data, content_type=JPG)

    async def read() -> None:
        for _ in range(20):
            assert await storage.get("u/x.jpg") in versions

    await asyncio.gather(*map(write, versions), read())
    assert await listed(storage) == ["u/x.jpg"]


async def test_a_signed_url_gets_its_object(storage: Storage, http: httpx.AsyncClient) -> None:
    await storage.put("u/a.jpg", b"0123456789", content_type=JPG)
    url = storage.url("u/a.jpg", external=True)
    answer = await http.get(url)
    assert (answer.status_code, answer.content) == (200, b"0123456789")
    assert answer.headers["content-type"] == JPG
    lasting = re.fullmatch(r"private, max-age=(\d+), immutable", answer.headers["cache-control"])
    assert lasting
    assert 0 < int(lasting[1]) <= 15 * 60  # no longer than the URL
    part = await http.get(url, headers={"Range": "bytes=2-4"})
    assert (part.status_code, part.content) == (206, b"234")
    assert part.headers["content-range"] == "bytes 2-4/10"
    same = await http.get(url, headers={"If-None-Match": answer.headers["etag"]})
    assert (same.status_code, same.content) == (304, b"")


async def test_a_signed_url_is_for_one_object_and_one_method(
    storage: Storage, http: httpx.AsyncClient
) -> None:
    for key in ("u/a.jpg", "u/b.jpg"):
        await storage.put(key, b"x", content_type=JPG)
    url = storage.url("u/a.jpg", external=True)
    assert (await http.get(url.replace("a.jpg", "b.jpg"))).status_code == 403
    assert (await http.put(url, content=b"y")).status_code == 403
    assert (await http.delete(url)).status_code in (403, 405)
    assert (await http.get(url[:-3] + "000")).status_code == 403
    assert (await http.get(url.partition("?")[0])).status_code == 403
    await storage.delete(["u/a.jpg"])
    assert (await http.get(url)).status_code == 404


async def test_a_download_has_its_name(storage: Storage, http: httpx.AsyncClient) -> None:
    await storage.put("u/a.jpg", b"x", content_type=JPG)
    answer = await http.get(storage.url("u/a.jpg", external=True, download_name="me in Rome.jpg"))
    assert "attachment" in answer.headers["content-disposition"]
    assert "me%20in%20Rome.jpg" in answer.headers["content-disposition"]


async def test_a_signed_put(storage: Storage, http: httpx.AsyncClient) -> None:
    url = storage.url("u/new.jpg", method="PUT", content_type=JPG, max_bytes=10, external=True)
    other = await http.put(url, content=b"<html>", headers={"Content-Type": "text/html"})
    assert other.status_code == 403
    assert await storage.head("u/new.jpg") is None
    put = await http.put(url, content=b"0123456789", headers={"Content-Type": JPG})
    assert put.is_success
    assert await storage.get("u/new.jpg") == b"0123456789"
    with pytest.raises(ValueError, match="max_bytes"):
        storage.url("u/new.jpg", method="PUT")


async def test_urls_of_one_moment_are_the_same(storage: Storage) -> None:
    """So that the browser's cache answers when a page is opened again."""
    assert storage.url("u/a.jpg") == storage.url("u/a.jpg")
    assert storage.url("u/a.jpg") != storage.url("u/b.jpg")


async def test_check(storage: Storage) -> None:
    await storage.check()
    assert await listed(storage) == []


def test_new_folders_cannot_be_guessed() -> None:
    folders = {keys.new_folder("u", "models") for _ in range(100)}
    assert len(folders) == 100
    assert all(len(bytes.fromhex(folder.rpartition("/")[2])) == 16 for folder in folders)


async def test_a_local_url_expires(
    local: LocalStorage, clock: Clock, http: httpx.AsyncClient
) -> None:
    await local.put("u/a.jpg", b"x", content_type=JPG)
    url = local.url("u/a.jpg", external=True)
    clock.now += timedelta(minutes=7)
    assert (await http.get(url)).status_code == 200
    clock.now += timedelta(minutes=9)
    assert (await http.get(url)).status_code == 403


async def test_a_local_put_is_limited(
    local: LocalStorage, tmp_path: Path, http: httpx.AsyncClient
) -> None:
    """Both by the length that is announced and by the bytes that come."""

    async def unannounced() -> AsyncIterator[bytes]:
        for _ in range(11):
            yield b"x"

    url = local.url("u/new.jpg", method="PUT", content_type=JPG, max_bytes=10, external=True)
    headers = {"Content-Type": JPG}
    assert (await http.put(url, content=b"x" * 11, headers=headers)).status_code == 413
    assert (await http.put(url, content=unannounced(), headers=headers)).status_code == 413
    assert (await http.put(url.replace("m=10", "m=99"), content=b"x" * 11)).status_code == 403
    assert leftovers(tmp_path) == []


def test_pages_get_relative_urls_or_those_of_the_cdn(local: LocalStorage) -> None:
    assert urljoin("https://any.example/gallery", local.url("u/a.jpg")).startswith(
        "https://any.example/files/u/a.jpg?"
    )
    cdn = LocalStorage(local.root, secret=SECRET, base_url="", cdn_url="https://cdn.example/")
    assert cdn.url("u/a.jpg").startswith("https://cdn.example/files/u/a.jpg?")


async def test_s3_faults_are_tried_again(s3: S3Storage, bucket: S3Server) -> None:
    bucket.faults += [503, 500]
    await s3.put("u/a.jpg", b"x", content_type=JPG)
    assert await s3.get("u/a.jpg") == b"x"


async def test_s3_that_does_not_answer(bucket: S3Server) -> None:
    storage = s3_storage(bucket, read_timeout=0.2)
    bucket.silent.set()
    try:
        with pytest.raises(StorageError, match="does not answer"):
            await storage.head("u/a.jpg")
    finally:
        bucket.silent.clear()
        await storage.close()


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"access_key_id": "AKIAOTHER"}, "S3_ACCESS_KEY_ID"),
        ({"secret_access_key": "wrong"}, "S3_SECRET_ACCESS_KEY"),
        ({"bucket": "nowhere"}, "S3_BUCKET"),
        ({"endpoint_url": "http://127.0.0.1:9"}, "S3_ENDPOINT_URL"),
    ],
)
async def test_wrong_settings_of_s3_are_named(
    bucket: S3Server, wrong: dict[str, str], reason: str
) -> None:
    storage = s3_storage(bucket, **wrong)
    with pytest.raises(StorageError, match=reason):
        await storage.check()
    await storage.close()


async def test_s3_takes_large_objects_in_parts(s3: S3Storage, bucket: S3Server) -> None:
    data = bytes(20 * 2**20)
    bucket.requests.clear()
    await s3.put("u/lora.safetensors", data, content_type="application/octet-stream")
    assert sum("partNumber" in request for request in bucket.requests) == 3
    info = await s3.head("u/lora.safetensors")
    assert info is not None
    assert info.size == len(data)


async def test_an_s3_url_expires(s3: S3Storage, http: httpx.AsyncClient) -> None:
    await s3.put("u/a.jpg", b"x", content_type=JPG)
    expired = s3.url("u/a.jpg", expires=timedelta(seconds=-1), external=True)
    assert (await http.get(expired)).status_code == 403


async def test_s3_behind_a_cdn(bucket: S3Server) -> None:
    storage = s3_storage(bucket, cdn_url="https://cdn.example")
    signed = storage.url("u/a.jpg", external=True)
    assert storage.url("u/a.jpg") == signed.replace(bucket.url, "https://cdn.example")
    await storage.close()


async def test_amazons_own_addresses() -> None:
    storage = S3Storage("mine", region="eu-west-1", access_key_id="a", secret_access_key="b")
    assert storage.url("u/a.jpg").startswith("https://mine.s3.eu-west-1.amazonaws.com/u/a.jpg?")
    await storage.close()
