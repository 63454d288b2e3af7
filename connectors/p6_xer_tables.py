"""The tables of a P6 XER file, read as a stream; of each table only the columns that are wanted are kept.

An XER file is lines of cells between tabs. The first cell says what a line is: ERMHDR the head of the file, %T the name
of a table, %F the names of its columns, %R a row, %E the end. A line that begins otherwise goes on with the row before
it: texts hold line breaks. Columns and tables come and go with P6's versions, so they are known by name only.

Nearly all of a file is rows of one line each, and most of it may be tables that nobody wants. So it is read in blocks:
one that is nothing but such rows of one table is split into cells at once, one of an unwanted table is passed over, and
any other is read line by line.
"""

import codecs
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import BinaryIO, Final

from connectors.text import FOREIGN
from syncsvc.errors import BadExport

_BLOCK_BYTES: Final = 1 << 16  # of which all cells fit into a processor's own memory
_BYTE_ORDER_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ASCII: Final = bytes(range(128))
_HEAD: Final = "ERMHDR"
_BLANK: Final = " \t\r\n\x1a\x00"  # what programs of old leave at the end of a text
_EXPORT_AS: Final = "Export the project from P6 as XER."
_FOREIGN: Final = {
    **{mark: what for mark, what in FOREIGN.items() if mark != b"ermhdr\t"},
    b"pk\x03\x04": "a workbook or another zip file",
    b"\xd0\xcf\x11\xe0": "a workbook or another office document",
    b"<!doctype html": "a web page",
    b"<html": "a web page",
    b"<?xml": "an XML document",
}


@dataclass(slots=True)
class XerTable:
    """The cells of one table by columns, and of each row the line of the file that it begins in, from 1.

    `columns` are those of the wanted columns that the table has, in the order in which they were wanted, and
    `by_column` has their cells. A row with more cells than the table has columns is in `shifted`, line -> cells, beside
    its own place: its cells may belong to other columns.
    """

    width: int = 0
    columns: list[str] = field(default_factory=list)
    by_column: list[list[str]] = field(default_factory=list)
    names: list[str] = field(default_factory=list)  # of all its columns, in lower case
    lines: list[int] = field(default_factory=list)
    shifted: dict[int, int] = field(default_factory=dict)

    @property
    def rows(self) -> list[tuple[str, ...]]:
        """The cells of each row."""
        return list(zip(*self.by_column, strict=True)) if self.columns else [()] * len(self.lines)

    def find(self, column: str) -> int | None:
        """The index of a column in the rows, or None where the table has no such column."""
        return self.columns.index(column) if column in self.columns else None

    def cells(self, column: str) -> list[str]:
        """The cells of one column, one for each row; blank where the table has no such column."""
        index = self.find(column)
        return [""] * len(self.lines) if index is None else self.by_column[index]


@dataclass(slots=True)
class XerFile:
    """What was wanted of a file, and of all its tables the lines that they begin in, by name."""

    version: str
    tables: dict[str, XerTable]
    table_names: dict[str, int]


def is_xer(content: bytes) -> bool:
    """Whether bytes begin as an XER file does."""
    start = content[:64]
    for mark, _ in _BYTE_ORDER_MARKS:
        start = start.removeprefix(mark)
    return start.replace(b"\x00", b"").upper().startswith(_HEAD.encode())


def read_tables(
    file: BinaryIO, source: str, encoding: str, wanted: dict[str, list[str]], block_bytes: int = _BLOCK_BYTES
) -> XerFile:
    """The wanted columns of the wanted tables: table -> columns, in lower case. `source` names the file in errors.

    `encoding` is that of text that is neither ASCII nor UTF-8 and has no byte order mark.

    Raises BadExport, with the line, for a file that is no XER, is cut off, or is not made as one.
    """
    start = file.read(512)
    _refuse_foreign(start, source)
    name, errors = _find_encoding(file, start, encoding)
    if name != "utf-8" and (errors == "strict" or not _is_like_ascii(name)):
        file, name = _encode_again(file, codecs.getincrementaldecoder(name)(errors), source), "utf-8"
    if b"\r" in start and b"\n" not in start:  # lines end as on a Mac of old
        file.seek(0)
        file = io.BytesIO(file.read().replace(b"\r", b"\n"))
    return _Reading(source, name, errors, wanted).read(_blocks(file, block_bytes))


def _refuse_foreign(start: bytes, source: str) -> None:
    if not start.strip():
        raise BadExport(f"{source}: the file is empty.", _EXPORT_AS)
    if is_xer(start):
        return
    folded = start.removeprefix(codecs.BOM_UTF8).lstrip().lower()
    what = next((what for mark, what in _FOREIGN.items() if folded.startswith(mark)), None)
    said = f"is {what}, not a P6 XER file" if what else "is no P6 XER file: it does not begin with ERMHDR"
    raise BadExport(f"{source}: the file {said}.", _EXPORT_AS)


