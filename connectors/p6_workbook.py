"""The workbook that hands completions back to P6: a sheet TASK that P6 imports.

P6 ignores columns whose caption starts with (*), and what it does with blank cells is not documented; so a workbook
holds one kind of activity, the three columns that P6 imports for it, and no blank cell. Row 1 has P6's names for the
columns and drives the import, row 2 is for people. Names, WBS and the mark for deletion are never in it: P6 would take
a stale name for a new one.
"""

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from pathlib import Path
from typing import Final

from connectors.cell import text_of
from connectors.exports import read_whole
from connectors.sheet import open_workbook
from connectors.sheet_reader import Wanted
from syncsvc.errors import BadExport
from syncsvc.mapping import Cell, parse_date

SHEET: Final = "TASK"
#: What P6 wants beside TASK in a workbook it imports: how durations and dates were shown in the export.
SETTINGS_SHEET: Final = "USERDATA"
CODE: Final = "task_code"
STATUS: Final = "status_code"

#: The rows of the sheet USERDATA of an export, cell by cell.
UserSettings = Sequence[Sequence[str]]


class Actual(StrEnum):
    """Which date says that an activity is completed: a start milestone has no finish."""

    FINISH = "act_end_date"
    START = "act_start_date"

    @property
    def caption(self) -> str:
        """P6's caption of the column."""
        return "Actual Finish" if self is Actual.FINISH else "Actual Start"

    @property
    def header(self) -> tuple[tuple[str, str, str], tuple[str, str, str]]:
        """Both header rows of the workbook: P6's names, and the captions."""
        return (CODE, STATUS, self.value), ("Activity ID", "Activity Status", self.caption)


@dataclass(frozen=True, slots=True)
class ImportSheet:
    """What one import workbook says: activity id -> completion, with the words and the time of day P6 has for it.

    `user_settings` is the export's sheet USERDATA, which goes back with it where there is one.
    """

    actual: Actual
    completions: Mapping[str, date]
    completed_word: str = "Completed"
    time_of_day: time = time(0)
    user_settings: UserSettings = ()


def build_import_workbook(meant: ImportSheet) -> bytes:
    """The XLSX file; the same completions give the same bytes."""
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

    def put_text(sheet: Worksheet, row: int, column: int, text: str) -> None:
        cell = sheet.cell(row, column)
        cell.value = text
        cell.data_type = "s"  # or an id that begins with = is a formula
        cell.number_format = "@"

    workbook = Workbook()
    sheet = workbook.active
    if not isinstance(sheet, Worksheet):
        raise TypeError("a new workbook has a sheet")
    sheet.title = SHEET
    names, captions = meant.actual.header
    for column, (name, caption) in enumerate(zip(names, captions, strict=True), start=1):
        put_text(sheet, 1, column, name)
        put_text(sheet, 2, column, caption)
        sheet.column_dimensions["ABC"[column - 1]].width = 22
    for row, (code, completed) in enumerate(sorted(meant.completions.items()), start=3):
        put_text(sheet, row, 1, code)
        put_text(sheet, row, 2, meant.completed_word)
        cell = sheet.cell(row, 3)
        cell.value = datetime.combine(completed, meant.time_of_day)
        cell.number_format = "yyyy-mm-dd hh:mm"
    if meant.user_settings:
        settings = workbook.create_sheet(SETTINGS_SHEET)
        for row, cells in enumerate(meant.user_settings, start=1):
            for column, text in enumerate(cells, start=1):
                put_text(settings, row, column, text)
    buffer = io.BytesIO()
    workbook.save(buffer)
    return _freeze(buffer.getvalue())


def as_they_stand(cells: Sequence[Cell]) -> list[str]:
    """The cells of a row of USERDATA as texts, with the blanks and line breaks around them: P6 wrote them."""
    return [cell if isinstance(cell, str) else text_of(cell) for cell in cells]


def read_import_workbook(path: Path) -> dict[str, date]:
    """Activity id -> completion, as an import workbook says. Raises BadExport for a file that is none."""
    content, _ = read_whole(path)
    workbook = open_workbook(content, path.name, [Wanted(SHEET)])
    if SHEET not in workbook.sheet_names:
        raise BadExport(f"{path.name}: this is no import workbook: it has no sheet {SHEET}.")
    rows = [cells for _, cells in workbook.rows(SHEET)]
    header = tuple(text_of(cell) for cell in rows[0]) if rows else ()
    if header not in [actual.header[0] for actual in Actual]:
        raise BadExport(f"{path.name}: this is no import workbook: its columns are {', '.join(header) or 'none'}.")
    completions: dict[str, date] = {}
    for code, _, day in (cells[:3] for cells in rows[2:]):
        completed = _date_in(day, path)
        if not isinstance(code, str) or code in completions or completed is None:
            raise BadExport(f"{path.name}: a row of the import workbook is damaged: {text_of(code)!r}.")
        completions[code] = completed
    return completions


def _date_in(cell: Cell, path: Path) -> date | None:
    try:
        return parse_date(cell)
    except ValueError as error:
        raise BadExport(f"{path.name}: {text_of(cell)!r} {error}.") from None


def _freeze(content: bytes) -> bytes:
    """The same workbook without the time at which it was made, so that the same rows give the same bytes."""
    frozen = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as made, zipfile.ZipFile(frozen, "w", zipfile.ZIP_DEFLATED) as kept:
        for name in made.namelist():
            part = made.read(name)
            if name == "docProps/core.xml":
                part = re.sub(rb"(<dcterms:(created|modified)[^>]*>)[^<]*", rb"\g<1>1980-01-01T00:00:00Z", part)
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            kept.writestr(entry, part)
    return frozen.getvalue()
