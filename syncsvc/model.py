"""The words of the domain as types. Standard library only; every other module speaks in these.

A milestone date is always a civil `datetime.date`; an instant is always an aware UTC `datetime`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Final

ACCEPTED_BY: Final = "accepted by "  # how `declared` of a link begins that a person accepted
JIRA_KEY: Final = r"[A-Z][A-Z0-9_]*-[1-9][0-9]*"


class Side(StrEnum):
    """Where a milestone is seen."""

    PMCS = "pmcs"
    JIRA = "jira"
    PUBLISHED = "published"


class Field(StrEnum):
    """The two dates that are kept together."""

    DUE = "due"
    COMPLETED = "completed"


class Basis(StrEnum):
    """What kind of promise a due date is; declared for each column in the mapping."""

    BASELINE = "baseline"
    PLANNED = "planned"
    FORECAST = "forecast"


class MilestoneKind(StrEnum):
    """What an activity is. Without a type column: a row with only a start, or with only finishes."""

    START_MILESTONE = "start_milestone"
    FINISH_MILESTONE = "finish_milestone"
    TASK = "task"
    LEVEL_OF_EFFORT = "level_of_effort"
    WBS_SUMMARY = "wbs_summary"
    UNKNOWN = "unknown"


MILESTONE_KINDS: Final = frozenset({MilestoneKind.START_MILESTONE, MilestoneKind.FINISH_MILESTONE})


class Status(StrEnum):
    """How far it is. A Jira issue is completed when its status category is done and its resolution counts."""

    NOT_STARTED = "not_started"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    UNKNOWN = "unknown"


class Mode(StrEnum):
    """What a run may do. One enumeration: there is no dry-run flag anywhere."""

    REPORT = "report"
    REVIEW = "review"
    AUTO = "auto"


@dataclass(frozen=True, slots=True)
class Milestone:
    """One milestone as one side shows it at one time.

    For Jira `code` is the key under which the issue is found now, `issue_id` stays when it moves, and
    `completed` is the effective completion (the configured field if filled, else the resolution date of an
    issue that is done) while `completed_held` is what the configured field itself holds: that is what a
    write replaces.
    """

    code: str
    name: str = ""
    kind: MilestoneKind = MilestoneKind.UNKNOWN
    status: Status = Status.UNKNOWN
    wbs: str | None = None
    level: int | None = None
    due: date | None = None
    due_column: str | None = None
    due_basis: Basis | None = None
    forecast: date | None = None
    completed: date | None = None
    completed_column: str | None = None
    predecessors: tuple[str, ...] = ()
    where: str = ""
    url: str | None = None
    state: str | None = None  # the side's own word for its status: "Completed", "Won't Do"
    issue_id: str | None = None
    completed_held: date | None = None

    def value(self, name: Field) -> date | None:
        """The effective date of a field."""
        return self.due if name is Field.DUE else self.completed

    def held(self, name: Field) -> date | None:
        """What the place a write goes to holds now; for due that is the value itself."""
        return self.due if name is Field.DUE else self.completed_held

    def column(self, name: Field) -> str | None:
        """The column the date was read from."""
        return self.due_column if name is Field.DUE else self.completed_column


class RejectCause(StrEnum):
    """Why a row, or one field of it, is not used."""

    UNREADABLE = "unreadable"  # a cell or row that cannot be read: unseen, not gone
    DUPLICATE = "duplicate"  # one code with different dates: none of its rows is used
    REPEATED = "repeated"  # one code again with the same dates: the first row counts


@dataclass(frozen=True, slots=True)
class Reject:
    """What was not used of a source, with its place. `field` None means the whole row."""

    where: str
    code: str | None
    reason: str
    cause: RejectCause = RejectCause.UNREADABLE
    kind: MilestoneKind = MilestoneKind.UNKNOWN
    field: str | None = None  # a Field's value, or "forecast"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything one connector saw at one time. Codes are unique in it.

    Of a P6 export it holds every readable row; `taking_part` gives those that are milestones.
    `asked` is None when everything in scope was read; a tracker lists the keys it was asked for,
    `missing` those of them it does not show, `moved` those that came back under another key. Of a tracker that was
    asked only for what can have changed since `census_at` the rest is as it was last read.
    """

    side: Side
    source: str  # absolute path, or URL without user, password and query
    taken_at: datetime
    milestones: tuple[Milestone, ...]
    connector: str = ""  # instance name in the configuration; "" for a bare file
    sha256: str | None = None
    mapping_sha256: str | None = None
    period: str | None = None  # "2019-04"
    kind: str | None = None  # "ME", "BL"
    edition: int | None = None  # given by the store
    data_date: date | None = None
    complete: bool = True
    why_incomplete: str = ""
    typed: bool = True  # False: the export has no activity-type column, so every row counts as a milestone
    rejects: tuple[Reject, ...] = ()
    asked: frozenset[str] | None = None
    missing: tuple[str, ...] = ()
    moved: Mapping[str, str] = field(default_factory=dict)
    read_at: datetime | None = None  # when the reading began by the source's own clock, where it has one that counts
    census_at: datetime | None = None  # when all of it was last read itself, by the same clock
    id: int | None = None  # the store's

    @property
    def rows(self) -> int:
        """How many rows were read, used or not."""
        return len(self.milestones) + sum(reject.field is None for reject in self.rejects)

    @property
    def how_read(self) -> str:
        """COMPLETE or INCOMPLETE, and how or why, in words."""
        if not self.complete:
            return f"INCOMPLETE: {self.why_incomplete or 'the source does not say why'}"
        if self.census_at == self.read_at or self.census_at is None:
            return "COMPLETE"
        return f"COMPLETE: read what has changed; all was last read {self.census_at:%Y-%m-%d %H:%M} UTC"

    def taking_part(self) -> tuple[Milestone, ...]:
        """The milestones: in a P6 export with a type column only the rows whose type says so."""
        if self.side is not Side.PMCS or not self.typed:
            return self.milestones
        return tuple(m for m in self.milestones if m.kind in MILESTONE_KINDS)


