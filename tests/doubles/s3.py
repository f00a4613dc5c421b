"""A real S3 server over HTTP for tests: moto's, behind a gate that checks every signature.

moto itself lets a wrong secret, a tampered URL and an expired one pass; the gate does not.
Written from the published description of Signature Version 4, not from boto3's own code.
"""

import hashlib
import hmac
import io
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

import boto3
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

ACCESS_KEY, SECRET_KEY, BUCKET = "AKIATEST", "a-secret-of-the-tests", "photos"
UNSIGNED = "UNSIGNED-PAYLOAD"
SKEW = timedelta(minutes=15)
Environ = dict[str, Any]


class Denied(Exception):
    """The gate's answer: an S3 error code and a status."""

    def __init__(self, code: str, status: int = 403) -> None:
        super().__init__(code)
        self.code, self.status = code, status


@dataclass(frozen=True)
class Claim:
    """What a request says of its own signature, from its header or its query."""

    credential: str
    signature: str
    signed_headers: list[str]
    date: str
    payload: str

    @property
    def made_at(self) -> datetime:
        return datetime.strptime(self.date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


@dataclass
class S3Server:
    """url: where it listens. faults: for each coming request None, or a status to fail with."""

    url: str
    faults: list[int] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    silent: threading.Event = field(default_factory=threading.Event)
    finished: threading.Event = field(default_factory=threading.Event)


@contextmanager
def s3_server() -> Iterator[S3Server]:
    """The server, with one empty bucket."""
    server = S3Server("")
    gate = Gate(DomainDispatcherApplication(create_backend_app), server)
    listener = make_server("127.0.0.1", 0, gate, threaded=True, request_handler=_Quiet)
    server.url = f"http://127.0.0.1:{listener.server_port}"
    thread = threading.Thread(target=listener.serve_forever, daemon=True)
    thread.start()
    client = boto3.client(
        "s3",
        endpoint_url=server.url,
        region_name="us-east-1",
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
    )
    client.create_bucket(Bucket=BUCKET)
    client.close()
    server.requests.clear()
    try:
        yield server
    finally:
        server.finished.set()
        listener.shutdown()
        listener.server_close()
        thread.join(10)


class Gate:
    """WSGI: lets through what is rightly signed, in time, and unchanged."""

    def __init__(self, app: Callable[..., Iterable[bytes]], server: S3Server) -> None:
        self._app, self._server = app, server

    def __call__(self, environ: Environ, start: Callable[..., Any]) -> Iterable[bytes]:
        self._server.requests.append(f"{environ['REQUEST_METHOD']} {environ['RAW_URI']}")
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        try:
            if self._server.silent.is_set():
                self._server.finished.wait(30)
            if self._server.faults:
                raise Denied("SlowDown", self._server.faults.pop(0))
            check(environ, body)
        except Denied as denied:
            return _error(denied, start)
        return self._app(environ, start)


def check(environ: Environ, body: bytes) -> None:
    """Raises Denied."""
    path, _, raw_query = environ["RAW_URI"].partition("?")
    query = parse_qsl(raw_query, keep_blank_values=True)
    claim = _from_query(dict(query)) or _from_header(environ)
    if claim is None:
        raise Denied("AccessDenied")
    if claim.payload not in (UNSIGNED, hashlib.sha256(body).hexdigest()):
        raise Denied("XAmzContentSHA256Mismatch", 400)
    key_id, *scope = claim.credential.split("/")
    if key_id != ACCESS_KEY:
        raise Denied("InvalidAccessKeyId")
    rest = [(name, value) for name, value in query if name != "X-Amz-Signature"]
    canonical = "\n".join(
        [
            environ["REQUEST_METHOD"],
            quote(unquote(path), safe="/-_.~"),
            "&".join(f"{_quoted(n)}={_quoted(v)}" for n, v in sorted(rest)),
            *(f"{name}:{_header(environ, name)}" for name in claim.signed_headers),
            "",
            ";".join(claim.signed_headers),
            claim.payload,
        ]
    )
    if not hmac.compare_digest(_signature(canonical, claim.date, scope), claim.signature):
        raise Denied("SignatureDoesNotMatch")


def _from_query(query: dict[str, str]) -> Claim | None:
    if "X-Amz-Signature" not in query:
        return None
    claim = Claim(
        query["X-Amz-Credential"],
        query["X-Amz-Signature"],
        query["X-Amz-SignedHeaders"].split(";"),
        query["X-Amz-Date"],
        UNSIGNED,
    )
    if datetime.now(UTC) > claim.made_at + timedelta(seconds=int(query["X-Amz-Expires"])):
        raise Denied("AccessDenied")
    return claim


def _from_header(environ: Environ) -> Claim | None:
    kind, _, rest = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    if kind != "AWS4-HMAC-SHA256":
        return None
    fields = dict(part.strip().split("=", 1) for part in rest.split(","))
    claim = Claim(
        fields["Credential"],
        fields["Signature"],
        fields["SignedHeaders"].split(";"),
        environ["HTTP_X_AMZ_DATE"],
        environ.get("HTTP_X_AMZ_CONTENT_SHA256", UNSIGNED),
    )
    if abs(datetime.now(UTC) - claim.made_at) > SKEW:
        raise Denied("RequestTimeTooSkewed")
    return claim


def _signature(canonical: str, date: str, scope: list[str]) -> str:
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = "\n".join(["AWS4-HMAC-SHA256", date, "/".join(scope), digest])
    key = f"AWS4{SECRET_KEY}".encode()
    for part in (*scope, text):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key.hex()


def _header(environ: Environ, name: str) -> str:
    plain = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}
    value = environ.get(plain.get(name, "HTTP_" + name.upper().replace("-", "_")), "")
    return " ".join(value.split())


def _quoted(text: str) -> str:
    return quote(text, safe="-_.~")


def _error(denied: Denied, start: Callable[..., Any]) -> Iterable[bytes]:
    body = f"<Error><Code>{denied.code}</Code><Message>{denied.code}</Message></Error>".encode()
    start(
        f"{denied.status} {denied.code}",
        [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))],
    )
    return [body]


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, *args: Any) -> None:
        pass
