"""The sheet Causes: why things differ, with parts that add up; how far due dates moved; every single difference."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from syncsvc.causes import CauseCount, Difference
from syncsvc.month_report import MonthReport
from syncsvc.report.words import title
from syncsvc.report.workbook.book import Book
from syncsvc.report.workbook.chart import EARLIER, LATER, draw_bars
from syncsvc.report.workbook.look import (
    CODE,
    COUNT,
    DATE,
    DAYS_MOVED,
    FAINT,
    HEAD,
    LONG_QUIET,
    LONG_TEXT,
    QUIET,
    TEXT,
    TITLE,
)
from syncsvc.report.workbook.paper import Cell, Column, Paper, Put
from syncsvc.report.workbook.phrase import ASPECTS, CAUSES, cause_word

if TYPE_CHECKING:
    from openpyxl.chart._chart import ChartBase

#: The largest number of days of each class of moves.
_CLASSES: Final = (3, 30, 90, 180, 365)
_WIDTHS: Final = (18, 18, 20, 20, 14, 22, 44)
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


def draw_classes(classes: Classes) -> "ChartBase":
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
    heads = ("What", "Cause", "Differences", "of them later", "earlier", "", "What it means")
    paper.put(*(Put(each, HEAD) for each in heads))
    for each in counts:
        word, meaning = CAUSES[each.cause]
        moved = each.slipped or each.pulled_in
        paper.put(
            Put(ASPECTS[each.aspect], TEXT),
            Put(word, TEXT.but(bold=True, wrap=False)),
            Put(each.differences, COUNT),
            Put(each.slipped if moved else None, COUNT),
            Put(each.pulled_in if moved else None, COUNT),
            Put(None, TEXT),
            Put(meaning, LONG_QUIET),
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
    paper.put(Put("Calendar days", HEAD), Put("later", HEAD), Put("earlier", HEAD))
    first = paper.row_number + 1
    least = 1
    for at, most in enumerate((*_CLASSES, None)):
        words = f"{least} to {most}" if most else f"over {least - 1}"
        paper.put(Put(words, TEXT), Put(later[at], COUNT), Put(earlier[at], COUNT))
        least = (most or 0) + 1
    return Classes(paper, first, paper.row_number)


def _write_differences(paper: Paper, report: MonthReport) -> None:
    chain = report.attribution.chain
    several = len(chain) > 2
    names = {row.code: row.name for row in report.rows}
    columns: list[Column[Difference]] = [
        Column("code", "Milestone", 0, lambda each: each.code, CODE, stays=True),
        Column("aspect", "What", 0, lambda each: ASPECTS[each.aspect], stays=True),
        Column("cause", "Cause", 0, lambda each: cause_word(each.cause), stays=True),
        Column("before", "Before", 0, lambda each: _value(each.before), LONG_TEXT, stays=True),
        Column("after", "After", 0, lambda each: _value(each.after), LONG_TEXT, stays=True),
        Column("calendar_days", "Calendar days", 0, lambda each: each.calendar_days, DAYS_MOVED, stays=True),
        Column("name", "Name", 0, lambda each: names.get(each.code) or None, LONG_QUIET, stays=True),
    ]
    if several:
        steps = [f"{title(was)} to {title(now)}" for was, now in pairwise(chain)]
        columns.append(Column("step", "Between", 0, lambda each: steps[each.step], QUIET, stays=True))
    paper.section(f"Every difference ({len(report.attribution.differences):,})")
    paper.put("This list is not printed.", look=FAINT)
    paper.table("Differences", columns, report.attribution.differences)


def _value(value: object) -> Cell:
    from datetime import date

    if isinstance(value, date):
        return Put(value, DATE.but(across="left"))
    return None if value is None else str(value)
