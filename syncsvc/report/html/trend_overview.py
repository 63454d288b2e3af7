"""The milestones of one level in one picture: the report date to the right, their due dates up, a name at each end.

A changed baseline is a heavy step where two exports follow each other; across months that are not known the line leads
straight from one date to the other, dotted, since nobody knows when it was changed.
Only for as many lines as can be told apart; the small pictures below it show each of them with all that is known.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Final

from syncsvc.report.html import svg
from syncsvc.report.html.terms import month
from syncsvc.report.html.trend_chart import Panel, end_of
from syncsvc.report.layout import clean
from syncsvc.report.text_width import cut_to_width
from syncsvc.report.time_axis import TimeAxis
from syncsvc.report.words import day
from syncsvc.trend import TrendLine, TrendPoint

WIDTH: Final = 1200
_LEFT: Final = 64
_RIGHT: Final = 800
_LABEL: Final = 836
_OUTCOME: Final = 960
_TOP: Final = 16
_APART: Final = 17  # of two labels
_LEAST: Final = 300
_SIZE: Final = 12.0


@dataclass(slots=True)
class _Label:
    """Where a line ends, and where its name can stand without covering another."""

    panel: Panel
    x: float
    y: float
    at: float


def draw_overview(points: Sequence[TrendPoint], panels: Sequence[Panel]) -> str:
    """The picture; empty where there are fewer than two points or lines."""
    drawn = [panel for panel in panels if any(panel.line.dues[: end_of(panel.line) + 1])]
    if len(drawn) < 2 or len({point.on for point in points}) < 2:
        return ""
    days = [day for panel in drawn for day in _days(panel.line)]
    bottom = _TOP + max(_LEAST, _APART * len(drawn))
    up = TimeAxis(min(days), max(days), bottom - 10, _TOP + 10)
    along = TimeAxis(points[0].on, points[-1].on, _LEFT + 10, _RIGHT - 10)
    labels = [_label(panel, points, along, up) for panel in drawn]
    _spread(labels, _TOP + 8, bottom - 4)
    marks = [
        *_gaps(points, along, bottom),
        *_axes(points, along, up, bottom),
        *_diagonal(along, up),
        *(mark for label in labels for mark in _leader(label)),
        *(mark for panel in drawn for mark in _line(panel, points, along, up)),
        *(mark for label in labels for mark in _name(label)),
    ]
    words = "; ".join(f"{panel.line.code} {panel.outcome.lead}" for panel in drawn)
    return svg.picture("trend overview", WIDTH, bottom + 30, *marks, named=f"Due dates over the exports. {words}.")


def _days(line: TrendLine) -> list[date]:
    shown = [each for each in line.dues[: end_of(line) + 1] if each is not None]
    return [*shown, line.completed] if line.completed_at is not None and line.completed is not None else shown


def _label(panel: Panel, points: Sequence[TrendPoint], along: TimeAxis, up: TimeAxis) -> _Label:
    line, end = panel.line, end_of(panel.line)
    at, due = next((at, due) for at in range(end, -1, -1) if (due := line.dues[at]) is not None)
    shown = line.completed if line.completed_at is not None and line.completed is not None else due
    y = up.place(shown)
    return _Label(panel, along.place(points[at].on), y, y)


def _spread(labels: list[_Label], top: float, bottom: float) -> None:
    """Down from the top, then up from the bottom, each label keeps its distance from the one before it."""
    labels.sort(key=lambda label: (label.y, label.panel.line.code))
    at = top - _APART
    for label in labels:
        at = label.at = max(label.at, at + _APART)
    at = bottom + _APART
    for label in reversed(labels):
        at = label.at = min(label.at, at - _APART)


def _gaps(points: Sequence[TrendPoint], along: TimeAxis, bottom: float) -> Iterator[str]:
    for before, after in pairwise(points):
        if after.gap:
            x1, x2 = along.place(before.on) + 4, along.place(after.on) - 4
            yield svg.element("rect", class_="gap", x=x1, y=_TOP, width=max(x2 - x1, 1), height=bottom - _TOP)


def _axes(points: Sequence[TrendPoint], along: TimeAxis, up: TimeAxis, bottom: float) -> Iterator[str]:
    for tick in up.ticks():
        y = up.place(tick.day)
        yield svg.line("grid", _LEFT, y, _RIGHT, y)
        yield svg.text(_LEFT - 8, y + 4, tick.label, "tick end")
    yield svg.line("axis", _LEFT, bottom, _RIGHT, bottom)
    free = 0.0
    newest = [point for point in points if point.newest]
    for point in (newest[-1], *newest[:-1]):
        x = along.place(point.on)
        yield svg.line("axis", x, bottom, x, bottom + 4)
        if point is newest[-1] or free <= x < along.place(newest[-1].on) - 64:
            yield svg.text(x, bottom + 18, month(point.period) if point.period else day(point.on), "tick middle")
            free = 0.0 if point is newest[-1] else x + 64


def _diagonal(along: TimeAxis, up: TimeAxis) -> Iterator[str]:
    first, last = max(along.first, up.first), min(along.last, up.last)
    if first < last:
        yield svg.line("diagonal", along.place(first), up.place(first), along.place(last), up.place(last))


def _line(panel: Panel, points: Sequence[TrendPoint], along: TimeAxis, up: TimeAxis) -> Iterator[str]:
    line, end = panel.line, end_of(panel.line)
    tone = panel.outcome.tone if panel.outcome.tone in {"late", "early"} else "steady"
    shown = [(at, due) for at, due in enumerate(line.dues[: end + 1]) if due is not None and points[at].newest]
    for (before, was), (after, now) in pairwise(shown):
        x1, x2 = along.place(points[before].on), along.place(points[after].on)
        y1, y2 = up.place(was), up.place(now)
        if any(point.gap for point in points[before + 1 : after + 1]):
            yield svg.line(f"run {tone} unknown", x1, y1, x2, y2)
        elif after in line.rebaselined:
            yield svg.line(f"run {tone}", x1, y1, x2, y1)
            yield svg.line(f"step {tone}", x2, y1, x2, y2)
        else:
            yield svg.line(f"run {tone}", x1, y1, x2, y2)
    for at, due in shown:
        yield svg.circle(f"stop {tone}", along.place(points[at].on), up.place(due), 2.4)
    if line.completed_at is not None and (shown or line.completed):
        reached = line.completed or line.dues[line.completed_at]
        if reached is not None:
            yield svg.diamond("completed", along.place(points[line.completed_at].on), up.place(reached), 5)


def _leader(label: _Label) -> Iterator[str]:
    yield svg.path("leader", [(label.x + 5, label.y), (_RIGHT + 6, label.y), (_LABEL - 6, label.at)])


def _name(label: _Label) -> Iterator[str]:
    panel = label.panel
    code = cut_to_width(clean(panel.line.code), _OUTCOME - _LABEL - 8, _SIZE, bold=True)
    yield svg.text(_LABEL, label.at + 4, code, "label")
    tone = panel.outcome.tone if panel.outcome.tone in {"late", "early"} else "same"
    sign = {"late": "\u25b2 ", "early": "\u25bc ", "same": ""}[tone]
    yield svg.text(_OUTCOME, label.at + 4, f"{sign}{panel.outcome.lead}", f"outcome {tone}")
