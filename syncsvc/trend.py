"""Milestones over all reporting dates: what milestone trend analysis and burn-down are drawn from. Pure.

Nothing is filled in: a month without an export is a gap, and a milestone that an edition does not show has no value.
"""

from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from syncsvc.checks import is_done
from syncsvc.compare import meanings_of
from syncsvc.model import Basis, Milestone, Snapshot
from syncsvc.names import order_of_code


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """One edition. `newest` is the last edition of its month: lines go through these, the others are marks."""

    period: str | None
    kind: str | None
    edition: int | None
    on: date  # where it stands on the axis: its data date, else the end of its month, else the day it was read
    newest: bool
    gap: tuple[str, ...] = ()  # months without an export between the point before and this one


@dataclass(frozen=True, slots=True)
class TrendLine:
    """One milestone; each tuple has one place for each point.

    `rebaselined` are the places at which a due of basis baseline differs from the newest edition before.
    `completed_at` is the first place that shows it completed and after which none shows it open.
    """

    code: str
    name: str
    dues: tuple[date | None, ...]
    forecasts: tuple[date | None, ...]
    rebaselined: tuple[int, ...]
    completed_at: int | None
    completed: date | None


@dataclass(frozen=True, slots=True)
class BurnPoint:
    """How many milestones a month had, and how many of them were completed and should have been by its data date."""

    on: date
    period: str | None
    total: int
    completed: int
    due: int


@dataclass(frozen=True, slots=True)
class Trend:
    """All points in order, a line for each milestone of the last one, and the burn-down.

    `planned` is what the last point promises: at the end of each month how many are left if every due is kept.
    """

    points: tuple[TrendPoint, ...]
    lines: tuple[TrendLine, ...]
    burn_down: tuple[BurnPoint, ...]
    planned: tuple[tuple[date, int], ...]

    @property
    def gaps(self) -> tuple[str, ...]:
        """Every month between the first and the last point that has no export."""
        return tuple(month for point in self.points for month in point.gap)


def make_trend(history: Sequence[Snapshot], *, aliases: Mapping[str, str] | None = None) -> Trend:
    """The trend over snapshots of one kind, oldest first: months in order, editions of a month in order."""
    points: list[TrendPoint] = []
    for at, snapshot in enumerate(history):
        following = history[at + 1] if at + 1 < len(history) else None
        is_newest = following is None or snapshot.period is None or following.period != snapshot.period
        earlier = points[-1].period if points else None
        gap = months_between(earlier, snapshot.period)
        points.append(TrendPoint(snapshot.period, snapshot.kind, snapshot.edition, _day_of(snapshot), is_newest, gap))
    seen = [meanings_of(snapshot, {**snapshot.moved, **(aliases or {})}) for snapshot in history]
    last = seen[-1] if seen else {}
    lines = [_line(milestone, [each.get(meant) for each in seen], points) for meant, milestone in last.items()]
    lines.sort(key=lambda line: order_of_code(line.code))
    newest = [(point, each.values()) for point, each in zip(points, seen, strict=True) if point.newest]
    burn_down = tuple(
        BurnPoint(
            point.on,
            point.period,
            len(milestones),
            sum(map(is_done, milestones)),
            sum(each.due is not None and each.due <= point.on for each in milestones),
        )
        for point, milestones in newest
    )
    return Trend(tuple(points), tuple(lines), burn_down, _planned(list(last.values())))


def months_between(before: str | None, after: str | None) -> tuple[str, ...]:
    """The months that lie strictly between two periods: 2019-01 and 2019-04 have 2019-02 and 2019-03."""
    if before is None or after is None:
        return ()
    first, last = _number(before), _number(after)
    return tuple(f"{month // 12:04d}-{month % 12 + 1:02d}" for month in range(first + 1, last))


def month_end(day: date) -> date:
    """The last day of its month."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def _line(last: Milestone, sightings: Sequence[Milestone | None], points: Sequence[TrendPoint]) -> TrendLine:
    rebaselined: list[int] = []
    before: Milestone | None = None
    completed_at: int | None = None
    for at, (each, point) in enumerate(zip(sightings, points, strict=True)):
        if each is None:
            continue
        if (
            before is not None
            and each.due_basis is Basis.BASELINE
            and before.due_basis is Basis.BASELINE
            and each.due != before.due
        ):
            rebaselined.append(at)
        if not is_done(each):
            completed_at = None
        elif completed_at is None:
            completed_at = at
        if point.newest or before is None:
            before = each
    return TrendLine(
        code=last.code,
        name=last.name,
        dues=tuple(each.due if each else None for each in sightings),
        forecasts=tuple(each.forecast if each else None for each in sightings),
        rebaselined=tuple(rebaselined),
        completed_at=completed_at,
        completed=last.completed,
    )


def _day_of(snapshot: Snapshot) -> date:
    if snapshot.data_date is not None:
        return snapshot.data_date
    if snapshot.period is not None:
        return month_end(date.fromisoformat(f"{snapshot.period}-01"))
    return snapshot.taken_at.date()


def _planned(milestones: Sequence[Milestone]) -> tuple[tuple[date, int], ...]:
    dues = sorted(each.due for each in milestones if each.due is not None)
    if not dues:
        return ()
    ends: list[tuple[date, int]] = []
    day, kept = month_end(dues[0]), 0
    while True:
        while kept < len(dues) and dues[kept] <= day:
            kept += 1
        ends.append((day, len(milestones) - kept))
        if kept == len(dues):
            return tuple(ends)
        day = month_end(dues[kept])


def _number(period: str) -> int:
    year, _, month = period.partition("-")
    return int(year) * 12 + int(month) - 1
