"""One sheet written from top to bottom: rows, tables with a filter, print set-up. Everything untrusted is text.

Rows are streamed; what stands above the first row in the file (widths, what is frozen) is given at the start.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import Final, Generic, TypeVar
from urllib.parse import urlsplit

from openpyxl import Workbook
from openpyxl.chart._chart import ChartBase
from openpyxl.formatting.rule import Rule
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.filters import AutoFilter
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.table import Table, TableColumn

from syncsvc.report.layout import clean
from syncsvc.report.workbook.fit import height_of, lines_needed
from syncsvc.report.workbook.look import (
    ASIDE_HEAD,
    FAINT_INK,
    FONT,
    HEAD,
    LINKED,
    PLAIN,
    POINTS,
    SECTION,
    TEXT,
    Look,
    Looks,
)
from syncsvc.report.workbook.stream import FIRST_DAY, StreamedCell, add_sheet, day_number

#: What a cell can hold, in UTF-16 units.
LONGEST_TEXT: Final = 32_767
_LONGEST_LINK: Final = 2_000
_MOST_LINKS: Final = 65_000  # a sheet with more is damaged for Excel
_LONGEST_HEADER: Final = 120
_MOST_LINES: Final = 12
_TALLEST_POINTS: Final = 400.0
#: What a spreadsheet takes for the beginning of a formula where it is typed.
_FORMULA_STARTS: Final = ("=", "+", "-", "@")
_INDENTED: Final = {head: head.but(indent=1) for head in (HEAD, ASIDE_HEAD)}
#: What stands above dates and numbers.
_CENTRED: Final = {head: head.but(across="center") for head in (HEAD, ASIDE_HEAD)}
_LINK: Final = re.compile(r"https?://[!-~]+\Z", re.IGNORECASE)

R = TypeVar("R")
_LOWEST: Final = height_of(1, POINTS)


@dataclass(frozen=True, slots=True)
class Live:
    """A formula, and what it gave when the report was made: for readers that do not compute."""

    formula: str
    value: int


Value = str | int | date | datetime | Live | None


@dataclass(frozen=True, slots=True)
class Put:
    """A value with a look of its own, and where it leads: `url` out of the workbook, `to` to a cell like Drift!A1."""

    value: Value
    look: Look | None = None
    url: str | None = None
    to: str | None = None


Cell = Value | Put


@dataclass(frozen=True, slots=True)
class Column(Generic[R]):
    """One column of a table: `key` is for programs, `heading` for people, `width` in characters.

    One without a value in any row is left out unless it `stays`; one that does not print stands to the right of
    those that do.
    """

    key: str
    heading: str
    width: float
    value: Callable[[R], Cell]
    look: Look = TEXT
    stays: bool = False
    prints: bool = True


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a table stands: its columns from the first one of the sheet, and its rows."""

    name: str
    keys: tuple[str, ...]
    head_row: int
    first_row: int
    last_row: int

    def letter(self, key: str) -> str:
        """The letters of a column."""
        return letters(self.keys.index(key) + 1)

    def cells(self, first: str, last: str | None = None) -> str:
        """The cells of a column, or of several beside each other: B2:C40."""
        return f"{self.letter(first)}{self.first_row}:{self.letter(last or first)}{self.last_row}"


