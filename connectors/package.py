"""The zip package that an XLSX workbook is, looked through before a reading library sees it.

A library unpacks what the package says and makes a table as large as its farthest cell: a few hundred bytes can ask for
all the memory there is. So every part is unpacked here once, in pieces that are thrown away, and is refused where it
grows like a bomb, declares entities, or puts a cell where no export has one. What is checked on the way: that each part
is as long as it says and has the checksum that it says.
"""

import lzma
import posixpath
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, Final
from xml.parsers import expat

from syncsvc.errors import BadExport

#: 100,000 activities with 300,000 relations have 150 MB in 7 parts, which are packed to a tenth.
MAX_UNPACKED_BYTES: Final = 600_000_000
MAX_PARTS: Final = 5_000
MAX_RATIO: Final = 100
MAX_CELLS: Final = 12_000_000  # of the table that reaches from A1 to the farthest cell
MAX_DIRECTORY_BYTES: Final = 2_000_000  # what workbook.xml and the list of its parts may be
_SMALL_BYTES: Final = 5_000_000  # below it any ratio will do
_CHUNK_BYTES: Final = 1 << 20  # a cell holds at most 32,767 characters, so that each chunk has a tag in it
_OVERLAP_BYTES: Final = 64

_SAVE_AS: Final = "Export it from P6 as XLS or XLSX, or save the sheet as CSV."
_EXPORT_AGAIN: Final = "The last good snapshot stands. Export the file from P6 again."

#: What zipfile raises for a package that is cut off, was changed, or was made to confuse: its own error, those of the
#: unpackers, an offset before the file (ValueError, OSError), fields that are too short, a method nobody has.
DAMAGED: Final = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    NotImplementedError,
    OSError,
    ValueError,
)
#: A cell beyond row 399,999 or column Z: all others make a table that is small enough.
_BEYOND: Final = re.compile(rb"""r=["'][A-Za-z](?:[A-Za-z]|[4-9][0-9]{5}|[0-9]{7})""")
#: Where there is one: cells beyond row 99,999 or column Z. Each pattern begins with the same two letters, which is what
#: makes it fast.
_SIX_DIGITS: Final = re.compile(rb"""r=["'][A-Za-z]([0-9]{6})["']""")
_SEVEN_DIGITS: Final = re.compile(rb"""r=["'][A-Za-z]([0-9]{7})""")
_MORE_LETTERS: Final = re.compile(rb"""r=["']([A-Za-z]{2,3})([0-9]{1,7})""")
_RELATION: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships id"


def check_package(file: BinaryIO, source: str) -> None:
    """Nothing, for a package that a library may read. Raises BadExport for any other, saying why."""
    with open_package(file, source) as archive:
        parts = archive.infolist()
        if len(parts) > MAX_PARTS:
            raise BadExport(f"{source}: the workbook has {len(parts):,} parts, far more than any export.", _SAVE_AS)
        _check_format({part.filename.lower() for part in parts}, source)
        if any(part.flag_bits & 1 for part in parts):
            raise BadExport(f"{source}: the workbook is protected by a password.", "Save it without one.")
        unpacked = 0
        for part in parts:
            unpacked = _check_part(archive, part, unpacked, source)


@contextmanager
def open_package(file: BinaryIO, source: str) -> Iterator[zipfile.ZipFile]:
    """The package in a file. Raises BadExport where it, or what is read of it meanwhile, is cut off or damaged."""
    try:
        with zipfile.ZipFile(file) as archive:
            yield archive
    except DAMAGED as error:
        why = " ".join(str(error).split())[:120] or type(error).__name__
        raise BadExport(
            f"{source}: the file begins like a workbook, but is cut off or damaged ({why}).", _EXPORT_AGAIN
        ) from None


def find_sheet_parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """The name of each sheet -> the part of the package that holds it. Raises one of DAMAGED."""
    parts = {name.casefold(): name for name in archive.namelist()}

    def read_tags(name: str) -> list[tuple[str, dict[str, str]]]:
        if name not in parts:
            raise zipfile.BadZipFile(f"{name} is absent")
        with archive.open(parts[name]) as part:
            return _read_tags(part.read(MAX_DIRECTORY_BYTES))

    targets = {
        each.get("Id", ""): each.get("Target", "")
        for tag, each in read_tags("xl/_rels/workbook.xml.rels")
        if tag == "Relationship"
    }
    return {
        each.get("name", ""): parts[part]
        for tag, each in read_tags("xl/workbook.xml")
        if tag == "sheet"
        and (target := targets.get(each.get(_RELATION, "")))
        and (part := posixpath.normpath(posixpath.join("/xl", target))[1:].casefold()) in parts
    }


