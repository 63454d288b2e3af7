"""Which number of 3/4/2019 is the month: told from all dates of one sheet, and refused where it cannot be told.

P6 writes dates in the order of the machine that it runs on, and Excel in that of the person who saves the file again.
A wrong guess would move every milestone by months in silence.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from syncsvc.errors import BadExport
from syncsvc.mapping import Cell

if TYPE_CHECKING:  # a worker that reads no workbook starts without what reads them
    from connectors.sheet import Row

_MONTH_FIRST: Final = "M/D/YYYY"
_DAY_FIRST: Final = "D/M/YYYY"
_SLASHED: Final = re.compile(r"\s*([0-9]{1,2})/([0-9]{1,2})/[0-9]{4}(?![0-9])")
_MONTHS: Final = 12


def settle_day_order(
    rows: "Sequence[Row]", columns: Iterable[int], formats: Sequence[str], place: str, mapping: str
) -> tuple[str, ...]:
    """The formats without the order that the dates in these columns are not written in.

    `place` names the sheet and `mapping` the mapping in errors. Raises BadExport where no date tells the order and one
    depends on it, and where the dates show both.
    """
    if not {_MONTH_FIRST, _DAY_FIRST} <= set(formats):
        return tuple(formats)
    indices = tuple(columns)
    shown = {cell for _, cells in rows for cell in _texts(cells, indices)}
    month_first = day_first = unclear = ""
    for text in shown:
        if match := _SLASHED.match(text):
            first, second = int(match[1]), int(match[2])
            if first <= _MONTHS < second:
                month_first = month_first or text
            elif second <= _MONTHS < first:
                day_first = day_first or text
            elif first != second and first <= _MONTHS:
                unclear = unclear or text
    if month_first and day_first:
        rows_of = [_find(text, rows, indices) for text in (month_first, day_first)]
        raise BadExport(
            f"{place}: dates are written in both orders: {month_first!r} in row {rows_of[0]}, {day_first!r} in row"
            f" {rows_of[1]}.",
            "Was the file edited or saved again by hand? Export it from P6 again.",
        )
    if unclear and not month_first and not day_first:
        raise BadExport(
            f"{place}: whether {unclear!r} in row {_find(unclear, rows, indices)} begins with the month or the day"
            " cannot be told: no date in the sheet has a day above 12.",
            f"Export it as XLSX, or copy mapping {mapping} (`syncsvc mappings show {mapping}`) and name only"
            f" {_MONTH_FIRST} or only {_DAY_FIRST} in its [dates] formats.",
        )
    wrong = _MONTH_FIRST if day_first else _DAY_FIRST
    return tuple(name for name in formats if name != wrong)


def _texts(cells: Sequence[Cell], indices: tuple[int, ...]) -> Iterator[str]:
    for index in indices:
        if index < len(cells) and isinstance(cell := cells[index], str) and "/" in cell:
            yield cell


def _find(text: str, rows: "Sequence[Row]", indices: tuple[int, ...]) -> int:
    return next(number for number, cells in rows if text in _texts(cells, indices))
