"""What becomes of a night by how its run ends, is killed, or never begins; over a service that does as it is told."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from syncsvc.errors import ExitCode, LeaseHeld, LimitsExceeded, SchemaBehind, SyncsvcError, Unreachable, UsageError
from syncsvc.model import Mode, RunResult
from syncsvc.service.nights import NightEnd, NightRules, Nights
from syncsvc.slots import SlotClaim, SlotState, Standing, Timetable
from syncsvc.store import Store
from tests.builders import NOON
from tests.integration.conftest import Clock
from tests.integration.test_store_slots import end_leases

TODAY = date(2019, 5, 1)
AT = time(4, 30)
OpenStore = Callable[[], Store]


@dataclass
class Told:
    """A service whose syncs end as told, one after the other: by an exit code, or by an exception."""

    store: Store
    ends: list[int | Exception]
    runs: list[int] = field(default_factory=list)
    before_run: Callable[[], None] = lambda: None

    def sync(self, *, slot: SlotClaim) -> RunResult:
        self.before_run()
        end = self.ends.pop(0)
        if isinstance(end, LeaseHeld):
            raise end
        run = self.store.begin_run(trigger="nightly", mode=Mode.AUTO, actor="scheduler")
        self.store.begin_slot_run(slot, run)
        self.runs.append(run)
        code = end if isinstance(end, int) else end.exit_code if isinstance(end, SyncsvcError) else ExitCode.BUG
        if isinstance(end, KeyboardInterrupt):
            raise end
        self.store.finish_run(run, exit_code=code, body={})
        if isinstance(end, Exception):
            raise end
        return RunResult(run, "nightly", Mode.AUTO, NOON, NOON, code, None, {}, ())


@dataclass
class Desk:
    """Nights over a told service."""

    store: Store
    url: str
    clock: Clock
    told: Told
    nights: Nights
    stopping: list[bool]

    def night(self, day: date = TODAY) -> tuple[str, int | None, int]:
        row = self.store.slot(day)
        assert row is not None
        return row.state.value, row.exit_code, row.attempt

    def wait(self) -> None:
        end_leases(self.url)


@pytest.fixture
def make_desk(open_store: OpenStore, store_url: str, clock: Clock) -> Callable[..., Desk]:
    """Makes desks over one store; NOON is 12:00 UTC, half an hour after the night of that day in Los Angeles."""
    clock.at = NOON.replace(year=2019, month=5, day=1)

    def make(*ends: int | Exception, attempts: int = 3) -> Desk:
        store, stopping = open_store(), [False]
        told = Told(store, list(ends))

        @contextmanager
        def open_service() -> Iterator[Any]:
            yield told

        rules = NightRules(Timetable(AT, ZoneInfo("America/Los_Angeles")), timedelta(hours=12), 900, attempts)
        nights = Nights(store, rules, clock, open_service, lambda: stopping[0])
        return Desk(store, store_url, clock, told, nights, stopping)

    return make


@pytest.mark.parametrize(
    ("end", "state"),
    [
        (0, "done"),
        (4, "done"),
        (LimitsExceeded("too many"), "done"),
        (6, "done"),
        (UsageError("config"), "failed"),
        (SchemaBehind("behind"), "failed"),
        (RuntimeError("a bug"), "failed"),
    ],
)
def test_a_run_that_ended_is_the_end_of_its_night(
    make_desk: Callable[..., Desk], end: int | Exception, state: str
) -> None:
    desk = make_desk(end)
    ended = desk.nights.run_due()
    assert isinstance(ended, NightEnd)
    assert desk.night() == (state, ended.exit_code, 1)
    assert [ended.run] == desk.told.runs
    assert desk.nights.run_due() is None
    desk.wait()
    assert desk.nights.run_due() is None
    desk.clock.move(hours=23)
    assert desk.nights.run_due() is None
    assert desk.nights.standing()[2] is Standing.ENDED


def test_a_source_that_could_not_be_read_is_tried_again_and_not_for_ever(make_desk: Callable[..., Desk]) -> None:
    down = Unreachable("Jira does not answer")
    desk = make_desk(down, down, down, 0)
    assert desk.nights.run_due() is not None
    assert desk.night() == ("due", 3, 1)
    assert desk.nights.run_due() is None, "not before its time"
    for tries in (2, 3):
        desk.wait()
        assert desk.nights.run_due() is not None
        assert desk.night() == ("due" if tries < 3 else "failed", 3, tries)
    desk.wait()
    assert desk.nights.run_due() is None
    again = desk.nights.run_due(again=True)
    assert again is not None
    assert desk.night() == ("done", 0, 4)


def test_a_night_that_met_another_run_is_tried_again(make_desk: Callable[..., Desk]) -> None:
    desk = make_desk(LeaseHeld("another run"), 0)
    assert desk.nights.run_due() is not None
    assert desk.night() == ("due", 7, 1)
    desk.wait()
    assert desk.nights.run_due() is not None
    assert desk.night() == ("done", 0, 2)
    assert len(desk.told.runs) == 1


def test_a_killed_owner_is_taken_over_and_too_many_killed_ones_are_given_up(make_desk: Callable[..., Desk]) -> None:
    desk = make_desk(0, attempts=2)
    slot = desk.nights.rules.timetable.last(desk.clock())
    assert desk.store.claim_slot(slot, "killed:1", seconds=120)
    assert desk.nights.run_due() is None, "its lease is alive"
    desk.wait()
    assert desk.store.claim_slot(slot, "killed:2", seconds=120)
    desk.wait()
    given_up = desk.nights.run_due()
    assert given_up is not None
    assert given_up.state is SlotState.FAILED
    assert "given up after 2 tries" in str(given_up.detail)
    assert desk.told.runs == []


def test_a_run_that_ended_before_its_owner_could_say_so_is_not_run_again(make_desk: Callable[..., Desk]) -> None:
    desk = make_desk(0)
    slot = desk.nights.rules.timetable.last(desk.clock())
    claim = desk.store.claim_slot(slot, "killed:1", seconds=120)
    assert claim is not None
    run = desk.store.begin_run(trigger="nightly", mode=Mode.AUTO, actor="scheduler")
    desk.store.begin_slot_run(claim, run)
    desk.store.finish_run(run, exit_code=4, body={})
    desk.wait()
    ended = desk.nights.run_due()
    assert ended is not None
    assert (ended.run, ended.exit_code) == (run, 4)
    assert desk.night() == ("done", 4, 2)
    assert desk.told.runs == []


def test_a_run_that_broke_off_before_its_owner_could_say_so_is_gone_on_with(make_desk: Callable[..., Desk]) -> None:
    desk = make_desk(0)
    claim = desk.store.claim_slot(desk.nights.rules.timetable.last(desk.clock()), "killed:1", seconds=120)
    assert claim is not None
    run = desk.store.begin_run(trigger="nightly", mode=Mode.AUTO, actor="scheduler")
    desk.store.begin_slot_run(claim, run)
    desk.store.finish_run(run, exit_code=6, body={"error": "the disk is full, after writing had begun"})
    desk.wait()
    desk.nights.run_due()
    assert desk.night() == ("due", 6, 2)
    desk.wait()
    desk.nights.run_due()
    assert desk.night()[0] == "done"
    assert len(desk.told.runs) == 1


def test_an_owner_that_was_asleep_begins_no_run_of_a_night_that_another_did(make_desk: Callable[..., Desk]) -> None:
    asleep, awake = make_desk(0), make_desk(0)

    def sleep() -> None:
        asleep.wait()
        assert awake.nights.run_due() is not None

    asleep.told.before_run = sleep
    refused = asleep.nights.run_due()
    assert refused is not None
    assert refused.exit_code is ExitCode.LEASE
    assert (asleep.told.runs, len(awake.told.runs)) == ([], 1)
    assert awake.night() == ("done", 0, 2)


def test_a_night_cut_short_by_a_stop_goes_on_at_once_after_the_next_start(make_desk: Callable[..., Desk]) -> None:
    desk = make_desk(6)
    desk.told.before_run = lambda: desk.stopping.__setitem__(0, True)
    assert desk.nights.run_due() is not None
    assert desk.night() == ("due", 6, 1)
    restarted = make_desk(0)
    assert restarted.nights.run_due() is not None
    assert restarted.night() == ("done", 0, 2)


def test_a_missed_night_is_caught_up_within_its_hours_and_the_rest_is_noted(make_desk: Callable[..., Desk]) -> None:
    desk = make_desk(0, 0, 0)
    assert desk.nights.run_due() is not None
    desk.clock.move(days=4, hours=11)
    assert desk.nights.run_due() is not None
    assert [(row.day.day, row.state.value) for row in desk.store.slots(9)] == [
        (5, "done"), (4, "missed"), (3, "missed"), (2, "missed"), (1, "done")
    ]  # fmt: skip
    desk.clock.move(days=1, hours=2)
    assert desk.nights.run_due() is None
    assert desk.night(date(2019, 5, 6)) == ("missed", None, 0)
    assert len(desk.told.runs) == 2
    assert desk.nights.run_due(again=True) is not None
    assert desk.night(date(2019, 5, 6)) == ("done", 0, 1)


def test_a_store_that_knows_no_night_has_missed_none(make_desk: Callable[..., Desk]) -> None:
    desk = make_desk()
    desk.clock.move(hours=13)
    assert desk.nights.run_due() is None
    assert desk.store.slots(9) == []
    assert desk.nights.standing()[2] is Standing.TOO_LATE


def test_what_an_earlier_night_left_open_is_closed_by_the_next_one(make_desk: Callable[..., Desk]) -> None:
    desk = make_desk(Unreachable("Jira does not answer"), 0)
    assert desk.nights.run_due() is not None
    desk.wait()
    desk.clock.move(days=1)
    assert desk.nights.run_due() is not None
    assert [(row.day.day, row.state.value) for row in desk.store.slots(9)] == [(2, "done"), (1, "failed")]
    assert "Jira does not answer" in str(desk.store.slots(9)[1].detail)
