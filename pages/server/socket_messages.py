"""What a page may send over its socket: frames, packets, events and their fields.

NiceGUI and Socket.IO trust their clients: a name that no handler expects, or a field that is
missing, becomes an error in the log or reaches a handler of the server's own. Nothing gets there
that is not described here.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar

from nicegui import core, json
from pydantic import AfterValidator, BaseModel, Field, StrictInt, ValidationError
from socketio import packet

from pages.server.request_bodies import SOCKET

FRAME_TYPES = frozenset("12345")  # Engine.IO 4: close, ping, pong, message, upgrade
SEPARATOR = "\x1e"  # between the frames of one polling request
MAX_FRAMES = 16  # in one polling request; Engine.IO's own limit


def _is_json(text: str) -> str:
    json.loads(text)
    return text


Text = Annotated[str, Field(max_length=200)]
Encoded = Annotated[str, AfterValidator(_is_json)]


class Message(BaseModel):
    """Every message names the page that sends it."""

    client_id: Text


M = TypeVar("M", bound=Message)


class Handshake(Message):
    """The first message of a socket; where it is part of the address, all values are text."""

    tab_id: Text
    document_id: Text
    old_tab_id: Text | None = None
    next_message_id: Annotated[int, Field(ge=0)] | None = None


class Event(Message):
    """A click or a change; each argument is encoded by itself."""

    id: StrictInt
    listener_id: Text
    args: list[Encoded | None] = []


class JavaScriptResponse(Message):
    """The result of what the server let the browser run."""

    request_id: Text


class Ack(Message):
    """How far the browser has read."""

    next_message_id: StrictInt


class Log(Message):
    """What a script of the page has to report."""

    level: Literal["debug", "info", "warning", "error"]
    message: str


EVENTS: Mapping[str, type[Message]] = {
    "handshake": Handshake,
    "event": Event,
    "javascript_response": JavaScriptResponse,
    "ack": Ack,
    "log": Log,
}


def is_frame(text: object) -> bool:
    """Whether Engine.IO can read it."""
    return isinstance(text, str) and text[:1] in FRAME_TYPES and len(text) <= SOCKET.limit


def are_frames(body: bytes) -> bool:
    """Whether the body of a polling request is a list of frames."""
    try:
        frames = body.decode().split(SEPARATOR)
    except UnicodeDecodeError:
        return False
    return len(frames) <= MAX_FRAMES and all(map(is_frame, frames))


def is_packet(data: object, *, connected: bool) -> bool:
    """Whether a page of ours would send this Socket.IO packet now.

    connected: whether the socket is, which decides between the one first packet and all others.
    """
    if not isinstance(data, str):
        return False
    try:
        found = core.sio.packet_class(encoded_packet=data)
    except (ValueError, TypeError, RecursionError):
        return False
    if found.namespace not in {None, "/"}:
        return False
    if found.packet_type == packet.CONNECT:
        return not connected and (found.data is None or isinstance(found.data, dict))
    if found.packet_type == packet.DISCONNECT:
        return connected and found.data is None
    return connected and found.packet_type == packet.EVENT and _is_event(found.data)


def _is_event(data: object) -> bool:
    match data:
        case [str(name), dict(fields)] if name in EVENTS:
            return parsed(EVENTS[name], fields) is not None
    return False


def parsed(model: type[M], fields: Mapping[str, Any]) -> M | None:
    """The message with its fields, or None where one is missing or wrong."""
    try:
        return model.model_validate(fields)
    except ValidationError:
        return None
