from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from syncsvc.slots import Timetable

ZONES = st.sampled_from(
    [
        *("America/Los_Angeles", "America/Santiago", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe"),
        *("America/Nuuk", "America/Sao_Paulo", "Asia/Beirut", "Africa/Casablanca", "Pacific/Chatham", "Pacific/Apia"),
        *("Asia/Gaza", "America/Havana", "Antarctica/Troll", "Pacific/Kiritimati", "Europe/Dublin", "UTC"),
    ]
)
TIMES = st.one_of(
    st.times().map(lambda at: at.replace(second=0, microsecond=0, fold=0)), st.sampled_from([time(0), time(2)])
)
MOMENTS = st.datetimes(
    datetime.fromisoformat("2000-01-01"), datetime.fromisoformat("2040-12-31"), timezones=st.just(UTC)
)
GAP = timedelta(hours=24)  # the longest there is


@given(ZONES, TIMES, st.integers(2000, 2037))
def test_a_year_has_one_slot_for_each_of_its_dates(name: str, at: time, year: int) -> None:
    zone = ZoneInfo(name)
    timetable = Timetable(at, zone)
    slots = list(timetable.between(date(year - 1, 12, 31), date(year + 1, 1, 1)))
    days = [slot.day for slot in slots]
    left_out = {date(2011, 12, 30)} if name == "Pacific/Apia" else set()
    assert days == [d for n in range(366) if (d := date(year, 1, 1) + timedelta(n)).year == year and d not in left_out]
    assert all(earlier.due_at < later.due_at for earlier, later in pairwise(slots))
    for slot in slots:
        local = slot.due_at.astimezone(zone)
        wanted = datetime.combine(slot.day, at)
        if local.replace(tzinfo=None, fold=0) != wanted:  # only where the clock never shows that time, and then past it
            assert wanted < local.replace(tzinfo=None) <= wanted + GAP
            assert wanted.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None) != wanted
        assert local.fold == 0


@given(ZONES, TIMES, MOMENTS)
def test_every_moment_lies_between_the_last_slot_and_the_next(name: str, at: time, now: datetime) -> None:
    timetable = Timetable(at, ZoneInfo(name))
    last, following = timetable.last(now), timetable.next(now)
    assert last.due_at <= now < following.due_at
    assert list(timetable.between(last.day, following.day)) == []
    assert timetable.last(following.due_at) == following
    assert timetable.next(last.due_at) == following


@given(ZONES, TIMES, MOMENTS)
def test_those_who_wake_at_each_slot_see_every_date_once(name: str, at: time, now: datetime) -> None:
    """As the scheduler does: it asks for the next one after the one that fired."""
    timetable = Timetable(at, ZoneInfo(name))
    expected = [slot.day for slot in islice(timetable.following(now), 20)]
    woken = []
    for _ in range(20):
        now = timetable.next(now).due_at
        woken.append(timetable.last(now).day)
    assert woken == expected
    assert len(set(woken)) == 20
