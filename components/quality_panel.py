"""How good the work was: medians of time and likeness, what was given back, why work failed."""

from collections.abc import Callable

from components import formatting
from components.dates import Moment, dated
from components.dom import el
from components.feedback import facts, table
from components.method_picker import NAMES
from services.engines.base import Method
from services.figures.quality import DAYS, Alike, Quality, Time
from services.figures.reasons import Reason

ENGINES = {
    "together": "Together AI",
    "worker": "GPU worker",
    "pull": "GPU workers",
    "local": "GPU",
    "preview": "CPU",
}
OPERATIONS = {
    "train": "Training",
    "generate": "New images",
    "edit": "Edits by words",
    "inpaint": "Edits of a part",
    "face": "New faces",
    "extend": "New formats",
    "enlarge": "Enlargements",
    "cutout": "Cut-outs",
}
MEANING = (
    "Half of the work took less than the time shown, half took more: from the click to the last "
    "picture, waiting included, and the work alone. Likeness is the median, and what nine of ten "
    "pictures reach: 90 is as alike as the person’s own photos are to each other, 0 as alike as "
    "strangers, 100 identical.",
    "Given back are credits that were set aside and not charged, because a picture could not be "
    "made or did not look like the person. What members stopped themselves is left out of "
    "failures and of what was given back.",
    "All pictures of the time count that had a face to measure, also those that were erased "
    "since. A picture that was made again counts by its second try.",
)
JUDGED = (
    "The last column is the median by a network of the operator’s own, which chose no photo and no "
    "version and charges nothing. Its 90, too, is as alike as the person’s own photos are to each "
    "other; its 0 is a cosine of 0, so the two columns agree at the top and need not below."
)
LIMITS = (
    "Likeness says how alike two faces are to one measurer, SFace. It says nothing of taste, of "
    "hands and backgrounds, or of whether a picture follows its words.",
    "The same measurer helped to choose the photos, and where a model kept several versions, the "
    "version: so it is a friendly judge.",
    "On 416 persons it missed women twice as often as men (3.0 against 1.5 % of their own "
    "photos), and confused two Black or two Middle Eastern persons four to six times as often as "
    "the mostly white rest, all under 0.7 %, in groups of about ten persons: an indication. On "
    "family photos, with one child at two ages, it was clearly weaker. How age and skin tone "
    "change the number of generated pictures has not been tested.",
    "A side view costs about 20 points and drawn sunglasses about 40, whoever is shown. Painted "
    "and printed styles often have no face that can be measured; then there is no number, so "
    "their figures are of the more photographic among them.",
)


def quality_panel(found: Quality, *, style_name: Callable[[str], str]) -> None:
    """Figures, what they mean, and what they do not. style_name: of a style's id."""
    dated("p", f"The last {DAYS} days, as of ", Moment(found.at), ".", classes="small muted")
    ended = formatting.plural(found.ended, "request") if found.ended else "Too few yet"
    facts(
        {
            "Ended": ended,
            "Failed": _share(sum(found.failed.values()), found.ended),
            "Given back": _share(
                found.given_back, found.given_back + found.charged, "of the credits set aside"
            ),
        }
    )
    _times(found.times)
    _alike(found.alike, style_name)
    _failed(found)
    _words("What it means", MEANING)
    _words("What it does not mean", LIMITS)


def _share(part: int, whole: int, of: str = "") -> str:
    if not whole:
        return "–"
    return f"{part:,} ({part / whole * 100:.1f}\u202f%{' ' + of if of else ''})"


def _times(rows: list[Time]) -> None:
    with el("div", classes="stack tight"):
        el("h3", "Time, in the middle")
        if not rows:
            el("p", "Too little was made yet.", classes="small muted")
            return
        heads = ("What", "Engine", "Requests", "From the click", "Work alone")
        with table("Time", heads):
            for row in rows:
                with el("tr"):
                    el("td", _what(row))
                    el("td", ENGINES.get(row.engine, row.engine))
                    el("td", f"{row.works:,}", classes="num")
                    el("td", _seconds(row.total), classes="num")
                    el("td", _seconds(row.run), classes="num")


def _what(row: Time) -> str:
    """What was done, and by which method where there are several."""
    what = OPERATIONS.get(row.operation, row.operation)
    if row.operation == "train" and row.method == "trained":
        return what
    return f"{what}, {_method(row.method).lower()}"


def _method(name: str) -> str:
    """As members choose it; measures of earlier releases may have none."""
    return NAMES[Method(name)] if name in set(Method) else name


def _seconds(value: float | None) -> str:
    """Seconds with one decimal below ten, minutes from two on."""
    if value is None:
        return "–"
    if value >= 120:
        return f"{value / 60:.0f} min"
    return f"{value:.1f} s" if value < 10 else f"{value:.0f} s"


def _alike(rows: list[Alike], style_name: Callable[[str], str]) -> None:
    with el("div", classes="stack tight"):
        el("h3", "Likeness by method and style")
        if not rows:
            el("p", "Too few faces were measured yet.", classes="small muted")
            return
        judged = any(row.judged is not None for row in rows)
        heads = ("Method", "Style", "Images", "Median", "Nine of ten reach")
        with table("Likeness", (*heads, "Second judge") if judged else heads):
            for row in rows:
                with el("tr"):
                    el("td", _method(row.method))
                    whole = row.style is None
                    el(
                        "td",
                        "All styles" if row.style is None else style_name(row.style),
                        classes="strong" if whole else "",
                    )
                    el("td", f"{row.images:,}", classes="num")
                    el("td", f"{row.median:.0f}", classes="num")
                    el("td", f"{row.tenth:.0f}", classes="num")
                    if judged:
                        el("td", _number(row.judged), classes="num")
        if judged:
            el("p", JUDGED, classes="small")


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.0f}"


def _failed(found: Quality) -> None:
    with el("div", classes="stack tight"):
        el("h3", "Why work failed")
        if not found.failed:
            el("p", "Nothing to show.", classes="small muted")
            return
        with table("Failures", ("Reason", "Requests", "Share")):
            for reason, works in found.failed.items():
                with el("tr"):
                    el("td", Reason(reason).said)
                    el("td", f"{works:,}", classes="num")
                    el("td", f"{works / found.ended * 100:.1f}\u202f%", classes="num")


def _words(title: str, sentences: tuple[str, ...]) -> None:
    with el("div", classes="stack tight"):
        el("h3", title)
        for sentence in sentences:
            el("p", sentence, classes="small")
