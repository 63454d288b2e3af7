"""A year of nights by a clock of its own, with what a year brings: clocks that change, outages, a kill in mid-write.

Played over the connectors in memory, in zones where the time of the night comes twice, or not at all, once a year. The
service is woken when its timetable and its heartbeat would wake it, while its machine is there: in one zone all the
year, in the others in the nights about which there is something to tell.
"""

from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import pytest

from connectors.memory import MemorySchedule, MemoryTracker
from connectors.memory_far_side import FarSchedule, FarTracker, Fault, Killed
from syncsvc.errors import AccessRefused, ExitCode
from syncsvc.model import Field, Limits, Mode, Policy
from syncsvc.service import Service, Setup
from syncsvc.service.nights import NightRules, Nights
from syncsvc.slots import SlotRow, SlotState, Timetable
from syncsvc.store import Store
from tests.builders import link, milestone
from tests.integration.test_store_slots import end_leases

YEAR: Final = 2027
CODES: Final = tuple(f"M-{number}" for number in range(1, 13))
KEYS: Final = {code: f"DM-{at}" for at, code in enumerate(CODES, 1)}
RETRY: Final = timedelta(minutes=15)
WIDE: Final = Limits(max_changes=100, max_change_percent=100, max_shift_days=1000, max_export_age_days=0)

DOWN_AN_HOUR: Final = date(YEAR, 2, 10)
KILLED: Final = date(YEAR, 4, 1)
MISSED: Final = date(YEAR, 6, 7)  # the machine was off for two days
CAUGHT_UP: Final = date(YEAR, 6, 8)  # and came back some hours after this night was due
TOKEN_ENDED: Final = date(YEAR, 9, 20)
EVENTFUL: Final = (DOWN_AN_HOUR, KILLED, MISSED, CAUGHT_UP, TOKEN_ENDED, date(YEAR, 12, 31))


class Tracker(FarTracker):
    """Notes the writes that arrive, and refuses a token that has ended."""

    def __init__(self) -> None:
        super().__init__()
        self.token_ended = False
        self.arrived: Counter[tuple[str, date | None]] = Counter()

    def _answer(self) -> None:
        if self.token_ended:
            raise AccessRefused("memory://tracker refuses the token", hint="Make a new one.")
        super()._answer()

    def put(self, issue_id: str, dates: dict[Field, date | None]) -> None:  # type: ignore[override]
        self.arrived[issue_id, dates.get(Field.DUE)] += 1
        super().put(issue_id, dates)


@dataclass
class Year:
    """What is there in that year. The clock stands at `at` until `wait_until`."""

    url: str
    timetable: Timetable
    at: datetime
    tracker: Tracker = field(default_factory=Tracker)
    schedule: FarSchedule = field(default_factory=FarSchedule)
    dues: dict[str, date] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.store = Store.open(self.url, now=lambda: self.at)
        self.setup = Setup.of(
            MemorySchedule(self.schedule),
            MemoryTracker(self.tracker),
            store=self.store,
            make_links=lambda _: tuple(link(code, key) for code, key in KEYS.items()),
            policy=Policy(projects=frozenset({"DM"})),
            limits=WIDE,
            mode=Mode.AUTO,
            time_zone=self.timetable.zone,
            now=lambda: self.at,
        )
        rules = NightRules(self.timetable, timedelta(hours=12), RETRY.total_seconds(), attempts=5)
        self.nights = Nights(self.store, rules, lambda: self.at, self.open_service)
        for at, (code, key) in enumerate(KEYS.items()):
            self.dues[code] = date(YEAR + 1, 1, 10) + timedelta(days=at)
            self.tracker.add(key, due=self.dues[code])

    @contextmanager
    def open_service(self) -> Iterator[Service]:
        yield Service(self.setup, "scheduler", trigger="nightly")

    def export(self, month: int) -> None:
        """The month's export: after January each time another third of the milestones has moved by a week."""
        for code in CODES[month % 3 :: 3] if month > 1 else ():
            self.dues[code] += timedelta(days=7)
        self.schedule.add_export(f"{YEAR}-{month:02}", [milestone(code, due) for code, due in self.dues.items()])

    def row(self, day: date) -> SlotRow | None:
        return self.store.slot(day)

    def wake(self) -> None:
        """What the heartbeat does; a killed process is followed by another, once the leases have ended."""
        try:
            self.nights.run_due()
        except Killed:
            self.time_passes(timedelta(minutes=3))
            self.nights.run_due()

    def time_passes(self, by: timedelta) -> None:
        """The ledger goes by the database's own clock, which cannot be turned: its leases are ended by hand."""
        self.at += by
        end_leases(self.url)

    def play(self, day: date, late: timedelta) -> None:
        """One night: from when it is due, or so much later, until it has ended or is given up."""
        slot = self.timetable.slot(day)
        assert slot is not None
        self.at = max(self.at, slot.due_at + late)
        self.wake()
        while (row := self.row(day)) is not None and row.state is SlotState.DUE:
            self.time_passes(RETRY)
            if self.at - slot.due_at >= timedelta(hours=1):
                self.tracker.come_back()
            self.wake()


