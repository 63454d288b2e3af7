"""The bytes of an XLS, XLSX or CSV file as named sheets of cells, each row with its number.

What a file is is told from its content, never from its ending. A file that is something else, is cut off, has a
password or would need more memory than any real export is refused in words before anything of it is used.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from connectors.sheet_reader import Wanted, read_sheets
from connectors.text import FOREIGN, decode_text
from connectors.worker import ReadingLimits, read_apart
from syncsvc.errors import BadExport
from syncsvc.mapping import Cell

#: What reading a workbook may take: twice the memory and far more time than 100,000 activities with 300,000 relations.
LIMITS: Final = ReadingLimits(
    memory_bytes=700_000_000,
    seconds=120,
    answer_bytes=300_000_000,
    hint="Delete blank rows and columns behind the cells, or export it again.",
)

#: What a CSV file may be: it is read in this process.
MAX_TEXT_BYTES: Final = 100_000_000
MAX_CELLS: Final = 12_000_000

_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP: Final = b"PK\x03\x04"
_SAVE_AS: Final = "Export it from P6 as XLS or XLSX, or save the sheet as CSV."
_FOREIGN: Final = {
    **FOREIGN,
    b"<!doctype html": "a web page",
    b"<html": "a web page",
    b"<?xml": "an XML document",
}

Row = tuple[int, Sequence[Cell]]


@dataclass(frozen=True, slots=True)
class Workbook:
    """The sheets of one file. A CSV file is one sheet, without a name."""

    sheet_names: tuple[str, ...]
    is_delimited: bool
    _rows: Mapping[str, Sequence[Sequence[Cell]]]
    _columns: Mapping[str, Sequence[Sequence[Cell]]] = field(default_factory=dict)
    _formulas: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def find(self, sheet: str | None) -> str | None:
        """The name of a sheet as the workbook writes it, of the first one for None; None where there is none."""
        if self.is_delimited:
            return ""
        if sheet is None:
            return next(iter(self.sheet_names), None)
        return next((name for name in self.sheet_names if name.casefold() == sheet.casefold()), None)

    def rows(self, name: str) -> Iterator[Row]:
        """The rows of a sheet that was wanted whole, by its name as `find` gives it; none of another. Blank rows are
        among them, and their numbers are those that a spreadsheet shows, from 1."""
        return enumerate(self._rows.get(name, ()), start=1)

    def columns(self, name: str) -> Sequence[Sequence[Cell]]:
        """The columns of a sheet of which columns were wanted, each from row 1 down, and at least that."""
        return self._columns[name]

    def formulas(self, name: str) -> Sequence[str]:
        """The computed cells of a sheet of which they were wanted: B7, B7:B9, or "" for one that has no place."""
        return self._formulas[name]


def open_workbook(
    content: bytes,
    source: str,
    wanted: Sequence[Wanted],
    limits: ReadingLimits | None = None,
) -> Workbook:
    """What is wanted of the sheets in these bytes; of a CSV file always the whole. `source` names it in errors.

    Reading may take what any export may, unless `limits` says less.

    Raises BadExport, saying what is wrong with the file, for anything that is no readable spreadsheet.
    """
    if content.startswith(_OLE) and "EncryptedPackage".encode("utf-16-le") in content:
        raise BadExport(f"{source}: the workbook is protected by a password.", "Save it without one.")
    if content.startswith((_OLE, _ZIP)):
        sheets = read_apart(read_sheets, content, source, limits or LIMITS, tuple(wanted))
        return Workbook(sheets.names, False, sheets.rows, sheets.columns, sheets.formulas)
    return Workbook((), True, {"": list(_read_delimited(content, source))})


def _read_delimited(content: bytes, source: str) -> Iterator[Sequence[Cell]]:
    if len(content) > MAX_TEXT_BYTES:
        size = len(content) // 10**6
        raise BadExport(f"{source}: the file has {size} MB of text, far more than any export.", _SAVE_AS)
    text = _decode(content, source)
    if not text.strip():
        raise BadExport(f"{source}: the file is empty.")
    lines = io.StringIO(text, newline="")
    reader = csv.reader(lines, delimiter=_delimiter(text), strict=True)
    width, short, cells_read = 0, None, 0
    try:
        for number, cells in enumerate(reader, start=1):
            width = width or len(cells)
            short = number if 0 < len(cells) < width else None
            cells_read += len(cells)
            if cells_read > MAX_CELLS:
                raise BadExport(f"{source}: the file has more than {MAX_CELLS:,} cells.", _SAVE_AS)
            yield cells
    except csv.Error as error:
        raise BadExport(f"{source}: line {reader.line_num} is not CSV, or the file is cut off ({error}).") from None
    if short is not None and not text.endswith(("\n", "\r")):
        raise BadExport(f"{source}: the file ends in the middle of row {short}: it has fewer cells than row 1.")


def _decode(content: bytes, source: str) -> str:
    return decode_text(content, source, "a spreadsheet", _SAVE_AS, _FOREIGN)


def _delimiter(text: str) -> str:
    """Comma, semicolon or tab, whichever divides the first line into most parts."""
    first = re.sub(r'"[^"]*"', "", text.lstrip("\r\n").partition("\n")[0])
    return max(",;\t", key=first.count)
