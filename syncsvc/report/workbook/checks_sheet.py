"""The sheet Checks: each rule, how many milestones it was asked of, and those that break it."""

from typing import Final

from syncsvc.checks import Check, Finding
from syncsvc.month_report import MonthReport
from syncsvc.report.words import title
from syncsvc.report.workbook.book import Book
from syncsvc.report.workbook.look import (
    CODE,
    COUNT,
    FAINT,
    HEAD,
    LATE_INK,
    LONG_QUIET,
    LONG_TEXT,
    QUIET,
    RIGHT_HEAD,
    TEXT,
    TITLE,
)
from syncsvc.report.workbook.paper import Column, Paper, Put

_WIDTHS: Final = (34, 18, 50, 44, 12)


def write_checks(book: Book, report: MonthReport) -> None:
    """Write the sheet."""
    paper = book.paper("Checks", _WIDTHS)
    paper.put("Checks", look=TITLE)
    paper.put(f"What {title(report.drift.after)} can be checked for by itself.", look=FAINT)
    paper.skip()
    heads = (("Check", HEAD), ("Break it", RIGHT_HEAD), ("Rule", HEAD), ("Asked of", HEAD), ("Base", RIGHT_HEAD))
    paper.put(*(Put(word, look) for word, look in heads))
    for check in report.checks:
        _write_check(paper, check)
    findings = [(check, finding) for check in report.checks for finding in check.findings]
    paper.section(f"Findings ({len(findings):,})")
    if not findings:
        paper.put("Nothing was found.")
        return
    columns: list[Column[tuple[Check, Finding]]] = [
        Column("check", "Check", 0, lambda each: each[0].title, stays=True),
        Column("code", "Milestone", 0, lambda each: each[1].code, CODE, stays=True),
        Column("name", "Name", 0, lambda each: each[1].name or None, LONG_TEXT, stays=True),
        Column("words", "Finding", 0, lambda each: each[1].words, LONG_TEXT, stays=True),
    ]
    paper.table("Findings", columns, findings)


def _write_check(paper: Paper, check: Check) -> None:
    name, rule = Put(check.title, TEXT.but(bold=True)), Put(check.rule, LONG_TEXT)
    if check.why_not is not None:
        said = Put(f"Not computed. {check.why_not}", LONG_QUIET.but(italic=True))
        paper.put(name, Put("not computed", QUIET.but(across="right", indent=1)), rule, said, Put(None, TEXT))
        return
    count = COUNT.but(bold=True, ink=LATE_INK) if check.findings else COUNT
    paper.put(name, Put(len(check.findings), count), rule, Put(check.base_words, LONG_TEXT), Put(check.base, COUNT))