@dataclass(frozen=True, slots=True)
class Link:
    """A milestone code tied to a Jira key, with the fields it carries. The offset applies to due only."""

    code: str
    key: str
    fields: frozenset[Field] = frozenset(Field)
    offset_days: int = 0
    role: str = "completion"  # completion, test_plan, also, code_is_key
    declared: str = ""  # where: "links.toml: milestones.LDM-503-06.jira"

    @property
    def accepted(self) -> bool:
        """A person accepted it, and no file declares it."""
        return self.declared.startswith(ACCEPTED_BY)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An issue that may belong to a milestone without a link."""

    issue: Milestone
    code: str = ""  # what the tracker's own field for codes holds, as it stands there


@dataclass(frozen=True, slots=True)
class Candidates:
    """What a tracker was searched for, in words, and what that brought; `capped` where there is more."""

    found: tuple[Candidate, ...]
    searched: str = ""
    capped: bool = False


class ProposalState(StrEnum):
    """What became of a completion that Jira reported first and that was handed to PMCS."""

    PENDING = "pending"
    LANDED = "landed"
    OVERWRITTEN = "overwritten"
    NOT_LANDED = "not_landed"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A completion handed over to PMCS from one link."""

    code: str
    issue_id: str
    value: date
    state: ProposalState
    handed_over_on: date
    key: str = ""
    snapshot: int = 0  # id of the newest export when it was handed over: a later one has to prove it
    id: int | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """A hand-over whose state an export has changed, and the words for it."""

    proposal: Proposal
    words: str


#: A link's memory is kept by milestone code, issue id and field: a code linked to another issue starts unknown.
LinkKey = tuple[str, str, Field]


@dataclass(frozen=True, slots=True)
class Memory:
    """What earlier nights left behind that reconciling needs."""

    baselines: Mapping[LinkKey, date | None] = field(default_factory=dict)  # absent: unknown; None: known blank
    written: Mapping[LinkKey, frozenset[date]] = field(default_factory=dict)  # values we ever wrote there
    undone: Mapping[LinkKey, date | None] = field(default_factory=dict)  # the value an undo put back
    proposals: Mapping[tuple[str, str], tuple[Proposal, ...]] = field(default_factory=dict)  # oldest first
    done_before: frozenset[str] = frozenset()  # ids of issues seen done in an earlier snapshot


class DriftKind(StrEnum):
    """The cases of the truth table, in its order.

    `basis` exists only as a kind of hold, `adopted` and `undone` only as kinds of change.
    """

    AMBIGUOUS = "ambiguous"
    FOREIGN_PROJECT = "foreign_project"
    UNSEEN = "unseen"
    GONE = "gone"
    IMPLAUSIBLE = "implausible"
    IN_SYNC = "in_sync"
    HISTORY_REWRITTEN = "history_rewritten"
    REPORTED = "reported"
    OWNER_MOVED = "owner_moved"
    FOLLOWER_EDITED = "follower_edited"
    OWNER_BLANK = "owner_blank"
    BOTH_MOVED = "both_moved"
    FIRST_CONTACT = "first_contact"
    UNLINKED = "unlinked"
    BASIS = "basis"
    ADOPTED = "adopted"  # a change a person asked for by `adopt`
    UNDONE = "undone"  # a change that takes a write back


class Action(StrEnum):
    """What is to be done about a drift."""

    RECORD = "record"  # both sides agree: remember it as the baseline
    WRITE = "write"  # the owner's value goes to the follower
    PROPOSE = "propose"  # the follower's completion goes to the owner
    HOLD = "hold"  # waits for a person
    REPORT = "report"  # said, and nothing else


