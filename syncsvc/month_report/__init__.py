"""The drift report as one value: everything a controller reads about one month, from which every format is rendered.

Pure: what to compare is handed in, whether read from files or from the store. Renderings decide nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from syncsvc.causes import attribute, is_restatement
from syncsvc.checks import check_snapshot
from syncsvc.compare import DriftReport, compare
from syncsvc.model import Narrative, ReportRules, Snapshot
from syncsvc.month_report.open_points import find_open_points
from syncsvc.month_report.rows import level_of, make_row
from syncsvc.month_report.value import (
    Beside,
    Counts,
    Light,
    MonthReport,
    OpenPoint,
    Question,
    Row,
    Source,
    name_period,
)
from syncsvc.release_list import find_overrides
from syncsvc.sides import SidesReport, compare_sides
from syncsvc.trend import make_trend

__all__ = [
    "Beside",
    "Counts",
    "Light",
    "MonthReport",
    "OpenPoint",
    "Question",
    "Row",
    "Source",
    "level_of",
    "make_month_report",
    "name_period",
]


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
        make_row(one, drift, rules, beside, differences.get(one.code, ()), sides_rows.get(one.code), narratives)
        for one in drift.milestones
    )
    return MonthReport(
        project=beside.project,
        prepared_at=prepared_at,
        drift=drift,
        rows=rows,
        open_points=tuple(find_open_points(drift, rows, sides, beside.run)),
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


def _narratives(beside: Beside) -> Mapping[str, Sequence[Narrative]] | None:
    """By the code that each milestone has now."""
    if beside.narratives is None:
        return None
    found: dict[str, list[Narrative]] = {}
    for each in beside.narratives:
        code = beside.aliases.get(each.code, each.code)
        found.setdefault(code, []).append(replace(each, code=code))
    return found


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
