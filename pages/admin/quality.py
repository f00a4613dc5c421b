"""Quality on /admin: all groups, also the small ones, and where visitors see it."""

from components.controls import button
from components.dom import el
from components.feedback import card, section
from components.quality_panel import quality_panel
from pages.quality import naming
from services.deps import Deps
from services.figures import quality
from services.figures.quality import FEW, Quality


class QualityFigures:
    """The section, and the way to measure anew."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    async def build(self) -> None:
        """As last measured."""
        with (
            section("Quality", link=("As visitors see it", "/quality")),
            card(),
            el("div", classes="stack"),
        ):
            with el("div", classes="row between"):
                el("p", self._who_sees(), classes="small muted")
                button("Measure now", self._measure, mark="measure-quality")
            self._body = el("div", classes="stack")
        async with self._deps.transaction() as session:
            self._style_name = await naming(session)
            self._show(await quality.kept(session))

    def _who_sees(self) -> str:
        if self._deps.settings.quality_public:
            return f"Everybody can read this at /quality, without groups of fewer than {FEW}."
        return "Administrators alone see this. QUALITY_PUBLIC=true shows it to everybody."

    async def _measure(self) -> None:
        async with self._deps.transaction() as session:
            self._show(await quality.refresh(session))

    def _show(self, found: Quality) -> None:
        self._body.clear()
        with self._body:
            quality_panel(found, style_name=self._style_name)
