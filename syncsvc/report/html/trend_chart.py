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

_LEAST_DAYS: Final = 120
_MARGIN: Final = 0.08  # of the span, above and below


@dataclass(frozen=True, slots=True)
class Frame:
    """How large a picture is, and where its lines may go."""

    width: int
    height: int
    left: int
    right: int
    sides_at: int  # where dates of other sides stand
    top: int
    bottom: int
    most_ticks: int


SMALL: Final = Frame(width=276, height=164, left=58, right=244, sides_at=258, top=10, bottom=138, most_ticks=5)


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
        picture = Picture(trend.points, line, beside[line.code], max(own, shared)).draw()
        panels.append(Panel(line, picture, outcome(line, holidays), own > shared))
    return panels


def travelled(line: TrendLine) -> int:
    """How many days its due dates cover over all points: what makes a milestone one of the largest movers."""
    days = [each for each in line.dues if each is not None]
    return (max(days) - min(days)).days if days else 0


def end_of(line: TrendLine) -> int:
    """The last place that is drawn: completion ends the line."""
    return len(line.dues) - 1 if line.completed_at is None else line.completed_at


def outcome(line: TrendLine, holidays: frozenset[date]) -> Moved:
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


def days_of(line: TrendLine, others: dict[Side, date]) -> list[date]:
    """Every date that is drawn of a line."""
    end = end_of(line) + 1
    days = [each for each in (*line.dues[:end], *line.forecasts[:end]) if each is not None]
    if line.completed is not None:
        days.append(line.completed)
    return [*days, *others.values()]


def _span(line: TrendLine, others: dict[Side, date]) -> int:
    days = days_of(line, others)
    return (max(days) - min(days)).days if days else 0


class Picture:
    """One line in its frame, as high as `span` days."""

    def __init__(
        self,
        points: Sequence[TrendPoint],
        line: TrendLine,
        others: dict[Side, date],
        span: int,
        *,
        frame: Frame = SMALL,
        days: Sequence[date] = (),
        read_on: Sequence[date] = (),
    ) -> None:
        """`days` are further dates that must fit in, `read_on` further report dates."""
        self._points, self._line, self._others, self._frame = points, line, others, frame
        days = [*days_of(line, others), *days] or [points[-1].on]
        middle = min(days).toordinal() + (max(days) - min(days)).days / 2
        half = span * (0.5 + _MARGIN)
        first = date.fromordinal(max(int(middle - half), 1))
        last = date.fromordinal(min(int(middle + half) + 1, date.max.toordinal()))
        self._up = TimeAxis(first, last, frame.bottom, frame.top)
        reported = [points[0].on, points[-1].on, *read_on]
        self._along = TimeAxis(min(reported), max(reported), frame.left + 6, frame.right - 6)
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
        return svg.picture("trend", self._frame.width, self._frame.height, *marks, named=self._words())

    def _x(self, at: int) -> float:
        return self._along.place(self._points[at].on)

    def _grid(self) -> Iterator[str]:
        frame = self._frame
        for tick in self._up.ticks()[:: -(-len(self._up.ticks()) // frame.most_ticks)]:
            y = self._up.place(tick.day)
            yield svg.line("grid", frame.left, y, frame.right, y)
            yield svg.text(frame.left - 6, y + 4, tick.label, "tick end")
        yield svg.line("axis", frame.left, frame.bottom + 4, frame.right, frame.bottom + 4)
        for at in self._newest:
            yield svg.line("axis", self._x(at), frame.bottom + 4, self._x(at), frame.bottom + 7)
        yield from self._report_dates()

    def _report_dates(self) -> Iterator[str]:
        """The names below the axis: of the first and of the last point."""
        frame, first, last = self._frame, self._points[0], self._points[-1]
        if first.on == last.on:
            yield svg.text((frame.left + frame.right) / 2, frame.height - 6, name_of(last), "tick middle")
        else:
            yield svg.text(frame.left, frame.height - 6, name_of(first), "tick")
            yield svg.text(frame.right, frame.height - 6, name_of(last), "tick end")

    def _gaps(self) -> Iterator[str]:
        frame = self._frame
        for at, point in enumerate(self._points):
            if point.gap and at:
                x1, x2 = self._x(at - 1), self._x(at)
                width, height = max(x2 - x1 - 4, 1), frame.bottom + 4 - frame.top
                yield svg.element("rect", class_="gap", x=x1 + 2, y=frame.top, width=width, height=height)

    def _diagonal(self) -> Iterator[str]:
        """Where report date and milestone date are the same day: below it the date has passed."""
        yield from self._diagonal_until(self._along.last)

    def _diagonal_until(self, end: date) -> Iterator[str]:
        first, last = max(self._along.first, self._up.first), min(end, self._up.last)
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
            yield mark(f"beside {side.value}", self._frame.sides_at, self._up.place(value), 4)

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
            said.append(f"{name_of(point)}{edition} due {day(due, 'not shown')}{again};")
        if self._line.completed_at is not None:
            said.append(f"completed {day(self._line.completed, 'without a date')};")
        said += [f"{side_name(side)} {Field.DUE.value} {day(value)};" for side, value in self._others.items()]
        return " ".join(said).removesuffix(";")


def name_of(point: TrendPoint) -> str:
    """The month of a point, else its day."""
    return month(point.period) if point.period else day(point.on)
