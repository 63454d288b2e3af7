"""The sheet Changes: what is new, gone, renamed, recoded, completed or restated since the older source."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from syncsvc.compare import Comparison, Completion, DriftReport, Presence
from syncsvc.month_report import MonthReport, Row
from syncsvc.names import NameChange
from syncsvc.report.words import title
from syncsvc.report.workbook.book import Book
from syncsvc.report.workbook.look import CODE, DATE, DAYS_MOVED, LONG_QUIET, LONG_TEXT
from syncsvc.report.workbook.paper import Cell, Column, Put, shown_columns
from syncsvc.report.workbook.phrase import COMPLETIONS

_LEFT_DATE: Final = DATE.but(across="left", indent=1)
_WORDS: Final = LONG_TEXT.but(indent=1)


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the sheet: two names, codes or dates."""

    what: str
    code: str
    name: str
    before: date | str | None = None
    after: date | str | None = None
    days: int | None = None
    note: str | None = None


def write_changes(book: Book, report: MonthReport) -> None:
    """Write the sheet."""
    changes = [*_changes(report), *_restated(report.restatements)]
    columns: list[Column[Change]] = [
        Column("what", "Change", 20, lambda each: each.what, CODE, stays=True),
        Column("code", "Milestone", 17, lambda each: each.code, CODE, stays=True),
        Column("name", "Name", 44, lambda each: each.name or None, LONG_TEXT, stays=True),
        Column("before", "Before", 40, lambda each: _value(each.before), _WORDS, stays=True),
        Column("after", "After", 40, lambda each: _value(each.after), _WORDS, stays=True),
        Column("days", "Moved, calendar days", 12, lambda each: each.days, DAYS_MOVED),
        Column("note", "Note", 40, lambda each: each.note, LONG_QUIET),
    ]
    shown = shown_columns(columns, changes)
    paper = book.paper("Changes", [each.width for each in shown], frozen="C2")
    paper.table("Changes", shown, changes)
    paper.repeat(1)
    if not changes:
        paper.skip()
        paper.put("Nothing changed.")


def _changes(report: MonthReport) -> Iterator[Change]:
    rows = report.rows
    for completion in (Completion.REWRITTEN, Completion.REOPENED):
        yield from (_completed(row, completion) for row in rows if row.comparison.completion is completion)
    for unseen in report.drift.unseen:
        yield Change(
            "cannot be seen", unseen.milestone.code, unseen.milestone.name,
            note=f"{unseen.absent_from.value}: {unseen.why}",
        )  # fmt: skip
    for row in rows:
        if row.comparison.presence is Presence.REMOVED:
            yield Change("gone", row.code, row.name, before=row.comparison.due.before or "no due date")
    for row in rows:
        if row.comparison.presence is Presence.ADDED:
            yield Change("new", row.code, row.name, after=row.comparison.due.after or "no due date")
    for row in rows:
        if row.comparison.recoded:
            yield Change("recoded", row.code, row.name, row.comparison.before_code, row.comparison.code)
    for row in rows:
        if row.comparison.wbs_changed:
            yield Change("WBS changed", row.code, row.name, row.comparison.wbs.before, row.comparison.wbs.after)
    for row in rows:
        if row.comparison.name_change is NameChange.CHANGED:
            yield Change("renamed", row.code, row.name, row.comparison.before_name, row.comparison.name)
    yield from (
        _completed(row, Completion.NEWLY_COMPLETED)
        for row in rows
        if row.comparison.completion is Completion.NEWLY_COMPLETED
    )


def _completed(row: Row, completion: Completion) -> Change:
    move = row.comparison.completed
    what = COMPLETIONS[completion]
    what = f"completion {what}" if completion is Completion.REWRITTEN else what
    after = move.after or ("no date" if completion is not Completion.REOPENED else None)
    return Change(what, row.code, row.name, move.before, after, move.calendar_days)


def _restated(restatements: tuple[DriftReport, ...]) -> Iterator[Change]:
    """What the last edition of a month says otherwise than its first."""
    for report in restatements:
        note = f"{title(report.before)} against {title(report.after)}"
        for one in report.milestones:
            for aspect, before, after, days in _differences(one):
                yield Change(f"restated: {aspect}", one.code, one.name, before, after, days, note)


def _differences(one: Comparison) -> Iterator[tuple[str, date | str | None, date | str | None, int | None]]:
    if one.presence is not Presence.BOTH:
        words = "new" if one.presence is Presence.ADDED else "gone"
        yield words, one.due.before, one.due.after, None
        return
    for aspect, move in (("due", one.due), ("forecast", one.forecast), ("completed", one.completed)):
        if move.before != move.after:
            yield aspect, move.before, move.after, move.calendar_days
    if one.name_change is NameChange.CHANGED:
        yield "name", one.before_name, one.name, None


def _value(value: date | str | None) -> Cell:
    return Put(value, _LEFT_DATE) if isinstance(value, date) else value
