"""One run: its row in the store, its lease kept alive, and what it has gathered so far."""

import logging
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from syncsvc.errors import ExitCode, SyncsvcError, WriteTrouble
from syncsvc.log import in_run, redact
from syncsvc.model import ChangeRequest, Drift, Judgement, Mode, Plan, Receipt, RunResult, Settled, Snapshot
from syncsvc.run_mark import RunMark
from syncsvc.service.heartbeat import Watch, kept_alive
from syncsvc.service.setup import Setup
from syncsvc.shapes import run_shape
from syncsvc.store import Lease

LEASE_SECONDS = 90

_log = logging.getLogger("syncsvc.run")


@dataclass(slots=True)
class Session:
    """What the steps of a run share. Only the service changes it."""

    setup: Setup
    run: int
    lease: Lease
    trigger: str
    mode: Mode
    actor: str
    started_at: datetime
    watch: Watch
    census: bool = False  # a tracker is to be read whole, whatever is known of it
    restored: RunMark | None = None  # of a store that was put back to a backup, until a person has looked
    plan: Plan | None = None
    pulled: dict[str, Snapshot] = field(default_factory=dict)
    intended: int = 0  # writes that were begun, whatever became of them
    receipts: list[Receipt] = field(default_factory=list)
    settled: list[Settled] = field(default_factory=list)
    proposals: list[Judgement] = field(default_factory=list)
    hand_overs: tuple[Judgement, ...] = ()
    drifts: tuple[Drift, ...] = ()
    problems: list[str] = field(default_factory=list)
    unread: list[ExitCode] = field(default_factory=list)  # why a further side could not be read, one for each
    report: Mapping[str, str] = field(default_factory=dict)
    requests: tuple[ChangeRequest, ...] = ()
    request_files: Mapping[str, str] = field(default_factory=dict)

    def note_run(self) -> None:
        """Note outside the store that this run begins, and see whether the store knows all runs before it."""
        if self.setup.run_marks is None:
            return
        mark = self.setup.run_marks.next(self.setup.store.identity(), self.run)
        self.restored = mark if mark.lost_until is not None else None
        self._keep_mark(mark)

    def settle_restored(self) -> None:
        """A person has looked at what a store that was put back would write, or there was nothing to look at."""
        if self.restored is not None:
            self.restored = None
            self._keep_mark(RunMark(self.run))

    def _keep_mark(self, mark: RunMark) -> None:
        marks = self.setup.run_marks
        try:
            if marks is not None:
                marks.keep(self.setup.store.identity(), mark)
        except OSError as error:  # a disk that is full, or read-only: what the run does matters more
            _log.warning("the last run cannot be noted in %s: %s", marks and marks.folder, error.strerror)

    def result(self, exit_code: ExitCode) -> RunResult:
        """The run as it stands, as a value."""
        waits, waited_seconds = self.setup.waits()
        return RunResult(
            run=self.run,
            trigger=self.trigger,
            mode=self.mode,
            started_at=self.started_at,
            finished_at=self.setup.now(),
            exit_code=int(exit_code),
            plan=self.plan,
            pulled=dict(self.pulled),
            receipts=tuple(self.receipts),
            settled=tuple(self.settled),
            proposals=tuple(self.proposals),
            hand_overs=self.hand_overs,
            drifts=self.drifts,
            problems=tuple(self.problems),
            report=dict(self.report),
            requests=self.requests,
            request_files=dict(self.request_files),
            waits=waits,
            waited_seconds=round(waited_seconds, 1),
        )


@contextmanager
def open_session(setup: Setup, *, trigger: str, mode: Mode, actor: str) -> Iterator[Session]:
    """Take the lease, begin a run, and close both whatever happens.

    An expected failure is kept with the run and raised again. A process that is killed leaves its run without an
    end and its lease to run out; the next run settles what it had begun.
    """
    store = setup.store
    watch = Watch(LEASE_SECONDS)
    with watch.renewing():
        lease = store.take_lease(f"{socket.gethostname()}:{os.getpid()} {trigger}", seconds=LEASE_SECONDS)
    with _kept_alive(setup, lease, watch):
        run = store.begin_run(trigger=trigger, mode=mode, actor=actor)
        setup.begun(run)
        session = Session(setup, run, lease, trigger, mode, actor, setup.now(), watch)
        try:
            with in_run(run):
                session.note_run()
                yield session
        except SyncsvcError as error:
            told = _after_writing(session, error)
            _finish_failed(session, told.exit_code, redact(str(told)))
            if told is error:
                raise
            raise told from error
        except Exception as error:
            _finish_failed(session, ExitCode.BUG, f"a bug in syncsvc: {type(error).__name__}")
            raise


def _after_writing(session: Session, error: SyncsvcError) -> SyncsvcError:
    """What to say of a run that ended early: once writing has begun, nobody may be told that nothing was written."""
    if not session.intended or error.exit_code is not ExitCode.SOURCE:
        return error
    dates = "1 date" if session.intended == 1 else f"{session.intended} dates"
    return WriteTrouble(
        f"{error.message}, after writing had begun",
        f"Up to {dates} may have been written, and not all of that could be noted. Mend the cause and run again: the"
        " next run looks at each and notes what became of it.",
    )


def _finish_failed(session: Session, code: ExitCode, why: str) -> None:
    """Note how a run failed. A store that cannot take that either must not hide why the run failed."""
    try:
        body = run_shape(session.result(code)) | {"error": why}
        session.setup.store.finish_run(session.run, exit_code=code, body=body)
    except SyncsvcError as error:
        _log.error("the end of the run could not be noted: %s", error.message)


@contextmanager
def _kept_alive(setup: Setup, lease: Lease, watch: Watch) -> Iterator[None]:
    """Renew the lease until the run ends, then give it back.

    Losing it is not handled here: every write to the store checks the fencing number itself, and before every write
    to a target the watch is looked at.
    """

    def renew() -> None:
        with watch.renewing():
            setup.store.renew_lease(lease)

    try:
        with kept_alive(renew, every_seconds=lease.seconds / 4):
            yield
    finally:
        # A process that is being killed does not get here; one that fails does, and must not make the next run wait.
        try:
            setup.store.release_lease(lease)
        except SyncsvcError as error:  # the run has ended, one way or the other, and that is what is to be said
            _log.warning("the lease could not be given back and ends by itself: %s", error.message)
