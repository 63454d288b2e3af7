"""Which milestones the trend shows: those of level 2, and beside them the ones that moved furthest."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from syncsvc.month_report import MonthReport
from syncsvc.report.html.terms import month
from syncsvc.report.html.trend_chart import Panel, draw_panels, travelled
from syncsvc.report.html.trend_overview import draw_overview

_MOST_OF_LEVEL: Final = 48
_MOVERS: Final = 12


@dataclass(frozen=True, slots=True)
class TrendView:
    """The pictures, and what has to be said about the months between their points."""

    overview: str
    level: tuple[Panel, ...]
    level_left_out: int
    movers: tuple[Panel, ...]
    months: int
    editions: int
    gaps: str
    signs: frozenset[str]  # what occurs in the pictures, and so in their legend


def trend(report: MonthReport) -> TrendView:
    """The trend over all editions of the report."""
    shown = report.trend
    levels = {row.code: row.level for row in report.rows}
    sides = {row.code: row.sides for row in report.rows if row.sides is not None}
    by_due = sorted(
        (line for line in shown.lines if levels.get(line.code) == 2),
        key=lambda line: (line.dues[-1] is None, str(line.dues[-1]), line.code),
    )
    level = by_due
    if len(by_due) > _MOST_OF_LEVEL:
        furthest = {line.code for line in sorted(by_due, key=lambda line: -travelled(line))[:_MOST_OF_LEVEL]}
        level = [line for line in by_due if line.code in furthest]
    others = sorted((line for line in shown.lines if levels.get(line.code) != 2), key=lambda line: -travelled(line))
    movers = [line for line in others[:_MOVERS] if travelled(line)]
    holidays = report.drift.holidays
    panels = draw_panels(shown, level, sides, holidays), draw_panels(shown, movers, sides, holidays)
    return TrendView(
        draw_overview(shown.points, panels[0]),
        tuple(panels[0]),
        len(by_due) - len(level),
        tuple(panels[1]),
        len({point.period for point in shown.points}),
        len(shown.points),
        _gap_words(report),
        frozenset(_signs([panel for group in panels for panel in group])),
    )


def _gap_words(report: MonthReport) -> str:
    """What the months without a point are: not handed in, or not exported."""
    gaps = report.trend.gaps
    if not gaps:
        return ""
    ends = [(each.period, each.kind, each.edition) for each in (report.drift.before, report.drift.after)]
    only_compared = [(point.period, point.kind, point.edition) for point in report.trend.points] == ends
    between = ", ".join(_run_words(point.gap) for point in report.trend.points if point.gap)
    if only_compared:
        return f"Not among the exports compared: {between}. What lies between is not known here."
    return f"No export: {between}."


def _run_words(months: Sequence[str]) -> str:
    """Months that follow each other: "Oct 2018, Nov 2018", "Mar 2018 to Mar 2019 (13 months)"."""
    if len(months) < 3:
        return ", ".join(map(month, months))
    return f"{month(months[0])} to {month(months[-1])} ({len(months)} months)"


def _signs(panels: Sequence[Panel]) -> Iterator[str]:
    drawn = "".join(panel.picture for panel in panels)
    for sign, mark in (
        ("rebaselined", 'class="rebaselined"'),
        ("forecast", 'class="forecast'),
        ("edition", 'class="edition"'),
        ("completed", 'class="completed"'),
        ("diagonal", 'class="diagonal"'),
        ("unknown", "unknown"),
        ("gap", 'class="gap"'),
        ("jira", 'class="beside jira"'),
        ("published", 'class="beside published"'),
    ):
        if mark in drawn:
            yield sign
    if any(panel.own_scale for panel in panels):
        yield "own_scale"
