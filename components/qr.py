"""A QR code as a picture: dark on light in both modes, since readers look for that."""

import segno

from components.dom import El, el

QUIET = 3  # modules of empty space around it; the page's own white adds to them


def qr_code(address: str, *, label: str) -> El:
    """The address for the camera of another device; label: for who does not see it.

    Error correction M: a screen is clean, and the fewer modules, the larger each one is.
    """
    code = segno.make_qr(address, error="m")
    source = code.svg_data_uri(border=QUIET, dark="#000", light="#fff", omitsize=True)
    with el("figure", classes="qr") as figure:
        el("img", src=source, alt=label, width="232", height="232")
    return figure