def _read_tags(content: bytes) -> list[tuple[str, dict[str, str]]]:
    """The tags of an XML part, without their namespaces, and their attributes. It may declare nothing."""
    tags: list[tuple[str, dict[str, str]]] = []

    def refuse(*declared: object) -> None:
        raise zipfile.BadZipFile("a document type in a part")

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = lambda tag, attributes: tags.append((tag.rpartition(" ")[2], attributes))
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        raise zipfile.BadZipFile(f"a part is no XML: {error}") from None
    return tags


def _check_format(names: set[str], source: str) -> None:
    """What else may be in a zip the reading library would read, too."""
    if any(re.fullmatch(r"xl/workbook[^/]*\.xml", name) for name in names):
        return
    what = "an XLSB workbook" if "xl/workbook.bin" in names else "a zip file without a workbook in it"
    what = "an OpenDocument spreadsheet" if "content.xml" in names else what
    raise BadExport(f"{source}: the file is {what}.", _SAVE_AS)


def _check_part(
    archive: zipfile.ZipFile, part: zipfile.ZipInfo, unpacked: int, source: str, *, far: bool = False
) -> int:
    """The bytes unpacked so far with those of this part. What its bytes say counts only where its checksum is right.

    `far`: one of its cells is known to be so far away that the farthest must be found.
    """
    name = part.filename.lower()
    is_xml, is_sheet = name.endswith((".xml", ".rels")), name.startswith("xl/worksheets/")
    size, columns, rows, tail, strange, passed = 0, 1, 1, b"", "", False
    with archive.open(part) as content:
        while chunk := content.read(_CHUNK_BYTES):
            strange = strange or (_find_strange(chunk, is_first=size == 0) if is_xml else "")
            size += len(chunk)
            if unpacked + size > MAX_UNPACKED_BYTES or size > max(_SMALL_BYTES, MAX_RATIO * part.compress_size):
                raise BadExport(
                    f"{source}: the workbook is packed like a bomb: {size // 10**6} MB and more come out of"
                    f" {part.compress_size / 10**6:.1f} MB ({_shown(part)}).",
                    _EXPORT_AGAIN,
                )
            if is_sheet:
                cells = tail + chunk
                tail = chunk[-_OVERLAP_BYTES:]
                if not far and _BEYOND.search(cells):
                    far = True
                    if passed:  # over cells that were not looked at one by one
                        return _check_part(archive, part, unpacked, source, far=True)
                if far:
                    columns, rows = _find_farthest(cells, columns, rows)
                passed = True
    if strange:
        raise BadExport(f"{source}: {strange} ({_shown(part)}).", _EXPORT_AGAIN)
    if columns * rows > MAX_CELLS:
        raise BadExport(
            f"{source}: the cells of {_sheet_of(archive, part)} reach to {_letters(columns)}{rows}, far beyond those of"
            " any export.",
            "Delete blank rows and columns behind the cells, or export it again.",
        )
    return unpacked + size


def _find_strange(chunk: bytes, *, is_first: bool) -> str:
    """What no spreadsheet program writes into an XML part, in words; "" for nothing."""
    if is_first and (b"<!DOCTYPE" in chunk or b"<!ENTITY" in chunk):
        return "the workbook declares a document type, as no spreadsheet program does"
    if is_first and b"\0" in chunk[:200]:
        return "the workbook is in an encoding that no spreadsheet program uses"
    if len(chunk) > _CHUNK_BYTES // 2 and b"<" not in chunk:
        return "a cell of the workbook holds more text than a cell can"
    return ""


def _find_farthest(content: bytes, columns: int, rows: int) -> tuple[int, int]:
    """How many columns and rows reach to the farthest cell: at least 26 and 99,999."""
    rows = max(rows, 99_999)
    for digits in (_SIX_DIGITS, _SEVEN_DIGITS):
        if found := digits.findall(content):
            rows = max(rows, int(max(found)))
    columns = max(columns, 26)
    if found := _MORE_LETTERS.findall(content):
        letters, numbers = map(set, zip(*found, strict=True))
        columns, rows = max(columns, *map(_column_number, letters)), max(rows, *map(int, numbers))
    return columns, rows


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _letters(column: int) -> str:
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _sheet_of(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> str:
    """The sheet that a part holds, as people name it."""
    try:
        names = [name for name, holds in find_sheet_parts(archive).items() if holds == part.filename]
    except DAMAGED:
        names = []
    return f"sheet {names[0]}" if names else _shown(part)


def _shown(part: zipfile.ZipInfo) -> str:
    return part.filename[-60:]
