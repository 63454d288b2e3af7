"""What a drift report is: its rows, open points, counts and sources, as values that every format is rendered from."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from syncsvc.causes import Attribution, Difference
from syncsvc.checks import Check
from syncsvc.compare import Comparison, DriftReport, Move
from syncsvc.model import DriftKind, Field, Link, Milestone, Narrative, ReportRules, RunResult, Snapshot
from syncsvc.narratives import Narrated
from syncsvc.release_list import Annotations, Override
from syncsvc.sides import SidesReport, SidesRow
from syncsvc.trend import Trend

_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


class Light(StrEnum):
    """How a milestone stands at the data date. A report writes the word beside every sign and colour."""

    COMPLETED = "completed"
    ON_TIME = "on_time"
    LATE = "late"
    OVERDUE = "overdue"
    NOT_FORECAST = "not_forecast"
    UNDATED = "undated"
    GONE = "gone"


class Question(StrEnum):
    """Why a milestone stands among the few that need a decision."""

    HELD = "held"  # a run holds a date for a person
    COMPLETION_REWRITTEN = "completion_rewritten"
    REOPENED = "reopened"
    GONE = "gone"  # with an issue linked to it, or in the published document
    SIDES_DIFFER = "sides_differ"
    UNSEEN = "unseen"


@dataclass(frozen=True, slots=True)
class Row:
    """One milestone of the report, on either side of the comparison.

    `name` is the one to be shown (a name kept by hand, else the schedule's). `against_due` leads from the due date to
    the completion, or to the forecast of an open one.
    """

    comparison: Comparison
    name: str
    level: int | None
    light: Light
    against_due: Move
    differences: tuple[Difference, ...]
    sides: SidesRow | None
    keys: tuple[str, ...]
    narrated: Narrated | None = None  # the narrative of the report's month, or that one is due; None: neither

    @property
    def code(self) -> str:
        """The code after, or the last one of a gone milestone."""
        return self.comparison.code

    @property
    def milestone(self) -> Milestone:
        """As it stands after; a gone one as it stood before."""
        shown = self.comparison.after or self.comparison.before
        if shown is None:
            raise ValueError("a row stands on one side at least")
        return shown


@dataclass(frozen=True, slots=True)
class OpenPoint:
    """One thing a person has to look at. Days are how far apart the two dates are, None where that means nothing."""

    code: str
    name: str
    question: Question
    why: str
    field: Field | None = None
    before: date | None = None
    after: date | None = None
    key: str | None = None
    hold: DriftKind | None = None
    calendar_days: int | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """The figures of the front page; None where the sources cannot tell.

    `total` and what follows it to `late` are of the milestones after, at their data date; the period lies between
    the two data dates, its first day excluded. `late` are open milestones that are late or overdue.
    """

    total: int
    completed: int
    overdue: int
    late: int
    due_in_period: int | None
    completed_in_period: int | None
    slipped: int
    pulled_in: int
    unchanged: int
    new: int
    gone: int
    newly_completed: int
    reopened: int
    completed_rewritten: int


@dataclass(frozen=True, slots=True)
class Source:
    """One snapshot the report rests on, and as what."""

    role: str  # before, after, edition, jira, published
    snapshot: Snapshot


@dataclass(frozen=True, slots=True)
class MonthReport:
    """What is rendered. `rows` are all milestones of both ends in order of code (DM-2 before DM-10)."""

    project: str
    prepared_at: datetime
    drift: DriftReport
    rows: tuple[Row, ...]
    open_points: tuple[OpenPoint, ...]
    counts: Counts
    attribution: Attribution
    restatements: tuple[DriftReport, ...]  # first edition of a month against its last, where they differ
    checks: tuple[Check, ...]
    trend: Trend
    sides: SidesReport | None
    overrides: tuple[Override, ...]
    sources: tuple[Source, ...]
    rules: ReportRules
    links: tuple[Link, ...] = ()
    run: RunResult | None = None

    @property
    def is_first(self) -> bool:
        """A run's report on the first export of its kind: it is compared with itself."""
        return self.run is not None and self.drift.before == self.drift.after

    @property
    def complete(self) -> bool:
        """Every source was read completely."""
        return all(source.snapshot.complete for source in self.sources)

    @property
    def moves(self) -> tuple[Row, ...]:
        """Every milestone whose due moved, the largest move first."""
        moved = [row for row in self.rows if row.comparison.due.calendar_days]
        return tuple(sorted(moved, key=lambda row: -abs(row.comparison.due.calendar_days or 0)))

    @property
    def first_moves(self) -> tuple[Row, ...]:
        """Those of `moves` that stand in the first table."""
        least = self.rules.first_table_days
        return tuple(row for row in self.moves if abs(row.comparison.due.calendar_days or 0) > least)

    @property
    def narrated(self) -> tuple[Row, ...]:
        """The milestones of which a narrative tells."""
        return tuple(row for row in self.rows if row.narrated is not None and row.narrated.narrative is not None)

    @property
    def not_narrated(self) -> tuple[Row, ...]:
        """Those that need a narrative and have none."""
        return tuple(row for row in self.rows if row.narrated is not None and row.narrated.missing)

    @property
    def change_record(self) -> str:
        """One line for the change record of a published document."""
        totals = self.drift.totals
        return (
            f"Update milestones for {name_period(self.drift.after)}: {totals.slipped} slipped, "
            f"{totals.pulled_in} pulled in, {totals.newly_completed} completed"
        )


@dataclass(frozen=True, slots=True)
class Beside:
    """What a report shows besides the two snapshots that it compares; all of it may be absent.

    `before_editions` and `after_editions` are all editions of the two months in order, `history` every edition of
    the kind that is reported, oldest first. `narratives` None: none are kept for these snapshots, and none are due.
    """

    before_editions: Sequence[Snapshot] = ()
    after_editions: Sequence[Snapshot] = ()
    history: Sequence[Snapshot] = ()
    jira: Snapshot | None = None
    published: Snapshot | None = None
    links: Sequence[Link] = ()
    aliases: Mapping[str, str] = field(default_factory=dict)
    annotations: Annotations = field(default_factory=Annotations)
    holidays: Collection[date] = ()
    project: str = ""
    run: RunResult | None = None
    narratives: Sequence[Narrative] | None = None


def name_period(snapshot: Snapshot) -> str:
    """ "month end April 2019" of a month-end export, "baseline March 2018", else what is known."""
    if snapshot.period is None:
        return f"{snapshot.data_date or snapshot.taken_at.date()}"
    year, _, month = snapshot.period.partition("-")
    words = {"ME": "month end ", "BL": "baseline "}.get(snapshot.kind or "", "")
    return f"{words}{_MONTHS[int(month) - 1]} {year}"
