"""Small pictures that stand in the rows of a table; the row says the same in words, so they are hidden from readers."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final

from syncsvc.month_report import Row
from syncsvc.report.html import svg
from syncsvc.report.time_axis import TimeAxis

SLIP_WIDTH: Final = 250
_SLIP_HEIGHT: Final = 24
_HEAD_HEIGHT: Final = 26
_BEYOND: Final = 60  # lines run on where a row is higher than its picture; the cell cuts them
_BAR_WIDTH: Final = 160


class SlipChart:
    """One time axis for all rows of the moves: where a due date was and where it is."""

    def __init__(self, rows: Iterable[Row], data_date: date | None) -> None:
        days = [day for row in rows for day in (row.comparison.due.before, row.comparison.due.after) if day]
        self._data_date = data_date
        self._axis = TimeAxis.over(days if data_date is None else [*days, data_date], 0, SLIP_WIDTH)

    def head(self) -> str:
        """The years or months of the axis, for the head of the table."""
        if self._axis is None:
            return ""
        words, last = [], -100.0
        for tick in self._axis.ticks():
            x = self._axis.place(tick.day)
            if x - last < 8 * len(tick.label) or x > SLIP_WIDTH - 4 * len(tick.label):
                continue
            words.append(svg.text(x, 12, tick.label, "tick middle"))
            words.append(svg.line("grid", x, 18, x, _HEAD_HEIGHT))
            last = x
        return svg.picture("slip", SLIP_WIDTH, _HEAD_HEIGHT, *words, *self._data_line(14, _HEAD_HEIGHT))

    def row(self, row: Row) -> str:
        """One move."""
        before, after = row.comparison.due.before, row.comparison.due.after
        if self._axis is None or before is None or after is None:
            return ""
        middle = _SLIP_HEIGHT / 2
        was, now = self._axis.place(before), self._axis.place(after)
        tone = "late" if now > was else "early"
        marks = [svg.line("grid", x, -_BEYOND, x, _SLIP_HEIGHT + _BEYOND) for x in self._ticks()]
        marks += self._data_line(-_BEYOND, _SLIP_HEIGHT + _BEYOND)
        marks.append(svg.line(f"bar {tone}", was, middle, now, middle))
        marks.append(svg.circle("was", was, middle, 4))
        marks.append(svg.diamond(f"now {tone}", now, middle, 5.5))
        return svg.picture("slip", SLIP_WIDTH, _SLIP_HEIGHT, *marks)

    def _ticks(self) -> list[float]:
        return [self._axis.place(tick.day) for tick in self._axis.ticks()] if self._axis else []

    def _data_line(self, top: float, bottom: float) -> list[str]:
        if self._axis is None or self._data_date is None:
            return []
        x = self._axis.place(self._data_date)
        return [svg.line("data-date", x, top, x, bottom)]


def share_bar(parts: Sequence[tuple[str, int]], whole: int) -> str:
    """A bar whose parts, each with its class, are shares of the whole."""
    drawn, x = [svg.element("rect", class_="rest", x=0, y=3, width=_BAR_WIDTH, height=8)], 0.0
    for kind, number in parts:
        if number and whole:
            width = max(_BAR_WIDTH * number / whole, 1.5)
            drawn.append(svg.element("rect", class_=kind, x=x, y=3, width=width, height=8))
            x += width
    return svg.picture("share", _BAR_WIDTH, 14, *drawn)
