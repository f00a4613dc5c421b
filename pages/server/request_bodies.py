"""Request bodies: what each class of addresses takes, decided before anything reads one."""

import re
from dataclasses import dataclass

from nicegui import app
from starlette.datastructures import Headers
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pages.server import errors
from services.app import metrics
from services.errors import DomainError, Malformed, TooLarge, WrongType
from services.files.uploads import MAX_BYTES, READ_ON
from services.training.photo_coach import MAX_PHOTOS
from services.training.weight_files import WEIGHTS_LIMIT

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
KB, MB = 2**10, 2**20
LENGTH = re.compile(r"^\d{1,18}$", re.ASCII)


@dataclass(frozen=True, slots=True)
class Body:
    """What one class of addresses takes.

    limit: bytes. type: the one media type that is taken, or None where the content decides.
    streamed: the route gets the body as it arrives. Any other body is read whole, up to its limit,
    before the route runs.
    """

    limit: int
    type: str | None
    streamed: bool = False


FORM = Body(64 * KB, "application/x-www-form-urlencoded")
JSON = Body(2 * MB, "application/json")  # the longest request, 20,000 ids of images, takes 0.8 MB
SELECTION = Body(2 * MB, "application/x-www-form-urlencoded")  # the same ids, from a page's form
EVENT = Body(MB, "application/json")  # Stripe's events stay far below
SOCKET = Body(1_000_000, "text/plain")  # Engine.IO's own limit
PHOTOS = Body((MAX_PHOTOS + 1) * MAX_BYTES, "multipart/form-data", streamed=True)
PHOTO = Body(READ_ON, None, streamed=True)  # whatever it is called, the decoder judges it
CHECKED = Body(MAX_BYTES + MB, "multipart/form-data", streamed=True)  # one picture
SIGNED_FILE = Body(WEIGHTS_LIMIT, None, streamed=True)  # its own limit is part of the signature
UNREAD = Body(64 * KB, None, streamed=True)  # GET, HEAD, OPTIONS: no route reads a body

_CLASSES = (
    ("POST", re.compile(r"^/api/models/[^/]+/images$"), PHOTOS),
    ("PUT", re.compile(r"^/api/models/[^/]+/images$"), PHOTO),
    ("PUT", re.compile(r"^/phone/photos$"), PHOTO),
    ("POST", re.compile(r"^/phone/open$"), JSON),
    ("POST", re.compile(r"^(/api)?/verify$"), CHECKED),
    ("PUT", re.compile(r"^/files/"), SIGNED_FILE),
    ("POST", re.compile(r"^/api/images/zip$"), SELECTION),
    ("POST", re.compile(r"^/api/webhooks/"), EVENT),
    ("POST", re.compile(r"^/_nicegui_ws/"), SOCKET),
    (None, re.compile(r"^/(api|worker)/"), JSON),
)


def taken_at(method: str, path: str) -> Body:
    """The class of an address; a page takes a form."""
    if method in SAFE:
        return UNREAD
    for only, pattern, body in _CLASSES:
        if only in {None, method} and pattern.match(path):
            return body
    return FORM


class RequestBodies:
    """Answers 415 and 413 itself, so that no parser ever sees a body of another type or size.

    Leaves `streamed` in the request's state.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One ASGI call."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        body = taken_at(scope["method"], scope["path"])
        scope["state"]["streamed"] = body.streamed
        try:
            _check_head(scope, body)
            if not body.streamed:
                receive = await _read_whole(receive, body.limit)
        except DomainError as error:
            metrics.REFUSED.labels("body_type" if error.status == 415 else "body_size").inc()
            return await errors.answer(error, scope)(scope, receive, send)
        if body.streamed:
            receive = _counted(receive, body.limit)
        return await self.app(scope, receive, send)


def _check_head(scope: Scope, body: Body) -> None:
    """Raises WrongType, or TooLarge for an announced length."""
    headers = Headers(scope=scope)
    length = headers.get("content-length", "0")
    sent = headers.get("content-type", "").partition(";")[0].strip().lower()
    has_body = length != "0" or "transfer-encoding" in headers
    if body.type and sent != body.type and (sent or has_body) and _exists(scope):
        raise WrongType(f"Send this as {body.type}{f', not {sent}' if sent else ''}.")
    if not LENGTH.match(length):
        raise Malformed("The header Content-Length is not a length.")
    if int(length) > body.limit:
        raise _too_large(body.limit)


def _exists(scope: Scope) -> bool:
    """Whether the request has a route: for any other, 404 and 405 say more than 415."""
    return any(route.matches(scope)[0] is Match.FULL for route in app.routes)


async def _read_whole(receive: Receive, limit: int) -> Receive:
    """Read the body; what is returned hands it on in one message. Raises TooLarge, Malformed."""
    body, more = bytearray(), True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Malformed("The request was cut off.")
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > limit:
            raise _too_large(limit)
    return first({"type": "http.request", "body": bytes(body), "more_body": False}, receive)


def first(message: Message, receive: Receive) -> Receive:
    """Receives `message`, and after it whatever comes."""
    waiting: Message | None = message

    async def receive_next() -> Message:
        nonlocal waiting
        message, waiting = waiting, None
        return message or await receive()

    return receive_next


def _counted(receive: Receive, limit: int) -> Receive:
    """Pass the body on as it arrives; raises TooLarge to whoever reads beyond the limit."""
    size = 0

    async def count() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > limit:
            raise _too_large(limit)
        return message

    return count


def _too_large(limit: int) -> TooLarge:
    size = f"{limit // MB} MB" if limit >= MB else f"{limit // KB} KB"
    return TooLarge(f"Send at most {size}.")
