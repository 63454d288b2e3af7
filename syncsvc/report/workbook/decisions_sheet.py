"""The sheet Decisions: the few things that a person has to look at, in the order in which the report gives them."""

from syncsvc.month_report import MonthReport, OpenPoint
from syncsvc.report.workbook.book import Book
from syncsvc.report.workbook.drift_sheet import issue_urls
from syncsvc.report.workbook.look import CODE, COUNT, DATE, LONG_TEXT, TEXT
from syncsvc.report.workbook.paper import Cell, Column, Put, shown_columns
from syncsvc.report.workbook.phrase import QUESTIONS


def write_decisions(book: Book, report: MonthReport) -> None:
    """Write the sheet; none where nothing waits."""
    if not report.open_points:
        return
    urls = issue_urls(report)

    def key(decision: OpenPoint) -> Cell:
        return Put(decision.key, url=urls.get(decision.key.partition(",")[0])) if decision.key else None

    columns: list[Column[OpenPoint]] = [
        Column("question", "Question", 26, lambda each: QUESTIONS[each.question], CODE, stays=True),
        Column("code", "Milestone", 17, lambda each: each.code, CODE, stays=True),
        Column("name", "Name", 40, lambda each: each.name or None, LONG_TEXT),
        Column("why", "Why it needs a decision", 56, lambda each: each.why, LONG_TEXT, stays=True),
        Column("field", "Date", 11, lambda each: each.field),
        Column("before", "From", 11, lambda each: each.before, DATE),
        Column("after", "To", 11, lambda each: each.after, DATE),
        Column("days", "Calendar days apart", 11, lambda each: _apart(each), COUNT),
        Column("key", "Jira issue", 18, key, TEXT.but(indent=1)),
        Column("hold", "Held as", 16, lambda each: each.hold and each.hold.value.replace("_", " ")),
    ]
    shown = shown_columns(columns, report.open_points)
    paper = book.paper("Decisions", [each.width for each in shown], frozen="A2")
    paper.table("Decisions", shown, report.open_points)
    paper.repeat(1)


def _apart(decision: OpenPoint) -> int | None:
    return None if decision.calendar_days is None else abs(decision.calendar_days)