class Verdict(StrEnum):
    """What a person says about one row that waits, or about one that is going to be written."""

    APPROVE = "approve"  # write it: of a hold, give the owner's value to the follower
    REJECT = "reject"  # leave both sides as they are, until one of the two values changes
    HOLD = "hold"  # leave it until a day, then ask again


@dataclass(frozen=True, slots=True)
class Decision:
    """A verdict on one field of one link, bound to the two values that were seen: it stands while they stand.

    `issue` is the issue's id, or of a link whose issue was not seen the key.
    """

    code: str
    key: str
    issue: str
    field: Field
    verdict: Verdict
    owner_value: date | None
    follower_value: date | None
    actor: str
    at: datetime
    reason: str = ""
    until: date | None = None
    seconded_by: str | None = None  # another person who said the same, where four eyes are asked for
    id: int | None = None

    @property
    def link_key(self) -> LinkKey:
        """Which link and field it is about."""
        return (self.code, self.issue, self.field)


@dataclass(frozen=True, slots=True)
class Narrative:
    """Why a milestone stands where it does in a month, and the corrective action; in a person's words."""

    code: str
    period: str  # "2019-04"
    why: str
    action: str = ""
    actor: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LinkWord:
    """What a person said about a suggested link: that it is one, or that it is none."""

    code: str
    key: str
    accepted: bool
    role: str = "completion"  # completion, test_plan
    reason: str = ""
    actor: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Drift:
    """One link and field (or one unlinked milestone) as the truth table sees it.

    `owner_value` has the link's offset applied. `held` is what the follower's field to be written holds.
    `kind` is the case of the truth table; `hold_kind` differs from it only for `basis`.
    """

    code: str
    kind: DriftKind
    action: Action
    key: str | None = None
    issue_id: str | None = None
    field: Field | None = None
    owner_value: date | None = None
    follower_value: date | None = None
    held: date | None = None
    baseline: date | None = None
    baseline_known: bool = False
    why: str = ""
    hold_kind: DriftKind | None = None
    from_column: str | None = None
    basis: Basis | None = None
    waits: bool = False  # reported: a proposal that is pending, or one that waits for a later export
    seen_on_both: bool = False  # the base of percentages
    decision: Decision | None = None  # the one that stands for it, with `action` as it makes it

    @property
    def link_key(self) -> LinkKey | None:
        """Where decisions about it are kept; None for a milestone without a link."""
        if self.field is None or self.key is None:
            return None
        return (self.code, self.issue_id or self.key, self.field)


@dataclass(frozen=True, slots=True)
class Change:
    """One write: this field of this issue from `before` to `after`, or a completion handed to PMCS.

    `before` is what the field to be written holds; `seen` the effective value it was decided on
    (they differ only for a completion that Jira shows as a resolution date).
    """

    code: str
    target: Side
    key: str
    issue_id: str
    field: Field
    before: date | None
    after: date | None
    kind: DriftKind
    seen: date | None = None
    from_column: str | None = None

    @property
    def calendar_days(self) -> int | None:
        """How far the date moves; None when there was none before, or there will be none."""
        if self.seen is None or self.after is None:
            return None
        return (self.after - self.seen).days

    @property
    def link_key(self) -> LinkKey:
        """Where this link's memory is kept."""
        return (self.code, self.issue_id, self.field)


@dataclass(frozen=True, slots=True)
class Hold:
    """A drift that waits for a person."""

    code: str
    key: str
    field: Field
    kind: DriftKind
    owner_value: date | None
    follower_value: date | None
    baseline: date | None
    why: str
    issue_id: str | None = None
    baseline_known: bool = False


