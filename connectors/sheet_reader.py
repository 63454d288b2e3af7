"""The cells of the sheets of one XLS or XLSX workbook; run in a process of its own by connectors/sheet.py.

A damaged cell address makes the reading library ask for more memory than the machine has. Nothing can catch that: there
it meets a limit, and takes only that process with it.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from operator import itemgetter
from typing import Any, BinaryIO, Final, TypeVar

from connectors.biff import find_extents
from connectors.package import check_package, find_sheet_parts, open_package
from connectors.worker import pack
from syncsvc.errors import BadExport

#: A cell with a formula, and where an array formula stands: a reading library gives only what formulas gave.
_FORMULA: Final = re.compile(rb"<(?:\w+:)?c\b([^>]*)>\s*<(?:\w+:)?f\b([^>]*)>")
_PLACE: Final = re.compile(rb"""\b(?:r|ref)\s*=\s*["']([A-Z0-9:]+)["']""")
_PLAIN: Final = frozenset({str, float, int, bool})
#: Workbooks that were read: giving back their many cells takes time, and the process ends soon.
_kept: Final[list[object]] = []
_Cells = TypeVar("_Cells", list[Any], tuple[Any, ...])


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is wanted of a workbook: one sheet (None: the first), of it these columns, so many rows (None: all).

    `formulas`: also which cells are computed, which only an XLSX file can be asked. `or_first`: the first sheet where
    there is none of that name.
    """

    sheet: str | None
    columns: tuple[str, ...] | None = None
    rows: int | None = None
    formulas: bool = False
    or_first: bool = False


@dataclass(frozen=True, slots=True)
class Sheets:
    """The names of all sheets, and of those that were wanted what was wanted, each by its name.

    A sheet of which columns were wanted is in `columns`, each of them from its first row down, any other in `rows`.
    """

    names: tuple[str, ...]
    rows: dict[str, list[tuple[Any, ...]]]
    columns: dict[str, list[list[Any]]]
    formulas: dict[str, list[str]] = field(default_factory=dict)


def read_sheets(file: BinaryIO, source: str, wanted: tuple[Wanted, ...]) -> Sheets:
    """What is wanted of a workbook. Raises BadExport, saying what is wrong with it, where it cannot be read."""
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    is_package = file.read(2) == b"PK"
    file.seek(0)
    if is_package:
        check_package(file, source)
    extents = {} if is_package else find_extents(file.read())
    file.seek(0)
    rows: dict[str, list[tuple[Any, ...]]] = {}
    columns: dict[str, list[list[Any]]] = {}
    formulas = {}
    try:
        book = CalamineWorkbook.from_filelike(file)
        _kept.append(book)
        folded = {name.casefold(): name for name in book.sheet_names}
        for want in wanted:
            name = folded.get(want.sheet.casefold()) if want.sheet else None
            if name is None and (want.or_first or want.sheet is None):
                name = next(iter(book.sheet_names), None)
            if name is not None and name not in (rows if want.columns is None else columns):
                found = islice(book.get_sheet_by_name(name).iter_rows(), want.rows)
                if want.columns is None:
                    rows[name] = [_plain(tuple(row)) for row in found]
                    count = len(rows[name])
                else:
                    columns[name], count = _select(found, want.columns)
                if name in extents and want.rows is None and extents[name].loses(count):
                    raise BadExport(
                        f"{source}: the workbook is damaged or cut off (sheet {name} breaks off after row {count} of"
                        f" {extents[name].rows})."
                    )
                if want.formulas and is_package:
                    formulas[name] = _find_formulas(file, name, source)
    except PasswordError:
        raise BadExport(f"{source}: the workbook is protected by a password.", "Save it without one.") from None
    except CalamineError as error:
        why = " ".join(str(error).split())[:120]
        raise BadExport(f"{source}: the workbook is damaged or cut off ({why}).") from None
    return Sheets(tuple(book.sheet_names), rows, columns, formulas)


def _find_formulas(file: BinaryIO, sheet: str, source: str) -> list[str]:
    """The cells of a sheet of an XLSX workbook that are computed: B7, or B7:B9 for an array, "" where no place is."""
    with open_package(file, source) as archive:
        part = find_sheet_parts(archive).get(sheet)
        if part is None:
            raise BadExport(
                f"{source}: the workbook is damaged or cut off (the sheet {sheet} is not where it should be)."
            )
        text = archive.read(part)
    places = []
    for cell, formula in _FORMULA.findall(text):
        place = _PLACE.search(formula) if b"array" in formula else None
        place = place or _PLACE.search(cell)
        places.append(place[1].decode() if place else "")
    return places


def _select(rows: Iterator[list[Any]], columns: Collection[str]) -> tuple[list[list[Any]], int]:
    """Those columns that the first row names, from it down, and how many rows there are."""
    wanted = {column.casefold() for column in columns}
    first = next(rows, None)
    if first is None:
        return [], 0
    places = [place for place, name in enumerate(first) if str(name).strip().casefold() in wanted]
    if len(places) < 2:  # for fewer an itemgetter gives no tuple
        found = [first, *rows]
        return [_plain([row[place] for row in found]) for place in places], len(found)
    pick = itemgetter(*places)
    cells = list(chain(pick(first), chain.from_iterable(map(pick, rows))))
    return [_plain(cells[at :: len(places)]) for at in range(len(places))], len(cells) // len(places)


def _plain(cells: _Cells) -> _Cells:
    """Cells as they can be sent."""
    if _PLAIN.issuperset(map(type, cells)):
        return cells
    return type(cells)([cell if type(cell) in _PLAIN else pack(cell) for cell in cells])
