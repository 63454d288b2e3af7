"""The header of a sheet: where it stands, and which column is where."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from connectors.cell import is_blank, text_of
from connectors.p6_format import PMXML, XER
from syncsvc.errors import BadExport, MappingError
from syncsvc.mapping import Cell, Columns, Mapping

if TYPE_CHECKING:  # a worker that reads no workbook starts without what reads them
    from connectors.sheet import Row, Workbook

#: How far down the header is looked for.
_TITLE_ROWS: Final = 20


class Header:
    """The names in the first row of a sheet that has the id column; case and order do not matter.

    A copy of P6's screen (`is_screen`) has captions there, which the mapping ties to names.
    """

    def __init__(self, cells: Sequence[Cell], place: str, mapping: Mapping, *, is_screen: bool = False) -> None:
        self.place = place
        self.width = len(cells)
        self.is_screen = is_screen
        self._index: dict[str, int] = {}
        declared = self._declared(mapping)
        for index, cell in enumerate(cells):
            name = _name_in(cell, mapping, is_screen)
            if name and name in self._index and name in declared:
                raise MappingError(f"{place} has two columns {text_of(cell)}: which one counts?", "Remove one.")
            if name:
                self._index.setdefault(name, index)

    @staticmethod
    def _declared(mapping: Mapping) -> set[str]:
        columns = [getattr(mapping.columns, key) for key in Columns.__struct_fields__]
        dates = mapping.dates()
        columns += [entry.column for entry in (*dates.due, *dates.forecast, *dates.completed)]
        return {column.casefold() for column in columns if column}

    def find(self, column: str | None) -> int | None:
        """The index of a column, or None where the sheet has no such column."""
        return None if column is None else self._index.get(column.casefold())

    def find_dated(self) -> list[int]:
        """The indices of all columns that are dates by their names, read or not."""
        return [index for name, index in self._index.items() if name.endswith("date")]

    def miss(self, mapping: Mapping, key: str, columns: Sequence[str], first_row: Sequence[Cell] = ()) -> MappingError:
        """The error of a sheet without any of these columns, one of which a key of the mapping requires."""
        declared = mapping.place_of(key, columns[0])
        message = f"{self.place} has no column {' or '.join(columns)}, which {declared} requires."
        if any(text_of(cell).casefold() in {word.casefold() for word in mapping.captions} for cell in first_row):
            hint = (
                "Its first row holds captions: copied from P6's screen? Export it instead: row 1 then has field names."
            )
            return MappingError(message, hint)
        if mapping.format in (XER, PMXML):
            return MappingError(message, "P6 writes it into every such file: export it again, or name another mapping.")
        return MappingError(
            message,
            "Add the column where the file is made (in P6: to the layout of the export), or name another mapping.",
        )


def _name_in(cell: Cell, mapping: Mapping, is_screen: bool) -> str:
    text = text_of(cell)
    return (mapping.column_shown_as(text) or "" if is_screen else text).casefold()


def open_sheet(workbook: "Workbook", mapping: Mapping, source: str) -> "tuple[Header, list[Row], str]":
    """The header of the mapping's sheet, its rows that are not blank, and the sheet's name ("" for a list).

    A copy of P6's screen may stand in the first sheet, whatever its name. Raises MappingError where the sheet or its id
    column is absent, BadExport where the sheet is empty.
    """
    name = workbook.find(mapping.sheet)
    label = mapping.sheet or ""
    if name is None and mapping.screen and (first_sheet := workbook.find(None)) is not None:
        rows = [(number, cells) for number, cells in workbook.rows(first_sheet) if not is_blank(cells)]
        is_export = _find_header(rows, mapping, is_screen=False) is not None  # whose sheet was renamed
        if not is_export and _find_header(rows, mapping, is_screen=True) is not None:
            name = label = first_sheet
    if name is None:
        declared = mapping.place_of("sheet", mapping.sheet or "")
        raise MappingError(
            f"{source}: there is no sheet {mapping.sheet}, which {declared} names;"
            f" its sheets are {', '.join(workbook.sheet_names) or 'none'}.",
            "Export the activities from P6 as a spreadsheet; P6 itself names the sheets.",
        )
    rows = [(number, cells) for number, cells in workbook.rows(name) if not is_blank(cells)]
    place = f"{source}: sheet {label}" if label else source
    if not rows:
        raise BadExport(f"{place} is empty.")
    at, is_screen = _find_header(rows, mapping, is_screen=False), False
    if at is None and mapping.screen:
        at, is_screen = _find_header(rows, mapping, is_screen=True), True
    if at is None:
        first = rows[0][1]
        raise Header(first, place, mapping).miss(mapping, "columns.code", (mapping.columns.code,), first)
    header = Header(rows[at][1], place, mapping, is_screen=is_screen)
    code = header.find(mapping.columns.code) or 0
    rows = rows[at + 1 :]
    if rows and not is_screen and _is_caption(rows[0][1], code, mapping):
        rows = rows[1:]
    return header, rows, label


def _find_header(rows: "Sequence[Row]", mapping: Mapping, *, is_screen: bool) -> int | None:
    """Which of the first rows has the id column: titles may stand above it."""
    code = mapping.columns.code.casefold()
    for at, (_, cells) in enumerate(rows[:_TITLE_ROWS]):
        if any(_name_in(cell, mapping, is_screen) == code for cell in cells):
            return at
    return None


def fits(workbook: "Workbook", mapping: Mapping) -> bool:
    """Whether the sheet and header of a mapping are in the workbook: the id column, and a column for the due date."""
    try:
        header, _, _ = open_sheet(workbook, mapping, "")
    except (MappingError, BadExport):
        return False
    columns = [entry.column for kind in mapping.export_kinds for entry in mapping.dates(kind).due]
    return any(header.find(column) is not None for column in columns)


def _is_caption(cells: Sequence[Cell], code: int, mapping: Mapping) -> bool:
    """Whether the row under the header is for people: by the caption of the ids, or in other languages by a mark."""
    if mapping.caption_mark and any(text_of(cell).startswith(mapping.caption_mark) for cell in cells):
        return True
    words = {caption.casefold() for caption in mapping.captions}
    return code < len(cells) and text_of(cells[code]).casefold() in words