@dataclass(frozen=True, slots=True)
class Violation:
    """A safety limit that a plan breaks."""

    limit: str
    value: float
    allowed: float
    why: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be written and what waits: a value that is stored, shown, approved and applied once.

    `id` comes from the changes, holds, links and limits, never from times or snapshot ids.
    """

    id: str
    mode: Mode
    changes: tuple[Change, ...]
    holds: tuple[Hold, ...]
    drifts: Mapping[str, int]  # kind -> how many
    violations: tuple[Violation, ...]
    warnings: tuple[str, ...]
    snapshots: Mapping[str, int]  # connector -> snapshot id
    created_at: datetime
    expires_at: datetime
    purpose: str = "sync"  # sync, adopt, undo
    undoes: int | None = None  # of an undo: the run whose writes it takes back


class Outcome(StrEnum):
    """What became of one change."""

    APPLIED = "applied"
    ALREADY = "already"
    HANDED_OVER = "handed_over"
    STALE = "stale"
    REFUSED = "refused"
    FAILED = "failed"
    UNKNOWN = "unknown"
    NOT_TRIED = "not_tried"


@dataclass(frozen=True, slots=True)
class Receipt:
    """One change and what became of it.

    `confirmed` is True only when the value was read back from the target after the write (or found there
    before it): only then may it become the baseline.
    """

    change: Change
    outcome: Outcome
    detail: str | None = None
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class Settled:
    """An intent of an earlier run whose end is known now."""

    change: Change
    outcome: Outcome
    detail: str


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
    proposals: tuple[Judgement, ...] = ()  # hand-overs whose state changed
    drifts: tuple[Drift, ...] = ()
    problems: tuple[str, ...] = ()  # what could not be read and did not stop the run
    report: Mapping[str, str] = field(default_factory=dict)  # format -> absolute path
    waits: int = 0  # how often the tracker's rate limits made the run wait
    waited_seconds: float = 0.0

    @property
    def outbox(self) -> tuple[str, ...]:
        """Import workbooks that this run handed over."""
        return tuple(dict.fromkeys(r.detail for r in self.receipts if r.outcome is Outcome.HANDED_OVER and r.detail))


@dataclass(frozen=True, slots=True)
class FieldChange:
    """Who changed a field of an issue last, and when."""

    key: str  # or the issue's id, where only that is known
    field: Field
    actor: str
    at: datetime
    before: date | None
    after: date | None


@dataclass(frozen=True, slots=True)
class WrittenValue:
    """What a run wrote into Jira, and what stood there before."""

    code: str
    key: str
    issue_id: str
    field: Field
    before: date | None
    after: date | None


@dataclass(frozen=True, slots=True)
class Undo:
    """The plan that takes a run back, and what it cannot take back.

    `left` is what was written and does not stand any more, with the reason; `pending` are hand-overs that are
    withdrawn when the plan is applied, `landed` those that are in the schedule.
    """

    run: int
    plan: Plan
    left: tuple[tuple[WrittenValue, str], ...] = ()
    pending: tuple[Proposal, ...] = ()
    landed: tuple[Proposal, ...] = ()


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
class Sighting:
    """What one snapshot shows of one milestone or issue; None where it does not show it.

    The snapshot is without its milestones, and has of the rejects only those of this code. Of an unchanged milestone
    (`changed` is False) place and rejects are not looked up.
    """

    snapshot: Snapshot
    run: int
    milestone: Milestone | None
    changed: bool


class FirstContact(StrEnum):
    """What to do when both sides meet for the first time and differ."""

    HOLD = "hold"
    FILL = "fill"
    OWNER = "owner"


class FollowerEdit(StrEnum):
    """What to do when only the follower was edited."""

    HOLD = "hold"
    RESTORE = "restore"


@dataclass(frozen=True, slots=True)
class Policy:
    """What the configuration says about reconciling."""

    projects: frozenset[str]  # only these may be written
    writable: frozenset[Field] = frozenset({Field.DUE})  # completed only where a field is configured for it
    write_basis: frozenset[Basis] = frozenset({Basis.BASELINE})
    first_contact: FirstContact = FirstContact.HOLD  # of due
    follower_edit: FollowerEdit = FollowerEdit.HOLD  # of due
    report_to_owner: bool = True
    four_eyes: bool = False  # the owner's value of a hold is written only when two persons said so


@dataclass(frozen=True, slots=True)
class Limits:
    """Safety limits over one plan."""

    max_changes: int = 200
    max_change_percent: float = 25
    max_shift_days: int = 400
    max_export_age_days: int = 100  # 0: off
    max_row_drop_percent: float = 10
    min_rows: int = 1


@dataclass(frozen=True, slots=True)
class ReportRules:
    """What decides where a row of a drift report stands, never whether it is counted.

    A move of more than `first_table_days` calendar days stands in the first table; a forecast up to `on_time_days`
    working days after the due date is on time. What is later, or moved later, by more than `narrative_days` working
    days needs a narrative. `top` and `child` are how codes of levels 2 and 3 begin.
    """

    first_table_days: int = 3
    on_time_days: int = 5
    top: str = "LDM-503-"
    child: str = "DM-"
    narrative_days: int = 30


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
    rules: ReportRules = ReportRules()
    narratives: tuple[Narrative, ...] | None = None  # as they stood then; None: of a time before there were any


def is_jira_key(text: str) -> bool:
    """True for a text that could be the key of an issue."""
    return re.fullmatch(JIRA_KEY, text, re.ASCII) is not None


def project_of(key: str) -> str:
    """The project part of a Jira key: everything before the last hyphen."""
    return key.rpartition("-")[0]


def by_code(milestones: Iterable[Milestone]) -> dict[str, Milestone]:
    """Index by code; codes are unique in a snapshot."""
    return {milestone.code: milestone for milestone in milestones}
