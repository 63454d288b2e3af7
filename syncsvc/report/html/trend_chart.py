"""Milestone trend analysis as small pictures: the report date runs to the right, the date of the milestone up.

Every picture of a group shows as many days as the others, so that slopes can be compared; one that needs many more has
a scale of its own and says so.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Final

from syncsvc.model import Field, Side
from syncsvc.report.html import svg
from syncsvc.report.html.terms import Moved, between, month, moved, side_name
from syncsvc.report.time_axis import TimeAxis
from syncsvc.report.words import day
from syncsvc.sides import SidesRow
from syncsvc.trend import Trend, TrendLine, TrendPoint

WIDTH: Final = 276
HEIGHT: Final = 164
_LEFT: Final = 58
_RIGHT: Final = 244
_SIDES_AT: Final = 258  # where dates of other sides stand
_TOP: Final = 10
_BOTTOM: Final = 138
_LEAST_DAYS: Final = 120
_MARGIN: Final = 0.08  # of the span, above and below
_MOST_TICKS: Final = 5


@dataclass(frozen=True, slots=True)
class Panel:
    """One milestone: its picture, what became of it, and whether the picture has a scale of its own."""

    line: TrendLine
    picture: str
    outcome: Moved  # how far the due date went, or the completion
    own_scale: bool


def draw_panels(
    trend: Trend, lines: Sequence[TrendLine], sides: dict[str, SidesRow], holidays: frozenset[date]
) -> list[Panel]:
    """A picture of each line; `sides` are the rows in which Jira or the published document says something else."""
    beside = {line.code: _others(sides.get(line.code), line) for line in lines}
    spans = sorted(_span(line, beside[line.code]) for line in lines)
    if not spans:
        return []
    shared = max(spans[min(len(spans) * 9 // 10, len(spans) - 1)], _LEAST_DAYS)
    panels = []
    for line in lines:
        own = _span(line, beside[line.code])
        picture = _Picture(trend.points, line, beside[line.code], max(own, shared)).draw()
        panels.append(Panel(line, picture, _outcome(line, holidays), own > shared))
    return panels


def travelled(line: TrendLine) -> int:
    """How many days its due dates cover over all points: what makes a milestone one of the largest movers."""
    days = [each for each in line.dues if each is not None]
    return (max(days) - min(days)).days if days else 0


def end_of(line: TrendLine) -> int:
    """The last place that is drawn: completion ends the line."""
    return len(line.dues) - 1 if line.completed_at is None else line.completed_at


def _outcome(line: TrendLine, holidays: frozenset[date]) -> Moved:
    """When it was completed; of an open one how far its due date went from the first export to the last."""
    if line.completed_at is not None:
        against = moved(between(line.dues[line.completed_at], line.completed, holidays), same="on the day")
        return Moved(f"completed {day(line.completed, 'without a date')}", against.lead)
    dues = [each for each in line.dues if each is not None]
    return moved(between(dues[0], dues[-1], holidays)) if len(dues) > 1 else Moved("one date, so no slip")


def _others(row: SidesRow | None, line: TrendLine) -> dict[Side, date]:
    """The due dates of other sides that are not the line's last one."""
    if row is None:
        return {}
    last = line.dues[-1] if line.dues else None
    return {
        side: each.value
        for side, each in row.due.dates.items()
        if side is not Side.PMCS and each.value is not None and each.value != last
    }


def _days_of(line: TrendLine, others: dict[Side, date]) -> list[date]:
    end = end_of(line) + 1
    days = [each for each in (*line.dues[:end], *line.forecasts[:end]) if each is not None]
    if line.completed is not None:
        days.append(line.completed)
    return [*days, *others.values()]


def _span(line: TrendLine, others: dict[Side, date]) -> int:
    days = _days_of(line, others)
    return (max(days) - min(days)).days if days else 0


