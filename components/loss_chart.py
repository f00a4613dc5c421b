"""The curve of a training's loss; the chart's script is loaded only where there is one to show."""

from collections.abc import Sequence
from typing import Any

from nicegui import ui

from components.dom import el


def _token(name: str) -> str:
    """JavaScript for a colour of the present theme."""
    return f"getComputedStyle(document.documentElement).getPropertyValue('--{name}').trim()"


# drawn before the page has its layout, it would stay at 100 px
_FIT = """() => setTimeout(() => {{
    const {{ chart, $el }} = getElement({id}) ?? {{}};
    if ($el?.clientWidth && chart.getWidth() !== $el.clientWidth) chart.resize();
}}, 50)"""


class LossChart:
    """Loss by step. metrics: [{"step", "loss", ...}], oldest first."""

    def __init__(self, metrics: Sequence[dict[str, Any]]) -> None:
        """At least one metric with a loss."""
        with el("figure", classes="stack tight") as self.root:
            self._caption = el("figcaption", classes="small muted num")
            self._chart = ui.echart(_options(_points(metrics))).classes("chart")
            self._chart.props("role=img")
            self._chart.on("chart:rendered", js_handler=_FIT.format(id=self._chart.id))
        self.show(metrics)

    def show(self, metrics: Sequence[dict[str, Any]]) -> None:
        """Bring it up to date."""
        points = _points(metrics)
        step, loss = points[-1]
        self._caption.text = f"Loss {loss:.3f} at step {step:,}. Lower is closer to the photos."
        self._chart.props["aria-label"] = self._caption.text
        self._chart.options["series"][0]["data"] = points
        self._chart.update()


def has_curve(metrics: Sequence[dict[str, Any]]) -> bool:
    """Whether there are two points to draw a line between."""
    return len(_points(metrics)) > 1


def _points(metrics: Sequence[dict[str, Any]]) -> list[list[float]]:
    return [
        [m["step"], round(m["loss"], 4)]
        for m in metrics
        if m.get("loss") is not None and "step" in m
    ]


def _options(points: list[list[float]]) -> dict[str, Any]:
    axis = {
        "axisLine": {"show": False},
        "axisTick": {"show": False},
        "axisLabel": {":color": _token("muted"), "fontSize": 12},
        "splitLine": {"lineStyle": {":color": _token("line")}},
    }
    return {
        "animation": False,
        "grid": {"left": 44, "right": 12, "top": 12, "bottom": 28},
        "tooltip": {"trigger": "axis"},
        "xAxis": {"type": "value", "max": "dataMax", **axis, "splitLine": {"show": False}},
        "yAxis": {"type": "value", "scale": True, **axis},
        "series": [
            {
                "type": "line",
                "data": points,
                "showSymbol": False,
                "smooth": 0.2,
                "lineStyle": {"width": 2, ":color": _token("accent")},
                "itemStyle": {":color": _token("accent")},
            }
        ],
    }
