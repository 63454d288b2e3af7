"""The drift report as one value: everything a controller reads about one month, from which every format is rendered.

Pure: what to compare is handed in, whether read from files or from the store. Renderings decide nothing.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from syncsvc.causes import Attribution, Difference, attribute, is_restatement
from syncsvc.checks import Check, check_snapshot, is_done
from syncsvc.compare import Comparison, Completion, DriftReport, Move, Presence, compare
from syncsvc.model import DriftKind, Field, Link, Milestone, Narrative, ReportRules, RunResult, Side, Snapshot
from syncsvc.names import drop_test_report
from syncsvc.narratives import Narrated, narrated
from syncsvc.release_list import Annotations, Override, find_overrides
from syncsvc.sides import Agreement, SidesReport, SidesRow, Standing, compare_sides
from syncsvc.trend import Trend, make_trend
from syncsvc.workdays import working_days

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


def make_month_report(
    before: Snapshot,
    after: Snapshot,
    *,
    prepared_at: datetime,
    beside: Beside | None = None,
    rules: ReportRules | None = None,
) -> MonthReport:
    """Everything a drift report says about two snapshots."""
    beside, rules = beside or Beside(), rules or ReportRules()
    drift = compare(before, after, aliases=beside.aliases, holidays=beside.holidays)
    chain = _chain(before, after, beside)
    attribution = attribute(chain, aliases=beside.aliases, holidays=beside.holidays)
    sides = _sides(before, after, beside)
    sides_rows = {row.code: row for row in sides.rows} if sides else {}
    differences = attribution.by_code()
    narratives = _narratives(beside)
    rows = tuple(
        _row(one, drift, rules, beside, differences.get(one.code, ()), sides_rows.get(one.code), narratives)
        for one in drift.milestones
    )
    return MonthReport(
        project=beside.project,
        prepared_at=prepared_at,
        drift=drift,
        rows=rows,
        open_points=tuple(_open_points(drift, rows, sides, beside.run)),
        counts=_count(drift, rows),
        attribution=attribution,
        restatements=tuple(_restatements(beside)),
        checks=check_snapshot(after),
        trend=make_trend(beside.history or _comparable(before, after), aliases=beside.aliases),
        sides=sides,
        overrides=find_overrides({row.code: row.milestone for row in rows}, beside.annotations),
        sources=tuple(_sources(before, after, chain, sides)),
        rules=rules,
        links=tuple(beside.links),
        run=beside.run,
    )


def name_period(snapshot: Snapshot) -> str:
    """ "month end April 2019" of a month-end export, "baseline March 2018", else what is known."""
    if snapshot.period is None:
        return f"{snapshot.data_date or snapshot.taken_at.date()}"
    year, _, month = snapshot.period.partition("-")
    words = {"ME": "month end ", "BL": "baseline "}.get(snapshot.kind or "", "")
    return f"{words}{_MONTHS[int(month) - 1]} {year}"


def _comparable(before: Snapshot, after: Snapshot) -> tuple[Snapshot, ...]:
    """Both ends where they are of one side: two lists of different milestones have no trend."""
    return (before, after) if before.side is after.side else (after,)


def _chain(before: Snapshot, after: Snapshot, beside: Beside) -> tuple[Snapshot, ...]:
    """Both ends and the editions in between: later ones of the first month, earlier ones of the second."""
    later = [each for each in beside.before_editions if (each.edition or 0) > (before.edition or 0)]
    earlier = [each for each in beside.after_editions if (each.edition or 0) < (after.edition or 0)]
    if is_restatement(before, after):
        between = [each for each in later if (each.edition or 0) < (after.edition or 0)]
        return (before, *between, after)
    return (before, *later, *earlier, after)


def _sides(before: Snapshot, after: Snapshot, beside: Beside) -> SidesReport | None:
    """The sides beside each other: of the two that are compared, and of those that stand beside them."""
    others = [each for each in (beside.jira, beside.published) if each is not None]
    compared = [before, after] if before.side is not after.side else [after]
    present = {each.side for each in (*others, *compared)}
    if len(present) < 2:
        return None
    return compare_sides(
        [*others, *compared],
        links=beside.links,
        aliases=beside.aliases,
        names=beside.annotations.names,
        holidays=beside.holidays,
    )


def _row(
    one: Comparison,
    drift: DriftReport,
    rules: ReportRules,
    beside: Beside,
    differences: tuple[Difference, ...],
    sides: SidesRow | None,
    narratives: Mapping[str, Sequence[Narrative]] | None,
) -> Row:
    milestone = one.after or one.before
    if milestone is None:
        raise ValueError("a comparison needs a milestone on one side at least")
    against = _against_due(milestone, drift.holidays)
    light = _light(one, drift.after.data_date, against, rules)
    told = None
    if narratives is not None and drift.after.period is not None and one.after is not None:
        required = _days_late(one, light, against, drift) > rules.narrative_days
        told = narrated(one.code, narratives, drift.after.period, required=required)
    return Row(
        comparison=one,
        name=beside.annotations.names.get(one.code) or drop_test_report(one.name),
        level=level_of(milestone, rules),
        light=light,
        against_due=against,
        differences=differences,
        sides=sides,
        keys=sides.keys if sides else (),
        narrated=told,
    )


def _narratives(beside: Beside) -> Mapping[str, Sequence[Narrative]] | None:
    """By the code that each milestone has now."""
    if beside.narratives is None:
        return None
    found: dict[str, list[Narrative]] = {}
    for each in beside.narratives:
        code = beside.aliases.get(each.code, each.code)
        found.setdefault(code, []).append(replace(each, code=code))
    return found


def _days_late(one: Comparison, light: Light, against: Move, drift: DriftReport) -> int:
    """The most working days by which a milestone is late, or has moved later; of what was completed before only moves.

    One that is overdue is late by the days up to the data date at least, whatever its forecast says.
    """
    late = [one.due.working_days or 0]
    if light is not Light.COMPLETED or one.completion is Completion.NEWLY_COMPLETED:
        late.append(against.working_days or 0)
    if light is Light.OVERDUE and against.before is not None and drift.after.data_date is not None:
        late.append(working_days(against.before, drift.after.data_date, drift.holidays))
    return max(late)


def level_of(milestone: Milestone, rules: ReportRules) -> int | None:
    """The level the source gives, else the one its code tells: test milestones are 2, team milestones 3."""
    if milestone.level is not None:
        return milestone.level
    if milestone.code.startswith(rules.top):
        return 2
    return 3 if milestone.code.startswith(rules.child) else None


def _against_due(milestone: Milestone, holidays: frozenset[date]) -> Move:
    end = milestone.completed if is_done(milestone) else milestone.forecast
    if milestone.due is None or end is None:
        return Move(milestone.due, end)
    days = working_days(milestone.due, end, holidays)
    return Move(milestone.due, end, (end - milestone.due).days, days, milestone.due_column)


def _light(one: Comparison, data_date: date | None, against: Move, rules: ReportRules) -> Light:
    milestone = one.after
    if milestone is None:
        return Light.GONE
    if is_done(milestone):
        return Light.COMPLETED
    if milestone.due is None:
        return Light.UNDATED
    if data_date is not None and milestone.due <= data_date:
        return Light.OVERDUE
    if against.working_days is None:
        return Light.NOT_FORECAST
    return Light.LATE if against.working_days > rules.on_time_days else Light.ON_TIME


def _count(drift: DriftReport, rows: Sequence[Row]) -> Counts:
    standing = [row for row in rows if row.comparison.after is not None]
    lights = [row.light for row in standing]
    totals = drift.totals
    start, end = drift.before.data_date, drift.after.data_date
    due = completed = None
    if start is not None and end is not None and start < end:
        due = sum(row.milestone.due is not None and start < row.milestone.due <= end for row in standing)
        completed = sum(
            row.milestone.completed is not None and start < row.milestone.completed <= end for row in standing
        )
    return Counts(
        total=len(standing),
        completed=lights.count(Light.COMPLETED),
        overdue=lights.count(Light.OVERDUE),
        late=lights.count(Light.OVERDUE) + lights.count(Light.LATE),
        due_in_period=due,
        completed_in_period=completed,
        slipped=totals.slipped,
        pulled_in=totals.pulled_in,
        unchanged=totals.unchanged,
        new=totals.added,
        gone=totals.removed,
        newly_completed=totals.newly_completed,
        reopened=totals.reopened,
        completed_rewritten=totals.completed_rewritten,
    )


def _open_points(
    drift: DriftReport, rows: Sequence[Row], sides: SidesReport | None, run: RunResult | None
) -> Iterator[OpenPoint]:
    """The few rows that a person must settle: what a run holds first, then what no rule may decide by itself."""
    names = {row.code: row.name for row in rows}
    held = list(_held(run, names))
    yield from held
    for row in rows:
        one = row.comparison
        if one.completion is Completion.REWRITTEN:
            why = "The actual date of a completed milestone was changed afterwards."
            yield _asked(row, Question.COMPLETION_REWRITTEN, why, Field.COMPLETED, one.completed)
        elif one.completion is Completion.REOPENED:
            why = "It was completed, and is open again."
            yield _asked(row, Question.REOPENED, why, Field.COMPLETED, one.completed)
        elif one.presence is Presence.REMOVED and row.sides is not None and row.sides.shown_by:
            others = " and ".join(_SIDES[side] for side in row.sides.shown_by)
            yield _asked(row, Question.GONE, f"It is gone from the schedule; {others} still shows it.")
    for unseen in drift.unseen:
        name = names.get(unseen.milestone.code) or unseen.milestone.name
        why = f"It could not be read from the snapshot {unseen.absent_from.value}: {unseen.why}."
        yield OpenPoint(unseen.milestone.code, name, Question.UNSEEN, why)
    settled = {(point.code, point.field) for point in held}
    # Of two sides compared with each other every move differs: that is the report itself, and no question.
    beside = sides is not None and not set(sides.snapshots) <= {drift.before.side, drift.after.side}
    beside = beside or (sides is not None and drift.before.side is drift.after.side)
    for sides_row in sides.differing if sides and beside else ():
        for standing in sides_row.standings:
            if standing.agreement in _DIFFERING and (sides_row.code, standing.field) not in settled:
                yield _differing(sides_row, standing, names)


_SIDES: Final = {Side.PMCS: "PMCS", Side.JIRA: "Jira", Side.PUBLISHED: "the published document"}
_DIFFERING: Final = frozenset({Agreement.ODD_ONE_OUT, Agreement.ALL_DIFFER})


def _held(run: RunResult | None, names: Mapping[str, str]) -> Iterator[OpenPoint]:
    for hold in run.plan.holds if run and run.plan else ():
        days = None
        if hold.owner_value is not None and hold.follower_value is not None:
            days = (hold.owner_value - hold.follower_value).days
        yield OpenPoint(
            hold.code,
            names.get(hold.code, ""),
            Question.HELD,
            hold.why,
            hold.field,
            hold.follower_value,
            hold.owner_value,
            hold.key,
            hold.kind,
            days,
        )


def _asked(row: Row, question: Question, why: str, name: Field | None = None, move: Move | None = None) -> OpenPoint:
    if move is None:
        return OpenPoint(row.code, row.name, question, why, key=", ".join(row.keys) or None)
    days = move.calendar_days
    keys = ", ".join(row.keys) or None
    return OpenPoint(row.code, row.name, question, why, name, move.before, move.after, keys, None, days)


def _differing(row: SidesRow, standing: Standing, names: Mapping[str, str]) -> OpenPoint:
    shown = {side: each for side, each in standing.dates.items() if each.why_not is None}
    said = ", ".join(f"{_SIDES[side]} {each.value or 'no date'}" for side, each in shown.items())
    odd = standing.odd_one_out
    lead = f"{_SIDES[odd][0].upper()}{_SIDES[odd][1:]} differs" if odd else "All sides differ"
    others = next((each.value for side, each in shown.items() if side is not odd), None)
    return OpenPoint(
        row.code,
        names.get(row.code) or row.name,
        Question.SIDES_DIFFER,
        f"{lead} about {standing.field.value}: {said}.",
        standing.field,
        others if odd else None,
        shown[odd].value if odd else None,
        ", ".join(row.keys) or None,
        None,
        standing.calendar_days,
    )


def _restatements(beside: Beside) -> Iterator[DriftReport]:
    for editions in (beside.before_editions, beside.after_editions):
        if len(editions) < 2:
            continue
        report = compare(editions[0], editions[-1], aliases=beside.aliases, holidays=beside.holidays)
        if report.something_differs:
            yield report


def _sources(
    before: Snapshot, after: Snapshot, chain: Sequence[Snapshot], sides: SidesReport | None
) -> Iterator[Source]:
    yield Source("before", before)
    for edition in chain[1:-1]:
        yield Source("edition", edition)
    yield Source("after", after)
    for side, snapshot in sides.snapshots.items() if sides else ():
        if snapshot is not before and snapshot is not after:
            yield Source(side.value, snapshot)
