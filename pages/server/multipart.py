"""Files out of a multipart/form-data body as it arrives, each to disk: none whole in memory."""

import hashlib
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from dataclasses import dataclass

from fastapi import Request
from python_multipart.multipart import MultipartParser, parse_options_header

from pages.server import content_hash
from services.deps import Deps
from services.errors import Malformed
from services.files.uploads import Landing, Upload, folder

MAX_PARTS = 100
FILE_PARTS = (b"files", b"file")  # files also where a client gives no name
CUT_OFF = "The upload was cut off. Send it again."


@dataclass(frozen=True, slots=True)
class _Begin:
    name: str


class _End:
    pass


Event = _Begin | bytes | _End


class _Reader:
    """Turns the parser's callbacks into events: a file begins, some of its bytes, it ends."""

    def __init__(self, boundary: bytes) -> None:
        self._events: list[Event] = []
        self._header, self._value, self._disposition = b"", b"", b""
        self._parts, self._in_file = 0, False
        self.complete = False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._part_begin,
                "on_header_field": self._header_field,
                "on_header_value": self._header_value,
                "on_header_end": self._header_end,
                "on_headers_finished": self._headers_finished,
                "on_part_data": self._part_data,
                "on_part_end": self._part_end,
                "on_end": self._end,
            },
        )

    def feed(self, chunk: bytes) -> Iterator[Event]:
        self._parser.write(chunk)
        yield from self._events
        self._events.clear()

    def _part_begin(self) -> None:
        self._disposition, self._parts = b"", self._parts + 1
        if self._parts > MAX_PARTS:
            raise Malformed(f"Send at most {MAX_PARTS} parts at once.")

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_end(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = self._value
        self._header, self._value = b"", b""

    def _headers_finished(self) -> None:
        _, options = parse_options_header(self._disposition)
        self._in_file = b"filename" in options or options.get(b"name") in FILE_PARTS
        if self._in_file:
            self._events.append(_Begin(options.get(b"filename", b"").decode("utf-8", "replace")))

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        if self._in_file:
            self._events.append(data[start:end])

    def _part_end(self) -> None:
        if self._in_file:
            self._events.append(_End())

    def _end(self) -> None:
        self.complete = True


async def uploads(request: Request, deps: Deps) -> AsyncGenerator[Upload, None]:
    """Each file of the request, on disk until the next is asked for.

    Raises Malformed for what is no multipart/form-data, or is cut off.
    """
    landing = None
    try:
        async with aclosing(_events(request)) as events:
            async for event in events:
                if isinstance(event, _Begin):
                    landing = Landing(folder(deps), event.name)
                elif landing and isinstance(event, bytes):
                    await landing.write(event)
                elif landing:
                    yield await landing.finish()
                    landing.discard()
    finally:
        if landing:
            landing.discard()


async def raw(request: Request) -> AsyncGenerator[bytes, None]:
    """The body as it arrives, where it is the file itself."""
    async for chunk in request.stream():
        content_hash.add(request, chunk)
        yield chunk


async def read_through(request: Request) -> None:
    """Read a streamed body for its hash alone. Raises Malformed as `uploads` does."""
    if not request.state.streamed:
        return
    source = _events(request) if _is_multipart(request) else raw(request)
    async with aclosing(source):
        async for _ in source:
            pass


async def _events(request: Request) -> AsyncGenerator[Event, None]:
    """The parser's events; each file is hashed by its name and content when it ends."""
    try:
        reader, file = _Reader(_boundary(request)), hashlib.sha256()
        async for chunk in request.stream():
            for event in reader.feed(chunk):
                if isinstance(event, _Begin):
                    file = hashlib.sha256(hashlib.sha256(event.name.encode()).digest())
                elif isinstance(event, bytes):
                    file.update(event)
                else:
                    content_hash.add(request, file.digest())
                yield event
    except ValueError as error:  # the parser's FormParserError
        raise Malformed("This is not valid multipart/form-data.") from error
    if not reader.complete:
        raise Malformed(CUT_OFF)


def _is_multipart(request: Request) -> bool:
    kind, _ = parse_options_header(request.headers.get("content-type", ""))
    return bool(kind == b"multipart/form-data")


def _boundary(request: Request) -> bytes:
    _, options = parse_options_header(request.headers.get("content-type", ""))
    if not options.get(b"boundary"):
        raise Malformed("Send files as multipart/form-data.")
    return options[b"boundary"]
