"""The cells of a review workbook that a person filled in, read with less memory and time than an export may take.

Only XLSX files are read, since only of them it can be told which cells are formulas. What is anything else, has macros
or is packed like a bomb is refused before a cell of it is used.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from connectors.exports import read_whole
from connectors.package import open_package
from connectors.sheet import open_workbook
from connectors.sheet_reader import Wanted
from connectors.worker import ReadingLimits
from syncsvc.errors import BadExport
from syncsvc.mapping import Cell

MAX_BYTES: Final = 40_000_000
MAX_UNPACKED_BYTES: Final = 300_000_000
LIMITS: Final = ReadingLimits(memory_bytes=1_000_000_000, seconds=60, answer_bytes=60_000_000)


@dataclass(frozen=True, slots=True)
class ReviewCells:
    """Rows with their numbers of both sheets, None of one that is not there; which cells of the first are formulas."""

    sheet: str
    rows: Sequence[tuple[int, Sequence[Cell]]] | None
    formulas: Sequence[str]
    marks: Sequence[tuple[int, Sequence[Cell]]] | None


def read_review_cells(path: Path, sheet: str, mark_sheet: str) -> ReviewCells:
    """The cells of both sheets. Raises SourceError (BadExport) for a file that cannot be used."""
    source = path.name
    if not path.is_file():
        raise BadExport(f"{path.absolute()}: there is no such file.")
    if path.stat().st_size > MAX_BYTES:
        raise BadExport(
            f"{source}: the file has {path.stat().st_size // 10**6} MB, a review workbook at most {MAX_BYTES // 10**6}."
        )
    content, _ = read_whole(path)
    _check(content, source)
    wanted = [Wanted(sheet, formulas=True), Wanted(mark_sheet, rows=50)]
    workbook = open_workbook(content, source, wanted, LIMITS)
    if workbook.is_delimited:
        raise BadExport(f"{source}: the file is text, and no workbook.")
    name, mark_name = workbook.find(sheet), workbook.find(mark_sheet)
    return ReviewCells(
        sheet=name or sheet,
        rows=None if name is None else list(workbook.rows(name)),
        formulas=() if name is None else workbook.formulas(name),
        marks=None if mark_name is None else list(workbook.rows(mark_name)),
    )


def _check(content: bytes, source: str) -> None:
    """What must be told before anything is unpacked: the format, macros, and how large all of it gets."""
    if content.startswith(b"\xd0\xcf\x11\xe0") and "EncryptedPackage".encode("utf-16-le") not in content:
        raise BadExport(f"{source}: the file is an old Excel workbook (.xls).")
    if not content.startswith(b"PK"):
        return  # what it is instead is said where it is opened
    with open_package(io.BytesIO(content), source) as archive:
        parts = archive.infolist()
    if any(part.filename.casefold().endswith("vbaproject.bin") for part in parts):
        raise BadExport(f"{source}: the workbook has macros.")
    unpacked = sum(part.file_size for part in parts)  # one that is larger than it says is refused where it is read
    if unpacked > MAX_UNPACKED_BYTES:
        raise BadExport(
            f"{source}: the workbook unpacks to {unpacked // 10**6:,} MB, far more than any review workbook."
        )
