"""One slot for each local date: when it is due, whatever the clocks do that night. Pure; instants are UTC.

Where the clocks go back and the time comes twice, the first one counts. Where they go forward over it, the slot moves
past the gap. A date that a zone leaves out (Apia had no 30 December 2011) has no slot.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum

_DAY = timedelta(days=1)


class SlotState(StrEnum):
    """How a slot stands in the ledger."""

    DUE = "due"  # tried, and to be tried again
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    MISSED = "missed"  # nobody was there to run it


#: Nothing more happens to these unless a person asks for it.
ENDED = frozenset({SlotState.DONE, SlotState.FAILED, SlotState.MISSED})


@dataclass(frozen=True, slots=True)
class Slot:
    """The night of one local date; `day` is its key wherever it is kept."""

    day: date
    due_at: datetime


@dataclass(frozen=True, slots=True)
class SlotRow:
    """What the ledger says of a slot. `free`: its lease has ended, or the time to try it again has come."""

    day: date
    due_at: datetime
    state: SlotState
    attempt: int
    free: bool
    until: datetime
    owner: str | None = None
    run: int | None = None
    exit_code: int | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class SlotClaim:
    """The right to run a slot; `attempt` says of which taking it is.

    `run` is one that an earlier taking began and whose end the ledger does not know yet.
    """

    day: date
    owner: str
    attempt: int
    seconds: int
    run: int | None = None


@dataclass(frozen=True, slots=True)
class Timetable:
    """When slots are due: at a time of day in a zone."""

    at: time
    zone: tzinfo

    def slot(self, day: date) -> Slot | None:
        """The slot of a local date; None where the zone leaves that date out."""
        due_at = self._due_at(day)
        return None if due_at == self._due_at(day + _DAY) else Slot(day, due_at)

    def last(self, now: datetime) -> Slot:
        """The last slot that is due by now."""
        day = now.astimezone(self.zone).date() + _DAY
        while (slot := self.slot(day)) is None or slot.due_at > now:
            day -= _DAY
        return slot

    def following(self, now: datetime) -> Iterator[Slot]:
        """The slots that are due after now, without end."""
        day = self.last(now).day
        while True:
            day += _DAY
            if slot := self.slot(day):
                yield slot

    def next(self, now: datetime) -> Slot:
        """The first slot that is due after now."""
        return next(self.following(now))

    def between(self, after: date, before: date) -> Iterator[Slot]:
        """The slots of the dates between two others, without those."""
        day = after + _DAY
        while day < before:
            if slot := self.slot(day):
                yield slot
            day += _DAY

    def _due_at(self, day: date) -> datetime:
        # Fold is 0: of a time that comes twice this is the first; one in a gap is counted by the offset from before
        # it, which is past the gap by the clock that then holds.
        return datetime.combine(day, self.at, self.zone).astimezone(UTC)


class Standing(StrEnum):
    """What is to be done about a slot that is due."""

    OPEN = "open"  # to be run
    RUNNING = "running"
    WAITS = "waits"  # for the time to be tried again
    ENDED = "ended"
    TOO_LATE = "too_late"


def find_standing(slot: Slot, row: SlotRow | None, now: datetime, catch_up: timedelta) -> Standing:
    """What is to be done about a slot, by what the ledger says of it."""
    if row is not None and row.state in ENDED:
        return Standing.ENDED
    if row is not None and not row.free:
        return Standing.RUNNING if row.state is SlotState.RUNNING else Standing.WAITS
    return Standing.OPEN if now - slot.due_at <= catch_up else Standing.TOO_LATE
