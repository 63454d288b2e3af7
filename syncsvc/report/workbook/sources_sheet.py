"""The sheet Sources: what the report rests on, what was not used of it, and the rules it was made by."""

from collections.abc import Iterator
from typing import Final

from syncsvc.model import Reject
from syncsvc.month_report import MonthReport, Source
from syncsvc.release_list import Override
from syncsvc.report.words import counted, day, due_columns, title
from syncsvc.report.workbook.book import Book
from syncsvc.report.workbook.look import (
    ALERT,
    CODE,
    COUNT,
    DATE,
    FAINT,
    GOOD,
    LONG_QUIET,
    LONG_TEXT,
    MOMENT,
    PLAIN,
    QUIET,
    TEXT,
    TITLE,
)
from syncsvc.report.workbook.paper import Cell, Column, Paper, Put, naive

_WIDTHS: Final = (20, 24, 40, 35, 11, 17, 11, 11, 10, 15)
_MOST_ON_A_PAGE: Final = 60
_ROLES: Final = {
    "before": "compared with",
    "after": "this report",
    "edition": "edition in between",
    "jira": "Jira",
    "published": "published document",
    "pmcs": "PMCS",
}


def write_sources(book: Book, report: MonthReport) -> None:
    """Write the sheet."""
    paper = book.paper("Sources", _WIDTHS)
    paper.put("Sources and rules", look=TITLE)
    every = (
        "Every source was read completely."
        if report.complete
        else "NOT every source was read completely: what is absent there is unseen, not gone."
    )
    paper.put(every, look=GOOD if report.complete else ALERT)
    paper.skip()
    paper.table("Sources", _columns(), report.sources)
    _write_rejects(paper, report)
    _write_overrides(paper, report)
    paper.section("Rules and assumptions")
    for rule in rules_of(report):
        paper.put(rule)
    if report.run is not None:
        _write_run(paper, report)
    if paper.row_number <= _MOST_ON_A_PAGE:
        paper.on_one_page()


def rules_of(report: MonthReport) -> Iterator[str]:
    """What decides where a row stands, and what is assumed."""
    rules, drift = report.rules, report.drift
    data_date = day(drift.after.data_date, "which is not known")
    least = counted(rules.first_table_days, "calendar day")
    holidays = f"minus {counted(len(drift.holidays), 'holiday')}" if drift.holidays else "no holidays taken off"
    yield f"Working days are Monday to Friday, {holidays}; the sources carry no calendar of their own."
    yield f"Overdue and late are judged at the data date of this report, {data_date}, never at the day it is read."
    yield "Dates are compared without the time of day. Each comes from the column that the sheet Drift names beside it."
    for source in report.sources:
        if source.role in ("before", "after") and (columns := due_columns(source.snapshot.taking_part())):
            yield f"Due dates of {title(source.snapshot)} are read from {columns}."
    yield "Milestones are matched by code, or by codes that were declared to be the same; never by likeness of name."
    yield "A milestone that stands on one side only has no slip; what a source could not show is neither new nor gone."
    yield f"Every move is counted and listed, however small; tinted are those of more than {least}."
    yield f"On time is a forecast of at most {counted(rules.on_time_days, 'working day')} after the due date."
    levels = f"Level 2 are codes that begin with {rules.top}, level 3 those that begin with {rules.child}"
    yield f"{levels}, unless the source gives a level."


def _columns() -> list[Column[Source]]:
    instant = DATE.but(form=MOMENT)
    return [
        Column("role", "Role", 0, lambda each: _ROLES.get(each.role, each.role), CODE, stays=True),
        Column("title", "What", 0, lambda each: title(each.snapshot), LONG_TEXT, stays=True),
        Column("source", "File or address", 0, lambda each: each.snapshot.source, LONG_TEXT, stays=True),
        Column("sha256", "SHA-256", 0, lambda each: each.snapshot.sha256, LONG_QUIET, stays=True),
        Column("data_date", "Data date", 0, _data_date, DATE, stays=True),
        Column("taken_at", "Read at (UTC)", 0, lambda each: naive(each.snapshot.taken_at), instant, stays=True),
        Column("rows", "Rows read", 0, lambda each: each.snapshot.rows, COUNT, stays=True),
        Column("milestones", "Milestones", 0, lambda each: len(each.snapshot.taking_part()), COUNT, stays=True),
        Column("rejects", "Not used", 0, lambda each: len(each.snapshot.rejects), COUNT, stays=True),
        Column("complete", "Read", 0, _read, TEXT.but(indent=1), stays=True),
    ]  # fmt: skip


def _data_date(source: Source) -> Cell:
    return source.snapshot.data_date or Put("not known", QUIET)


def _read(source: Source) -> Cell:
    return "completely" if source.snapshot.complete else Put("NOT completely", ALERT.but(line=True))


def _write_rejects(paper: Paper, report: MonthReport) -> None:
    rejects = [(source, reject) for source in report.sources for reject in source.snapshot.rejects]
    if not rejects:
        paper.section("Not used")
        paper.put("Every row of every source was used.")
        return
    paper.section(f"Not used ({len(rejects):,})")
    columns: list[Column[tuple[Source, Reject]]] = [
        Column("role", "Source", 0, lambda each: _ROLES.get(each[0].role, each[0].role), stays=True),
        Column("where", "Place", 0, lambda each: each[1].where, LONG_TEXT, stays=True),
        Column("reason", "Why", 0, lambda each: each[1].reason, LONG_TEXT, stays=True),
        Column("code", "Code", 0, lambda each: each[1].code, LONG_TEXT, stays=True),
        Column("field", "Only this date", 0, lambda each: each[1].field, stays=True),
    ]
    paper.table("NotUsed", columns, rejects)


def _write_overrides(paper: Paper, report: MonthReport) -> None:
    if not report.overrides:
        return
    paper.section(f"Dates kept by hand that differ ({len(report.overrides):,})")
    paper.put(
        "An annotation gives these dates. They are shown here and beside the milestone, and used nowhere.", look=FAINT
    )
    date = DATE.but(across="left")
    columns: list[Column[Override]] = [
        Column("code", "Milestone", 0, lambda each: each.code, CODE, stays=True),
        Column("field", "Date", 0, lambda each: each.field.value, stays=True),
        Column("shown", "The source says", 0, lambda each: each.shown or "no date", date, stays=True),
        Column("annotated", "The annotation says", 0, lambda each: each.annotated, date, stays=True),
    ]  # fmt: skip
    paper.table("Overrides", columns, report.overrides)


def _write_run(paper: Paper, report: MonthReport) -> None:
    run = report.run
    if run is None:
        return
    paper.section("The run")
    started, finished = naive(run.started_at), naive(run.finished_at)
    facts: list[tuple[str, Cell]] = [
        ("Run", run.run),
        ("Begun by", run.trigger),
        ("Mode", run.mode.value),
        ("Started (UTC)", started),
        ("Finished (UTC)", finished),
        ("Exit code", run.exit_code),
    ]
    if run.plan is not None:
        facts += [
            ("Plan", run.plan.id),
            ("Changes planned", len(run.plan.changes)),
            ("Held for a person", len(run.plan.holds)),
            ("Limits broken", len(run.plan.violations)),
        ]
    facts += [("Could not be read or written", problem) for problem in run.problems]
    for name, value in facts:
        form = MOMENT if value in (started, finished) else "General"
        paper.put(Put(name, PLAIN), Put(value, PLAIN.but(form=form)) if not isinstance(value, Put) else value)