class Paper:
    """One sheet. `widths` are of its columns in characters."""

    def __init__(
        self,
        workbook: Workbook,
        looks: Looks,
        title: str,
        widths: Sequence[float],
        *,
        footer: str,
        frozen: str | None = None,
        pages_wide: int = 1,
    ) -> None:
        self.sheet = add_sheet(workbook, title)
        self.title = title
        self.row_number = 0
        #: Cell -> what its formula gave when the report was made.
        self.kept: dict[str, int] = {}
        self._looks = looks
        self._widths = list(widths)
        self._links = 0
        self._set_up(footer, frozen, pages_wide)

    def put(self, *cells: Cell, look: Look = PLAIN) -> int:
        """One row; its number. It is as high as its wrapped cells need."""
        return self._put((cell, look) for cell in cells)

    def _put(self, cells: Iterable[tuple[Cell, Look]]) -> int:
        self.row_number += 1
        row = self.row_number
        made: list[StreamedCell] = []
        high = _LOWEST
        for at, (cell, look) in enumerate(cells):
            if isinstance(cell, Put):
                value, look = cell.value, cell.look or look
                link = cell if cell.url or cell.to else None
            else:
                value, link = cell, None
            if value is None and look is PLAIN:
                continue
            made.append(self._make(value, look, link, f"{_letters(at)}{row}"))
            if isinstance(value, str) and (look.wrap or look.points > POINTS):
                high = max(high, self._height(value, look, at))
        if high > _LOWEST:
            self.sheet.row_dimensions[row].height = min(high, _TALLEST_POINTS)
        self.sheet.append(made)
        self.sheet.row_dimensions.pop(row, None)
        return row

    def skip(self) -> None:
        """A row without anything."""
        self.put()

    def section(self, heading: str) -> int:
        """The heading of what follows, with room above."""
        self.skip()
        return self.put(heading, look=SECTION)

    def broken(self, text: str, *, columns: int, look: Look = PLAIN) -> list[str]:
        """A text in lines that fit over the first columns, for rows below each other."""
        room = sum(self._widths[:columns])
        lines = [""]
        for word in clean(text).split(" "):
            longer = f"{lines[-1]} {word}" if lines[-1] else word
            if lines[-1] and lines_needed(longer, room, look.points) > 1:
                lines.append(word)
            else:
                lines[-1] = longer
        return lines

    def table(self, name: str, columns: Sequence[Column[R]], rows: Sequence[R]) -> Placed:
        """A table with a filter on every column; one blank row where there are none, since a table must have one."""
        head = self.put(*(Put(each.heading, _head_of(each)) for each in columns))
        for row in rows:
            self._put([_dressed(each, each.value(row)) for each in columns])
        if not rows:
            self.put(*(Put(None, each.look) for each in columns))
        placed = Placed(name, tuple(each.key for each in columns), head, head + 1, self.row_number)
        self._add_table(placed, [each.heading for each in columns])
        return placed

    def hide(self, column: int) -> None:
        """Keep a column, counted from 1, out of sight; before the first row is written."""
        self.sheet.column_dimensions[letters(column)].hidden = True

    def allow(self, cells: str, rule: DataValidation) -> None:
        """What may be typed into cells."""
        rule.add(cells)
        self.sheet.data_validations.append(rule)

    def paint(self, cells: str, rule: Rule) -> None:
        """A look that depends on what the cells hold."""
        self.sheet.conditional_formatting.add(cells, rule)

    def draw(self, chart: ChartBase, anchor: str) -> None:
        """A chart whose upper left corner stands at a cell."""
        self.sheet.add_chart(chart, anchor)

    def on_one_page(self) -> None:
        """Print as small as it takes for one page."""
        self.sheet.page_setup.fitToHeight = 1

    def repeat(self, row: int) -> None:
        """A row that heads every printed page."""
        self.sheet.print_title_rows = f"{row}:{row}"

    def print_only(self, columns: int, rows: int | None = None) -> None:
        """Print so many columns, and not those to the right of them; and so many rows, else all there are so far."""
        self.sheet.print_area = f"A1:{letters(columns)}{rows or max(self.row_number, 1)}"

    def _set_up(self, footer: str, frozen: str | None, pages_wide: int) -> None:
        sheet = self.sheet
        sheet.sheet_view.showGridLines = False
        sheet.sheet_view.zoomScale = 100
        sheet.sheet_format.defaultRowHeight = _LOWEST
        sheet.sheet_format.customHeight = True
        if frozen:
            sheet.freeze_panes = frozen
        for at, each in enumerate(self._widths, start=1):
            sheet.column_dimensions[letters(at)].width = each
        sheet.page_setup.orientation = "landscape"
        sheet.page_setup.paperSize = 9  # A4
        sheet.page_setup.fitToWidth = pages_wide
        sheet.page_setup.fitToHeight = 0
        sheet.sheet_properties.pageSetUpPr.fitToPage = True
        margins = sheet.page_margins
        margins.left = margins.right = 0.4
        margins.top, margins.bottom, margins.header, margins.footer = 0.5, 0.6, 0.25, 0.3
        for part, text in (
            (sheet.oddFooter.left, _print_code(footer)),
            (sheet.oddFooter.center, self.title),
            (sheet.oddFooter.right, "page &P of &N"),
        ):
            part.text, part.font, part.size, part.color = text, f"{FONT},Regular", 8, FAINT_INK

    def _make(self, value: Value, look: Look, link: Put | None, place: str) -> StreamedCell:
        if isinstance(value, str):
            text = fit_text(value)
            style = self._looks.style_of(self.sheet, look, quoted=text.startswith(_FORMULA_STARTS))
            # Text is written as text, or what begins with = were a formula.
            return StreamedCell(place, style, text=text, link=self._link(link, place) if link else None)
        style = self._looks.style_of(self.sheet, look)
        if isinstance(value, date):
            if value.year < FIRST_DAY.year or (type(value) is date and value < FIRST_DAY):
                return StreamedCell(place, style, text=value.isoformat())
            return StreamedCell(place, style, number=day_number(value))
        if isinstance(value, Live):
            self.kept[place] = value.value
            return StreamedCell(place, style, formula=value.formula)
        return StreamedCell(place, style, number=value)

    def _link(self, put: Put, place: str) -> Hyperlink | None:
        target = safe_link(put.url) if put.url else None
        if (target is None and put.to is None) or self._links >= _MOST_LINKS:
            return None
        self._links += 1
        return Hyperlink(ref=place, target=target, location=None if target else put.to)

    def _height(self, text: str, look: Look, at: int) -> float:
        lines = 1
        if look.wrap and at < len(self._widths):
            lines = min(lines_needed(text, self._widths[at], look.points, bold=look.bold), _MOST_LINES)
        return height_of(lines, look.points)

    def _add_table(self, placed: Placed, headings: Sequence[str]) -> None:
        ref = f"A{placed.head_row}:{letters(len(headings))}{placed.last_row}"
        table = Table(name=placed.name, displayName=placed.name, ref=ref, autoFilter=AutoFilter(ref=ref))
        for number, heading in enumerate(headings, start=1):
            table.tableColumns.append(TableColumn(id=number, name=fit_text(heading)))
        self.sheet.tables.add(table)


