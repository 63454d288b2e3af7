"""The sheet Causes: why things differ, with parts that add up; how far due dates moved; every single difference."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from openpyxl.chart._chart import ChartBase

from syncsvc.causes import CauseCount, Difference
from syncsvc.model import Snapshot
from syncsvc.month_report import MonthReport
from syncsvc.report.workbook.book import Book
from syncsvc.report.workbook.chart import EARLIER, LATER, draw_bars
from syncsvc.report.workbook.look import (
    CODE,
    COUNT,
    DATE,
    DAYS_MOVED,
    FAINT,
    HEAD,
    LONG_TEXT,
    QUIET,
    RIGHT_HEAD,
    TEXT,
    TITLE,
)
from syncsvc.report.workbook.paper import Cell, Column, Paper, Put
from syncsvc.report.workbook.phrase import ASPECTS, CAUSES, cause_word

#: The largest number of days of each class of moves.
_CLASSES: Final = (3, 30, 90, 180, 365)
_WIDTHS: Final = (18, 22, 14, 14, 20, 44, 44)
_MEANING_HEAD: Final = HEAD.but(indent=1)
_NO_ROWS: Final = "Nothing differs."


@dataclass(frozen=True, slots=True)
class Classes:
    """Where the moves by size stand on the sheet Causes, for a chart of them."""

    paper: Paper
    first: int
    last: int


def write_causes(book: Book, report: MonthReport) -> Classes:
    """Write the sheet."""
    paper = book.paper("Causes", _WIDTHS)
    paper.put("Why things differ", look=TITLE)
    paper.put("Every difference has one cause; the differences of all rows add up to those listed below.", look=FAINT)
    paper.skip()
    _write_counts(paper, report.attribution.counts())
    classes = _write_classes(paper, report)
    paper.print_only(len(_WIDTHS))
    _write_differences(paper, report)
    return classes


def draw_classes(classes: Classes) -> ChartBase:
    """Bars of how many due dates moved how far."""
    return draw_bars(
        classes.paper.sheet,
        "Due dates moved, by calendar days",
        labels=(1, classes.first, classes.last),
        series={2: LATER, 3: EARLIER},
    )


def _write_counts(paper: Paper, counts: Sequence[CauseCount]) -> None:
    if not counts:
        paper.put(_NO_ROWS)
        return
    heads = (HEAD, HEAD, RIGHT_HEAD, RIGHT_HEAD, RIGHT_HEAD, _MEANING_HEAD, HEAD)
    words = ("What", "Cause", "Differences", "of them later", "earlier", "What it means", None)
    paper.put(*(Put(word, look) for word, look in zip(words, heads, strict=True)))
    for each in counts:
        word, meaning = CAUSES[each.cause]
        moved = each.slipped or each.pulled_in
        paper.put(
            Put(ASPECTS[each.aspect], TEXT),
            Put(word, TEXT.but(bold=True)),
            Put(each.differences, COUNT),
            Put(each.slipped if moved else None, COUNT),
            Put(each.pulled_in if moved else None, COUNT),
            Put(meaning, QUIET.but(indent=1)),
            Put(None, TEXT),
        )
    total = COUNT.but(bold=True)
    paper.put(
        Put("All differences", TEXT.but(bold=True)), Put(None, TEXT), Put(sum(c.differences for c in counts), total)
    )


def _write_classes(paper: Paper, report: MonthReport) -> Classes:
    later, earlier = [0] * (len(_CLASSES) + 1), [0] * (len(_CLASSES) + 1)
    for row in report.moves:
        days = row.comparison.due.calendar_days or 0
        (later if days > 0 else earlier)[bisect_left(_CLASSES, abs(days))] += 1
    paper.section("How far due dates moved")
    paper.put(Put("Calendar days", HEAD), Put("later", RIGHT_HEAD), Put("earlier", RIGHT_HEAD))
    first = paper.row_number + 1
    least = 1
    for at, most in enumerate((*_CLASSES, None)):
        words = f"{least} to {most}" if most else f"over {least - 1}"
        paper.put(Put(words, TEXT), Put(later[at], COUNT), Put(earlier[at], COUNT))
        least = (most or 0) + 1
    return Classes(paper, first, paper.row_number)


def _write_differences(paper: Paper, report: MonthReport) -> None:
    chain = report.attribution.chain
    names = {row.code: row.name for row in report.rows}
    columns: list[Column[Difference]] = [
        Column("code", "Milestone", 0, lambda each: each.code, CODE),
        Column("cause", "Cause", 0, lambda each: cause_word(each.cause)),
        Column("aspect", "What", 0, lambda each: ASPECTS[each.aspect]),
        Column("calendar_days", "Calendar days", 0, lambda each: each.calendar_days, DAYS_MOVED),
        Column("edition", "With", 0, lambda each: _edition(chain[each.step + 1]), QUIET.but(indent=1)),
        Column("before", "Before", 0, lambda each: _value(each.before), LONG_TEXT),
        Column("after", "After", 0, lambda each: _value(each.after), LONG_TEXT),
        Column("name", "Name", 0, lambda each: names.get(each.code) or None, QUIET),
    ]
    paper.section(f"Every difference ({len(report.attribution.differences):,})")
    paper.put("This list is not printed.", look=FAINT)
    paper.table("Differences", columns, report.attribution.differences)


def _edition(snapshot: Snapshot) -> str | None:
    edition = f"edition {snapshot.edition}" if snapshot.edition is not None else ""
    return " ".join(filter(None, (snapshot.period, snapshot.kind, edition))) or None


def _value(value: date | str | None) -> Cell:
    if isinstance(value, date):
        return Put(value, DATE.but(across="left"))
    return value
