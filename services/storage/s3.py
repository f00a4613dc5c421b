"""Storage in an S3 bucket, Amazon's or any that speaks the same; boto3 runs in threads."""

import asyncio
import io
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar
from urllib.parse import quote, urlsplit

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)

from services.storage import keys, signing
from services.storage.base import (
    GET_EXPIRY,
    Erasure,
    ObjectInfo,
    ObjectMissing,
    StorageError,
    lasting,
)

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import ListObjectsV2OutputTypeDef, ObjectIdentifierTypeDef

CHUNK = 1 << 18
PART = 8 * 2**20  # bytes; larger objects go in parts of this size
BATCH = 1000  # keys in one DeleteObjects call: S3's limit
ABANDONED = timedelta(hours=24)
MISSING = {"NoSuchKey", "404", "NotFound"}
REASONS = {
    "InvalidAccessKeyId": "S3 does not know this access key: check S3_ACCESS_KEY_ID.",
    "SignatureDoesNotMatch": "S3 refuses the secret key: check S3_SECRET_ACCESS_KEY.",
    "NoSuchBucket": "There is no such bucket: check S3_BUCKET and S3_REGION.",
    "AccessDenied": "S3 does not allow this: the key needs to list, read, write and delete.",
    "RequestTimeTooSkewed": "S3 refuses our clock: set this machine's time.",
    "PermanentRedirect": "The bucket is in another region: check S3_REGION.",
}
P = ParamSpec("P")
T = TypeVar("T")


