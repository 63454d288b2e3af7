"""Rows that are written as they come: openpyxl's write-only sheet, without its copy and check of every cell.

openpyxl finds the type and the look of each value again, and writes each cell by itself; for half a million cells that
is most of the time. Here both are known when a cell is made, and a row is written at once. All else is openpyxl's.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.worksheet._write_only import WriteOnlyWorksheet
from openpyxl.worksheet._writer import WorksheetWriter
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.xml.functions import Element, SubElement

#: Spreadsheets count days from 1900 on, and take 1900 for a leap year.
FIRST_DAY: Final = date(1900, 3, 1)
#: What the file format would read as the code of a character: _x003D_ is =.
_CODED: Final = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_EPOCH: Final = datetime(1899, 12, 30)  # noqa: DTZ001  # spreadsheets know no zones
_EPOCH_DAY: Final = _EPOCH.date()


@dataclass(slots=True)
class StreamedCell:
    """One cell: text, a number or a formula (without =) at its place; `style` is the number of its look."""

    place: str
    style: int
    text: str | None = None
    number: float | None = None
    formula: str | None = None
    link: Hyperlink | None = None


class _Writer(WorksheetWriter):
    def write_row(self, xf: Any, row: Iterable[Any], row_idx: int) -> None:
        sheet: Any = self.ws
        element = Element("row", {"r": str(row_idx), **dict(sheet.row_dimensions.get(row_idx, {}))})
        cell: StreamedCell
        for cell in row:
            made: Any = SubElement(element, "c", {"r": cell.place, "s": str(cell.style)})
            if cell.text:
                made.set("t", "inlineStr")
                text: Any = SubElement(SubElement(made, "is"), "t")
                text.text = _CODED.sub("_x005F_", cell.text)
            elif cell.number is not None:
                number: Any = SubElement(made, "v")
                number.text = repr(cell.number)
            elif cell.formula is not None:
                formula: Any = SubElement(made, "f")
                formula.text = cell.formula
                SubElement(made, "v")
            if cell.link is not None:
                sheet._hyperlinks.append(cell.link)
        xf.write(element)


class StreamedSheet(WriteOnlyWorksheet):
    """A write-only sheet whose rows are made of streamed cells."""

    _writer: Any

    def _get_writer(self) -> None:
        if self._writer is None:
            self._writer = _Writer(self)
            self._writer.write_top()

    def _values_to_row(self, values: Iterable[StreamedCell], row_idx: int) -> Iterator[StreamedCell]:
        yield from values


def add_sheet(workbook: Workbook, title: str) -> Any:
    """A new last sheet of a write-only workbook."""
    sheet = StreamedSheet(workbook, title)
    workbook._add_sheet(sheet)  # type: ignore[attr-defined]
    return sheet


def day_number(day: date | datetime) -> float:
    """A date (or a time without zone) as the number that a spreadsheet holds; from `FIRST_DAY` on."""
    if isinstance(day, datetime):
        return (day - _EPOCH) / timedelta(days=1)
    return (day - _EPOCH_DAY).days
