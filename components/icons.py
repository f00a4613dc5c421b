"""Line icons on a 24-unit grid, drawn here; used as `icon("trash")` or class `icon-trash`."""

from typing import Literal, get_args
from urllib.parse import quote

from components.dom import El, el

IconName = Literal[
    "album",
    "alert",
    "arrow-left",
    "arrow-right",
    "bell",
    "bolt",
    "camera",
    "check",
    "check-circle",
    "chevron-down",
    "chevron-left",
    "chevron-right",
    "clock",
    "close",
    "copy",
    "credit",
    "crop",
    "download",
    "expand",
    "eye",
    "filter",
    "gallery",
    "heart",
    "heart-filled",
    "home",
    "info",
    "key",
    "link",
    "lock",
    "mark",
    "more",
    "pause",
    "pencil",
    "phone",
    "play",
    "plus",
    "retry",
    "search",
    "server",
    "share",
    "shield",
    "sign-out",
    "sliders",
    "sparkle",
    "star",
    "star-filled",
    "trash",
    "undo",
    "upload",
    "user",
    "users",
]

# The mark: a portrait and its likeness, two overlapping rounds, one of them hollow.
MARK = (
    "M9 3.5a8.5 8.5 0 1 0 0 17a8.5 8.5 0 0 0 6.2-2.7A8.46 8.46 0 0 1 12.4 12"
    "a8.46 8.46 0 0 1 2.8-5.8A8.5 8.5 0 0 0 9 3.5z"
    "M15 3.5a8.5 8.5 0 1 1 0 17a8.5 8.5 0 0 1 0-17zM15 5.7a6.3 6.3 0 1 0 0 12.6a6.3 6.3 0 0 0 0-12.6z"
)
_SHAPES: dict[str, str] = {
    "album": '<path d="M4 8h16v11a1.5 1.5 0 0 1-1.5 1.5h-13A1.5 1.5 0 0 1 4 19zM6.5 5.5h11M8.5 3h7"/>',
    "alert": '<path d="M12 4 2.8 19.5h18.4zM12 10v4.5M12 17v.01"/>',
    "arrow-left": '<path d="M20 12H4M10 6l-6 6 6 6"/>',
    "arrow-right": '<path d="M4 12h16M14 6l6 6-6 6"/>',
    "bell": '<path d="M6 16.5V11a6 6 0 0 1 12 0v5.5l1.5 1.5h-15zM10 21h4"/>',
    "bolt": '<path d="M13 3 5 13.5h6L10.5 21 19 10.5h-6.2z"/>',
    "camera": '<path d="M3.5 8.5A1.5 1.5 0 0 1 5 7h3l1.5-2.5h5L16 7h3a1.5 1.5 0 0 1 1.5 1.5V18a1.5 1.5'
    ' 0 0 1-1.5 1.5H5A1.5 1.5 0 0 1 3.5 18z"/><circle cx="12" cy="13" r="3.5"/>',
    "check": '<path d="m4.5 12.5 5 5 10-11"/>',
    "check-circle": '<circle cx="12" cy="12" r="9"/><path d="m8 12.3 2.8 2.8L16 9.5"/>',
    "chevron-down": '<path d="m6 9 6 6 6-6"/>',
    "chevron-left": '<path d="m15 5-7 7 7 7"/>',
    "chevron-right": '<path d="m9 5 7 7-7 7"/>',
    "clock": '<circle cx="12" cy="12" r="9"/><path d="M12 7v5l3.5 2"/>',
    "close": '<path d="M6 6l12 12M18 6 6 18"/>',
    "copy": '<rect x="8.5" y="8.5" width="12" height="12" rx="2"/><path d="M15.5 5.5v-.5a1.5 1.5 0 0'
    ' 0-1.5-1.5H5A1.5 1.5 0 0 0 3.5 5v9A1.5 1.5 0 0 0 5 15.5h.5"/>',
    "credit": '<circle cx="12" cy="12" r="9"/><circle cx="12" cy="12" r="4"/>',
    "crop": '<path d="M7 2.5V17h14.5M2.5 7H17v14.5"/>',
    "download": '<path d="M12 4v11M7 10.5l5 5 5-5M4.5 20h15"/>',
    "expand": '<path d="M14 4h6v6M10 20H4v-6M20 4l-7 7M4 20l7-7"/>',
    "eye": '<path d="M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12z"/>'
    '<circle cx="12" cy="12" r="3"/>',
    "filter": '<path d="M4 6h16M7 12h10M10 18h4"/>',
    "gallery": '<rect x="3.5" y="3.5" width="7" height="9.5" rx="1.5"/><rect x="13.5" y="3.5" width="7"'
    ' height="5.5" rx="1.5"/><rect x="3.5" y="16" width="7" height="4.5" rx="1.5"/>'
    '<rect x="13.5" y="12" width="7" height="8.5" rx="1.5"/>',
    "heart": '<path d="M12 20S3.5 15 3.5 9.2A4.6 4.6 0 0 1 12 6.8a4.6 4.6 0 0 1 8.5 2.4C20.5 15 12 20 12 20z"/>',
    "heart-filled": '<path fill="#000" d="M12 20S3.5 15 3.5 9.2A4.6 4.6 0 0 1 12 6.8a4.6 4.6 0 0 1 8.5'
    ' 2.4C20.5 15 12 20 12 20z"/>',
    "home": '<path d="M4 10.5 12 4l8 6.5V19a1.5 1.5 0 0 1-1.5 1.5h-4V14h-5v6.5h-4A1.5 1.5 0 0 1 4 19z"/>',
    "info": '<circle cx="12" cy="12" r="9"/><path d="M12 11v5M12 8v.01"/>',
    "key": '<circle cx="8" cy="15.5" r="4.5"/><path d="M11.2 12.3 19.5 4M16 7.5l2.5 2.5M13.5 10l2 2"/>',
    "link": '<path d="M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.7-5.7L12 7M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0'
    ' 5.7 5.7L12 17"/>',
    "lock": '<rect x="5" y="10.5" width="14" height="10" rx="2"/><path d="M8 10.5V8a4 4 0 0 1 8 0v2.5"/>',
    "mark": f'<path fill="#000" stroke="none" fill-rule="evenodd" d="{MARK}"/>',
    "more": '<path stroke-width="2.6" d="M5 12v.01M12 12v.01M19 12v.01"/>',
    "pause": '<path d="M8 5v14M16 5v14"/>',
    "pencil": '<path d="m4 20 1-4L16.5 4.5a2.1 2.1 0 0 1 3 3L8 19zM14.5 6.5l3 3"/>',
    "phone": '<rect x="6.5" y="2.5" width="11" height="19" rx="2.5"/><path d="M11 18.5h2"/>',
    "play": '<path d="M7 4.5v15L19 12z"/>',
    "plus": '<path d="M12 5v14M5 12h14"/>',
    "retry": '<path d="M20 5v5h-5M19.6 10A8 8 0 1 0 20 13.5"/>',
    "search": '<circle cx="10.5" cy="10.5" r="6.5"/><path d="m15.5 15.5 5 5"/>',
    "server": '<rect x="3.5" y="4" width="17" height="7" rx="2"/><rect x="3.5" y="13" width="17" height="7"'
    ' rx="2"/><path d="M7.5 7.5v.01M7.5 16.5v.01"/>',
    "share": '<path d="M12 15V3.5M8 7l4-4 4 4M5 12v7.5A1 1 0 0 0 6 20.5h12a1 1 0 0 0 1-1V12"/>',
    "shield": '<path d="M12 3.5 4.5 6v6c0 4.5 3 7.3 7.5 9 4.5-1.7 7.5-4.5 7.5-9V6z"/>'
    '<path d="m9 12 2.2 2.2L15.2 10"/>',
    "sign-out": '<path d="M14 4H6a1.5 1.5 0 0 0-1.5 1.5v13A1.5 1.5 0 0 0 6 20h8M10 12h10.5M17 8l4 4-4 4"/>',
    "sliders": '<path d="M4 7h9M18 7h2M4 17h3M12 17h8"/><circle cx="15.5" cy="7" r="2.5"/>'
    '<circle cx="9.5" cy="17" r="2.5"/>',
    "sparkle": '<path d="M11 4c.7 4.8 2.2 6.3 7 7-4.8.7-6.3 2.2-7 7-.7-4.8-2.2-6.3-7-7'
    " 4.8-.7 6.3-2.2 7-7zM18.5 16c.3 1.9.9 2.5 2.5 2.8-1.6.3-2.2.9-2.5 2.7-.3-1.8-.9-2.4-2.5-2.7"
    ' 1.6-.3 2.2-.9 2.5-2.8z"/>',
    "star": '<path d="m12 3.5 2.6 5.5 6 .8-4.4 4.2 1.1 6L12 17.1 6.7 20l1.1-6L3.4 9.8l6-.8z"/>',
    "star-filled": '<path fill="#000" d="m12 3.5 2.6 5.5 6 .8-4.4 4.2 1.1 6L12 17.1 6.7 20l1.1-6L3.4'
    ' 9.8l6-.8z"/>',
    "trash": '<path d="M4 6.5h16M9 6.5V4h6v2.5M6 6.5l1 14h10l1-14M10 10.5v6M14 10.5v6"/>',
    "undo": '<path d="M8.5 5 4 9.5 8.5 14M4 9.5h10a5.5 5.5 0 0 1 0 11h-3"/>',
    "upload": '<path d="M12 16V4.5M7 9.5l5-5 5 5M4.5 20h15"/>',
    "user": '<circle cx="12" cy="8" r="4.5"/><path d="M3.5 20.5c1-4.5 4.3-6 8.5-6s7.5 1.5 8.5 6"/>',
    "users": '<circle cx="9" cy="8" r="4"/><path d="M2 20c.8-4.2 3.5-5.5 7-5.5s6.2 1.3 7 5.5M15.5 4.3a4 4 0 0'
    ' 1 0 7.4M18 14.8c2.2.7 3.5 2.3 4 5.2"/>',
}


def css() -> str:
    """One rule an icon, setting the mask that class `icon` paints the text's colour through."""
    return "".join(_rule(name, _SHAPES[name]) for name in get_args(IconName))


def _rule(name: str, shape: str) -> str:
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="#000" '
        f'stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round">{shape}</svg>'
    )
    return f'.icon-{name}{{--i:url("data:image/svg+xml,{quote(svg, safe=_SAFE)}")}}\n'


_SAFE = " =:/,.;-'()"


def icon_html(name: IconName) -> str:
    """The same as HTML, for `dom.still`."""
    return f'<i class="icon icon-{name}" aria-hidden="true"></i>'


def icon(name: IconName, *, size: Literal["", "little", "big"] = "") -> El:
    """Decoration in the text's colour: 20 px, little 16, big 28. Goes beside words or a label."""
    return el("i", classes=f"icon icon-{name} {size}".strip(), aria_hidden="true")
