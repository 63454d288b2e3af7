"""What persons wrote of the month as sections, and what nobody wrote; the words every format shares about it."""

from collections.abc import Iterator
from dataclasses import replace

from syncsvc.model import Narrative
from syncsvc.month_report import MonthReport, Row
from syncsvc.report.layout import Column
from syncsvc.report.section import NAME, Section, moved_cell, table
from syncsvc.report.words import counted, day


def narrative_sections(report: MonthReport) -> Iterator[Section]:
    """What persons wrote of the month, and what nobody wrote."""
    told = [(row.code, row.narrated.narrative) for row in report.narrated if row.narrated and row.narrated.narrative]
    if told:
        rows = tuple((code, each.why, each.action or "-", written_by(each)) for code, each in told)
        columns = (Column("code"), Column("why"), Column("action"), Column("who"))
        warnings = tuple(words for row in report.narrated if (words := repeated(row)))
        yield Section(f"Narratives ({len(rows):,})", columns, rows, notes=warnings, stacked=True)
    missing = [
        (
            row.code,
            day(row.milestone.due),
            moved_cell(row.against_due.calendar_days, row.against_due.working_days),
            moved_cell(row.comparison.due.calendar_days, row.comparison.due.working_days),
            row.name,
        )
        for row in report.not_narrated
    ]
    if without := table(
        "Narrative missing",
        (Column("code"), Column("due"), Column("against due"), Column("moved (working days)"), NAME),
        missing,
    ):
        yield replace(without, notes=(narrative_rule(report),))


def narrative_rule(report: MonthReport) -> str:
    """When a narrative is due."""
    days = counted(report.rules.narrative_days, "working day")
    return f"Due for what is open or newly completed and more than {days} late, or has moved later by more than that."


def repeated(row: Row) -> str:
    """A warning where a narrative repeats the words of an earlier month; else ""."""
    told = row.narrated
    if told is None or told.narrative is None or told.repeats is None:
        return ""
    return f"{row.code}: repeats the narrative of {told.repeats} word by word."


def written_by(narrative: Narrative) -> str:
    """Who wrote it, and on which day."""
    return f"{narrative.actor}, {narrative.at:%Y-%m-%d}" if narrative.at else narrative.actor