def is_near(day: date, others: Collection[date]) -> bool:
    return any(abs(day - other) <= timedelta(days=2) for other in others)


@pytest.mark.parametrize(
    ("zone", "at", "odd_nights"),
    [
        ("America/Los_Angeles", time(1, 30), None),  # every night; one comes twice, on 7 November
        ("America/Santiago", time(0, 30), {date(YEAR, 4, 4), date(YEAR, 9, 5)}),  # the second does not come at all
        ("Europe/London", time(1, 30), {date(YEAR, 3, 28), date(YEAR, 10, 31)}),  # not at all, and twice
        ("UTC", time(4, 30), ()),
    ],
    ids=["Los Angeles", "Santiago", "London", "UTC"],
)
def test_every_local_date_has_one_completed_run_or_one_explained_failure(
    tmp_path: Path, migrated_file: Path, zone: str, at: time, odd_nights: Collection[date] | None
) -> None:
    (tmp_path / "store.db").write_bytes(migrated_file.read_bytes())
    timetable = Timetable(at, ZoneInfo(zone))
    first = timetable.slot(date(YEAR, 1, 1))
    assert first is not None
    year = Year(f"sqlite:///{tmp_path / 'store.db'}", timetable, first.due_at)
    days = [date(YEAR, 1, 1) + timedelta(days=n) for n in range(365)]
    there = {day for day in days if odd_nights is None or day.day <= 2 or is_near(day, {*odd_nights, *EVENTFUL})}
    there -= {MISSED}
    for day in days:
        if day.day == 1:
            year.export(day.month)
        if day not in there:
            continue
        year.tracker.token_ended = day == TOKEN_ENDED
        if day == DOWN_AN_HOUR:
            year.tracker.go_away()
        if day == KILLED:
            year.tracker.fail_next_write(KEYS[CODES[day.month % 3]], Fault.KILLED_AFTER)
        year.play(day, timedelta(hours=8) if day == CAUGHT_UP else timedelta(seconds=2))

    rows = {day: year.row(day) for day in days}
    ended = {day: row.state for day, row in rows.items() if row is not None}
    assert list(ended) == days
    not_done = {day: state for day, state in ended.items() if state is not SlotState.DONE}
    assert not_done == dict.fromkeys(set(days) - there, SlotState.MISSED) | {TOKEN_ENDED: SlotState.FAILED}
    why = {day: row.detail or "" for day, row in rows.items() if row is not None and day in not_done}
    assert "refuses the token" in why[TOKEN_ENDED]
    assert {why[day] for day in days if day not in there} == {"nobody was there to run it in time"}

    runs = [run for run in year.store.runs(1000) if run.trigger == "nightly"]
    of_night = {row.run: day for day, row in rows.items() if row is not None and row.run is not None}
    done = [of_night[run.id] for run in runs if run.exit_code == ExitCode.DONE]
    assert Counter(done) == Counter(set(days) - set(not_done))
    tried_again = {day: row.attempt for day, row in rows.items() if row is not None and row.attempt > 1}
    assert tried_again == {DOWN_AN_HOUR: 5, KILLED: 2, TOKEN_ENDED: 5}

    assert {key: year.tracker.due(key) for key in KEYS.values()} == {KEYS[code]: due for code, due in year.dues.items()}
    assert set(year.tracker.arrived.values()) == {1}
    assert sum(year.tracker.arrived.values()) == 11 * 4
    assert year.store.open_intents() == []
    year.store.close()
