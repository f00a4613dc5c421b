"""The sections of a long page as links, which stay in sight while it scrolls."""

from components.dom import El, el, html_id


class PageIndex:
    """Stands where it is made; `fill` names what was built after it."""

    def __init__(self) -> None:
        self._root = el("nav", classes="page-index", aria_label="On this page")

    def fill(self) -> None:
        """A link to each section that stands beside it."""
        around = self._root.parent_slot
        sections = [part for part in around.children if part.tag == "section"] if around else []
        headings = [
            part
            for one in sections
            if one.visible
            for part in one.descendants()
            if isinstance(part, El) and part.tag == "h2"
        ]
        with self._root:
            for heading in headings:
                el("a", heading.text, href=f"#{html_id(heading)}")
