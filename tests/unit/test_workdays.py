from datetime import date

import pytest

from syncsvc.workdays import working_days

FRIDAY = date(2019, 5, 3)
SATURDAY = date(2019, 5, 4)
SUNDAY = date(2019, 5, 5)
MONDAY = date(2019, 5, 6)
NEXT_FRIDAY = date(2019, 5, 10)
NEXT_MONDAY = date(2019, 5, 13)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (MONDAY, MONDAY, 0),
        (FRIDAY, MONDAY, 1),
        (MONDAY, FRIDAY, -1),
        (MONDAY, NEXT_MONDAY, 5),
        (FRIDAY, SATURDAY, 0),  # a weekend day counts as the Friday before
        (FRIDAY, SUNDAY, 0),
        (SATURDAY, SUNDAY, 0),
        (SATURDAY, MONDAY, 1),
        (SUNDAY, NEXT_MONDAY, 6),
        (date(2017, 11, 30), date(2017, 8, 31), -65),  # DM-AP-1 in contract.md
        (date.min, date.max, 2_608_614),
    ],
)
def test_counts_mondays_to_fridays_after_the_first_day(before: date, after: date, expected: int) -> None:
    assert working_days(before, after) == expected


@pytest.mark.parametrize(
    ("holidays", "expected"),
    [
        ([MONDAY], 4),
        ([MONDAY, MONDAY], 4),  # named twice, one day
        ([SATURDAY, SUNDAY], 5),  # on a weekend, takes nothing away
        ([FRIDAY], 5),  # the first day itself is never counted
        ([NEXT_FRIDAY], 4),  # the last day is
        ([NEXT_MONDAY], 5),  # after it
    ],
)
def test_holidays_are_not_working_days(holidays: list[date], expected: int) -> None:
    assert working_days(FRIDAY, NEXT_FRIDAY, holidays) == expected
    assert working_days(NEXT_FRIDAY, FRIDAY, holidays) == -expected


def test_a_holiday_counts_as_the_working_day_before_it() -> None:
    assert working_days(MONDAY, FRIDAY, [MONDAY]) == 0
    assert working_days(FRIDAY, MONDAY, [MONDAY]) == 0
