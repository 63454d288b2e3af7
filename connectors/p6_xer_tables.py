"""The tables of a P6 XER file, read as a stream; of each table only the columns that are wanted are kept.

An XER file is lines of cells between tabs. The first cell says what a line is: ERMHDR the head of the file, %T the name
of a table, %F the names of its columns, %R a row, %E the end. A line that begins otherwise goes on with the row before
it: texts hold line breaks. Columns and tables come and go with P6's versions, so they are known by name only.
"""

import codecs
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from operator import itemgetter
from typing import BinaryIO, Final

from connectors.text import FOREIGN
from syncsvc.errors import BadExport

_CHUNK_BYTES: Final = 1 << 20
_BYTE_ORDER_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
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
    """The rows of one table, each with the line of the file that it begins in, from 1.

    `columns` are those of the wanted columns that the table has, in the order in which they were wanted. A row with
    more cells than the table has columns is in `shifted`, line -> cells, beside its own place: its cells may belong to
    other columns.
    """

    width: int = 0
    columns: list[str] = field(default_factory=list)
    rows: list[tuple[str, ...]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    shifted: dict[int, int] = field(default_factory=dict)

    def find(self, column: str) -> int | None:
        """The index of a column in the rows, or None where the table has no such column."""
        return self.columns.index(column) if column in self.columns else None

    def cells(self, column: str) -> list[str]:
        """The cells of one column, one for each row; blank where the table has no such column."""
        index = self.find(column)
        return [""] * len(self.rows) if index is None else [row[index] for row in self.rows]


@dataclass(slots=True)
class XerFile:
    """What was wanted of a file, and of all its tables, by name, the lines that they begin in and their columns."""

    version: str
    tables: dict[str, XerTable]
    table_names: dict[str, int]
    columns: dict[str, list[str]] = field(default_factory=dict)  # in lower case


def is_xer(content: bytes) -> bool:
    """Whether bytes begin as an XER file does."""
    start = content[:64]
    for mark, _ in _BYTE_ORDER_MARKS:
        start = start.removeprefix(mark)
    return start.replace(b"\x00", b"").upper().startswith(_HEAD.encode())


def read_tables(file: BinaryIO, source: str, encoding: str, wanted: dict[str, list[str]]) -> XerFile:
    """The wanted columns of the wanted tables: table -> columns, in lower case. `source` names the file in errors.

    `encoding` is that of text that is neither ASCII nor UTF-8 and has no byte order mark.

    Raises BadExport, with the line, for a file that is no XER, is cut off, or is not made as one.
    """
    start = file.read(512)
    _refuse_foreign(start, source)
    is_old = b"\r" in start and b"\n" not in start  # lines that end as on a Mac of old
    return _Reading(source, wanted).read(_records(file, _decoder_for(file, start, encoding), source, is_old))


def _refuse_foreign(start: bytes, source: str) -> None:
    if not start.strip():
        raise BadExport(f"{source}: the file is empty.", _EXPORT_AS)
    if is_xer(start):
        return
    folded = start.removeprefix(codecs.BOM_UTF8).lstrip().lower()
    what = next((what for mark, what in _FOREIGN.items() if folded.startswith(mark)), None)
    said = f"is {what}, not a P6 XER file" if what else "is no P6 XER file: it does not begin with ERMHDR"
    raise BadExport(f"{source}: the file {said}.", _EXPORT_AS)


def _decoder_for(file: BinaryIO, start: bytes, encoding: str) -> codecs.IncrementalDecoder:
    """By the byte order mark; else UTF-8 where the whole file is that; else the given encoding."""
    for mark, name in _BYTE_ORDER_MARKS:
        if start.startswith(mark):
            return codecs.getincrementaldecoder(name)()
    if start.startswith(b"E\x00"):
        return codecs.getincrementaldecoder("utf-16-le")()
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for chunk in _chunks(file):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return codecs.getincrementaldecoder(encoding)("replace")  # a byte that is no letter there is shown as such
    return codecs.getincrementaldecoder("utf-8")()


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    while chunk := file.read(_CHUNK_BYTES):
        yield chunk


def _records(file: BinaryIO, decoder: codecs.IncrementalDecoder, source: str, is_old: bool) -> Iterator[str]:
    """The text between one percent sign at the beginning of a line and the next: a line, and what goes on with it.

    `is_old`: lines end with a carriage return alone.
    """
    rest = ""
    try:
        for chunk in _chunks(file):
            text = decoder.decode(chunk)
            *records, rest = (rest + (text.replace("\r", "\n") if is_old else text)).split("\n%")
            yield from records
        yield rest + decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise BadExport(f"{source}: the file is damaged or cut off: not all of it is text.", _EXPORT_AS) from None


@dataclass(frozen=True, slots=True)
class _Select:
    """Takes the wanted cells of a row; `ends`: the last cell of the line is among them."""

    cells: Callable[[list[str]], tuple[str, ...]]
    ends: bool


class _Reading:
    """Where in a file the reader is, and what it has kept."""

    def __init__(self, source: str, wanted: dict[str, list[str]]) -> None:
        self._source = source
        self._wanted = wanted
        self._file = XerFile("", {}, {})
        self._name = ""
        self._table = XerTable()
        self._is_wanted = False
        self._select: _Select | None = None  # None: the table is not wanted, or has not named its columns yet
        self._tabs_behind: set[int] = set()  # how many tabs stand behind rows, 0 where something stands between them
        self._row: list[str] = []  # the lines of the last row, where some of them begin with a percent sign

    def read(self, records: Iterator[str]) -> XerFile:
        head = next(records)
        self._file.version = _read_version(head)
        next_line = 2 + head.count("\n")
        select, table, last = self._select, self._table, ""
        for record in records:
            line = next_line
            next_line = line + 1 + record.count("\n")
            begin = record[:2]
            if begin == "R\t":
                if self._row:
                    self._join_row()
                if select is not None:  # most lines of most files: so they are read here, and not in a function
                    cells = record.split("\t", table.width + 1)
                    if len(cells) != table.width + 1 or '""' in record:
                        cells = self._mend(record, line)
                    elif select.ends:
                        cells[-1] = cells[-1].removesuffix("\r")
                    table.rows.append(select.cells(cells))
                    table.lines.append(line)
                    last = record
                elif self._is_wanted or not self._name:
                    raise self._wrong(line, "a row stands before the names of its columns (%F)")
            elif begin == "T\t":
                self._join_row()
                self._begin_table(record, line)
                select, table = None, self._table
            elif begin == "F\t":
                self._name_columns(record, line)
                select = self._select
            elif record.rstrip(_BLANK) == "E":
                self._join_row()
                for _ in records:
                    raise self._wrong(next_line, "the file goes on behind its end (%E)")
                self._forgive_tabs()
                return self._file
            elif table.rows:  # a line of a text that begins with a percent sign
                self._row = self._row or [last]
                self._row.append(record)
        table_name = f" of table {self._name}" if self._name else ""
        raise BadExport(
            f"{self._source}: the file ends in line {next_line - 1}{table_name}, without the %E that ends an XER file:"
            " it is cut off.",
            _EXPORT_AS,
        )

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
        self._file.columns.setdefault(self._name, names)
        if not self._is_wanted:
            return
        if self._select is not None:
            raise self._wrong(line, f"table {self._name} names its columns a second time")
        columns = [column for column in self._wanted[self._name] if column in names]
        if twice := next((column for column in columns if names.count(column) > 1), None):
            raise self._wrong(line, f"table {self._name} has two columns {twice}: which one counts?")
        self._table.columns, self._table.width = columns, len(names)
        indexes = [names.index(column) + 1 for column in columns]
        self._select = _Select(_selector(indexes), len(names) in indexes)

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
        is_each = all(len(table.shifted) == len(table.rows) for table in tables)
        if is_each and len(self._tabs_behind) == 1 and 0 not in self._tabs_behind:
            for table in tables:
                table.shifted.clear()

    def _join_row(self) -> None:
        """Read the last row again, with the lines that belong to it though they look like others."""
        if self._row and self._select is not None:
            line = self._table.lines[-1]
            self._table.shifted.pop(line, None)
            self._table.rows[-1] = self._select.cells(self._mend("\n%".join(self._row), line))
        self._row = []

    def _wrong(self, line: int, what: str) -> BadExport:
        return BadExport(f"{self._source}: line {line}: {what}.", _EXPORT_AS)


def _read_version(head: str) -> str:
    """P6's version, from the first line."""
    cells = head.partition("\n")[0].split("\t", 2)
    return cells[1].strip() if len(cells) > 1 else ""


def _selector(indexes: list[int]) -> Callable[[list[str]], tuple[str, ...]]:
    """The cells at these places, as a tuple however many they are."""
    if len(indexes) > 1:
        return itemgetter(*indexes)
    return lambda cells: tuple([cells[index] for index in indexes])
