"""The nights: each slot of the timetable is run once, by whoever claims it first, caught up, and tried again.

The service, `syncsvc sync --nightly` from a timer, and a second instance all come here; the ledger in the store decides
between them. A claim is kept alive longer than the lease of its run, so that whoever takes over finds that one free.
"""

import logging
import os
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import takewhile
from typing import Final, Protocol, TypeVar

from syncsvc.errors import AccessRefused, ExitCode, LeaseLost, SyncsvcError
from syncsvc.log import in_run, redact
from syncsvc.model import RunResult
from syncsvc.notice import Notice
from syncsvc.service import Service
from syncsvc.service.heartbeat import kept_alive
from syncsvc.slots import ENDED, Slot, SlotClaim, SlotRow, SlotState, Standing, Timetable, find_standing
from syncsvc.store import Store

SLOT_SECONDS: Final = 120
_KNOWN: Final = 10  # nights looked back at for what was left open
_MISSED_DAYS: Final = timedelta(days=366)
#: Ends of a run that went all its way: its report says the rest, and trying again would not change it.
_DONE: Final = frozenset({ExitCode.DONE, ExitCode.WAITING, ExitCode.LIMITS, ExitCode.WRITES})
_TRIED_AGAIN: Final = frozenset({ExitCode.SOURCE, ExitCode.LEASE})
_PAUSES_SECONDS: Final = (1, 5, 15)

T = TypeVar("T")

_log = logging.getLogger("syncsvc.nightly")


@dataclass(frozen=True, slots=True)
class NightRules:
    """When nights are due, how late one is still caught up, and how often it is tried."""

    timetable: Timetable
    catch_up: timedelta
    retry_seconds: float
    attempts: int


@dataclass(frozen=True, slots=True)
class NightEnd:
    """How one try of a night ended. `result` is there where its run ended by itself; `detail` says why not.

    `noted`: the ledger says so too; else whoever takes the night over says how it ended.
    """

    slot: Slot
    attempt: int
    state: SlotState
    exit_code: ExitCode | None
    run: int | None = None
    result: RunResult | None = None
    detail: str | None = None
    access_refused: bool = False
    noted: bool = True


class Listener(Protocol):
    """Who is told of the nights. What it raises is logged, and ends no night.

    A night is told of in two steps: what is to be said is made before the ledger says how it ended and kept in the
    same transaction, so that being killed loses no message and sends none twice; after that it is sent.
    """

    def looked(self) -> None:
        """The nights are looked at, as every few seconds or once a night."""

    def begins(self, slot: Slot) -> None:
        """A try of a night begins."""

    def compose(self, end: NightEnd | None, missed: Sequence[Slot]) -> Notice | None:
        """What is to be said of a try that ended, and of nights missed before it; None: nothing.

        No end: nights were missed, and none was tried.
        """

    def ended(self, end: NightEnd | None, missed: Sequence[Slot]) -> None:
        """The ledger says so now, and what was composed is kept."""


