"""The IPTC digital source type, written into a picture's file as XMP; the pixels stay untouched.

Formats: XMP specification part 3 (JPEG, PNG), the WebP container specification, and a top-level
`uuid` box for AVIF, as XMP has it for ISO base media files.
"""

import struct
import zlib
from collections.abc import Callable, Iterator
from enum import StrEnum

NEWSCODES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
_PACKET = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF \
xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" \
xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" \
xmlns:xmp="http://ns.adobe.com/xap/1.0/" \
Iptc4xmpExt:DigitalSourceType="{source}" xmp:CreatorTool="Likeness"/></rdf:RDF></x:xmpmeta>
<?xpacket end="r"?>"""
_JPEG_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_XMP = b"XML:com.adobe.xmp\0"
_UUID_XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_VP8X_XMP, _VP8X_ALPHA = 0x04, 0x10


class DigitalSource(StrEnum):
    """How a picture came about; members of IPTC's vocabulary of digital source types."""

    GENERATED = "trainedAlgorithmicMedia"
    EDITED = "compositeWithTrainedAlgorithmicMedia"
    ENHANCED = "algorithmicallyEnhanced"

    @property
    def url(self) -> str:
        """The term's address, by which XMP and C2PA name it."""
        return NEWSCODES + self.value


class Unmarkable(Exception):
    """The file's container is not as its format asks; it cannot carry marks."""


def embed(data: bytes, content_type: str, source: DigitalSource) -> bytes:
    """The file with our XMP, in place of any that was there. Raises Unmarkable."""
    packet = _PACKET.format(source=source.url).encode()
    try:
        return _WRITERS[content_type](data, packet)
    except (KeyError, struct.error, IndexError, ValueError) as error:
        raise Unmarkable(content_type) from error


def _jpeg(data: bytes, packet: bytes) -> bytes:
    """As an APP1 segment before the first that is not APP0 or APP1; others of XMP go."""
    if data[:2] != b"\xff\xd8":
        raise ValueError("no JPEG")
    kept, at = [data[:2]], 2
    while data[at : at + 2] in (b"\xff\xe0", b"\xff\xe1"):
        end = at + 2 + struct.unpack_from(">H", data, at + 2)[0]
        if not data[at + 4 : end].startswith(_JPEG_XMP):
            kept.append(data[at:end])
        at = end
    body = _JPEG_XMP + packet
    return b"".join([*kept, b"\xff\xe1", struct.pack(">H", len(body) + 2), body, data[at:]])


def _png(data: bytes, packet: bytes) -> bytes:
    """As an iTXt chunk right after IHDR; another of XMP goes."""
    if data[:8] != _PNG_SIGNATURE:
        raise ValueError("no PNG")
    kept, at = [data[:8]], 8
    while at < len(data):
        end = at + 12 + struct.unpack_from(">I", data, at)[0]
        kind, body = data[at + 4 : at + 8], data[at + 8 : end - 4]
        if not (kind == b"iTXt" and body.startswith(_PNG_XMP)):
            kept.append(data[at:end])
        if kind == b"IHDR":
            kept.append(_png_chunk(b"iTXt", _PNG_XMP + b"\0\0\0\0" + packet))
        if kind == b"IEND":
            return b"".join(kept)
        at = end
    raise ValueError("no end")


def _png_chunk(kind: bytes, body: bytes) -> bytes:
    sum_ = struct.pack(">I", zlib.crc32(kind + body))
    return struct.pack(">I", len(body)) + kind + body + sum_


def _webp(data: bytes, packet: bytes) -> bytes:
    """As the chunk `XMP `; a simple file gets the header VP8X that this takes."""
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        raise ValueError("no WebP")
    chunks = [(kind, body) for kind, body in _riff(data) if kind != b"XMP "]
    if chunks[0][0] == b"VP8X":
        header = bytearray(chunks.pop(0)[1])
        header[0] |= _VP8X_XMP
    else:
        header = _extended(*chunks[0])
    chunks = [(b"VP8X", bytes(header)), *chunks, (b"XMP ", packet)]
    body = b"".join(
        kind + struct.pack("<I", len(part)) + part + b"\0" * (len(part) % 2)
        for kind, part in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def _riff(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at, end = 12, min(len(data), 8 + struct.unpack_from("<I", data, 4)[0])
    while at + 8 <= end:
        size = struct.unpack_from("<I", data, at + 4)[0]
        if at + 8 + size > end:
            raise ValueError("cut off")
        yield data[at : at + 4], data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2


def _extended(kind: bytes, frame: bytes) -> bytearray:
    """VP8X for a picture of one frame: flags, and the size out of the frame's own header."""
    if kind == b"VP8L":
        bits = struct.unpack_from("<I", frame, 1)[0]
        width, height, alpha = bits & 0x3FFF, bits >> 14 & 0x3FFF, bits >> 28 & 1
    elif kind == b"VP8 ":
        sides = struct.unpack_from("<HH", frame, 6)
        width, height = ((side & 0x3FFF) - 1 for side in sides)
        alpha = 0
    else:
        raise ValueError(f"a WebP that begins with {kind!r}")
    flags = _VP8X_XMP | (_VP8X_ALPHA if alpha else 0)
    sizes = width.to_bytes(3, "little") + height.to_bytes(3, "little")
    return bytearray(bytes([flags, 0, 0, 0]) + sizes)


def _avif(data: bytes, packet: bytes) -> bytes:
    """As a `uuid` box behind all others, so that no offset in the file moves."""
    if data[4:8] != b"ftyp":
        raise ValueError("no AVIF")
    return data + struct.pack(">I", 24 + len(packet)) + b"uuid" + _UUID_XMP + packet


_WRITERS: dict[str, Callable[[bytes, bytes], bytes]] = {
    "image/jpeg": _jpeg,
    "image/png": _png,
    "image/webp": _webp,
    "image/avif": _avif,
}
