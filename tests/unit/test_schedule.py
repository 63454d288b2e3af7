"""The service's clock: it wakes once for each date, goes on after any exception, and ends when told to."""

import threading
import time as clock
from datetime import UTC, date, datetime, time, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from syncsvc import schedule
from syncsvc.errors import SourceError
from syncsvc.schedule import SlotTrigger, keep_nights
from syncsvc.slots import Timetable


def test_the_night_the_clocks_go_back_fires_once_and_one_in_a_gap_fires() -> None:
    """Asked as APScheduler asks: for the time after the one that fired."""
    for zone, at, first in (
        ("America/Los_Angeles", time(1, 30), date(2026, 10, 31)),
        ("America/Santiago", time(0, 30), date(2027, 9, 4)),
    ):
        trigger = SlotTrigger(Timetable(at, ZoneInfo(zone)))
        now = datetime.combine(first, time(0), ZoneInfo(zone)).astimezone(UTC)
        fired: list[datetime] = []
        for _ in range(3):
            fired.append(trigger.get_next_fire_time(fired[-1] if fired else None, now))
        assert [at.astimezone(ZoneInfo(zone)).date() for at in fired] == [first + timedelta(n) for n in range(3)]


class Wavering:
    """Nights that raise what they are told to when looked at."""

    def __init__(self, *ends: Exception | None) -> None:
        self.ends = list(ends)
        self.seen = 0
        self.all_seen = threading.Event()
        self.rules = SimpleNamespace(timetable=Timetable(time(4, 30), ZoneInfo("UTC")))

    def run_due(self) -> None:
        self.seen += 1
        end = self.ends.pop(0) if self.ends else None
        if not self.ends:
            self.all_seen.set()
        if end is not None:
            raise end


def test_no_exception_ends_it_and_each_is_said_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(schedule, "HEARTBEAT_SECONDS", 0.05)
    busy = SourceError("The store was busy for 15 seconds")
    nights: Any = Wavering(busy, busy, None, RuntimeError("a bug"), RuntimeError("a bug"), None, None)
    stop = threading.Event()
    caplog.set_level("INFO", "syncsvc.serve")
    assert keep_nights(nights, lambda: nights.all_seen.wait(30), stop)
    assert stop.is_set()
    assert nights.seen >= 7
    said = [record.getMessage().partition(":")[0] for record in caplog.records if record.name == "syncsvc.serve"]
    assert said == [
        "the nights cannot be looked at, and this is tried again",
        "the nights can be looked at again",
        "a bug in syncsvc; the service goes on",
        "the nights can be looked at again",
    ]


def test_a_run_that_does_not_end_in_time_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule, "DRAIN_SECONDS", 0.2)
    begun, end = threading.Event(), threading.Event()

    def run_due() -> None:
        begun.set()
        end.wait(30)

    nights: Any = Wavering()
    nights.run_due = run_due
    before = clock.monotonic()
    try:
        assert not keep_nights(nights, lambda: begun.wait(30), threading.Event())
    finally:
        end.set()
    assert clock.monotonic() - before < 10
