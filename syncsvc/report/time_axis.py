"""Where a day stands on a horizontal axis, and which days are named on it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple

_STEPS_MONTHS: Final = (1, 3, 6, 12, 24, 60, 120, 300, 600, 1200, 2400, 6000, 12000, 24000)
_MOST_TICKS: Final = 8
_INSET: Final = 14.0  # so that no marker sticks out


class Tick(NamedTuple):
    """A day that is named."""

    day: date
    label: str


@dataclass(frozen=True, slots=True)
class TimeAxis:
    """From the first day to the last, between `start` and `end`."""

    first: date
    last: date
    start: float
    end: float

    @classmethod
    def over(cls, days: Iterable[date], start: float, end: float) -> "TimeAxis | None":
        """The axis that shows all of them; None where there is no day."""
        known = sorted(days)
        return cls(known[0], known[-1], start + _INSET, end - _INSET) if known else None

    def place(self, day: date) -> float:
        """Where the day stands."""
        span = (self.last - self.first).days
        return self.start + (self.end - self.start) * ((day - self.first).days / span if span else 0.5)

    def ticks(self) -> list[Tick]:
        """At most eight beginnings of months or years; the two ends where there is none between them."""
        months_of = [one.year * 12 + one.month - 1 for one in (self.first, self.last)]
        begin, end = months_of[0] + (self.first.day > 1), months_of[1]
        for step in _STEPS_MONTHS:
            months = range(-(-begin // step) * step, end + 1, step)
            if len(months) <= _MOST_TICKS:
                break
        if len(months) < 2:
            return [Tick(one, one.isoformat()) for one in sorted({self.first, self.last})]
        days = (date(month // 12, month % 12 + 1, 1) for month in months)
        return [Tick(one, f"{one.year:04}" if step >= 12 else one.isoformat()[:7]) for one in days]
