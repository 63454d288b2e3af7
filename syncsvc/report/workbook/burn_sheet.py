"""The sheets Trend and Burn-down: what every reporting date said about each milestone, and how many were left."""

import math
from collections.abc import Callable
from datetime import date
from typing import Final

from openpyxl.chart._chart import ChartBase

from syncsvc.month_report import MonthReport
from syncsvc.report.words import counted
from syncsvc.report.workbook.book import Book
from syncsvc.report.workbook.chart import draw_burn_down, size
from syncsvc.report.workbook.look import (
    AMBER_FILL,
    AMBER_INK,
    CODE,
    COUNT,
    DATE,
    FAINT,
    FAINT_INK,
    HEAD,
    LONG_TEXT,
    QUIET,
    RIGHT_HEAD,
    TITLE,
    Look,
)
from syncsvc.report.workbook.paper import Cell, Column, Paper, Put
from syncsvc.trend import Trend, TrendLine, TrendPoint, month_end

_MOST_POINTS: Final = 150
_MOST_ON_A_PAGE: Final = 70
_DAY_HEAD: Final = HEAD.but(across="center")
_NO_EXPORT: Final = DATE.but(ink=FAINT_INK)
_POINTS_A_PAGE: Final = 14
_REBASELINED: Final = DATE.but(bold=True, ink=AMBER_INK, fill=AMBER_FILL)
_AFTER_COMPLETION: Final = DATE.but(ink="9AA5B1")


def write_trend(book: Book, report: MonthReport) -> None:
    """The due date of each milestone at each reporting date: one that rises to the right slips."""
    trend = report.trend
    first = max(len(trend.points) - _MOST_POINTS, 0)
    places = range(first, len(trend.points))
    headings = _headings(trend.points)
    columns: list[Column[TrendLine]] = [
        Column("code", "Milestone", 17, lambda line: line.code, CODE),
        Column("name", "Name", 60, lambda line: line.name or None, LONG_TEXT),
        *(Column(f"due_{at}", headings[at], 12, _due(at)) for at in places),
        Column("forecast", "Forecast now", 12, lambda line: line.forecasts[-1], DATE),
        Column("completed", "Completed", 12, lambda line: line.completed, DATE),
        Column("moves", "Times re-baselined", 12, lambda line: len(line.rebaselined) or None, COUNT),
    ]
    pages = max(math.ceil(len(places) / _POINTS_A_PAGE), 1)
    paper = book.paper("Trend", [each.width for each in columns], frozen="C2", pages_wide=pages)
    paper.table("Trend", columns, trend.lines)
    paper.repeat(1)
    paper.skip()
    paper.put("Amber: the baseline was changed with this edition. Grey: already completed.", look=FAINT)
    if trend.gaps:
        paper.put(f"{counted(len(trend.gaps), 'month')} without an export in between: {_gaps(trend.gaps)}.", look=FAINT)
    if first:
        paper.put(f"The oldest {counted(first, 'edition')} are left out.", look=FAINT)


def write_burn_down(book: Book, report: MonthReport) -> "BurnDown":
    """How many milestones were left at each reporting date, and how many the newest source promises to leave."""
    paper = book.paper("Burn-down", (14, 10, 16, 22, 14, 16, 3, 14, 14, 14, 14, 14))
    paper.put("Burn-down", look=TITLE)
    paper.put(
        "Milestones that are left at the data date of each month's last edition; a month without an export is a gap.",
        look=FAINT,
    )
    paper.skip()
    burn = BurnDown(paper, *_write_points(paper, report.trend))
    if paper.row_number <= _MOST_ON_A_PAGE:
        paper.on_one_page()
    paper.draw(burn.chart(wide_cm=17, high_cm=9.5), "H4")
    return burn


class BurnDown:
    """Where the figures stand, for a chart of them."""

    def __init__(self, paper: Paper, head: int, actual: tuple[int, int], planned: tuple[int, int] | None) -> None:
        self._paper = paper
        self._head = head
        self._actual = actual
        self._planned = planned

    def chart(self, *, wide_cm: float, high_cm: float) -> ChartBase:
        """Lines of what is left, what should be left, and what is promised."""
        chart = draw_burn_down(
            self._paper.sheet, "Milestones left", head=self._head, actual=self._actual, planned=self._planned
        )
        size(chart, wide_cm=wide_cm, high_cm=high_cm)
        return chart


def _write_points(paper: Paper, trend: Trend) -> tuple[int, tuple[int, int], tuple[int, int] | None]:
    head = paper.put(
        Put("Data date", _DAY_HEAD), Put("Left", RIGHT_HEAD), Put("Should be left", RIGHT_HEAD),
        Put("No export of", HEAD), Put("By the end of", _DAY_HEAD), Put("Left if every due date is kept", RIGHT_HEAD),
    )  # fmt: skip
    actual: list[tuple[Cell, ...]] = []
    newest = [point for point in trend.points if point.newest]
    for point, burn in zip(newest, trend.burn_down, strict=True):
        if point.gap:
            # A day without a value breaks the lines; a word in its place would make Excel forget all days.
            missing = month_end(date.fromisoformat(f"{point.gap[0]}-01"))
            words = point.gap[0] if len(point.gap) == 1 else f"{point.gap[0]} to {point.gap[-1]}"
            actual.append((Put(missing, _NO_EXPORT), Put(None, COUNT), Put(None, COUNT), Put(words, QUIET)))
        left, should = burn.total - burn.completed, burn.total - burn.due
        actual.append((Put(burn.on, DATE), Put(left, COUNT), Put(should, COUNT), Put(None, QUIET)))
    since = trend.burn_down[0].on if trend.burn_down else None
    planned = [(day, left) for day, left in trend.planned if since is None or day >= since]
    for at in range(max(len(actual), len(planned))):
        cells: list[Cell] = [*(actual[at] if at < len(actual) else (None,) * 4)]
        if at < len(planned):
            cells += [Put(planned[at][0], DATE), Put(planned[at][1], COUNT)]
        paper.put(*cells)
    first = head + 1
    return (
        head,
        (first, head + max(len(actual), 1)),
        (first, head + len(planned)) if planned else None,
    )


def _headings(points: tuple[TrendPoint, ...]) -> list[str]:
    """What stands above each point; every one once, since the columns of a table have names."""
    met: dict[str, int] = {}
    headings = []
    for point in points:
        edition = f"edition {point.edition}" if point.edition is not None else None
        words = " ".join(filter(None, (point.period or "", point.kind, edition))) or f"{point.on}"
        met[words] = met.get(words, 0) + 1
        headings.append(words if met[words] == 1 else f"{words} ({met[words]})")
    return headings


def _due(at: int) -> Callable[[TrendLine], Cell]:
    def due(line: TrendLine) -> Cell:
        value = line.dues[at]
        if value is None:
            return Put(None, DATE)
        look: Look = DATE
        if at in line.rebaselined:
            look = _REBASELINED
        elif line.completed_at is not None and at >= line.completed_at:
            look = _AFTER_COMPLETION
        return Put(value, look)

    return due


def _gaps(gaps: tuple[str, ...]) -> str:
    return ", ".join(gaps) if len(gaps) <= 24 else f"{', '.join(gaps[:24])} and {len(gaps) - 24} more"
