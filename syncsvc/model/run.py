"""What a run did, as it is kept and shown."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from syncsvc.model.decision import Narrative
from syncsvc.model.drift import Drift
from syncsvc.model.link import Judgement, Link
from syncsvc.model.observation import Field, Snapshot
from syncsvc.model.plan import ChangeRequest, Mode, Outcome, Plan, Receipt, Settled
from syncsvc.model.rules import ReportRules


@dataclass(frozen=True, slots=True)
class RunResult:
    """What one run did, for people and programs: the value behind syncsvc.run/1."""

    run: int
    trigger: str
    mode: Mode
    started_at: datetime
    finished_at: datetime
    exit_code: int
    plan: Plan | None = None
    pulled: Mapping[str, Snapshot] = field(default_factory=dict)  # connector -> the snapshot now newest
    receipts: tuple[Receipt, ...] = ()
    settled: tuple[Settled, ...] = ()
    proposals: tuple[Judgement, ...] = ()  # hand-overs whose state changed in this run
    hand_overs: tuple[Judgement, ...] = ()  # what has become of them since the newest export, and what is pending
    drifts: tuple[Drift, ...] = ()
    problems: tuple[str, ...] = ()  # what could not be read and did not stop the run
    report: Mapping[str, str] = field(default_factory=dict)  # format -> absolute path
    requests: tuple[ChangeRequest, ...] = ()  # due dates that teams propose
    request_files: Mapping[str, str] = field(default_factory=dict)  # the list of them: format -> absolute path
    waits: int = 0  # how often the tracker's rate limits made the run wait
    waited_seconds: float = 0.0

    @property
    def outbox(self) -> tuple[str, ...]:
        """Import workbooks that this run handed over."""
        return tuple(dict.fromkeys(r.detail for r in self.receipts if r.outcome is Outcome.HANDED_OVER and r.detail))


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened, as the audit keeps it. `intent` of an outcome is the id of the intent it answers."""

    id: int
    at: datetime
    run: int | None
    actor: str
    event: str
    code: str | None = None
    key: str | None = None
    issue_id: str | None = None
    field: Field | None = None
    before: date | None = None
    after: date | None = None
    detail: str | None = None
    intent: int | None = None


@dataclass(frozen=True, slots=True)
class ReportBasis:
    """What the report of a run rests on, by ids of snapshots, so that it can be made again with the same values.

    Snapshots that arrived later (an id above `until`) take no part.
    """

    before: int
    after: int
    until: int
    prepared_at: datetime
    jira: int | None = None
    published: int | None = None
    links: tuple[Link, ...] = ()
    aliases: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)  # kept by hand
    holidays: tuple[date, ...] = ()
    project: str = ""
    rules: ReportRules = field(default_factory=ReportRules)
    narratives: tuple[Narrative, ...] | None = None  # as they stood then; None: of a time before there were any
