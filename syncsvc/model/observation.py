"""What a side shows at one time: milestones, snapshots and what of them was not used."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Final

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
class FieldChange:
    """Who changed a field of an issue last, and when."""

    key: str  # or the issue's id, where only that is known
    field: Field
    actor: str
    at: datetime
    before: date | None
    after: date | None


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


def is_jira_key(text: str) -> bool:
    """True for a text that could be the key of an issue."""
    return re.fullmatch(JIRA_KEY, text, re.ASCII) is not None


def project_of(key: str) -> str:
    """The project part of a Jira key: everything before the last hyphen."""
    return key.rpartition("-")[0]


def by_code(milestones: Iterable[Milestone]) -> dict[str, Milestone]:
    """Index by code; codes are unique in a snapshot."""
    return {milestone.code: milestone for milestone in milestones}
