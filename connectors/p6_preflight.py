"""The look at an import workbook before anybody is offered it: what P6 would make of the file as it lies on disk.

It is read by the same reader as exports are, and held against what was meant and against the export that the ids come
from. P6 says "import successful" also where it ignored a column or made a new activity, so nothing is left to it.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Final

from connectors.cell import shorten, text_of
from connectors.exports import read_whole
from connectors.p6_workbook import SETTINGS_SHEET, SHEET, Actual, ImportSheet, as_they_stand
from connectors.sheet import Workbook, open_workbook
from connectors.sheet_reader import Wanted
from syncsvc.errors import BadExport
from syncsvc.mapping import Cell, Mapping
from syncsvc.model import MilestoneKind, Snapshot, Status, by_code

#: The kinds of activity that a workbook may hold, by the date that completes them.
KINDS: Final = {
    Actual.FINISH: MilestoneKind.FINISH_MILESTONE,
    Actual.START: MilestoneKind.START_MILESTONE,
}
_MOST_FAULTS: Final = 5


def check_import_workbook(path: Path, name: str, meant: ImportSheet, mapping: Mapping, export: Snapshot) -> None:
    """Raises BadExport, with what is wrong, unless the file at `path` is what was meant and P6 would take it.

    `name` is what it is going to be called; `export` the snapshot whose activities it is about.
    """
    content, _ = read_whole(path)
    workbook = open_workbook(content, name, [Wanted(SHEET, formulas=True), Wanted(SETTINGS_SHEET, formulas=True)])
    faults = list(_find_faults(workbook, meant, mapping, export))
    if faults:
        more = f"; and {len(faults) - _MOST_FAULTS} more" if len(faults) > _MOST_FAULTS else ""
        raise BadExport(
            f"{name}: the import workbook did not pass its check, so nothing is offered to P6:"
            f" {'; '.join(faults[:_MOST_FAULTS])}{more}.",
            "This is a fault of syncsvc or of what it wrote to; apply again, and report it if it stays.",
        )


def _find_faults(workbook: Workbook, meant: ImportSheet, mapping: Mapping, export: Snapshot) -> Iterator[str]:
    expected = [SHEET, SETTINGS_SHEET] if meant.user_settings else [SHEET]
    if list(workbook.sheet_names) != expected:
        yield f"its sheets are {', '.join(workbook.sheet_names) or 'none'}, not {', '.join(expected)}"
        return
    for sheet in expected:
        if formulas := workbook.formulas(sheet):
            yield f"sheet {sheet} has a formula in {formulas[0] or 'a cell'}"
    rows = list(workbook.rows(SHEET))
    for (number, cells), header in zip(rows, meant.actual.header, strict=False):
        if tuple(cells) != header:
            yield f"row {number} of {SHEET} is {_shown(cells)}, not {', '.join(header)}"
    yield from _find_wrong_rows(rows[2:], meant, mapping, export)
    if meant.user_settings:
        copied = [as_they_stand(cells) for _, cells in workbook.rows(SETTINGS_SHEET)]
        if copied != [list(cells) for cells in meant.user_settings]:
            yield f"sheet {SETTINGS_SHEET} is not as it is in the export"


def _find_wrong_rows(
    rows: Sequence[tuple[int, Sequence[Cell]]], meant: ImportSheet, mapping: Mapping, export: Snapshot
) -> Iterator[str]:
    activities = by_code(export.milestones)
    seen: dict[str, date | None] = {}
    for number, cells in rows:
        where = f"row {number}"
        if len(cells) != 3 or any(cell is None or not text_of(cell) for cell in cells):
            yield f"{where} has a blank cell or one too many: {_shown(cells)}"
            continue
        code, word, moment = cells
        if not isinstance(code, str) or code in seen:
            yield f"{where}: the id {_shown([code])} is no text, or stands there twice"
            continue
        activity = activities.get(code)
        if activity is None:
            yield f"{where}: {code} is not in the export, so importing it would make a new activity"
        elif activity.kind is not KINDS[meant.actual]:
            yield f"{where}: {code} is a {activity.kind.value.replace('_', ' ')}, for which {meant.actual} is not meant"
        if mapping.status_of(text_of(word)) is not Status.COMPLETED:
            yield f"{where}: the status {_shown([word])} does not say completed"
        day, at = _moment_of(moment)
        if day is None or at != meant.time_of_day:
            yield f"{where}: {meant.actual} is {_shown([moment])}, no true date at {meant.time_of_day:%H:%M}"
        seen[code] = day
    if seen != dict(meant.completions):
        differing = sorted(
            code for code in seen.keys() | meant.completions if seen.get(code) != meant.completions.get(code)
        )
        yield f"it does not say what was meant of {', '.join(differing[:_MOST_FAULTS]) or 'some activity'}"


def _moment_of(cell: Cell) -> tuple[date | None, time]:
    """Day and time of a true date cell; None for any other."""
    if isinstance(cell, datetime):
        return cell.date(), cell.time()
    return (cell, time(0)) if isinstance(cell, date) else (None, time(0))


def _shown(cells: Sequence[Cell]) -> str:
    return ", ".join(repr(shorten(text_of(cell))) for cell in cells) or "blank"
