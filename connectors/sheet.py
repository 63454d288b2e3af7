"""The bytes of an XLS, XLSX or CSV file as named sheets of cells, each row with its number.

What a file is is told from its content, never from its ending. A file that is something else, is cut off, has a
password or would need more memory than any real export is refused in words before anything of it is used.
"""

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from syncsvc.errors import BadExport
from syncsvc.mapping import Cell

if TYPE_CHECKING:
    from python_calamine import CalamineWorkbook

#: Far above any real export, far below what would exhaust a machine.
MAX_INFLATED_BYTES: Final = 1_000_000_000
MAX_CELLS: Final = 20_000_000

_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SAVE_AS: Final = "Export it from P6 as XLS or XLSX, or save the sheet as CSV."

Row = tuple[int, Sequence[Cell]]


@dataclass(frozen=True, slots=True)
class Workbook:
    """The sheets of one file. A CSV file is one sheet, without a name."""

    sheet_names: tuple[str, ...]
    _book: "CalamineWorkbook | None" = field(default=None, repr=False)
    _delimited: tuple[Row, ...] = field(default=(), repr=False)

    @property
    def is_delimited(self) -> bool:
        """True for a CSV file."""
        return self._book is None

    def rows(self, sheet: str) -> Iterator[Row]:
        """The rows of a sheet with their numbers as a spreadsheet shows them, from 1. Blank rows are among them."""
        if self._book is None:
            yield from self._delimited
        else:
            yield from enumerate(self._book.get_sheet_by_name(sheet).iter_rows(), start=1)


def open_workbook(content: bytes, source: str) -> Workbook:
    """The sheets in these bytes; `source` names the file in errors.

    Raises BadExport, saying what is wrong with the file, for anything that is no readable spreadsheet.
    """
    if content.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in content:
            raise _needs_password(source)
        return _open_binary(content, source)
    if content.startswith(b"PK\x03\x04"):
        _check_zip(content, source)
        return _open_binary(content, source)
    return Workbook((), None, tuple(_read_delimited(content, source)))


def _needs_password(source: str) -> BadExport:
    return BadExport(f"{source}: the workbook is protected by a password.", "Save it without one.")


def _open_binary(content: bytes, source: str) -> Workbook:
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    except PasswordError:
        raise _needs_password(source) from None
    except CalamineError as error:
        raise BadExport(f"{source}: the workbook is damaged or cut off ({error}).") from None
    return Workbook(tuple(book.sheet_names), book)


def _check_zip(content: bytes, source: str) -> None:
    """Refuse a zip that is no XLSX, is cut off, or would fill the memory when read."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise BadExport(f"{source}: the file begins like a workbook, but is cut off or damaged ({error}).") from None
    with archive:
        names = [info.filename.lower() for info in archive.infolist()]
        if not any(re.fullmatch(r"xl/workbook[^/]*\.xml", name) for name in names):
            what = "an XLSB workbook" if "xl/workbook.bin" in names else "a zip file without a workbook in it"
            what = "an OpenDocument spreadsheet" if "content.xml" in names else what
            raise BadExport(f"{source}: the file is {what}.", _SAVE_AS)
        inflated = 0
        for info in archive.infolist():
            if info.flag_bits & 1:
                raise _needs_password(source)
            extent = _Extent()
            try:
                with archive.open(info) as stream:
                    while chunk := stream.read(1 << 20):
                        inflated += len(chunk)
                        if inflated > MAX_INFLATED_BYTES:
                            raise BadExport(
                                f"{source}: the workbook unpacks to more than {MAX_INFLATED_BYTES // 10**6} MB."
                            )
                        if info.filename.lower().startswith("xl/worksheets/"):
                            extent.add(chunk)
            except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError, ValueError) as error:
                raise BadExport(f"{source}: the workbook is damaged: {info.filename} ({error}).") from None
            if extent.cells > MAX_CELLS:
                raise BadExport(
                    f"{source}: {info.filename} spans {extent.rows:,} rows by {extent.columns:,} columns,"
                    " far more than an export; a cell at the far end of the sheet is enough for that.",
                    "Delete the blank rows and columns behind the cells, or export again.",
                )


class _Extent:
    """How far the cells of a worksheet reach, told from its XML without building it: one cell in the last corner
    makes the reading library ask for more memory than there is, and that ends the process."""

    _PLACE = re.compile(rb"""[\s]r=["']([A-Za-z]{0,3})(\d{1,7})["']""")

    def __init__(self) -> None:
        self.rows = 0
        self.columns = 0
        self._tail = b""

    def add(self, chunk: bytes) -> None:
        text = self._tail + chunk
        self._tail = text[-32:]
        places = set(self._PLACE.findall(text))
        self.rows = max(self.rows, max((int(row) for _, row in places), default=0))
        letters = {column for column, _ in places}
        self.columns = max(self.columns, max(map(_column_number, letters), default=0))

    @property
    def cells(self) -> int:
        return self.rows * self.columns


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _read_delimited(content: bytes, source: str) -> Iterator[Row]:
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
            yield number, cells
    except csv.Error as error:
        raise BadExport(f"{source}: line {reader.line_num} is not CSV, or the file is cut off ({error}).") from None
    if short is not None and not text.endswith(("\n", "\r")):
        raise BadExport(f"{source}: the file ends in the middle of row {short}: it has fewer cells than row 1.")


def _decode(content: bytes, source: str) -> str:
    start = content[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    foreign = {
        b"%pdf": "a PDF document",
        b"<!doctype html": "a web page",
        b"<html": "a web page",
        b"<?xml": "an XML document",
        b"ermhdr\t": "a P6 XER file",
        b"{\\rtf": "a text document (RTF)",
        b"\x1f\x8b": "a compressed file",
    }
    for mark, what in foreign.items():
        if start.startswith(mark):
            raise BadExport(f"{source}: the file is {what}, not a spreadsheet.", _SAVE_AS)
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if content.startswith(mark):
            try:
                return content.decode(encoding)
            except UnicodeDecodeError as error:
                raise BadExport(f"{source}: byte {error.start} is no text; the file is damaged or cut off.") from None
    if b"\x00" in content:
        raise BadExport(f"{source}: the file is neither a spreadsheet nor text.", _SAVE_AS)
    for encoding in ("utf-8", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadExport(f"{source}: the text is neither UTF-8 nor Windows-1252.", "Save it as CSV UTF-8.")


def _delimiter(text: str) -> str:
    """Comma, semicolon or tab, whichever divides the first line into most parts."""
    first = re.sub(r'"[^"]*"', "", text.lstrip("\r\n").partition("\n")[0])
    return max(",;\t", key=first.count)