def _find_encoding(file: BinaryIO, start: bytes, encoding: str) -> tuple[str, str]:
    """By the byte order mark; else UTF-8 where the whole file is that; else the given one. And what becomes of errors.

    A byte that is no letter in the given one is shown as such.
    """
    for mark, name in _BYTE_ORDER_MARKS:
        if start.startswith(mark):
            return name, "strict"
    if start.startswith(b"E\x00"):
        return "utf-16-le", "strict"
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for chunk in _chunks(file, _BLOCK_BYTES):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return encoding, "replace"
    return "utf-8", "strict"


def _is_like_ascii(encoding: str) -> bool:
    """Whether the marks of lines and cells have the bytes that they have in ASCII: no letter has one of them then."""
    return _ASCII.decode(encoding, "replace") == _ASCII.decode("ascii")


def _encode_again(file: BinaryIO, decoder: codecs.IncrementalDecoder, source: str) -> BinaryIO:
    """The same text as UTF-8. Raises BadExport where it is none."""
    encoded = io.BytesIO()
    try:
        for chunk in _chunks(file, _BLOCK_BYTES):
            encoded.write(decoder.decode(chunk).encode())
        encoded.write(decoder.decode(b"", final=True).encode())
    except UnicodeError:
        raise BadExport(f"{source}: the file is damaged or cut off: not all of it is text.", _EXPORT_AS) from None
    return encoded


def _chunks(file: BinaryIO, size: int) -> Iterator[bytes]:
    file.seek(0)
    while chunk := file.read(size):
        yield chunk


def _blocks(file: BinaryIO, size: int) -> Iterator[bytes]:
    """The file in parts of about this size, without the line break and the percent sign that stand between them."""
    parts: list[bytes] = []
    for chunk in _chunks(file, size):
        parts.append(chunk)
        if b"\n%" in chunk:
            block, mark, rest = b"".join(parts).rpartition(b"\n%")
            if mark:
                yield block
            parts = [rest]
    yield b"".join(parts)


@dataclass(frozen=True, slots=True)
class _Select:
    """Where the wanted cells of a row stand, its mark being the first; `ends`: the last cell is one of them."""

    places: list[int]
    ends: bool


