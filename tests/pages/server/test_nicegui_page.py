"""Pages ask for nothing that none of them uses."""

from pathlib import Path

import nicegui
from nicegui.testing import User as Visitor

from pages.server.nicegui_page import UNUSED


def test_nicegui_still_writes_both_lines() -> None:
    """Else they are called something else now, and browsers fetch them again."""
    template = (Path(nicegui.__file__).parent / "templates" / "index.html").read_text()
    written = template.replace("{{ language }}", "en-US").encode()
    assert len(UNUSED.findall(written)) == 2


async def test_a_page_has_neither(visitor: Visitor) -> None:
    page = (await visitor.http_client.get("/studio")).text
    assert "quasar.umd.prod.js" in page
    assert "fonts.css" not in page
    assert "/lang/" not in page
