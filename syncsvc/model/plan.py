"""What would be written, and what became of each write."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from syncsvc.model.drift import DriftKind
from syncsvc.model.link import LinkKey, Proposal
from syncsvc.model.observation import Basis, Field, Side


class Mode(StrEnum):
    """What a run may do. One enumeration: there is no dry-run flag anywhere."""

    REPORT = "report"
    REVIEW = "review"
    AUTO = "auto"


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
class ChangeRequest:
    """A due date that a team proposes by its edit in Jira, as the milestone's own date: the link's days are off."""

    code: str
    key: str
    issue_id: str
    name: str
    due: date | None  # of the schedule
    due_column: str | None
    due_basis: Basis | None
    proposed: date
    offset_days: int = 0


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