class _Reading:
    """Where in a file the reader is, and what it has kept."""

    def __init__(self, source: str, encoding: str, errors: str, wanted: dict[str, list[str]]) -> None:
        self._source = source
        self._encoding = encoding
        self._errors = errors
        self._wanted = wanted
        self._file = XerFile("", {}, {})
        self._name = ""
        self._table = XerTable()
        self._is_wanted = False
        self._select: _Select | None = None  # None: the table is not wanted, or has not named its columns yet
        self._last = ""  # the last row
        self._tabs_behind: set[int] = set()  # how many tabs stand behind rows, 0 where something stands between them
        self._row: list[str] = []  # its lines, where some of them begin with a percent sign
        self._has_ended = False

    def read(self, blocks: Iterator[bytes]) -> XerFile:
        head, mark, rest = next(blocks).partition(b"\n%")
        self._file.version = _read_version(self._decode(head))
        line = 2 + head.count(b"\n")
        for block in chain([rest] if mark else [], blocks):
            breaks = block.count(b"\n")
            if not self._passes(block) and not self._read_rows(block, line, breaks):
                self._read_records(self._decode(block).split("\n%"), line)
            line += 1 + breaks
        if self._has_ended:
            self._forgive_tabs()
            return self._file
        table_name = f" of table {self._name}" if self._name else ""
        raise BadExport(
            f"{self._source}: the file ends in line {line - 1}{table_name}, without the %E that ends an XER file:"
            " it is cut off.",
            _EXPORT_AS,
        )

    def _decode(self, content: bytes) -> str:
        return str(content, "ascii") if content.isascii() else str(content, self._encoding, self._errors)

    def _passes(self, block: bytes) -> bool:
        """Whether a block is inside a table that is not wanted."""
        if self._is_wanted or not self._name or self._has_ended or block.startswith((b"T\t", b"E")):
            return False
        return b"\n%T\t" not in block and b"\n%E" not in block

    def _read_rows(self, block: bytes, line: int, breaks: int) -> bool:
        """Read a block that is nothing but rows of this table, each in one line with all its cells; whether it is.

        Each line break is then followed by a percent sign, an R and a tab; so none but the last cell of a row can have
        one in it, and where these have all of them, and the number of cells is right, no row has cells of another.
        """
        select, table = self._select, self._table
        if select is None or not block.startswith(b"R\t") or block.count(b"\n%R\t") != breaks or self._has_ended:
            return False
        text = self._decode(block)
        cells = (text.replace('""', '"') if '"' in text else text).split("\t")
        last_cells = cells[table.width :: table.width]
        if len(cells) != 1 + table.width * (breaks + 1) or "".join(last_cells).count("\n") != breaks:
            return False
        self._join_row()
        for column, place in zip(table.by_column, select.places, strict=True):
            if place == table.width:
                found = [cell.removesuffix("\n%R").removesuffix("\r") for cell in last_cells]
            else:
                found = cells[place :: table.width]
            if found[0] == found[-1] and found.count(found[0]) == len(found):
                found = found[:1] * len(found)  # one text, and not as many as rows: that of a project's id
            column += found
        table.lines += range(line, line + breaks + 1)
        self._last = text[text.rfind("\n%R\t") + 2 :] if breaks else text
        return True

    def _read_records(self, records: list[str], line: int) -> None:
        for record in records:
            if self._has_ended:
                raise self._wrong(line, "the file goes on behind its end (%E)")
            self._read_record(record, line)
            line += 1 + record.count("\n")

    def _read_record(self, record: str, line: int) -> None:
        """Read a line without its percent sign, and what goes on with it."""
        select, table = self._select, self._table
        begin = record[:2]
        if begin == "R\t":
            self._join_row()
            if select is not None:
                cells = record.split("\t", table.width + 1)
                if len(cells) != table.width + 1 or '""' in record:
                    cells = self._mend(record, line)
                elif select.ends:
                    cells[-1] = cells[-1].removesuffix("\r")
                for column, place in zip(table.by_column, select.places, strict=True):
                    column.append(cells[place])
                table.lines.append(line)
                self._last = record
            elif self._is_wanted or not self._name:
                raise self._wrong(line, "a row stands before the names of its columns (%F)")
        elif begin == "T\t":
            self._join_row()
            self._begin_table(record, line)
        elif begin == "F\t":
            self._name_columns(record, line)
        elif record.rstrip(_BLANK) == "E":
            self._join_row()
            self._has_ended = True
        elif table.lines:  # a line of a text that begins with a percent sign
            self._row = self._row or [self._last]
            self._row.append(record)

    def _begin_table(self, record: str, line: int) -> None:
        self._name = record[2:].strip().upper()
        if self._name in self._file.table_names:
            first = self._file.table_names[self._name]
            raise self._wrong(
                line, f"table {self._name} begins a second time, as in line {first}; two files may have been joined"
            )
        self._file.table_names[self._name] = line
        self._table, self._select = XerTable(), None
        self._is_wanted = self._name in self._wanted
        if self._is_wanted:
            self._file.tables[self._name] = self._table

    def _name_columns(self, record: str, line: int) -> None:
        names = [name.strip().lower() for name in record[2:].split("\t")]
        if not self._is_wanted:
            return
        if self._select is not None:
            raise self._wrong(line, f"table {self._name} names its columns a second time")
        columns = [column for column in self._wanted[self._name] if column in names]
        if twice := next((column for column in columns if names.count(column) > 1), None):
            raise self._wrong(line, f"table {self._name} has two columns {twice}: which one counts?")
        self._table.columns, self._table.names, self._table.width = columns, names, len(names)
        self._table.by_column = [[] for _ in columns]
        places = [names.index(column) + 1 for column in columns]
        self._select = _Select(places, len(names) in places)

    def _mend(self, record: str, line: int) -> list[str]:
        """The cells of a row that has more of them than there are columns, or fewer, or quotation marks in them."""
        width = self._table.width
        cells = record.replace('""', '"').split("\t", width + 1)
        if len(cells) > width + 1:
            self._table.shifted[line] = record.count("\t")
            self._tabs_behind.add(0 if cells[-1].strip(_BLANK) else record.count("\t") - width)
        cells[-1] = cells[-1].removesuffix("\r")
        return cells + [""] * (width + 1 - len(cells))

    def _forgive_tabs(self) -> None:
        """Where as many tabs stand behind each row of each table, none of them shifts anything."""
        tables = self._file.tables.values()
        is_each = all(len(table.shifted) == len(table.lines) for table in tables)
        if is_each and len(self._tabs_behind) == 1 and 0 not in self._tabs_behind:
            for table in tables:
                table.shifted.clear()

    def _join_row(self) -> None:
        """Read the last row again, with the lines that belong to it though they look like others."""
        if self._row and self._select is not None:
            line = self._table.lines[-1]
            self._table.shifted.pop(line, None)
            cells = self._mend("\n%".join(self._row), line)
            for column, place in zip(self._table.by_column, self._select.places, strict=True):
                column[-1] = cells[place]
        self._row = []

    def _wrong(self, line: int, what: str) -> BadExport:
        return BadExport(f"{self._source}: line {line}: {what}.", _EXPORT_AS)


def _read_version(head: str) -> str:
    """P6's version, from the first line."""
    cells = head.partition("\n")[0].split("\t", 2)
    return cells[1].strip() if len(cells) > 1 else ""