class _Picture:
    def __init__(self, points: Sequence[TrendPoint], line: TrendLine, others: dict[Side, date], span: int) -> None:
        self._points, self._line, self._others = points, line, others
        days = _days_of(line, others) or [points[-1].on]
        middle = min(days).toordinal() + (max(days) - min(days)).days / 2
        half = span * (0.5 + _MARGIN)
        first = date.fromordinal(max(int(middle - half), 1))
        last = date.fromordinal(min(int(middle + half) + 1, date.max.toordinal()))
        self._up = TimeAxis(first, last, _BOTTOM, _TOP)
        self._along = TimeAxis(points[0].on, max(points[-1].on, points[0].on), _LEFT + 6, _RIGHT - 6)
        self._newest = [at for at, point in enumerate(points) if point.newest]

    def draw(self) -> str:
        end = end_of(self._line)
        marks = [
            *self._gaps(),
            *self._grid(),
            *self._diagonal(),
            *self._forecast(end),
            *self._due(end),
            *self._earlier_editions(end),
            *self._completion(),
            *self._beside(),
        ]
        return svg.picture("trend", WIDTH, HEIGHT, *marks, named=self._words())

    def _x(self, at: int) -> float:
        return self._along.place(self._points[at].on)

    def _grid(self) -> Iterator[str]:
        for tick in self._up.ticks()[:: -(-len(self._up.ticks()) // _MOST_TICKS)]:
            y = self._up.place(tick.day)
            yield svg.line("grid", _LEFT, y, _RIGHT, y)
            yield svg.text(_LEFT - 6, y + 4, tick.label, "tick end")
        yield svg.line("axis", _LEFT, _BOTTOM + 4, _RIGHT, _BOTTOM + 4)
        first, last = self._points[0], self._points[-1]
        for at in self._newest:
            yield svg.line("axis", self._x(at), _BOTTOM + 4, self._x(at), _BOTTOM + 7)
        if first.on == last.on:
            yield svg.text((_LEFT + _RIGHT) / 2, HEIGHT - 6, _name(last), "tick middle")
        else:
            yield svg.text(_LEFT, HEIGHT - 6, _name(first), "tick")
            yield svg.text(_RIGHT, HEIGHT - 6, _name(last), "tick end")

    def _gaps(self) -> Iterator[str]:
        for at, point in enumerate(self._points):
            if point.gap and at:
                x1, x2 = self._x(at - 1), self._x(at)
                yield svg.element(
                    "rect", class_="gap", x=x1 + 2, y=_TOP, width=max(x2 - x1 - 4, 1), height=_BOTTOM + 4 - _TOP
                )

    def _diagonal(self) -> Iterator[str]:
        """Where report date and milestone date are the same day: below it the date has passed."""
        first, last = max(self._along.first, self._up.first), min(self._along.last, self._up.last)
        if first < last:
            x1, x2 = self._along.place(first), self._along.place(last)
            yield svg.line("diagonal", x1, self._up.place(first), x2, self._up.place(last))

    def _due(self, end: int) -> Iterator[str]:
        rebaselined = set(self._line.rebaselined)
        for before, after, broken in self._steps(self._line.dues, end):
            (x1, y1), (x2, y2) = self._place(before, self._line.dues), self._place(after, self._line.dues)
            kind = "due unknown" if broken else "due"
            if y1 != y2 and rebaselined & set(range(before + 1, after + 1)):
                yield svg.line(kind, x1, y1, x2, y1)
                yield svg.line("rebaselined", x2, y1, x2, y2)
            else:
                yield svg.line(kind, x1, y1, x2, y2)
        for at in self._shown(self._line.dues, end):
            yield svg.circle("due-point", *self._place(at, self._line.dues), 2.6)

    def _forecast(self, end: int) -> Iterator[str]:
        forecasts = self._line.forecasts
        for before, after, broken in self._steps(forecasts, end):
            kind = "forecast unknown" if broken else "forecast"
            yield svg.line(kind, *self._place(before, forecasts), *self._place(after, forecasts))
        for at in self._shown(forecasts, end):
            if forecasts[at] != self._line.dues[at]:
                yield svg.circle("forecast-point", *self._place(at, forecasts), 2.2)

    def _earlier_editions(self, end: int) -> Iterator[str]:
        """What an edition said that was issued again, where the last one of the month says something else."""
        dues = self._line.dues
        for at, point in enumerate(self._points):
            newest = next((last for last in self._newest if last > at), at)
            if not point.newest and at <= end and dues[at] not in {None, dues[newest]}:
                yield svg.circle("edition", *self._place(at, self._line.dues), 3.6)

    def _completion(self) -> Iterator[str]:
        at = self._line.completed_at
        shown = self._line.completed or (self._line.dues[at] if at is not None else None)
        if at is not None and shown is not None:
            x, y = self._x(at), self._up.place(shown)
            due = self._line.dues[at]
            if due is not None and due != shown:
                yield svg.line("to-completion", x, self._up.place(due), x, y)
            yield svg.diamond("completed", x, y, 5)

    def _beside(self) -> Iterator[str]:
        for side, value in self._others.items():
            mark = svg.square if side is Side.JIRA else svg.triangle
            yield mark(f"beside {side.value}", _SIDES_AT, self._up.place(value), 4)

    def _steps(self, values: Sequence[date | None], end: int) -> Iterator[tuple[int, int, bool]]:
        """Pairs of newest editions that follow each other, and whether something between them is not known."""
        shown = list(self._shown(values, end))
        for before, after in pairwise(shown):
            places = range(before + 1, after + 1)
            skipped = any(at in places and at != after for at in self._newest)
            yield before, after, skipped or any(self._points[at].gap for at in places)

    def _shown(self, values: Sequence[date | None], end: int) -> Iterator[int]:
        return (at for at in self._newest if at <= end and values[at] is not None)

    def _place(self, at: int, values: Sequence[date | None]) -> tuple[float, float]:
        value = values[at]
        if value is None:
            raise ValueError("only a date has a place")
        return self._x(at), self._up.place(value)

    def _words(self) -> str:
        """All the picture shows."""
        said = [f"{self._line.code}:"]
        for at, point in enumerate(self._points):
            due = self._line.dues[at]
            edition = f" edition {point.edition}" if point.edition is not None and not point.newest else ""
            again = ", re-baselined" if at in self._line.rebaselined else ""
            said.append(f"{_name(point)}{edition} due {day(due, 'not shown')}{again};")
        if self._line.completed_at is not None:
            said.append(f"completed {day(self._line.completed, 'without a date')};")
        said += [f"{side_name(side)} {Field.DUE.value} {day(value)};" for side, value in self._others.items()]
        return " ".join(said).removesuffix(";")


def _name(point: TrendPoint) -> str:
    return month(point.period) if point.period else day(point.on)
