"""Pages ask for nothing that none of them uses."""

import re
from pathlib import Path

import nicegui
from nicegui.testing import User as Visitor

from pages.server.nicegui_page import LOOKS, PURIFIER, UNUSED, trimmed_looks

NICEGUI = Path(nicegui.__file__).parent
ROOT = Path(__file__).parents[3]
WITHOUT_LOOKS = {  # what `ui` has that no component of Quasar draws
    "add_head_html",
    "context",
    "element",
    "navigate",
    "page",
    "page_title",
    "run",
    "run_javascript",
}


def test_nicegui_still_writes_what_is_left_out() -> None:
    """Else they are called something else now, and browsers fetch them again."""
    template = (NICEGUI / "templates" / "index.html").read_text()
    written = template.replace("{{ language }}", "en-US").encode()
    assert len(UNUSED.findall(written)) == 2
    assert written.count(PURIFIER) == 1


async def test_a_page_has_neither(visitor: Visitor) -> None:
    page = (await visitor.http_client.get("/studio")).text
    assert "quasar.umd.prod.js" in page
    assert "fonts.css" not in page
    assert "/lang/" not in page
    assert "import DOMPurify" not in page
    assert 'import("dompurify")' in page


def test_the_looks_of_components_that_no_page_has_are_left_out() -> None:
    file = NICEGUI / "static" / "quasar.unimportant.prod.css"
    assert LOOKS.search(str(file))
    whole = file.read_bytes()
    left = trimmed_looks(whole)
    assert len(left) < len(whole) / 3
    for kept in (b".q-layout", b".q-notification", b"@keyframes q-fade", b"body{"):
        assert kept in left
    assert b".q-date" not in left


def test_pages_draw_no_component_of_quasar() -> None:
    """Its looks are left out: name it in `OURS` of `nicegui_page` when one is wanted."""
    sources = [f for room in ("pages", "components") for f in (ROOT / room).rglob("*.py")]
    used = {name for f in sources for name in re.findall(r"\bui\.([a-z]\w+)", f.read_text())}
    assert used - WITHOUT_LOOKS <= {"echart"}
