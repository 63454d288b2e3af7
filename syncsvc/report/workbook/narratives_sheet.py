"""The sheet Narratives: what persons wrote of the month, and for which milestones one is due and missing."""

from syncsvc.month_report import MonthReport, Row
from syncsvc.report.narrative_sections import narrative_rule, repeated
from syncsvc.report.workbook.book import Book
from syncsvc.report.workbook.drift_sheet import MISSING
from syncsvc.report.workbook.look import CODE, DATE, DAYS_AGAINST, DAYS_MOVED, FAINT, LONG_TEXT, TEXT, TITLE
from syncsvc.report.workbook.paper import Cell, Column, Put

_WIDTHS = (17, 36, 13, 16, 16, 46, 40, 18, 12, 30)


def write_narratives(book: Book, report: MonthReport) -> None:
    """Write the sheet; none where no narrative is given or due. What persons wrote comes first."""
    rows = [*report.narrated, *report.not_narrated]
    if not rows:
        return
    paper = book.paper("Narratives", _WIDTHS)
    paper.put("Narratives", look=TITLE)
    paper.put(
        f"{len(report.narrated):,} given, {len(report.not_narrated):,} missing. {narrative_rule(report)}", look=FAINT
    )
    paper.skip()
    columns: list[Column[Row]] = [
        Column("code", "Milestone", 0, lambda row: row.code, CODE, stays=True),
        Column("name", "Name", 0, lambda row: row.name or None, LONG_TEXT, stays=True),
        Column("due", "Due now", 0, lambda row: row.milestone.due, DATE, stays=True),
        Column(
            "against_due",
            "Against due, working days",
            0,
            lambda r: r.against_due.working_days,
            DAYS_AGAINST,
            stays=True,
        ),
        Column("moved", "Moved, working days", 0, lambda row: row.comparison.due.working_days, DAYS_MOVED, stays=True),
        Column("why", "Why", 0, _why, LONG_TEXT, stays=True),
        Column("action", "Corrective action", 0, _action, LONG_TEXT, stays=True),
        Column("who", "Who", 0, _who, TEXT.but(indent=1), stays=True),
        Column("on", "On", 0, _on, DATE, stays=True),
        Column("warning", "To be looked at", 0, lambda row: repeated(row) or None, LONG_TEXT, stays=True),
    ]
    paper.table("Narratives", columns, rows)


def _why(row: Row) -> Cell:
    told = row.narrated.narrative if row.narrated else None
    return told.why if told else Put("missing", MISSING)


def _action(row: Row) -> Cell:
    told = row.narrated.narrative if row.narrated else None
    return told.action or None if told else None


def _who(row: Row) -> Cell:
    told = row.narrated.narrative if row.narrated else None
    return told.actor if told else None


def _on(row: Row) -> Cell:
    told = row.narrated.narrative if row.narrated else None
    return told.at.date() if told and told.at else None
