"""The burn-down: how many milestones are left at each data date, against what the due dates promise."""

from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from typing import Final

from syncsvc.report.html import svg
from syncsvc.report.time_axis import TimeAxis
from syncsvc.report.words import counted, day
from syncsvc.trend import Trend, months_between

_WIDTH: Final = 1200
_HEIGHT: Final = 330
_LEFT: Final = 52
_RIGHT: Final = 1190
_TOP: Final = 22
_BOTTOM: Final = 296
_STEPS: Final = (1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000, 2000, 2500, 5000, 10_000, 20_000, 50_000)
_MOST_LINES: Final = 6
_MOST_LABELS: Final = 6


def draw_burn_down(trend: Trend) -> str:
    """The picture; empty where no edition has a milestone."""
    top = max((point.total for point in trend.burn_down), default=0)
    days = [*(point.on for point in trend.burn_down), *(day for day, _ in trend.planned)]
    if not top or not days:
        return ""
    return _Picture(trend, top, TimeAxis(min(days), max(days), _LEFT + 8, _RIGHT - 8)).draw()


def burn_down_words(trend: Trend) -> str:
    """The last point in one sentence."""
    if not trend.burn_down:
        return ""
    last = trend.burn_down[-1]
    left, promised = last.total - last.completed, last.total - last.due
    gap = left - promised
    beside = f"{counted(abs(gap), 'milestone')} {'more' if gap > 0 else 'fewer'} than" if gap else "as many as"
    return (
        f"On {day(last.on)}, {left:,} of {counted(last.total, 'milestone')} are open, {beside} the due dates promise "
        f"({promised:,})."
    )


class _Picture:
    def __init__(self, trend: Trend, top: int, along: TimeAxis) -> None:
        self._trend, self._along = trend, along
        self._step = next((step for step in _STEPS if top / step <= _MOST_LINES), top)
        self._top = (top // self._step + 1) * self._step

    def draw(self) -> str:
        marks = [*self._grid(), *self._planned(), *self._total(), *self._actual()]
        return svg.picture("burn", _WIDTH, _HEIGHT, *marks, named=self._words())

    def _y(self, number: int) -> float:
        return _BOTTOM - (_BOTTOM - _TOP) * number / self._top

    def _grid(self) -> Iterator[str]:
        for number in range(0, self._top + 1, self._step):
            y = self._y(number)
            yield svg.line("grid" if number else "axis", _LEFT, y, _RIGHT, y)
            yield svg.text(_LEFT - 8, y + 4, f"{number:,}", "tick end")
        for tick in self._along.ticks():
            x = self._along.place(tick.day)
            yield svg.line("axis", x, _BOTTOM, x, _BOTTOM + 5)
            yield svg.text(x, _BOTTOM + 20, tick.label, "tick middle")
        last = self._trend.burn_down[-1].on
        x = self._along.place(last)
        yield svg.line("data-date", x, _TOP - 8, x, _BOTTOM)
        words, room = f"data date {day(last)}", 130
        yield svg.text(x - 6 if x > _WIDTH - room else x + 6, _TOP - 4, words, f"tick{' end' * (x > _WIDTH - room)}")

    def _planned(self) -> Iterator[str]:
        """Steps down at the end of each month with a due date."""
        planned = self._trend.planned
        if not planned:
            return
        corners: list[tuple[float, float]] = []
        for at, number in planned:
            x, y = self._along.place(at), self._y(number)
            if corners:
                corners.append((x, corners[-1][1]))
            corners.append((x, y))
        yield svg.path("planned", corners)

    def _total(self) -> Iterator[str]:
        yield from self._line("total", [(point.on, point.total) for point in self._trend.burn_down], "total-point", 3)

    def _actual(self) -> Iterator[str]:
        left = [(point.on, point.total - point.completed) for point in self._trend.burn_down]
        yield from self._line("actual", left, "actual-point", 4)
        if len(left) <= _MOST_LABELS:
            for on, number in left:
                yield svg.text(self._along.place(on) + 8, self._y(number) - 7, f"{number:,} open", "label")

    def _line(self, kind: str, values: list[tuple[date, int]], point: str, radius: float) -> Iterator[str]:
        periods = [each.period for each in self._trend.burn_down]
        for at, ((before, was), (after, now)) in enumerate(pairwise(values)):
            broken = bool(months_between(periods[at], periods[at + 1]))
            ends = self._along.place(before), self._y(was), self._along.place(after), self._y(now)
            yield svg.line(f"{kind} unknown" if broken else kind, *ends)
        for on, number in values:
            yield svg.circle(point, self._along.place(on), self._y(number), radius)

    def _words(self) -> str:
        said = [
            f"{day(point.on)}: {point.total} milestones, {point.total - point.completed} open, "
            f"{point.total - point.due} if every due date were kept"
            for point in self._trend.burn_down
        ]
        return f"Burn-down. {'; '.join(said)}."
