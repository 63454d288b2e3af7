"""Cells that are written as they come: openpyxl's write-only sheet without its copy and its check of every cell.

openpyxl looks each value up again for its type and its style; for half a million cells that is most of the time. Here
both are known when the cell is made, and what openpyxl writes is the same.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.worksheet._write_only import WriteOnlyWorksheet
from openpyxl.worksheet.hyperlink import Hyperlink

#: Spreadsheets count days from 1900 on, and take 1900 for a leap year.
FIRST_DAY: Final = date(1900, 3, 1)
_EPOCH: Final = datetime(1899, 12, 30)  # noqa: DTZ001  # spreadsheets know no zones
_EPOCH_DAY: Final = _EPOCH.date()


@dataclass(slots=True)
class StreamedCell:
    """What openpyxl's writer asks a cell for. `style_id` is the place of its look in the workbook."""

    parent: Any
    coordinate: str
    style_id: int
    data_type: str  # s: text, n: number, f: formula
    _value: str | float | None
    hyperlink: Hyperlink | None = None
    _comment: None = None
    has_style: bool = True


class StreamedSheet(WriteOnlyWorksheet):
    """A write-only sheet whose rows are made of streamed cells."""

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
