from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from syncsvc.workdays import working_days

DAYS = st.dates(date(2016, 1, 1), date(2024, 12, 31))
HOLIDAYS = st.frozensets(st.dates(date(2017, 1, 1), date(2018, 12, 31)), max_size=30)
NEAR = st.dates(date(2016, 10, 1), date(2019, 3, 31))


@given(DAYS, DAYS, HOLIDAYS)
def test_the_way_back_is_as_long(before: date, after: date, holidays: frozenset[date]) -> None:
    assert working_days(before, after, holidays) == -working_days(after, before, holidays)


@given(DAYS, DAYS, DAYS, HOLIDAYS)
def test_any_day_in_between_splits_the_count(first: date, second: date, third: date, holidays: frozenset[date]) -> None:
    parts = working_days(first, second, holidays) + working_days(second, third, holidays)
    assert working_days(first, third, holidays) == parts


@given(NEAR, NEAR, HOLIDAYS)
def test_agrees_with_counting_day_by_day(one: date, other: date, holidays: frozenset[date]) -> None:
    before, after = sorted((one, other))
    days = (before + timedelta(days=n) for n in range(1, (after - before).days + 1))
    counted = sum(1 for day in days if day.isoweekday() <= 5 and day not in holidays)
    assert working_days(before, after, holidays) == counted
