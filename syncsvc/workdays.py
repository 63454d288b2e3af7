"""Working-day arithmetic: Monday to Friday minus named holidays. Standard library only."""

from bisect import bisect_right
from collections.abc import Collection
from datetime import date
from functools import lru_cache

_DAYS_A_WEEK = 7
_WORKING_DAYS_A_WEEK = 5


def working_days(before: date, after: date, holidays: Collection[date] = ()) -> int:
    """How many working days lie in (before, after]; negative when `after` is earlier.

    A weekend day counts as the Friday before it, a holiday as the working day before it, so that the count is
    antisymmetric and adds up over any day in between. Holidays on a weekend take nothing away.
    """
    count = _weekdays_up_to(after) - _weekdays_up_to(before)
    if not holidays:
        return count
    days = _holidays_on_weekdays(frozenset(holidays))
    return count - (bisect_right(days, after) - bisect_right(days, before))


def _weekdays_up_to(day: date) -> int:
    """Mondays to Fridays from the first day of the calendar to `day`; 0001-01-01 is a Monday."""
    weeks, days = divmod(day.toordinal(), _DAYS_A_WEEK)
    return weeks * _WORKING_DAYS_A_WEEK + min(days, _WORKING_DAYS_A_WEEK)


@lru_cache(maxsize=8)
def _holidays_on_weekdays(holidays: frozenset[date]) -> tuple[date, ...]:
    return tuple(sorted(day for day in holidays if day.weekday() < _WORKING_DAYS_A_WEEK))
