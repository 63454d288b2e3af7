"""The drift report as a workbook: Summary, Drift and what explains them. The same report gives the same bytes.

Sheets are streamed (openpyxl's write-only mode), so that ten thousand milestones need neither the time nor the
memory of a workbook that is held whole. Nothing that a source says is taken for a formula, a link or a code.
"""

from typing import Final

from syncsvc.month_report import MonthReport, name_period
from syncsvc.review_sheet import SHEET, Review

_ORDER: Final = (
    SHEET, "Summary", "Decisions", "Handed over", "Drift", "Sides", "Causes", "Changes", "Checks", "Narratives",
    "Trend", "Burn-down", "Sources",
)  # fmt: skip


def drift_workbook(report: MonthReport, review: Review | None = None) -> bytes:
    """The report as an XLSX file; with a review in front of it, the rows of which a person fills in."""
    from syncsvc.report.workbook.book import Book
    from syncsvc.report.workbook.burn_sheet import write_burn_down, write_trend
    from syncsvc.report.workbook.causes_sheet import write_causes
    from syncsvc.report.workbook.changes_sheet import write_changes
    from syncsvc.report.workbook.checks_sheet import write_checks
    from syncsvc.report.workbook.decisions_sheet import write_decisions
    from syncsvc.report.workbook.drift_sheet import write_drift
    from syncsvc.report.workbook.hand_overs_sheet import write_hand_overs
    from syncsvc.report.workbook.narratives_sheet import write_narratives
    from syncsvc.report.workbook.review_sheet import write_review
    from syncsvc.report.workbook.sides_sheet import write_sides
    from syncsvc.report.workbook.sources_sheet import write_sources
    from syncsvc.report.workbook.summary_sheet import write_summary

    what = "Milestone drift" if review is None else "Milestone review"
    title = f"{what}, {name_period(report.drift.after)}"
    footer = " · ".join(filter(None, (report.project, title)))
    book = Book(title, footer, report.prepared_at)
    write_drift(book, report)
    write_decisions(book, report)
    write_hand_overs(book, report)
    write_sides(book, report)
    classes = write_causes(book, report)
    write_changes(book, report)
    write_checks(book, report)
    write_narratives(book, report)
    write_trend(book, report)
    burn_down = write_burn_down(book, report)
    write_summary(book, report, classes, burn_down, opened=review is None)
    write_sources(book, report)
    if review is not None:
        write_review(book, report, review)
    return book.finish(_ORDER)
