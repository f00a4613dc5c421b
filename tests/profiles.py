"""An ICC profile of Display-P3, as iPhones embed it, written out from its definition."""

import struct

# Primaries adapted to the profile's white, D50 (SMPTE RP 431-2 with D65, Bradford adaptation).
RED, GREEN, BLUE = (0.5151, 0.2412, -0.0011), (0.2920, 0.6922, 0.0419), (0.1571, 0.0666, 0.7841)
WHITE = (0.9642, 1.0, 0.8249)
CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)  # of sRGB


def display_p3() -> bytes:
    """The whole profile."""
    curve = b"para" + bytes(4) + struct.pack(">HH", 3, 0) + b"".join(map(_fixed, CURVE))
    name = b"desc" + bytes(4) + struct.pack(">I", 11) + b"Display P3\0" + bytes(79)
    tags = {b"desc": name, b"cprt": b"text" + bytes(4) + b"none\0", b"wtpt": _xyz(WHITE)}
    tags |= {b"rXYZ": _xyz(RED), b"gXYZ": _xyz(GREEN), b"bXYZ": _xyz(BLUE)}
    tags |= {b"rTRC": curve, b"gTRC": curve, b"bTRC": curve}
    table, data, start = struct.pack(">I", len(tags)), b"", 132 + 12 * len(tags)
    for tag, content in tags.items():
        table += tag + struct.pack(">II", start + len(data), len(content))
        data += content + bytes(-len(content) % 4)
    size = 128 + len(table) + len(data)
    head = struct.pack(">I4sI4s4s4s", size, b"    ", 0x02400000, b"mntr", b"RGB ", b"XYZ ")
    head += bytes(12) + b"acsp" + bytes(28) + b"".join(map(_fixed, WHITE))
    return head.ljust(128, b"\0") + table + data


def _fixed(value: float) -> bytes:
    return struct.pack(">i", round(value * 65536))


def _xyz(values: tuple[float, ...]) -> bytes:
    return b"XYZ " + bytes(4) + b"".join(map(_fixed, values))