class S3Storage:
    """Objects of one bucket; URLs are presigned, and lead to the CDN if there is one.

    access_key_id, secret_access_key: None leaves it to boto3 (environment, instance role).
    read_timeout: seconds without a byte; a failed call is tried 4 times in all.
    """

    def __init__(
        self,
        bucket: str,
        *,
        region: str = "us-east-1",
        endpoint_url: str | None = None,
        access_key_id: str | None = None,
        secret_access_key: str | None = None,
        cdn_url: str = "",
        read_timeout: float = 30,
    ) -> None:
        self._bucket, self._cdn_url = bucket, cdn_url.rstrip("/")
        self._client = boto3.client(
            "s3",
            region_name=region,
            endpoint_url=endpoint_url or f"https://s3.{region}.amazonaws.com",
            aws_access_key_id=access_key_id,
            aws_secret_access_key=secret_access_key,
            config=Config(
                signature_version="s3v4",
                s3={"addressing_style": "path" if endpoint_url else "virtual"},
                retries={"mode": "standard", "total_max_attempts": 4},
                connect_timeout=5,
                read_timeout=read_timeout,
                max_pool_connections=32,
                # many servers that speak S3 do not know the newer checksums
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )
        self._threads = ThreadPoolExecutor(16, thread_name_prefix="s3")
        self._urls: dict[tuple[str, ...], tuple[datetime, str]] = {}

    async def put(self, key: str, data: bytes | Path, *, content_type: str) -> None:
        """Write the object in one step, in parts if it is large."""
        keys.check_type(keys.checked(key), content_type)
        await self._run(self._put, key, data, content_type)

    async def get(self, key: str) -> bytes:
        """The whole object; raises ObjectMissing."""
        return b"".join([chunk async for chunk in self.stream(key)])

    async def stream(
        self, key: str, *, start: int = 0, end: int | None = None
    ) -> AsyncIterator[bytes]:
        """The bytes from `start` to `end` (not included), in pieces; raises ObjectMissing."""
        keys.checked(key)
        if end is not None and end <= start:
            return
        last = "" if end is None else end - 1
        part = f"bytes={start}-{last}"
        try:
            answer = await self._run(
                self._client.get_object, Bucket=self._bucket, Key=key, Range=part
            )
        except _NothingThere:
            return
        body = answer["Body"]
        try:
            while chunk := await self._run(body.read, CHUNK):
                yield chunk
        finally:
            body.close()

    async def head(self, key: str) -> ObjectInfo | None:
        """Size, type and time of the object; None if there is none."""
        keys.checked(key)
        try:
            found = await self._run(self._client.head_object, Bucket=self._bucket, Key=key)
        except ObjectMissing:
            return None
        return ObjectInfo(
            key, found["ContentLength"], found["LastModified"], keys.content_type(key)
        )

    async def delete(self, keys: Iterable[str]) -> None:
        """Remove the objects; one that is not there is no error."""
        await self._run(self._delete, tuple(keys))

    async def erase(self, prefix: str) -> Erasure:
        """Remove every object in the folder `prefix`, and uploads under way; look again."""
        if not prefix:
            raise ValueError("erase needs a folder: it does not empty the whole storage")
        return await self._run(self._erase, keys.folder(prefix))

    async def list(self, prefix: str = "") -> AsyncIterator[ObjectInfo]:
        """Every object in the folder `prefix`, by key."""
        pages = self._pages(keys.folder(prefix))
        while (page := await self._run(next, pages, None)) is not None:
            for info in page:
                yield info

    def url(
        self,
        key: str,
        *,
        method: signing.Method = "GET",
        expires: timedelta = GET_EXPIRY,
        content_type: str | None = None,
        max_bytes: int | None = None,
        download_name: str | None = None,
        external: bool = False,
    ) -> str:
        """A presigned URL: see the protocol. A PUT needs `max_bytes`, to be checked afterwards."""
        keys.checked(key)
        if method == "PUT":
            if not max_bytes:
                raise ValueError("a URL for PUT needs max_bytes")
            return self._signed("put_object", key, expires, ContentType=content_type)
        name = f"attachment; filename*=utf-8''{quote(download_name)}" if download_name else None
        url = self._lasting(key, expires, name)
        if external or not self._cdn_url:
            return url
        parts = urlsplit(url)
        return f"{self._cdn_url}{parts.path}?{parts.query}"

    async def tidy(self) -> int:
        """End multipart uploads that nobody has finished for a day; how many."""
        return await self._run(self._abort, "", older_than=ABANDONED)

    async def check(self) -> None:
        """Write and remove a small object; raises StorageError with what to do."""
        await self.put("check", b"ok", content_type="application/octet-stream")
        await self.delete(["check"])
        if await self._run(self._keeps_versions):
            raise StorageError(
                "The bucket keeps old versions, so nothing would ever be deleted: "
                "suspend versioning and remove the old versions."
            )

    async def close(self) -> None:
        """Close the connections."""
        await asyncio.to_thread(self._threads.shutdown)
        self._client.close()

    async def _run(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        def work() -> T:
            with _translated():
                return call(*args, **kwargs)

        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def _put(self, key: str, data: bytes | Path, content_type: str) -> None:
        extra = {
            "ContentType": content_type,
            "CacheControl": lasting(int(GET_EXPIRY.total_seconds())),
        }
        source = data.open("rb") if isinstance(data, Path) else io.BytesIO(data)
        with source:
            self._client.upload_fileobj(source, self._bucket, key, extra, Config=_IN_PARTS)

    def _delete(self, names: Sequence[str]) -> None:
        for first in range(0, len(names), BATCH):
            batch = names[first : first + BATCH]
            objects: Sequence[ObjectIdentifierTypeDef] = [{"Key": keys.checked(n)} for n in batch]
            answer = self._client.delete_objects(
                Bucket=self._bucket, Delete={"Objects": objects, "Quiet": True}
            )
            if errors := answer.get("Errors"):
                raise StorageError(f"{len(errors)} objects not deleted: {errors[0].get('Code')}")

    def _erase(self, prefix: str) -> Erasure:
        erased = 0
        for page in self._pages(prefix):
            self._delete([info.key for info in page])
            erased += len(page)
        self._abort(prefix)
        return Erasure(prefix, erased, left=sum(len(page) for page in self._pages(prefix)))

    def _abort(self, prefix: str, *, older_than: timedelta = timedelta()) -> int:
        """End multipart uploads that nobody finished; how many."""
        aborted, limit = 0, datetime.now(UTC) - older_than
        uploads = self._client.get_paginator("list_multipart_uploads")
        for page in uploads.paginate(Bucket=self._bucket, Prefix=prefix):
            for upload in page.get("Uploads", ()):
                if upload["Initiated"] <= limit:
                    self._client.abort_multipart_upload(
                        Bucket=self._bucket, Key=upload["Key"], UploadId=upload["UploadId"]
                    )
                    aborted += 1
        return aborted

    def _pages(self, prefix: str) -> Iterator[Sequence[ObjectInfo]]:
        pages = self._client.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self._bucket, Prefix=prefix):
            yield _infos(page)

    def _keeps_versions(self) -> bool:
        try:
            answer = self._client.get_bucket_versioning(Bucket=self._bucket)
        except ClientError:  # the key may not ask, or the server knows no versions
            return False
        return answer.get("Status") == "Enabled"

    def _lasting(self, key: str, expires: timedelta, disposition: str | None) -> str:
        """A URL for GET, the same for half its lifetime, so that browsers can keep the file."""
        name, now = (key, str(expires), disposition or ""), datetime.now(UTC)
        made_at, url = self._urls.get(name, (None, ""))
        if made_at is None or now - made_at > expires / 2:
            url = self._signed(
                "get_object",
                key,
                expires,
                ResponseContentDisposition=disposition,
                ResponseCacheControl=lasting(int(expires.total_seconds())),
            )
            if len(self._urls) > 20_000:
                self._urls.clear()
            self._urls[name] = (now, url)
        return url

    def _signed(self, operation: str, key: str, expires: timedelta, **more: str | None) -> str:
        given: dict[str, Any] = {name: value for name, value in more.items() if value}
        return self._client.generate_presigned_url(
            operation,
            Params={"Bucket": self._bucket, "Key": key, **given},
            ExpiresIn=int(expires.total_seconds()),
        )


_IN_PARTS = TransferConfig(
    multipart_threshold=PART, multipart_chunksize=PART, max_concurrency=4, use_threads=True
)


class _NothingThere(StorageError):
    """The object ends before the range begins: S3 says so of every range of an empty object."""


def _infos(page: "ListObjectsV2OutputTypeDef") -> Sequence[ObjectInfo]:
    return [
        ObjectInfo(
            found["Key"], found["Size"], found["LastModified"], keys.content_type(found["Key"])
        )
        for found in page.get("Contents", ())
    ]


@contextmanager
def _translated() -> Iterator[None]:
    """Turn what boto3 raises into ObjectMissing, or a StorageError that says what to do."""
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        if code == "InvalidRange":
            raise _NothingThere(str(error)) from None
        if code in MISSING:
            raise ObjectMissing(str(error)) from None
        raise StorageError(REASONS.get(code, str(error))) from error
    except NoCredentialsError as error:
        raise StorageError("Set S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY.") from error
    except (EndpointConnectionError, ConnectTimeoutError) as error:
        raise StorageError("S3 is not reachable: check S3_ENDPOINT_URL.") from error
    except ReadTimeoutError as error:
        raise StorageError("S3 does not answer.") from error
    except BotoCoreError as error:
        raise StorageError(str(error)) from error
