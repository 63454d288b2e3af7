"""The bytes of an XLS, XLSX or CSV file as named sheets of cells, each row with its number.

What a file is is told from its content, never from its ending. A file that is something else, is cut off, has a
password or would need more memory than any real export is refused in words before anything of it is used.
"""

import csv
import io
import pickle
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from connectors.text import FOREIGN, decode_text
from syncsvc.errors import BadExport
from syncsvc.mapping import Cell

#: What reading a workbook may take: ten times what 100,000 activities with 300,000 relations need.
MEMORY_BYTES: Final = 3_000_000_000
READING_SECONDS: Final = 300

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
class Wanted:
    """What is wanted of a workbook: one sheet (None: the first), of it these columns, so many rows (None: all).

    `formulas`: also which cells are computed, which only an XLSX file can be asked.
    """

    sheet: str | None
    columns: tuple[str, ...] | None = None
    rows: int | None = None
    formulas: bool = False


@dataclass(frozen=True, slots=True)
class ReadingLimits:
    """What reading a workbook may take, and how much it may give; None: as much as there is."""

    memory_bytes: int
    seconds: float
    answer_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Workbook:
    """The sheets of one file. A CSV file is one sheet, without a name."""

    sheet_names: tuple[str, ...]
    is_delimited: bool
    _rows: dict[str, list[Sequence[Cell]]]
    _formulas: dict[str, list[str]] = field(default_factory=dict)

    def find(self, sheet: str | None) -> str | None:
        """The name of a sheet as the workbook writes it, of the first one for None; None where there is none."""
        if self.is_delimited:
            return ""
        if sheet is None:
            return next(iter(self.sheet_names), None)
        return next((name for name in self.sheet_names if name.casefold() == sheet.casefold()), None)

    def rows(self, name: str) -> Iterator[Row]:
        """The rows of a sheet that was wanted, by its name as `find` gives it. Blank rows are among them, and their
        numbers are those that a spreadsheet shows, from 1."""
        return enumerate(self._rows[name], start=1)

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
    limits = limits or ReadingLimits(MEMORY_BYTES, READING_SECONDS)
    if content.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in content:
            raise _needs_password(source)
        return _read_binary(content, source, wanted, limits)
    if content.startswith(_ZIP):
        _check_zip(content, source)
        return _read_binary(content, source, wanted, limits)
    return Workbook((), True, {"": list(_read_delimited(content, source))})


def _needs_password(source: str) -> BadExport:
    return BadExport(f"{source}: the workbook is protected by a password.", "Save it without one.")


def _read_binary(content: bytes, source: str, wanted: Sequence[Wanted], limits: ReadingLimits) -> Workbook:
    request = (
        limits.memory_bytes,
        limits.answer_bytes,
        [(want.sheet, want.columns, want.rows, want.formulas) for want in wanted],
    )
    worker = [sys.executable, "-P", str(Path(__file__).with_name("sheet_worker.py"))]
    with tempfile.TemporaryFile() as asked:  # not a pipe: a few MB through one take as long as reading them
        pickle.dump(request, asked)
        asked.write(content)
        asked.seek(0)
        try:
            ended = subprocess.run(  # noqa: S603 - our own program
                worker, stdin=asked, capture_output=True, timeout=limits.seconds, check=False
            )
        except subprocess.TimeoutExpired:
            raise BadExport(f"{source}: reading the workbook took more than {limits.seconds:g} seconds.") from None
    if ended.returncode > 0 and b"Traceback" in ended.stderr:
        raise RuntimeError(f"the program that reads workbooks failed:\n{ended.stderr.decode(errors='replace')}")
    if ended.returncode != 0:
        raise BadExport(
            f"{source}: reading the workbook takes more memory than any export should: it is damaged, or has a cell"
            " at the far end of a sheet.",
            "Delete blank rows and columns behind the cells, or export it again.",
        )
    answer: dict[str, Any] = pickle.loads(ended.stdout)  # noqa: S301 - written by our own program just now
    if (fault := answer.get("fault")) == "password":
        raise _needs_password(source)
    if fault is not None:
        raise BadExport(f"{source}: the workbook is damaged or cut off ({fault}).")
    return Workbook(tuple(answer["sheets"]), False, answer["rows"], answer["formulas"])


def _check_zip(content: bytes, source: str) -> None:
    """Refuse a zip that is cut off or no XLSX: what else may be in one, the reading library would read too."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = {name.lower() for name in archive.namelist()}
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise BadExport(f"{source}: the file begins like a workbook, but is cut off or damaged ({error}).") from None
    if not any(re.fullmatch(r"xl/workbook[^/]*\.xml", name) for name in names):
        what = "an XLSB workbook" if "xl/workbook.bin" in names else "a zip file without a workbook in it"
        what = "an OpenDocument spreadsheet" if "content.xml" in names else what
        raise BadExport(f"{source}: the file is {what}.", _SAVE_AS)


def _read_delimited(content: bytes, source: str) -> Iterator[Sequence[Cell]]:
    text = _decode(content, source)
    if not text.strip():
        raise BadExport(f"{source}: the file is empty.")
    lines = io.StringIO(text, newline="")
    reader = csv.reader(lines, delimiter=_delimiter(text), strict=True)
    width, short = 0, None
    try:
        for number, cells in enumerate(reader, start=1):
            width = width or len(cells)
            short = number if 0 < len(cells) < width else None
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
