"""The same milestones on all sides at once, and which side is the odd one out. Pure.

A side takes part in a row where it shows the milestone and can tell the date; blank is what it says then. PMCS owns
the dates, so where only one other side differs from it, that one is named; among three the one that stands alone.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from syncsvc.compare import meanings_of, tells_completion
from syncsvc.model import Field, Link, Milestone, RejectCause, Side, Snapshot, Status, by_code
from syncsvc.names import order_of_code
from syncsvc.workdays import working_days

ORDER: Final = (Side.PMCS, Side.JIRA, Side.PUBLISHED)


class Agreement(StrEnum):
    """How the sides that can tell a date stand to each other."""

    AGREE = "agree"
    ODD_ONE_OUT = "odd_one_out"  # all but one agree, or one side differs from PMCS
    ALL_DIFFER = "all_differ"
    NOT_COMPARED = "not_compared"  # fewer than two sides can tell


@dataclass(frozen=True, slots=True)
class SideDate:
    """What one side says. `why_not` is set where it says nothing: then `value` is None and no blank date."""

    value: date | None = None
    why_not: str | None = None
    keys: tuple[str, ...] = ()  # of Jira: the issues it was read from


@dataclass(frozen=True, slots=True)
class Standing:
    """One field of one milestone on all sides.

    Days are how far the odd one out is from the others, later positive; None where one of the two is blank.
    """

    field: Field
    dates: Mapping[Side, SideDate]
    agreement: Agreement
    odd_one_out: Side | None = None
    calendar_days: int | None = None
    working_days: int | None = None


@dataclass(frozen=True, slots=True)
class SidesRow:
    """One milestone that at least one side shows. `keys` are the issues linked to it, with an offset or without."""

    code: str
    name: str
    due: Standing
    completed: Standing
    shown_by: tuple[Side, ...]
    keys: tuple[str, ...] = ()

    @property
    def standings(self) -> tuple[Standing, Standing]:
        """Both fields."""
        return (self.due, self.completed)

    @property
    def differs(self) -> bool:
        """The sides do not agree about one date at least."""
        return any(each.agreement in _DIFFERING for each in self.standings)


@dataclass(frozen=True, slots=True)
class SidesReport:
    """All rows in order of code, from one snapshot of each side."""

    snapshots: Mapping[Side, Snapshot]
    rows: tuple[SidesRow, ...]

    @property
    def differing(self) -> tuple[SidesRow, ...]:
        """The rows in which the sides do not agree, widest gap first."""
        found = [row for row in self.rows if row.differs]
        return tuple(sorted(found, key=lambda row: -max(abs(each.calendar_days or 0) for each in row.standings)))

    @property
    def compared(self) -> int:
        """How many milestones at least two sides show."""
        return sum(len(row.shown_by) > 1 for row in self.rows)

    def counts(self, field: Field) -> dict[str, int]:
        """How many rows of each agreement, and how often each side is the odd one out."""
        standings = [row.due if field is Field.DUE else row.completed for row in self.rows]
        agreements = Counter(each.agreement for each in standings)
        odd = Counter(each.odd_one_out for each in standings if each.odd_one_out)
        counts = {agreement.value: agreements[agreement] for agreement in Agreement}
        return counts | {f"odd_{side.value}": odd[side] for side in ORDER if side in self.snapshots}


_DIFFERING: Final = frozenset({Agreement.ODD_ONE_OUT, Agreement.ALL_DIFFER})


def compare_sides(
    snapshots: Iterable[Snapshot],
    *,
    links: Sequence[Link] = (),
    aliases: Mapping[str, str] | None = None,
    names: Mapping[str, str] | None = None,
    holidays: Collection[date] = (),
) -> SidesReport:
    """One snapshot of each side beside the others; of two of the same side the later one given counts.

    Jira's issues stand for a milestone by its links; an issue due some days before it (`offset_days`) is taken back
    by these days, so that all dates are the milestone's own.
    """
    given = {snapshot.side: snapshot for snapshot in snapshots}
    by_side = {side: given[side] for side in ORDER if side in given}
    linked: dict[str, list[Link]] = defaultdict(list)
    for link in links:
        linked[(aliases or {}).get(link.code, link.code)].append(link)
    views = {
        side: _Issues(snapshot, linked) if side is Side.JIRA else _List(snapshot, aliases or {})
        for side, snapshot in by_side.items()
    }
    codes = {code for view in views.values() for code in view.codes()}
    days_off = frozenset(holidays)
    rows = []
    for code in sorted(codes, key=order_of_code):
        shown_by = tuple(side for side, view in views.items() if view.shows(code))
        if not shown_by:
            continue
        name = (names or {}).get(code) or next((n for side in shown_by if (n := views[side].name(code))), "")
        due, completed = (_stand(each_field, _dates(views, code, each_field), days_off) for each_field in Field)
        keys = tuple(dict.fromkeys(link.key for link in linked.get(code, ())))
        rows.append(SidesRow(code, name, due, completed, shown_by, keys))
    return SidesReport(by_side, tuple(rows))


def _stand(field: Field, dates: Mapping[Side, SideDate], holidays: frozenset[date]) -> Standing:
    telling = {side: each.value for side, each in dates.items() if each.why_not is None}
    if len(telling) < 2:
        return Standing(field, dates, Agreement.NOT_COMPARED)
    if len(set(telling.values())) == 1:
        return Standing(field, dates, Agreement.AGREE)
    odd = _odd_one_out(telling)
    if odd is None:
        return Standing(field, dates, Agreement.ALL_DIFFER)
    value = telling[odd]
    others = next(other for side, other in telling.items() if side is not odd)
    if value is None or others is None:
        return Standing(field, dates, Agreement.ODD_ONE_OUT, odd)
    days, working = (value - others).days, working_days(others, value, holidays)
    return Standing(field, dates, Agreement.ODD_ONE_OUT, odd, days, working)


def _dates(views: Mapping[Side, "_List | _Issues"], code: str, field: Field) -> dict[Side, SideDate]:
    """What each side says, PMCS first."""
    dates: dict[Side, SideDate] = {}
    for side, view in views.items():
        dates[side] = view.says(code, field, dates.get(Side.PMCS))
    return dates


def _apart(value: date | None, other: date | None) -> int:
    """How far two dates are apart; from a blank further than from any date."""
    if value is None or other is None:
        return 0 if value == other else date.max.toordinal()
    return abs((value - other).days)


def _odd_one_out(telling: Mapping[Side, date | None]) -> Side | None:
    if len(telling) == 2:
        return next((side for side in telling if side is not Side.PMCS), None) if Side.PMCS in telling else None
    takers = Counter(telling.values())
    alone = [side for side, value in telling.items() if takers[value] == 1]
    return alone[0] if len(alone) == 1 else None


class _List:
    """A side that has milestones of its own: PMCS, or the published list."""

    def __init__(self, snapshot: Snapshot, aliases: Mapping[str, str]) -> None:
        self._milestones = meanings_of(snapshot, {**snapshot.moved, **aliases})
        self._lost = {
            (aliases.get(reject.code, reject.code), reject.field): f"{reject.where}: {reject.reason}"
            for reject in snapshot.rejects
            if reject.code is not None and reject.cause is not RejectCause.REPEATED
        }
        self._tells_completion = tells_completion(snapshot)
        self._absent = "not there" if snapshot.complete else "unseen: the source was not read completely"

    def codes(self) -> Collection[str]:
        return self._milestones.keys()

    def shows(self, code: str) -> bool:
        return code in self._milestones

    def name(self, code: str) -> str:
        return self._milestones[code].name

    def says(self, code: str, field: Field, pmcs: SideDate | None) -> SideDate:
        milestone = self._milestones.get(code)
        if milestone is None:
            return SideDate(why_not=self._lost.get((code, None), self._absent))
        if unread := self._lost.get((code, field.value)):
            return SideDate(why_not=unread)
        if field is Field.COMPLETED and milestone.completed is None:
            if not self._tells_completion:
                return SideDate(why_not="says nothing about completion")
            if milestone.status is Status.COMPLETED:
                return SideDate(why_not="completed, no date")
        return SideDate(milestone.value(field))


class _Issues:
    """Jira, seen through the links."""

    def __init__(self, snapshot: Snapshot, linked: Mapping[str, Sequence[Link]]) -> None:
        self._issues = by_code(snapshot.milestones)
        self._moved = snapshot.moved
        self._missing = frozenset(snapshot.missing)
        self._linked = linked

    def codes(self) -> Collection[str]:
        return [code for code in self._linked if self.shows(code)]

    def shows(self, code: str) -> bool:
        return any(self._issue(link) is not None for link in self._linked.get(code, ()))

    def name(self, code: str) -> str:
        return next(issue.name for link in self._linked[code] if (issue := self._issue(link)) is not None)

    def says(self, code: str, field: Field, pmcs: SideDate | None) -> SideDate:
        """What the issues say; where they differ, the one that is furthest from what PMCS says."""
        links = [link for link in self._linked.get(code, ()) if field in link.fields]
        if not links:
            return SideDate(why_not="no issue is linked")
        keys = tuple(link.key for link in links)
        unseen = [link.key for link in links if self._issue(link) is None]
        if len(unseen) == len(links):
            gone = "not found in Jira" if set(unseen) <= self._missing else "not read from Jira"
            return SideDate(why_not=f"{', '.join(unseen)} {gone}", keys=keys)
        values = {
            link.key: self._value(issue, link, field) for link in links if (issue := self._issue(link)) is not None
        }
        if len(set(values.values())) == 1:
            return SideDate(next(iter(values.values())), keys=keys)
        if pmcs is None or pmcs.why_not is not None:
            words = ", ".join(f"{self._issue_date(link, field)} in {link.key}" for link in links)
            return SideDate(why_not=f"its issues differ: {words}", keys=keys)
        furthest = max(values.values(), key=lambda value: _apart(value, pmcs.value))
        return SideDate(furthest, keys=tuple(key for key, value in values.items() if value == furthest))

    def _issue(self, link: Link) -> Milestone | None:
        return self._issues.get(self._moved.get(link.key, link.key))

    def _issue_date(self, link: Link, field: Field) -> str:
        issue = self._issue(link)
        value = issue and self._value(issue, link, field)
        return value.isoformat() if value else "no date"

    @staticmethod
    def _value(issue: Milestone, link: Link, field: Field) -> date | None:
        value = issue.value(field)
        if value is None or field is not Field.DUE or not link.offset_days:
            return value
        try:
            return value - timedelta(days=link.offset_days)
        except OverflowError:
            return value
