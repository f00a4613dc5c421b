"""The curve of a training's loss; the chart's script is loaded only where there is one to show."""

from collections.abc import Sequence
from typing import Any

from nicegui import ui

from components.dom import el

# By how much noise was in a picture: the colour of the line, its form, and what is learned there.
BANDS = (
    ("Little noise", "muted", "dotted", "fine detail"),
    ("Half", "ink", "dashed", "features"),
    ("Much noise", "accent", "solid", "shape and likeness"),
)
OF_STEPS = "Lower is closer to the photos; each step has other noise, so that it jumps."
OF_BANDS = (
    "Measured on up to four of the photos, each time with the same noise. Lower is closer to these "
    "photos; how alike new pictures are is measured on the samples."
)

Metrics = Sequence[dict[str, Any]]
Points = list[list[float]]


def _token(name: str) -> str:
    """JavaScript for a colour of the present theme."""
    return f"getComputedStyle(document.documentElement).getPropertyValue('--{name}').trim()"


# drawn before the page has its layout, it would stay at 100 px
_FIT = """() => setTimeout(() => {{
    const {{ chart, $el }} = getElement({id}) ?? {{}};
    if ($el?.clientWidth && chart.getWidth() !== $el.clientWidth) chart.resize();
}}, 50)"""


class LossChart:
    """Loss by step, at three amounts of noise where these were measured.

    metrics: [{"step", "loss", ...}], oldest first; the last may have "bands", a list of
    (step, loss at little, half and much noise).
    """

    def __init__(self, metrics: Metrics) -> None:
        """At least one metric with a loss."""
        with el("figure", classes="stack tight") as self.root:
            self._caption = el("figcaption", classes="small muted num")
            self._chart = ui.echart({}).classes("chart")
            self._chart.props("role=img")
            self._chart.on("chart:rendered", js_handler=_FIT.format(id=self._chart.id))
        self.show(metrics)

    def show(self, metrics: Metrics) -> None:
        """Bring it up to date."""
        bands = _bands(metrics)
        self._caption.text = _of_bands(bands) if bands else _of_steps(_points(metrics))
        self._chart.props["aria-label"] = self._caption.text
        self._chart.options.clear()
        self._chart.options.update(_options(metrics, bands))
        self._chart.update()


def has_curve(metrics: Metrics) -> bool:
    """Whether there are two points to draw a line between."""
    return len(_points(metrics)) > 1


def _points(metrics: Metrics) -> Points:
    return [
        [m["step"], round(m["loss"], 4)]
        for m in metrics
        if m.get("loss") is not None and "step" in m
    ]


def _bands(metrics: Metrics) -> Points:
    """What was measured at several amounts of noise; [] until there are two points of it."""
    found = [list(point) for point in metrics[-1].get("bands", ())]
    return found if len(found) > 1 else []


def _of_steps(points: Points) -> str:
    step, loss = points[-1]
    return f"Loss {loss:.3f} at step {step:,}. {OF_STEPS}"


def _of_bands(bands: Points) -> str:
    step, *losses = bands[-1]
    named = [
        f"{loss:.3f} with {name.lower()} ({learned})"
        for loss, (name, _, _, learned) in zip(losses, BANDS, strict=True)
    ]
    return f"Loss at step {step:,}: {', '.join(named)}. {OF_BANDS}"


def _options(metrics: Metrics, bands: Points) -> dict[str, Any]:
    axis = {
        "axisLine": {"show": False},
        "axisTick": {"show": False},
        "axisLabel": {":color": _token("muted"), "fontSize": 12},
        "splitLine": {"lineStyle": {":color": _token("line")}},
    }
    lines = [_line(_points(metrics), "Loss", "accent", "solid", smooth=0.2)]
    if bands:
        lines = [
            _line([[point[0], point[at]] for point in bands], name, colour, form)
            for at, (name, colour, form, _) in enumerate(BANDS, 1)
        ]
    return {
        "animation": False,
        "grid": {"left": 44, "right": 12, "top": 12, "bottom": 56 if bands else 28},
        "tooltip": {"trigger": "axis"},
        "legend": {
            "show": bool(bands),
            "bottom": 0,
            "selectedMode": False,
            "itemWidth": 30,
            "textStyle": {":color": _token("muted"), "fontSize": 12},
        },
        "xAxis": {"type": "value", "max": "dataMax", **axis, "splitLine": {"show": False}},
        "yAxis": {"type": "value", "scale": True, **axis},
        "series": lines,
    }


def _line(
    points: Points, name: str, colour: str, form: str, *, smooth: float = 0.0
) -> dict[str, Any]:
    return {
        "type": "line",
        "name": name,
        "data": points,
        "symbol": "none",
        "smooth": smooth,
        "lineStyle": {"width": 2, "type": form, ":color": _token(colour)},
        "itemStyle": {":color": _token(colour)},
    }
