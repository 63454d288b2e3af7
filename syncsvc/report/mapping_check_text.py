"""What a mapping makes of a file, for a person and for a program."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from syncsvc.mapping_check import CheckedColumn, CheckedSheet, MappingCheck
from syncsvc.model import MilestoneKind, Status
from syncsvc.report.as_text import reject_lines
from syncsvc.report.layout import Cell, Column, Page, Tone, clean, width, wrap
from syncsvc.report.words import KINDS, STATUSES, counted, day

_READ: Final = ("  read     ", " " * 11)
_UNNAMED: Final = {"document": "The document"}
_PLURALS: Final = {
    "sheet": "sheets",
    "table": "tables",
    "element": "elements",
    "table of the page": "tables of the page",
}
_SINGULARS: Final = {
    "dates": "date",
    "numbers": "number",
    "times": "time",
    "activities": "activity",
    "headings": "heading",
    "entries": "entry",
    "texts": "text",
    "elements": "element",
}
_LEAST_ROOM: Final = 12  # for a text beside other columns


def mapping_check_text(check: MappingCheck, page: Page) -> str:
    """File and mapping, what stopped it, the columns of each sheet, and what came of them."""
    mapping = check.mapping
    front = [page.heading(f"{clean(check.path.name)} through mapping {mapping.name}")]
    front += [f"  file     {clean(str(check.path))}", f"  mapping  {clean(str(mapping.path))}"]
    if check.seen.format:
        front += wrap(check.seen.format, page.columns, "  format   ", " " * 11)
    if snapshot := check.snapshot:
        known = f"period {snapshot.period or 'not told'}, kind {snapshot.kind or 'not told'}"
        read = f"{counted(snapshot.rows, 'row')} read, {len(snapshot.rejects):,} not used or not whole"
        front += wrap(f"{known}, data date {day(snapshot.data_date, 'not told')}; {read}", page.columns, *_READ)
    sections = [front]
    if check.problem:
        lines = [page.tint("The mapping cannot be applied", Tone.ALERT), *wrap(check.problem, page.columns, "  ", "  ")]
        sections.append([*lines, *wrap(check.hint, page.columns, "  ", "  ")])
    sections.append(list(_projects(check, page)))
    sections += [list(_sheet(sheet, check.seen.unit, page)) for sheet in check.sheets if _is_looked_into(sheet)]
    sections.append(list(_not_read(check, page)))
    if check.snapshot is not None:
        sections.append(list(_found(check, page)))
        sections.append(reject_lines([("", reject) for reject in check.snapshot.rejects], page))
    return "\n\n".join("\n".join(section) for section in sections if section) + "\n"


def _is_looked_into(sheet: CheckedSheet) -> bool:
    return bool(sheet.used or sheet.unused or sheet.missing)


def _projects(check: MappingCheck, page: Page) -> Iterator[str]:
    """Which projects a file holds, and which of them are read."""
    projects = check.seen.projects
    if not projects:
        return
    read = sum(each.is_read for each in projects)
    yield page.heading(f"{counted(len(projects), 'project')}, {read:,} of them read")
    begins: list[list[str | Cell]] = [
        [
            clean(each.name) or "(without a name)",
            "yes" if each.is_read else "no",
            f"{each.activities:,}",
            each.data_date[:10],
        ]
        for each in projects
    ]
    heads = [Column("project"), Column("read"), Column("activities", right=True), Column("data date"), Column("is")]
    texts = [each.what for each in projects]
    yield from _wrapped(page, heads, begins, texts, indent=2)


def _sheet(sheet: CheckedSheet, unit: str, page: Page) -> Iterator[str]:
    name = _title(unit, sheet.name) if sheet.name else _UNNAMED.get(unit, "The file")
    yield page.heading(f"{name} is not in the file" if sheet.is_absent else f"{name}: {_place(sheet, unit)}")
    if sheet.used:
        has_lines = any(use.line for column in sheet.used for use in column.uses)
        yield "  Used, with the lines of the mapping that say so" if has_lines else "  Used"
        yield from _table(sheet.used, page)
    elif not sheet.is_absent:
        yield "  Used: no column"
    yield from _unused(sheet, page)
    yield from _further(sheet, page)
    if sheet.missing:
        yield "  Missing"
        yield from _table(sheet.missing, page)


def _place(sheet: CheckedSheet, unit: str) -> str:
    """Where its columns stand, and how many rows it has."""
    rows, line = sheet.rows or 0, sheet.header_row
    if unit == "element":
        return f"{rows:,} of them"
    if unit in _UNNAMED:
        begins = f"section in line {line}" if line else "without the section"
        return f"{begins}, {counted(rows, 'heading or entry', 'headings and entries')} with dates"
    if unit == "table":
        return f"begins in line {line}, {counted(rows, 'row')}"
    header = f"header in row {line}" if line else "no header"
    return f"{header}, {counted(rows, 'row')} below it"


def _unused(sheet: CheckedSheet, page: Page) -> Iterator[str]:
    """The columns that nothing asks for: first those that say something."""
    columns = [each for each in sheet.unused if each.seen and not each.seen.further]
    told = [f"{_name(each)} ({_filled(each)})" for each in columns if each.seen and each.seen.filled]
    empty = [_name(each) for each in columns if each.seen and not each.seen.filled]
    if told:
        yield from wrap(f"Not used: {', '.join(told)}", page.columns, "  ", "    ")
    if empty:
        yield from wrap(f"Not used, and empty: {', '.join(empty)}", page.columns, "  ", "    ")


def _further(sheet: CheckedSheet, page: Page) -> Iterator[str]:
    """Activity codes and the like that no line of the mapping names, as one would name them."""
    names: dict[str, list[str]] = {}
    for each in sheet.unused:
        if each.seen and each.seen.further:
            names.setdefault(each.seen.further, []).append(f'"{_name(each)}" ({_filled(each)})')
    for what, listed in names.items():
        yield from wrap(f"Not used, {what}s: {', '.join(listed)}", page.columns, "  ", "    ")
    if names:
        said = "To use one, write its name as it stands here into the mapping, in the place of a column."
        yield from wrap(said, page.columns, "    ", "    ")


def _not_read(check: MappingCheck, page: Page) -> Iterator[str]:
    names = [clean(sheet.name) for sheet in check.sheets if not _is_looked_into(sheet)]
    unit = check.seen.unit
    if len(names) == 1:
        said = f"{_title(unit, names[0])} is not read: the mapping asks for nothing in it."
    else:
        said = f"Not read, for the mapping asks for nothing in them: {_PLURALS.get(unit, unit)} {', '.join(names)}"
    if names:
        yield from wrap(said, page.columns, "", "  ")


def _title(unit: str, name: str) -> str:
    """The name of a sheet with the word for what it is: "Table 1 of the page"."""
    first, *more = unit.split(" ", 1)
    return " ".join([first.capitalize(), clean(name), *more])


def _table(columns: Sequence[CheckedColumn], page: Page) -> Iterator[str]:
    """What each column is for, with the line of the mapping that says so."""
    begins: list[list[str | Cell]] = []
    texts: list[str] = []
    for column in columns:
        begin: list[str | Cell] = [_name(column), _state(column)]
        for use in column.uses:
            begins.append([*begin, "" if use.line is None else str(use.line)])
            texts.append(use.words)
            begin = ["", ""]
    heads = [Column("column"), Column("cells"), Column("line", right=True), Column("for")]
    yield from _wrapped(page, heads, begins, texts, indent=6)


def _wrapped(
    page: Page, heads: Sequence[Column], begins: Sequence[Sequence[str | Cell]], texts: Sequence[str], indent: int
) -> list[str]:
    """A table of `begins` whose last column, the texts, goes on below itself where the page is too narrow for it."""
    shown = [[cell.text if isinstance(cell, Cell) else cell for cell in row] for row in begins]
    taken = sum(
        max(width(text) for text in (head.heading, *told)) + 2
        for head, told in zip(heads, zip(*shown, strict=True), strict=False)
        if any(told)
    )
    rows: list[list[str | Cell]] = []
    for begin, text in zip(begins, texts, strict=True):
        first, *more = wrap(text, max(page.columns - indent - taken, _LEAST_ROOM), "", "  ")
        rows.append([*begin, first])
        rows += [[*([""] * len(begin)), each] for each in more]
    return page.table(heads, rows, indent)


def _name(column: CheckedColumn) -> str:
    return clean(column.name) or "(without a name)"


def _state(column: CheckedColumn) -> Cell:
    """What stands in a column of the file, or whether one of the mapping has to be there."""
    if column.seen is not None:
        return Cell(_filled(column))
    is_needed = any(use.required for use in column.uses)
    return Cell("required", Tone.ALERT) if is_needed else Cell("optional")


def _filled(column: CheckedColumn) -> str:
    seen = column.seen
    if seen is None or not seen.filled:
        return "empty"
    if seen.filled == 1:
        return f"1 {_SINGULARS.get(kind := next(iter(seen.kinds)), kind)}"
    return f"{seen.filled:,} {' and '.join(sorted(seen.kinds))}"


def _found(check: MappingCheck, page: Page) -> Iterator[str]:
    yield page.heading("What was found")
    kinds = ", ".join(f"{number:,} {KINDS[MilestoneKind(kind)]}" for kind, number in check.kinds.items())
    yield from wrap(f"kinds: {kinds or 'none'}", page.columns, "  ", "    ")
    statuses = ", ".join(
        f"{number:,} {repr(clean(word)) if word else 'blank'} ({STATUSES[Status(status)]})"
        for (word, status), number in check.statuses.items()
    )
    yield from wrap(f"statuses: {statuses or 'none'}", page.columns, "  ", "    ")
    if not check.dates:
        yield "  dates: none"
        return
    rows = [
        [each.field, each.column or "", each.basis or "", f"{each.rows:,}", day(each.first), day(each.last)]
        for each in check.dates
    ]
    columns = [
        Column("date"), Column("from"), Column("basis"), Column("rows", right=True), Column("first"), Column("last"),
    ]  # fmt: skip
    yield from (f"  {line}" for line in page.table(columns, rows))


def mapping_check_shape(check: MappingCheck) -> dict[str, Any]:
    """syncsvc.mapping_check/1"""
    snapshot = check.snapshot
    return {
        "schema": "syncsvc.mapping_check/1",
        "file": str(check.path),
        "mapping": check.mapping.name,
        "mapping_file": str(check.mapping.path),
        "problem": check.problem or None,
        "hint": check.hint or None,
        "period": snapshot.period if snapshot else None,
        "kind": snapshot.kind if snapshot else None,
        "data_date": str(snapshot.data_date) if snapshot and snapshot.data_date else None,
        "format": check.seen.format or None,
        "rows": snapshot.rows if snapshot else None,
        "projects": [
            {
                "name": each.name,
                "read": each.is_read,
                "activities": each.activities,
                "data_date": each.data_date[:10] or None,
                "is": each.what,
            }
            for each in check.seen.projects
        ],
        "unit": check.seen.unit,
        "sheets": [
            {
                "name": sheet.name,
                "absent": sheet.is_absent,
                "header_row": sheet.header_row,
                "rows": sheet.rows,
                "used": [_column_shape(each) for each in sheet.used],
                "unused": [_column_shape(each) for each in sheet.unused],
                "missing": [_column_shape(each) for each in sheet.missing],
            }
            for sheet in check.sheets
        ],
        "kinds": check.kinds,
        "statuses": [
            {"word": word or None, "status": status, "rows": rows} for (word, status), rows in check.statuses.items()
        ],
        "dates": [
            {
                "date": each.field,
                "column": each.column,
                "basis": each.basis,
                "rows": each.rows,
                "first": each.first.isoformat(),
                "last": each.last.isoformat(),
            }
            for each in check.dates
        ],
        "rejects": [
            {"where": each.where, "code": each.code, "field": each.field, "reason": each.reason}
            for each in (snapshot.rejects if snapshot else ())
        ],
    }


def _column_shape(column: CheckedColumn) -> dict[str, Any]:
    return {
        "column": column.name,
        "filled": column.seen.filled if column.seen else None,
        "cells": dict(column.seen.kinds) if column.seen else {},
        "further": (column.seen.further if column.seen else "") or None,
        "uses": [
            {"key": use.key, "words": use.words, "line": use.line, "required": use.required} for use in column.uses
        ],
    }