@dataclass(frozen=True, slots=True)
class Nights:
    """The nights of one store. `open_service` gives a service built afresh, since links and tokens change."""

    store: Store
    rules: NightRules
    now: Callable[[], datetime]
    open_service: Callable[[], AbstractContextManager[Service]]
    stopping: Callable[[], bool] = lambda: False
    listener: Listener | None = None

    def standing(self) -> tuple[Slot, SlotRow | None, Standing]:
        """The last slot that is due, what the ledger says of it, and what is to be done about it."""
        now = self.now()
        slot = self.rules.timetable.last(now)
        row = self.store.slot(slot.day)
        return slot, row, find_standing(slot, row, now, self.rules.catch_up)

    def run_due(self, *, again: bool = False) -> NightEnd | None:
        """Run the last slot that is due, unless it has ended, is another's, or is too long ago.

        `again` runs it although it failed, was missed, is long ago or waits for its next try; never while another
        runs it, and never when it was done.
        """
        self._tell_listener(lambda listener: listener.looked())
        now = self.now()
        slot = self.rules.timetable.last(now)
        rows = {row.day: row for row in self.store.slots(_KNOWN)}
        standing = find_standing(slot, rows.get(slot.day), now, self.rules.catch_up)
        wanted = standing is Standing.OPEN or (again and standing is not Standing.RUNNING)
        missed = self._close(slot, rows, close_last=standing is Standing.TOO_LATE and not wanted, wanted=wanted)
        claim = self.store.claim_slot(slot, _owner(), seconds=SLOT_SECONDS, again=again) if wanted else None
        if claim is not None:
            end = self._run(slot, claim, rows.get(slot.day), missed, bounded=not again)
            self._tell_of(end, missed)
            return end
        if missed and not wanted:  # else whoever has this night tells of them
            self._tell_of(None, missed)
        return None

    def _tell_of(self, end: NightEnd | None, missed: Sequence[Slot] = ()) -> None:
        if end is not None and not end.noted:
            return
        with in_run(end.run) if end is not None and end.run is not None else nullcontext():
            self._tell_listener(lambda listener: listener.ended(end, missed))

    def _compose(self, end: NightEnd | None, missed: Sequence[Slot]) -> Notice | None:
        with in_run(end.run) if end is not None and end.run is not None else nullcontext():
            return self._tell_listener(lambda listener: listener.compose(end, missed))

    def _tell_listener(self, tell: Callable[[Listener], T]) -> T | None:
        if self.listener is None:
            return None
        try:
            return tell(self.listener)
        except SyncsvcError as error:
            _log.error("nobody could be told of the nights: %s", _one_line(str(error)))
        except Exception:
            _log.exception("nobody could be told of the nights: a bug in syncsvc")
        return None

    def _untold(self, last: Slot, rows: Mapping[date, SlotRow]) -> list[Slot]:
        """Nights missed right before this one that whoever noted them was killed before telling of."""
        before = sorted((row for row in rows.values() if row.day < last.day), key=lambda row: row.day, reverse=True)
        missed = list(takewhile(lambda row: row.state is SlotState.MISSED, before))
        told = self.store.last_told_night() if missed else None
        return [Slot(row.day, row.due_at) for row in reversed(missed) if told is None or row.day > told]

    def _close(self, last: Slot, rows: Mapping[date, SlotRow], *, close_last: bool, wanted: bool) -> list[Slot]:
        """Note what became of earlier slots, and of the last one where it is too late for it.

        The slots that nobody ran, and of which nobody was told yet. Where the last one is `wanted`, it tells of them.
        """
        for row in rows.values():
            if row.state in ENDED or not row.free or row.day > last.day or (row.day == last.day and not close_last):
                continue
            slot = Slot(row.day, row.due_at)
            claim = self.store.claim_slot(slot, _owner(), seconds=SLOT_SECONDS)
            if claim is not None:
                self._tell_of(self._settled(slot, claim) or self._given_up(slot, claim, row))
        if not rows:
            return []  # a store that knows no night yet has missed none
        newest = max(max(rows), last.day - _MISSED_DAYS)
        missed = list(self.rules.timetable.between(newest, last.day))
        if close_last and last.day not in rows:
            missed.append(last)
        untold = self._untold(last, rows) if wanted or missed else []
        if missed:
            notice = None if wanted else self._compose(None, [*untold, *missed])
            self.store.miss_slots(missed, "nobody was there to run it in time", notice)
            for slot in missed:
                _log.warning("night of %s: missed, nobody was there to run it in time", slot.day)
        return [*untold, *missed]

    def _run(
        self, slot: Slot, claim: SlotClaim, before: SlotRow | None, missed: Sequence[Slot], *, bounded: bool
    ) -> NightEnd:
        if settled := self._settled(slot, claim, missed):
            return settled
        if bounded and claim.attempt > self.rules.attempts:
            return self._given_up(slot, claim, before, missed)
        again = f", try {claim.attempt}" if claim.attempt > 1 else ""
        _log.info("night of %s: begins, due %s%s", slot.day, f"{slot.due_at:%Y-%m-%d %H:%M} UTC", again)
        with kept_alive(lambda: self.store.renew_slot(claim), every_seconds=claim.seconds / 4):
            self._tell_listener(lambda listener: listener.begins(slot))
            return self._note(claim, self._try(slot, claim), missed)

    def _try(self, slot: Slot, claim: SlotClaim) -> NightEnd:
        """One run of the night; however it ends, that is said and not raised."""
        result: RunResult | None = None
        refused = broken_off = False
        try:
            with self.open_service() as service:
                result = service.sync(slot=claim)
            code, detail = ExitCode(result.exit_code), "\n".join(result.problems) or None
        except SyncsvcError as error:
            code, detail, refused = error.exit_code, redact(str(error)), isinstance(error, AccessRefused)
            broken_off = code is ExitCode.WRITES
        except Exception as error:
            _log.exception("night of %s: a bug in syncsvc", slot.day)
            code, detail = ExitCode.BUG, redact(f"a bug in syncsvc: {type(error).__name__}: {error}")
        run = result.run if result is not None else self._begun(claim)
        state = self._state(claim, code, broken_off=broken_off)
        return NightEnd(slot, claim.attempt, state, code, run, result, detail, refused)

    def _state(self, claim: SlotClaim, code: ExitCode, *, broken_off: bool = False) -> SlotState:
        """`broken_off`: the run ended in the middle of its writes, which the next try settles."""
        again = broken_off or code in _TRIED_AGAIN
        if self._is_cut_short(code) or (again and claim.attempt < self.rules.attempts):
            return SlotState.DUE
        return SlotState.DONE if code in _DONE and not broken_off else SlotState.FAILED

    def _is_cut_short(self, code: ExitCode) -> bool:
        """Told to stop in the middle: the next start goes on with this night."""
        return self.stopping() and code in (ExitCode.WRITES, *_TRIED_AGAIN)

    def _settled(self, slot: Slot, claim: SlotClaim, missed: Sequence[Slot] = ()) -> NightEnd | None:
        """The end of a night whose run ended and whose owner could not say so any more."""
        run = None if claim.run is None else self.store.run(claim.run)
        if run is None or run.exit_code is None:
            return None
        code = ExitCode(run.exit_code)
        words = f"run {run.id} was not noted here when it ended"
        broken_off = code is ExitCode.WRITES and "error" in (run.body or {})
        state = self._state(claim, code, broken_off=broken_off)
        return self._note(claim, NightEnd(slot, claim.attempt, state, code, run.id, None, words), missed)

    def _given_up(self, slot: Slot, claim: SlotClaim, before: SlotRow | None, missed: Sequence[Slot] = ()) -> NightEnd:
        last = before.detail if before is not None and before.detail else "killed, or never heard of again"
        words = f"given up after {_tries(claim.attempt - 1)}; the last: {last}"
        code = None if before is None or before.exit_code is None else ExitCode(before.exit_code)
        end = NightEnd(slot, claim.attempt, SlotState.FAILED, code, claim.run, None, words)
        return self._note(claim, end, missed)

    def _note(self, claim: SlotClaim, end: NightEnd, missed: Sequence[Slot]) -> NightEnd:
        """Keep the end of a try in the ledger, with what is said of it; a store that is busy is asked for a while."""
        notice = self._compose(end, missed)
        for pause in (*_PAUSES_SECONDS, None):
            try:
                self._keep(claim, end, notice)
                break
            except LeaseLost as error:
                _log.error("night of %s: %s", end.slot.day, _one_line(error.message))
                return replace(end, noted=False)
            except SyncsvcError as error:
                if pause is None:  # whoever takes the slot over finds the end of the run
                    _log.error("night of %s: its end could not be noted: %s", end.slot.day, _one_line(str(error)))
                    return replace(end, noted=False)
                time.sleep(pause)
        self._tell(end)
        return end

    def _keep(self, claim: SlotClaim, end: NightEnd, notice: Notice | None) -> None:
        code, detail = end.exit_code, end.detail
        if end.state is not SlotState.DUE:
            self.store.finish_slot(claim, end.state, run=end.run, exit_code=code, detail=detail, notice=notice)
            return
        cut_short = code is not None and self._is_cut_short(code)
        seconds = 0 if cut_short else self.rules.retry_seconds
        # The run of an owner before us may be at work still: its end is the night's.
        run = claim.run if end.run is None else None
        self.store.put_off_slot(claim, seconds=seconds, run=run, exit_code=code, detail=detail, notice=notice)

    def _tell(self, end: NightEnd) -> None:
        words = f"exit {end.exit_code}" if end.exit_code is not None else "no exit code"
        run = "" if end.run is None else f" run {end.run},"
        why = f": {_one_line(end.detail)}" if end.detail else ""
        level = {SlotState.DONE: logging.INFO, SlotState.DUE: logging.WARNING}.get(end.state, logging.ERROR)
        state = "put off" if end.state is SlotState.DUE else end.state.value
        _log.log(level, "night of %s: %s,%s %s%s", end.slot.day, state, run, words, why)

    def _begun(self, claim: SlotClaim) -> int | None:
        """The run that this try began, where it did not come to an end by itself."""
        try:
            row = self.store.slot(claim.day)
        except SyncsvcError:
            return None
        return row.run if row is not None and row.attempt == claim.attempt and row.run != claim.run else None


def _owner() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


def _tries(count: int) -> str:
    return "1 try" if count == 1 else f"{count} tries"


def _one_line(text: str) -> str:
    return " ".join(text.split())