def shown_columns(columns: Iterable[Column[R]], rows: Sequence[R]) -> list[Column[R]]:
    """Those columns in which something stands, and those that stay; the ones that are printed first."""
    shown = [each for each in columns if each.stays or any(_holds(each.value(row)) for row in rows)]
    return sorted(shown, key=lambda each: not each.prints)


def letters(column: int) -> str:
    """The letters of a column, counted from 1."""
    return str(get_column_letter(column))


@cache
def _letters(at: int) -> str:
    return letters(at + 1)


def fit_text(text: str) -> str:
    """One line without control characters, as long as a cell can hold."""
    cleaned = clean(text)
    if len(cleaned) * 2 <= LONGEST_TEXT:
        return cleaned
    return cleaned.encode("utf-16-le")[: LONGEST_TEXT * 2].decode("utf-16-le", "ignore")


def safe_link(url: str) -> str | None:
    """A web address that may be followed, else None: only http and https, no blanks, no user or password."""
    if len(url) > _LONGEST_LINK or not _LINK.match(url):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.hostname and "@" not in parts.netloc else None


def _head_of(column: Column[R]) -> Look:
    head = HEAD if column.prints else ASIDE_HEAD
    if column.look.across != "left":
        return _CENTRED[head]
    return _INDENTED[head] if column.look.indent else head


def _dressed(column: Column[R], cell: Cell) -> tuple[Cell, Look]:
    leads = isinstance(cell, Put) and cell.url is not None and cell.look is None
    return cell, LINKED if leads else column.look


def _holds(cell: Cell) -> bool:
    value = cell.value if isinstance(cell, Put) else cell
    return value is not None and value != ""


def _print_code(text: str) -> str:
    """Text for a printed margin, where & begins a code."""
    return clean(text)[:_LONGEST_HEADER].replace("&", "&&")


def naive(at: datetime) -> datetime:
    """An instant as a spreadsheet holds it: UTC, without saying so."""
    return at.astimezone(UTC).replace(tzinfo=None, microsecond=0)
