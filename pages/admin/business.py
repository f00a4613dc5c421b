"""The business on /admin: each figure with what it means, and all of them as a CSV file."""

import csv
import io
from collections.abc import Iterator
from http import HTTPStatus

from fastapi import Request, Response
from nicegui import app

from components.controls import button, link_button
from components.dates import Dated, Moment
from components.dom import El, el
from components.feedback import card, section, table
from pages.server.context import current_admin
from services.deps import Deps
from services.figures import business
from services.figures.business import Business, Sheet, Unit

CSV = "/admin/business.csv"


def register(deps: Deps) -> None:
    """Serve the file; the section is part of /admin."""

    @app.get(CSV, include_in_schema=False)
    async def download(request: Request) -> Response:
        current_admin(request)
        async with deps.transaction() as session:
            found = await business.kept(session)
        name = f"business-{found.at:%Y-%m-%d}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(
            written(found),
            status_code=HTTPStatus.OK,
            media_type="text/csv; charset=utf-8",
            headers=headers | {"Cache-Control": "no-store"},
        )


class BusinessFigures:
    """The section: figures, sheets, and the way to count them anew."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    async def build(self) -> None:
        """As last counted."""
        with section("Business"), card(), el("div", classes="stack"):
            with el("div", classes="row between"):
                self._when = Dated("p", classes="small muted")
                with el("div", classes="row"):
                    button("Count now", self._count)
                    link_button("Download as CSV", CSV)
            el(
                "p",
                "Administrators are not counted as members. Accounts that were deleted are in no "
                "figure about members, unless its words say so.",
                classes="small muted",
            )
            self._body = el("div", classes="stack")
        async with self._deps.transaction() as session:
            self._show(await business.kept(session))

    async def _count(self) -> None:
        async with self._deps.transaction() as session:
            self._show(await business.refresh(session))

    def _show(self, found: Business) -> None:
        self._when.show("As of ", Moment(found.at), "; counted once an hour.")
        self._body.clear()
        with self._body:
            with el("dl", classes="explained"):
                for figure in business.FIGURES:
                    value = shown(found.values[figure.key], figure.unit)
                    _figure(figure.title, value, figure.definition)
            for sheet in business.SHEETS:
                _sheet(sheet, found.rows[sheet.key])


def _figure(title: str, value: str, definition: str) -> El:
    with el("div") as root:
        el("dt", title)
        el("dd", value, classes="num strong")
        el("dd", definition, classes="small muted")
    return root


def _sheet(sheet: Sheet, rows: list[list[object]]) -> None:
    with el("div", classes="stack tight"):
        el("h3", sheet.title)
        el("p", sheet.definition, classes="small muted")
        if not rows:
            el("p", "Nothing yet.", classes="small")
            return
        with table(sheet.title, [column.title for column in sheet.columns]):
            for row in rows:
                with el("tr"):
                    for column, cell in zip(sheet.columns, row, strict=True):
                        word = column.unit is Unit.WORD
                        el("td", shown(cell, column.unit), classes="" if word else "num")
        el("p", _meanings(sheet), classes="tiny muted")


def _meanings(sheet: Sheet) -> str:
    return " ".join(f"{column.title}: {column.definition}" for column in sheet.columns)


def shown(value: object, unit: Unit) -> str:
    """A figure as people write it; a dash where there is none."""
    if not isinstance(value, int | float):
        return str(value or "–")
    match unit:
        case Unit.SHARE:
            return f"{value * 100:.1f}\u202f%"
        case Unit.CENTS | Unit.USD:
            amount = value / 100 if unit is Unit.CENTS else value
            return f"{'-' if amount < 0 else ''}${abs(amount):,.2f}"
        case Unit.HOURS:
            return f"{value:,.1f}"
        case _:
            return f"{value:,.0f}"


def written(found: Business) -> str:
    """All of it as CSV: one figure a line, with its unit, its time and its definition."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("section", "row", "figure", "value", "unit", "as of", "definition"))
    for line in _lines(found):
        *labels, value, unit, definition = line
        cell = "" if value is None else round(value, 6) if isinstance(value, float) else value
        writer.writerow((*map(_harmless, labels), cell, unit, found.at.isoformat(), definition))
    return out.getvalue()


def _lines(found: Business) -> Iterator[tuple[str, str, str, object, Unit, str]]:
    for figure in business.FIGURES:
        value = found.values[figure.key]
        yield "Business", "", figure.title, value, figure.unit, figure.definition
    for sheet in business.SHEETS:
        words = sum(column.unit is Unit.WORD for column in sheet.columns)
        for row in found.rows[sheet.key]:
            name = ", ".join(str(cell) for cell in row[:words])
            for column, cell in list(zip(sheet.columns, row, strict=True))[words:]:
                yield sheet.title, name, column.title, cell, column.unit, column.definition


def _harmless(label: str) -> str:
    """So that no spreadsheet takes it for a formula."""
    return f"'{label}" if label.startswith(("=", "+", "-", "@", "\t", "\r")) else label
