"""One run: its row in the store, its lease kept alive, and what it has gathered so far."""

import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from syncsvc.errors import ExitCode, SyncsvcError
from syncsvc.log import in_run, redact
from syncsvc.model import ChangeRequest, Drift, Judgement, Mode, Plan, Receipt, RunResult, Settled, Snapshot
from syncsvc.service.heartbeat import Watch, kept_alive
from syncsvc.service.setup import Setup
from syncsvc.shapes import run_shape
from syncsvc.store import Lease

LEASE_SECONDS = 90


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
    plan: Plan | None = None
    pulled: dict[str, Snapshot] = field(default_factory=dict)
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
                yield session
        except SyncsvcError as error:
            body = run_shape(session.result(error.exit_code)) | {"error": redact(str(error))}
            store.finish_run(run, exit_code=error.exit_code, body=body)
            raise
        except Exception as error:
            body = run_shape(session.result(ExitCode.BUG)) | {"error": f"a bug in syncsvc: {type(error).__name__}"}
            store.finish_run(run, exit_code=ExitCode.BUG, body=body)
            raise


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
        setup.store.release_lease(lease)
