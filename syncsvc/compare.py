"""Two snapshots, any two, compared: the one value that every rendering of a drift report is made from. Pure.

Codes are matched as they stand, or by declared aliases and renumberings; never by likeness of name.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum
from typing import Final, Generic, TypeVar

from syncsvc.model import MILESTONE_KINDS, Milestone, MilestoneKind, Reject, RejectCause, Snapshot, Status, by_code
from syncsvc.names import NameChange, compare_names, order_of_code
from syncsvc.workdays import working_days

_NOTHING: Final[Mapping[str, str]] = {}

T = TypeVar("T")


class Presence(StrEnum):
    """On which side a milestone stands."""

    BOTH = "both"
    ADDED = "added"
    REMOVED = "removed"


class Direction(StrEnum):
    """Which way a due date moved, by calendar days."""

    SLIPPED = "slipped"
    PULLED_IN = "pulled_in"
    UNCHANGED = "unchanged"


class Completion(StrEnum):
    """What became of a completion."""

    NEWLY_COMPLETED = "newly_completed"
    REOPENED = "reopened"
    REWRITTEN = "rewritten"


class End(StrEnum):
    """Which of the two snapshots."""

    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class Pair(Generic[T]):
    """One value before and after; None where a side has none."""

    before: T | None
    after: T | None


@dataclass(frozen=True, slots=True)
class Move:
    """A date before and after. Days are None unless both are known; working days are negative when earlier."""

    before: date | None
    after: date | None
    calendar_days: int | None = None
    working_days: int | None = None
    before_column: str | None = None
    after_column: str | None = None

    @property
    def direction(self) -> Direction | None:
        """None where a side has no date: what has no history has no slip."""
        if self.calendar_days is None:
            return None
        if self.calendar_days == 0:
            return Direction.UNCHANGED
        return Direction.SLIPPED if self.calendar_days > 0 else Direction.PULLED_IN


@dataclass(frozen=True, slots=True)
class Comparison:
    """One milestone in two snapshots. A side where it does not stand is None.

    `code` is the code after, or the one before of a removed milestone.
    """

    code: str
    before: Milestone | None
    after: Milestone | None
    due: Move
    completed: Move
    forecast: Move
    completion: Completion | None
    name_change: NameChange | None
    wbs: Pair[str]

    @property
    def presence(self) -> Presence:
        """On which side it stands."""
        if self.before is None:
            return Presence.ADDED
        return Presence.REMOVED if self.after is None else Presence.BOTH

    @property
    def before_code(self) -> str | None:
        """The code before, as it stood."""
        return self.before.code if self.before else None

    @property
    def before_name(self) -> str | None:
        """The name before."""
        return self.before.name if self.before else None

    @property
    def name(self) -> str:
        """The name after; of a removed milestone the last one it had."""
        shown = self.after or self.before
        return shown.name if shown else ""

    @property
    def recoded(self) -> bool:
        """It stands on both sides, under different codes."""
        return self.before is not None and self.after is not None and self.before.code != self.after.code

    @property
    def wbs_changed(self) -> bool:
        """Both sides name a WBS element, and not the same."""
        return self.wbs.before is not None and self.wbs.after is not None and self.wbs.before != self.wbs.after


@dataclass(frozen=True, slots=True)
class Unseen:
    """A milestone of one side that the other could not show: no statement about it is possible."""

    milestone: Milestone
    absent_from: End
    why: str


@dataclass(frozen=True, slots=True)
class SidedReject:
    """What was not used of one of the two sources."""

    end: End
    reject: Reject


@dataclass(frozen=True, slots=True)
class Totals:
    """How many milestones of each sort.

    both = slipped + pulled_in + unchanged + undated. Of the names `renamed` counts real changes only.
    """

    both: int
    added: int
    removed: int
    unseen: int
    recoded: int
    renamed: int
    names_cosmetic: int
    names_truncated: int
    slipped: int
    pulled_in: int
    unchanged: int
    undated: int  # on both sides, at least one of them without a due date
    newly_completed: int
    reopened: int
    completed_rewritten: int
    wbs_changed: int

    def counts(self) -> dict[str, int]:
        """Name of each total and its value."""
        return {total.name: getattr(self, total.name) for total in fields(self)}


@dataclass(frozen=True, slots=True)
class DriftReport:
    """What differs between two snapshots; milestones are in the order of their codes (DM-2 before DM-10)."""

    before: Snapshot
    after: Snapshot
    totals: Totals
    milestones: tuple[Comparison, ...]
    unseen: tuple[Unseen, ...]
    rejects: tuple[SidedReject, ...]
    holidays: frozenset[date]

    @property
    def something_differs(self) -> bool:
        """There is something to look at: any difference but a cosmetic one, or something unseen or not used."""
        quiet = {"both", "unchanged", "undated", "names_cosmetic", "names_truncated"}
        return bool(self.rejects) or any(n for name, n in self.totals.counts().items() if name not in quiet)


def compare(
    before: Snapshot,
    after: Snapshot,
    *,
    aliases: Mapping[str, str] = _NOTHING,
    holidays: Collection[date] = (),
) -> DriftReport:
    """Compare the milestones of two snapshots.

    `aliases` says for another code which code is meant (an `aka` of the links file, a renumbering); it is applied
    to both sides, and so is what a tracker says of issues that moved. Only milestones take part. A code that one
    side lists among its rejects, or whose snapshot is incomplete or was not asked for it, is unseen there and
    neither removed nor added.
    """
    days_off = frozenset(holidays)
    aliases = {**before.moved, **after.moved, **aliases}
    earlier, later = meanings_of(before, aliases), meanings_of(after, aliases)
    before_view, after_view = _View(before, aliases), _View(after, aliases)
    comparisons: list[Comparison] = []
    unseen: list[Unseen] = []
    for meant in earlier.keys() | later.keys():
        was, now = earlier.get(meant), later.get(meant)
        if was is not None and now is None and (why := after_view.why_unseen(was.code, meant)):
            unseen.append(Unseen(was, End.AFTER, why))
        elif now is not None and was is None and (why := before_view.why_unseen(now.code, meant)):
            unseen.append(Unseen(now, End.BEFORE, why))
        else:
            comparisons.append(_compare_one(was, now, before_view, after_view, days_off))
    comparisons.sort(key=lambda comparison: order_of_code(comparison.code))
    unseen.sort(key=lambda one: order_of_code(one.milestone.code))
    return DriftReport(
        before=before,
        after=after,
        totals=_count(comparisons, len(unseen)),
        milestones=tuple(comparisons),
        unseen=tuple(unseen),
        rejects=(*_rejects(End.BEFORE, before), *_rejects(End.AFTER, after)),
        holidays=days_off,
    )


def tells_completion(snapshot: Snapshot) -> bool:
    """Whether a snapshot says anything about completion: a list that does not cannot say that one was reopened."""
    return any(m.completed is not None or m.status is not Status.UNKNOWN for m in snapshot.taking_part())


def _meaning(code: str, aliases: Mapping[str, str]) -> str:
    """The code that is meant; a ring of aliases means nothing."""
    met = {code}
    meant = code
    while (further := aliases.get(meant)) is not None and further != meant:
        if further in met:
            return code
        met.add(further)
        meant = further
    return meant


def meanings_of(snapshot: Snapshot, aliases: Mapping[str, str]) -> dict[str, Milestone]:
    """Milestones by the code they mean; where several rows would mean the same code each stays what it says."""
    milestones = by_code(snapshot.taking_part())
    meanings = {code: _meaning(code, aliases) for code in milestones}
    takers = Counter(meanings.values())
    return {meant if takers[meant] == 1 else code: milestones[code] for code, meant in meanings.items()}


class _View:
    """What can be said about absence and blanks in one snapshot."""

    def __init__(self, snapshot: Snapshot, aliases: Mapping[str, str]) -> None:
        self.snapshot = snapshot
        self.lost_rows: dict[str, Reject] = {}
        self.lost_fields: set[tuple[str, str]] = set()
        for reject in snapshot.rejects:
            if reject.code is None or reject.cause is RejectCause.REPEATED:
                continue
            if reject.field is None:
                self.lost_rows.setdefault(_meaning(reject.code, aliases), reject)
            else:
                self.lost_fields.add((reject.code, reject.field))
        self.tells_completion = tells_completion(snapshot)

    def why_unseen(self, code: str, meant: str) -> str | None:
        """Why the absence of a code says nothing, or None if it does say that the milestone is not there."""
        if reject := self.lost_rows.get(meant):
            return f"{reject.where}: {reject.reason}"
        if not self.snapshot.complete:
            return "the snapshot is incomplete"
        asked = self.snapshot.asked
        if asked is not None and code not in asked and meant not in asked:
            return "it was not asked for"
        return None

    def shows(self, milestone: Milestone, name: str) -> bool:
        return (milestone.code, name) not in self.lost_fields


def _compare_one(
    was: Milestone | None, now: Milestone | None, before: _View, after: _View, holidays: frozenset[date]
) -> Comparison:
    shown = now or was
    if shown is None:
        raise ValueError("a comparison needs a milestone on one side at least")
    return Comparison(
        code=shown.code,
        before=was,
        after=now,
        due=_move(
            was.due if was else None,
            now.due if now else None,
            was.due_column if was else None,
            now.due_column if now else None,
            holidays,
        ),
        completed=_move(
            was.completed if was else None,
            now.completed if now else None,
            was.completed_column if was else None,
            now.completed_column if now else None,
            holidays,
        ),
        forecast=_move(was.forecast if was else None, now.forecast if now else None, None, None, holidays),
        completion=_completion(was, now, before, after) if was and now else None,
        name_change=compare_names(was.name, now.name) if was and now else None,
        wbs=Pair(was.wbs if was else None, now.wbs if now else None),
    )


def _move(
    before: date | None,
    after: date | None,
    before_column: str | None,
    after_column: str | None,
    holidays: frozenset[date],
) -> Move:
    if before is None or after is None:
        return Move(before, after, None, None, before_column, after_column)
    days = (after - before).days
    return Move(before, after, days, working_days(before, after, holidays), before_column, after_column)


def _completion(was: Milestone, now: Milestone, before: _View, after: _View) -> Completion | None:
    if not (before.shows(was, "completed") and after.shows(now, "completed")):
        return None
    if not _is_done(was):
        return Completion.NEWLY_COMPLETED if _is_done(now) else None
    if not _is_done(now):
        return Completion.REOPENED if after.tells_completion else None
    # From "completed, date not exported" to a date nothing is rewritten: the date became known.
    return Completion.REWRITTEN if was.completed is not None and was.completed != now.completed else None


def _is_done(milestone: Milestone) -> bool:
    return milestone.completed is not None or milestone.status is Status.COMPLETED


def _count(comparisons: Iterable[Comparison], unseen: int) -> Totals:
    presences: Counter[Presence] = Counter()
    directions: Counter[Direction | None] = Counter()
    completions: Counter[Completion | None] = Counter()
    names: Counter[NameChange | None] = Counter()
    recoded = wbs_changed = 0
    for comparison in comparisons:
        presences[comparison.presence] += 1
        if comparison.presence is not Presence.BOTH:
            continue
        directions[comparison.due.direction] += 1
        completions[comparison.completion] += 1
        names[comparison.name_change] += 1
        recoded += comparison.recoded
        wbs_changed += comparison.wbs_changed
    return Totals(
        both=presences[Presence.BOTH],
        added=presences[Presence.ADDED],
        removed=presences[Presence.REMOVED],
        unseen=unseen,
        recoded=recoded,
        renamed=names[NameChange.CHANGED],
        names_cosmetic=names[NameChange.COSMETIC],
        names_truncated=names[NameChange.TRUNCATED],
        slipped=directions[Direction.SLIPPED],
        pulled_in=directions[Direction.PULLED_IN],
        unchanged=directions[Direction.UNCHANGED],
        undated=directions[None],
        newly_completed=completions[Completion.NEWLY_COMPLETED],
        reopened=completions[Completion.REOPENED],
        completed_rewritten=completions[Completion.REWRITTEN],
        wbs_changed=wbs_changed,
    )


def _rejects(end: End, snapshot: Snapshot) -> list[SidedReject]:
    """The rejects that may be milestones; those known to be tasks take no part."""
    may_be = {*MILESTONE_KINDS, MilestoneKind.UNKNOWN}
    return [SidedReject(end, reject) for reject in snapshot.rejects if reject.kind in may_be]
