"""P6 spreadsheet exports as a side, and completions handed back to P6 as import workbooks."""

import calendar
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path

from connectors.exports import read_whole
from connectors.row import RowReader, add_predecessors, open_sheet, settle, text_of
from connectors.sheet import Row, Workbook, open_workbook
from syncsvc.errors import MappingError, UsageError
from syncsvc.mapping import Mapping, Named
from syncsvc.model import Side, Snapshot


def read_export(
    path: Path,
    mapping: Mapping,
    *,
    taken_at: datetime,
    data_day: str | int = "month_end",
    period: str | None = None,
    kind: str | None = None,
) -> Snapshot:
    """One P6 spreadsheet export as a snapshot: every readable row, milestone or not.

    `period` ("2019-04") and `kind` are what the caller says of a file that may not tell them itself; `data_day` is
    the day of the period the schedule describes. Raises BadExport for a file that is no readable export,
    MappingError for one the mapping cannot be applied to, UsageError where file, file name and caller disagree.
    """
    content, digest = read_whole(path)
    workbook = open_workbook(content, path.name)
    header, rows, sheet = open_sheet(workbook, mapping, path.name)
    wbs = header.find(mapping.columns.wbs)
    named = agree(
        path.name,
        [
            *_name_projects(rows, wbs, mapping, sheet),
            ("its file name", mapping.read_file_name(path.stem)),
            ("the command or configuration", Named(period, kind)),
        ],
    )
    reader = RowReader(header, mapping, sheet, named.kind)
    milestones, rejects = settle(reader.read(number, cells) for number, cells in rows)
    return Snapshot(
        side=Side.PMCS,
        source=str(path.resolve()),
        taken_at=taken_at,
        milestones=tuple(add_predecessors(milestones, _read_relations(workbook, mapping))),
        sha256=digest,
        mapping_sha256=mapping.sha256,
        period=named.period,
        kind=named.kind,
        data_date=data_date_of(named.period, data_day),
        typed=reader.typed,
        rejects=rejects,
    )


def data_date_of(period: str | None, data_day: str | int) -> date | None:
    """The day of a period that a schedule describes: its last, or the given one; None where no period is known."""
    if period is None:
        return None
    year, month = (int(part) for part in period.split("-"))
    last = calendar.monthrange(year, month)[1]
    return date(year, month, last if data_day == "month_end" else min(int(data_day), last))


def agree(source: str, tellers: Iterable[tuple[str, Named]]) -> Named:
    """The period and kind that all who tell one agree on. Raises UsageError, naming both, where two disagree."""
    told: dict[str, tuple[str, str]] = {}
    for teller, named in tellers:
        for what, value in (("period", named.period), ("kind", named.kind)):
            if value is None:
                continue
            first, first_value = told.setdefault(what, (teller, value))
            if value != first_value:
                raise UsageError(
                    f"{source}: {first} says that its {what} is {first_value}, {teller} says {value}.",
                    "Rename the file if it is named wrongly, or take the option back.",
                )
    return Named(*(told[what][1] if what in told else None for what in ("period", "kind")))


def _name_projects(rows: Sequence[Row], wbs: int | None, mapping: Mapping, sheet: str) -> list[tuple[str, Named]]:
    """What each different project name tells, with the row where it stands first."""
    if wbs is None:
        return []
    found: dict[tuple[str | None, str | None], tuple[str, Named]] = {}
    for number, cells in rows:
        named = mapping.read_project(text_of(cells[wbs])) if wbs < len(cells) else Named()
        if (named.period or named.kind) and (named.period, named.kind) not in found:
            found[named.period, named.kind] = (f"the project name in {sheet} row {number}", named)
    return list(found.values())


def _read_relations(workbook: Workbook, mapping: Mapping) -> dict[str, set[str]]:
    """Activity id -> ids of its predecessors, from the sheet of relations where the export has it."""
    declared = mapping.relations
    sheets = {sheet.casefold(): sheet for sheet in workbook.sheet_names}
    if declared is None or declared.sheet.casefold() not in sheets:
        return {}
    sheet = sheets[declared.sheet.casefold()]
    rows = workbook.rows(sheet)
    _, first = next(rows, (1, ()))
    names = [text_of(cell).casefold() for cell in first]
    for key, column in (("relations.code", declared.code), ("relations.predecessor", declared.predecessor)):
        if column.casefold() not in names:
            raise MappingError(f"sheet {sheet} has no column {column}, which {mapping.place_of(key, column)} requires.")
    code, predecessor = names.index(declared.code.casefold()), names.index(declared.predecessor.casefold())
    relations: dict[str, set[str]] = {}
    for _, cells in rows:
        relations.setdefault(text_of(cells[code]), set()).add(text_of(cells[predecessor]))
    return relations
