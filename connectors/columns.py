"""Which columns a file has, whether or not a mapping names them: what `syncsvc mappings check` asks of a reader.

A reader of another format tells the same with a function of the same shape: path and mapping in, what the file has
out. `syncsvc/files.py` names these functions.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from connectors.cell import is_blank, text_of
from connectors.exports import read_whole
from connectors.header import open_sheet
from connectors.sheet import Row, Workbook, open_workbook
from connectors.sheet_reader import Wanted
from syncsvc.errors import BadExport, MappingError
from syncsvc.mapping import Cell, Mapping
from syncsvc.mapping_check import SeenColumn, SeenFile, SeenSheet


def see_sheets(path: Path, mapping: Mapping) -> SeenFile:
    """The sheets of a spreadsheet or list: of those that the mapping names the columns, of the others the name.

    A sheet in which the mapping finds no header is shown by its first row that is not blank. Raises BadExport for a
    file that is no spreadsheet.
    """
    content, _ = read_whole(path)
    related = mapping.relations.sheet if mapping.relations else None
    wanted = [Wanted(mapping.sheet, or_first=True), *([Wanted(related)] if related else [])]
    workbook = open_workbook(content, path.name, wanted)
    first = workbook.find(mapping.sheet)
    if first is None:
        first = workbook.find(None)  # a copy of P6's screen may stand there, or what should have been found
    second = workbook.find(related) if related and not workbook.is_delimited else None
    seen: list[SeenSheet] = []
    for name in workbook.sheet_names or ("",):
        if name == first:
            seen.append(replace(_see_main(workbook, name, mapping, path.name), has_milestones=True))
        elif name == second:
            seen.append(_see(name, _without_captions(list(workbook.rows(name)), mapping)))
        else:
            seen.append(SeenSheet(name))
    return SeenFile(tuple(seen))


def _see_main(workbook: Workbook, name: str, mapping: Mapping, source: str) -> SeenSheet:
    """The sheet of activities: from its header on, which may stand below a title."""
    rows = [(number, cells) for number, cells in workbook.rows(name) if not is_blank(cells)]
    try:
        _, below, _ = open_sheet(workbook, mapping, source)
    except (MappingError, BadExport):
        return _see(name, rows)
    header = next((row for row in rows if _has_code(row[1], mapping)), rows[0])
    return _see(name, [header, *below])


def _without_captions(rows: Sequence[Row], mapping: Mapping) -> Sequence[Row]:
    """The rows of a sheet without the one below the header that is for people."""
    mark = mapping.caption_mark
    if mark and len(rows) > 1 and any(text_of(cell).startswith(mark) for cell in rows[1][1]):
        return [rows[0], *rows[2:]]
    return rows


def _has_code(cells: Sequence[Cell], mapping: Mapping) -> bool:
    code = mapping.columns.code.casefold()
    return any(
        text_of(cell).casefold() == code or (mapping.column_shown_as(text_of(cell)) or "").casefold() == code
        for cell in cells
    )


def _see(name: str, rows: Sequence[Row]) -> SeenSheet:
    """What the first row calls columns, and what stands below each."""
    if not rows:
        return SeenSheet(name, rows=0)
    header_row, header = rows[0]
    kinds: list[Counter[str]] = [Counter() for _ in header]
    for _, cells in rows[1:]:
        for at, cell in enumerate(cells[: len(header)]):
            if cell is not None and cell != "" and text_of(cell):
                kinds[at][_kind_of(cell)] += 1
    columns = tuple(
        SeenColumn(text_of(title), sum(found.values()), dict(found))
        for title, found in zip(header, kinds, strict=True)
        if text_of(title) or found
    )
    return SeenSheet(name, header_row, len(rows) - 1, columns)


def _kind_of(cell: Cell) -> str:
    if isinstance(cell, str):
        return "text"
    if isinstance(cell, date):
        return "dates"
    return "true or false" if isinstance(cell, bool) else "numbers" if isinstance(cell, int | float) else "times"
