"""The review sheet beside an import workbook: what P6 is about to be told, on whose word, and what was left out.

It is a file of its own, and no sheet of it is called as P6 calls its own: P6 could not import it by mistake.
"""

from pathlib import PurePath
from typing import Final

from syncsvc.hand_over import HandedRow, HandOver
from syncsvc.model import Receipt
from syncsvc.report.words import KINDS, OUTCOMES, counted, day, title
from syncsvc.report.workbook.book import Book
from syncsvc.report.workbook.look import ALERT, CODE, DATE, FAINT, INSTANT, LONG_QUIET, LONG_TEXT, QUIET, TEXT, TITLE
from syncsvc.report.workbook.paper import Cell, Column, Paper, Put, naive

SHEET: Final = "Completions for P6"
_COLUMNS: Final = {"act_end_date": "Actual Finish", "act_start_date": "Actual Start"}


def hand_over_workbook(hand_over: HandOver, project: str = "") -> bytes:
    """The review sheet as an XLSX file; the same hand-over gives the same bytes."""
    what = "Completions handed to P6"
    book = Book(what, " · ".join(filter(None, (project, what))), hand_over.made_at)
    columns = _columns(hand_over)
    paper = book.paper(SHEET, [column.width for column in columns])
    paper.put(what, look=TITLE)
    for line in _front(hand_over):
        paper.put(line)
    paper.put("For people. Do not import this file: import the workbook named above.", look=ALERT)
    paper.skip()
    paper.repeat(paper.table("Completions", columns, hand_over.rows).head_row)
    _write_refused(paper, hand_over)
    paper.section("How it is imported")
    for line in _how(hand_over):
        paper.put(line, look=FAINT)
    return book.finish((SHEET,))


def _front(hand_over: HandOver) -> list[str]:
    export = hand_over.export
    known = f"data date {day(export.data_date)}" if export.data_date else "data date not known"
    return [
        f"Import workbook: {hand_over.workbook}",
        f"{counted(len({row.activity.code for row in hand_over.rows}), 'activity', 'activities')}, looked up in"
        f" {title(export)} ({PurePath(export.source).name}, {known}, SHA-256 {(export.sha256 or 'not known')[:16]})",
        f"Made {hand_over.made_at:%Y-%m-%d %H:%M} UTC",
    ]


def _columns(hand_over: HandOver) -> list[Column[HandedRow]]:
    def who(row: HandedRow) -> Cell:
        return row.resolved.actor if row.resolved else Put("not known", QUIET)

    def when(row: HandedRow) -> Cell:
        return naive(row.resolved.at) if row.resolved else Put("not known", QUIET.but(across="center"))

    def before(row: HandedRow) -> Cell:
        return row.activity.completed or Put("blank", QUIET.but(across="center"))

    placed = LONG_QUIET.but(indent=1)
    return [
        Column("code", "Activity ID", 17, lambda row: row.activity.code, CODE, stays=True),
        Column("name", "Activity", 38, lambda row: row.activity.name, LONG_TEXT, stays=True),
        Column("kind", "Kind", 15, lambda row: KINDS[row.activity.kind], stays=True),
        Column("status_before", "Status in the export", 12, _status_before, LONG_TEXT, stays=True),
        Column("status_after", "Status after", 11, lambda row: row.status_after, stays=True),
        Column("column", "Column in P6", 13, lambda row: _COLUMNS.get(row.column, row.column), stays=True),
        Column("before", "Date in the export", 11, before, DATE, stays=True),
        Column("after", "Date after", 11, lambda row: row.completed_after, DATE.but(bold=True), stays=True),
        Column("due", "Due in P6", 11, lambda row: row.activity.due, DATE, stays=True),
        Column("key", "Jira issue", 12, lambda row: row.key, TEXT.but(indent=1), stays=True),
        Column("resolved_by", "Resolved by", 20, who, LONG_TEXT, stays=True),
        Column("resolved_at", "Resolved at (UTC)", 16, when, INSTANT, stays=True),
        Column("where", "Place in the export", 15, lambda row: row.activity.where, placed, stays=True),
    ]


def _status_before(row: HandedRow) -> str:
    return row.activity.state or row.activity.status.value.replace("_", " ")


def _write_refused(paper: Paper, hand_over: HandOver) -> None:
    if not hand_over.refused:
        return
    paper.section(f"Of the same plan, in no workbook ({len(hand_over.refused)})")
    columns: list[Column[Receipt]] = [
        Column("refused_code", "Activity ID", 0, lambda each: each.change.code, CODE, stays=True),
        Column("refused_why", "Why", 0, lambda each: each.detail or "", LONG_TEXT, stays=True),
        Column("refused_outcome", "Outcome", 0, lambda each: OUTCOMES[each.outcome], TEXT, stays=True),
        Column("refused_key", "Jira issue", 0, lambda each: each.change.key, LONG_TEXT, stays=True),
        Column("refused_after", "Jira says", 0, lambda each: each.change.after, DATE, stays=True),
    ]
    paper.table("Refused", columns, hand_over.refused)


def _how(hand_over: HandOver) -> list[str]:
    lines = [
        "In P6: File > Import > Spreadsheet, type Activities, into the same project; try one row in a copy first.",
        "The workbook holds only what P6 imports for a completion: the status and the actual date of these activities.",
    ]
    if hand_over.settings_copied:
        lines.append("Its sheet USERDATA is the one of the export: units and date formats go back as they came.")
    else:
        lines.append("It has no sheet USERDATA, since the export has none: the units are those of whoever imports it.")
    if hand_over.nobody_named:
        lines.append(f"Who resolved the issues is not known: {hand_over.nobody_named}")
    lines.append("The first export whose data date is on or after the day of the hand-over shows whether it landed.")
    return lines
