"""What a mapping makes of a file, for a person and for a program."""

from collections.abc import Iterator, Sequence
from typing import Any

from syncsvc.mapping_check import CheckedColumn, CheckedSheet, MappingCheck
from syncsvc.model import MilestoneKind, Status
from syncsvc.report.as_text import reject_lines
from syncsvc.report.layout import Cell, Column, Page, Tone, clean, wrap
from syncsvc.report.words import KINDS, STATUSES, counted, day


def mapping_check_text(check: MappingCheck, page: Page) -> str:
    """File and mapping, what stopped it, the columns of each sheet, and what came of them."""
    mapping = check.mapping
    front = [page.heading(f"{clean(check.path.name)} through mapping {mapping.name}")]
    front += [f"  file     {clean(str(check.path))}", f"  mapping  {clean(str(mapping.path))}"]
    if snapshot := check.snapshot:
        known = f"period {snapshot.period or 'not told'}, kind {snapshot.kind or 'not told'}"
        read = f"{counted(snapshot.rows, 'row')} read, {len(snapshot.rejects):,} not used or not whole"
        front.append(f"  read     {known}, data date {day(snapshot.data_date, 'not told')}; {read}")
    sections = [front]
    if check.problem:
        lines = [page.tint("The mapping cannot be applied", Tone.ALERT), *wrap(check.problem, page.columns, "  ", "  ")]
        sections.append([*lines, *wrap(check.hint, page.columns, "  ", "  ")])
    if not check.sheets:
        sections.append(["Which columns such a file has is not told; what was read of it stands below."])
    sections += [list(_sheet(sheet, page)) for sheet in check.sheets]
    if check.snapshot is not None:
        sections.append(list(_found(check, page)))
        sections.append(reject_lines([("", reject) for reject in check.snapshot.rejects], page))
    return "\n\n".join("\n".join(section) for section in sections if section) + "\n"


def _sheet(sheet: CheckedSheet, page: Page) -> Iterator[str]:
    name = f"Sheet {clean(sheet.name)}" if sheet.name else "The file"
    if not (sheet.used or sheet.unused or sheet.missing):
        yield f"{name}: not read, the mapping does not name it"
        return
    place = f"header in row {sheet.header_row}" if sheet.header_row else "no header"
    yield page.heading(f"{name}: {place}, {counted(sheet.rows or 0, 'row')} below it")
    yield from _used(sheet, page)
    if sheet.unused:
        names = ", ".join(f"{clean(each.name) or '(without a name)'} ({_filled(each)})" for each in sheet.unused)
        yield from wrap(f"Not used: {names}", page.columns, "  ", "    ")
    if sheet.missing:
        yield "  Missing"
        yield from _table(sheet.missing, page)


def _used(sheet: CheckedSheet, page: Page) -> Iterator[str]:
    if not sheet.used:
        yield "  Used: no column"
        return
    yield "  Used"
    yield from _table(sheet.used, page)


def _table(columns: Sequence[CheckedColumn], page: Page) -> Iterator[str]:
    """One line for each thing that a column is for, with the line of the mapping that says so."""
    rows: list[list[str | Cell]] = []
    for column in columns:
        state: str | Cell = _filled(column)
        if column.seen is None:
            needed = any(use.required for use in column.uses)
            state = Cell("required", Tone.ALERT) if needed else "optional"
        for at, use in enumerate(column.uses):
            line = "" if use.line is None else str(use.line)
            rows.append(["" if at else column.name, "" if at else state, line, use.words])
    heads = [Column("column"), Column("cells"), Column("mapping line", right=True), Column("for")]
    yield from (f"    {line}" for line in page.table(heads, rows))


def _filled(column: CheckedColumn) -> str:
    seen = column.seen
    if seen is None or not seen.filled:
        return "empty"
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
        "rows": snapshot.rows if snapshot else None,
        "sheets": [
            {
                "name": sheet.name,
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
        "uses": [
            {"key": use.key, "words": use.words, "line": use.line, "required": use.required} for use in column.uses
        ],
    }
