"""Why two snapshots differ: every difference has one cause, and the parts add up to the whole. Pure.

Between the two stand the editions that were issued in between: what only a later edition of the same month says is
restated, not moved. Days of a due date add up over the steps, because each step starts where the one before it ended.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise

from syncsvc.compare import Comparison, Completion, Move, Presence, compare
from syncsvc.model import Basis, Snapshot
from syncsvc.names import NameChange, order_of_code


class Aspect(StrEnum):
    """What of a milestone differs."""

    PRESENCE = "presence"
    DUE = "due"
    FORECAST = "forecast"
    COMPLETED = "completed"
    NAME = "name"
    CODE = "code"
    WBS = "wbs"


class Cause(StrEnum):
    """Why it differs, in the order in which reports name them."""

    BASELINE_MOVED = "baseline_moved"
    PLANNED_MOVED = "planned_moved"
    FORECAST_MOVED = "forecast_moved"
    COLUMN_CHANGED = "column_changed"  # the due is read from another column than before
    COMPLETED = "completed"  # also a due that is the actual start now, because the milestone is done
    COMPLETION_REWRITTEN = "completion_rewritten"
    COMPLETION_WITHDRAWN = "completion_withdrawn"
    DATE_APPEARED = "date_appeared"
    DATE_VANISHED = "date_vanished"
    RESTATED = "restated"  # by a later edition of the same month
    RENAMED = "renamed"
    RECODED = "recoded"
    WBS_CHANGED = "wbs_changed"
    NEW = "new"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Difference:
    """One aspect of one milestone in one step. `calendar_days` is of dates that stand on both ends of the step.

    `code` is the one the milestone has after the last step (a gone one: the last it had).
    """

    code: str
    aspect: Aspect
    cause: Cause
    before: date | str | None
    after: date | str | None
    calendar_days: int | None = None
    step: int = 0


@dataclass(frozen=True, slots=True)
class CauseCount:
    """How many differences of an aspect have a cause."""

    aspect: Aspect
    cause: Cause
    differences: int
    slipped: int  # of dates: how many became later
    pulled_in: int


@dataclass(frozen=True, slots=True)
class Attribution:
    """All differences of a chain of snapshots, in order of code and step. Cosmetic changes of a name are none."""

    chain: tuple[Snapshot, ...]
    differences: tuple[Difference, ...]

    def by_code(self) -> dict[str, tuple[Difference, ...]]:
        """The differences of each milestone."""
        found: dict[str, list[Difference]] = {}
        for difference in self.differences:
            found.setdefault(difference.code, []).append(difference)
        return {code: tuple(differences) for code, differences in found.items()}

    def counts(self) -> tuple[CauseCount, ...]:
        """Every pair of aspect and cause that occurs; their differences add up to all there are."""
        total: Counter[tuple[Aspect, Cause]] = Counter()
        later: Counter[tuple[Aspect, Cause]] = Counter()
        earlier: Counter[tuple[Aspect, Cause]] = Counter()
        for each in self.differences:
            total[each.aspect, each.cause] += 1
            later[each.aspect, each.cause] += (each.calendar_days or 0) > 0
            earlier[each.aspect, each.cause] += (each.calendar_days or 0) < 0
        return tuple(
            CauseCount(aspect, cause, total[aspect, cause], later[aspect, cause], earlier[aspect, cause])
            for aspect in Aspect
            for cause in Cause
            if total[aspect, cause]
        )


def attribute(
    chain: Sequence[Snapshot], *, aliases: Mapping[str, str] | None = None, holidays: Collection[date] = ()
) -> Attribution:
    """Compare each snapshot of the chain with the next one and give every difference its cause.

    The chain begins with the snapshot reports call "before" and ends with the one they call "after"; in between only
    editions of the same months, in order.
    """
    steps = [compare(before, after, aliases=aliases or {}, holidays=holidays) for before, after in pairwise(chain)]
    found: list[Difference] = []
    last_code: dict[str, str] = {}
    for number, step in reversed(list(enumerate(steps))):
        restates = is_restatement(step.before, step.after)
        codes: dict[str, str] = {}
        for one in step.milestones:
            code = last_code.get(one.code, one.code)
            if one.before_code is not None:
                codes[one.before_code] = code
            found += _differences(one, code, number, restates)
        last_code = codes
    found.sort(key=lambda each: (order_of_code(each.code), each.step, list(Aspect).index(each.aspect)))
    return Attribution(tuple(chain), tuple(found))


def is_restatement(before: Snapshot, after: Snapshot) -> bool:
    """Whether the second is a later edition of the very month that the first one is of."""
    return before.period is not None and (before.connector, before.period, before.kind) == (
        after.connector,
        after.period,
        after.kind,
    )


def _differences(one: Comparison, code: str, step: int, restates: bool) -> Iterable[Difference]:
    for aspect, cause, before, after, days in _causes(one):
        yield Difference(code, aspect, Cause.RESTATED if restates else cause, before, after, days, step)


def _causes(one: Comparison) -> Iterator[tuple[Aspect, Cause, date | str | None, date | str | None, int | None]]:
    if one.presence is Presence.ADDED:
        yield Aspect.PRESENCE, Cause.NEW, None, one.due.after, None
        return
    if one.presence is Presence.REMOVED:
        yield Aspect.PRESENCE, Cause.GONE, one.due.before, None, None
        return
    if one.due.before != one.due.after:
        yield Aspect.DUE, _cause_of_due(one), one.due.before, one.due.after, one.due.calendar_days
    if one.forecast.before != one.forecast.after:
        cause = _cause_of_blank(one.forecast) or Cause.FORECAST_MOVED
        yield Aspect.FORECAST, cause, one.forecast.before, one.forecast.after, one.forecast.calendar_days
    if cause_of_completion := _cause_of_completion(one):
        days = one.completed.calendar_days
        yield Aspect.COMPLETED, cause_of_completion, one.completed.before, one.completed.after, days
    if one.name_change is NameChange.CHANGED:
        yield Aspect.NAME, Cause.RENAMED, one.before_name, one.name, None
    if one.recoded:
        yield Aspect.CODE, Cause.RECODED, one.before_code, one.code, None
    if one.wbs_changed:
        yield Aspect.WBS, Cause.WBS_CHANGED, one.wbs.before, one.wbs.after, None


def _cause_of_blank(move: Move) -> Cause | None:
    if move.before is None:
        return Cause.DATE_APPEARED
    return Cause.DATE_VANISHED if move.after is None else None


def _cause_of_due(one: Comparison) -> Cause:
    if blank := _cause_of_blank(one.due):
        return blank
    basis = one.after.due_basis if one.after else None
    if one.due.before_column != one.due.after_column:
        return Cause.COLUMN_CHANGED
    if basis is Basis.BASELINE:
        return Cause.BASELINE_MOVED
    if one.completion is Completion.NEWLY_COMPLETED and one.due.after == one.completed.after:
        return Cause.COMPLETED
    return Cause.FORECAST_MOVED if basis is Basis.FORECAST else Cause.PLANNED_MOVED


def _cause_of_completion(one: Comparison) -> Cause | None:
    if one.completion is not None:
        return _COMPLETIONS[one.completion]
    return None if one.completed.before == one.completed.after else _cause_of_blank(one.completed)


_COMPLETIONS = {
    Completion.NEWLY_COMPLETED: Cause.COMPLETED,
    Completion.REOPENED: Cause.COMPLETION_WITHDRAWN,
    Completion.REWRITTEN: Cause.COMPLETION_REWRITTEN,
}
