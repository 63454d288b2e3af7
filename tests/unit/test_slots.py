"""When the slot of a local date is due in the nights that clocks go forward or back, and what is done about one."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from syncsvc.slots import Slot, SlotRow, SlotState, Standing, Timetable, find_standing

LA = "America/Los_Angeles"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "at", "day", "due_at"),
    [
        (LA, time(4, 30), date(2026, 7, 1), "2026-07-01 11:30"),
        (LA, time(1, 30), date(2026, 11, 1), "2026-11-01 08:30"),  # comes twice: the first, still in summer time
        (LA, time(2, 30), date(2026, 3, 8), "2026-03-08 10:30"),  # in the gap: 03:30 by the clock that then holds
        ("America/Santiago", time(0, 30), date(2027, 9, 5), "2027-09-05 04:30"),  # the gap is at midnight
        ("Europe/Berlin", time(2, 0), date(2026, 3, 29), "2026-03-29 01:00"),
        ("Europe/Berlin", time(2, 59), date(2026, 10, 25), "2026-10-25 00:59"),
        ("Australia/Lord_Howe", time(2, 15), date(2026, 10, 4), "2026-10-03 15:45"),  # a gap of half an hour
        ("Asia/Kolkata", time(4, 30), date(2026, 3, 8), "2026-03-07 23:00"),
    ],
)
def test_each_date_has_one_slot_whatever_the_clocks_do(zone: str, at: time, day: date, due_at: str) -> None:
    timetable = Timetable(at, ZoneInfo(zone))
    assert timetable.slot(day) == Slot(day, utc(due_at))
    around = list(islice(timetable.following(utc(due_at) - timedelta(hours=30)), 3))
    assert [slot.day for slot in around] == [day + timedelta(days=n) for n in (-1, 0, 1)]


def test_a_date_that_a_zone_leaves_out_has_no_slot() -> None:
    timetable = Timetable(time(4, 30), ZoneInfo("Pacific/Apia"))
    assert timetable.slot(date(2011, 12, 30)) is None
    assert [s.day.day for s in islice(timetable.following(utc("2011-12-29 00:00")), 4)] == [29, 31, 1, 2]
    assert [s.day.day for s in timetable.between(date(2011, 12, 28), date(2012, 1, 2))] == [29, 31, 1]


def test_a_slot_is_due_from_its_very_moment_on() -> None:
    timetable = Timetable(time(4, 30), ZoneInfo(LA))
    due = utc("2026-07-01 11:30")
    assert timetable.last(due).day == date(2026, 7, 1)
    assert timetable.last(due - timedelta(microseconds=1)).day == date(2026, 6, 30)
    assert timetable.next(due).day == date(2026, 7, 2)


SLOT = Slot(date(2026, 7, 1), utc("2026-07-01 11:30"))


def row(state: SlotState, *, free: bool) -> SlotRow:
    return SlotRow(SLOT.day, SLOT.due_at, state, 1, free, SLOT.due_at)


@pytest.mark.parametrize(
    ("known", "hours", "standing"),
    [
        (None, 0, Standing.OPEN),
        (None, 12, Standing.OPEN),
        (None, 12.01, Standing.TOO_LATE),
        (row(SlotState.RUNNING, free=False), 0, Standing.RUNNING),
        (row(SlotState.RUNNING, free=False), 20, Standing.RUNNING),
        (row(SlotState.RUNNING, free=True), 1, Standing.OPEN),
        (row(SlotState.RUNNING, free=True), 20, Standing.TOO_LATE),
        (row(SlotState.DUE, free=False), 1, Standing.WAITS),
        (row(SlotState.DUE, free=True), 1, Standing.OPEN),
        *((row(state, free=True), 1, Standing.ENDED) for state in (SlotState.DONE, SlotState.FAILED, SlotState.MISSED)),
    ],
)
def test_what_is_to_be_done_about_a_slot(known: SlotRow | None, hours: float, standing: Standing) -> None:
    now = SLOT.due_at + timedelta(hours=hours)
    assert find_standing(SLOT, known, now, timedelta(hours=12)) is standing
