"""The release list: test milestones and, below each, the team milestones it waits for. Pure.

What section 3 of LDM-564 prints: both levels ascending by (due, code).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from syncsvc.model import Field, Milestone, ReportRules, Snapshot, Status, by_code
from syncsvc.names import drop_test_report

TOP: Final = ReportRules().top
CHILD: Final = ReportRules().child


@dataclass(frozen=True, slots=True)
class Annotations:
    """What is kept by hand beside the schedule. Dates are shown beside those of the snapshot, never used instead."""

    names: Mapping[str, str] = field(default_factory=dict)  # code -> the name printed instead of the schedule's
    dates: Mapping[tuple[str, Field], date] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ListedMilestone:
    """One row of the list, with the name it is printed under."""

    code: str
    name: str
    due: date | None
    completed: date | None
    completed_without_date: bool = False  # the schedule says completed and gives no date
    children: tuple["ListedMilestone", ...] = ()


@dataclass(frozen=True, slots=True)
class Override:
    """A date that the annotations give and the snapshot does not share."""

    code: str
    field: Field
    shown: date | None
    annotated: date


@dataclass(frozen=True, slots=True)
class ReleaseList:
    """What is printed, and the snapshot it comes from."""

    snapshot: Snapshot
    milestones: tuple[ListedMilestone, ...]
    overrides: tuple[Override, ...]
    top: str
    child: str


def make_release_list(
    snapshot: Snapshot, *, annotations: Annotations | None = None, top: str = TOP, child: str = CHILD
) -> ReleaseList:
    """The milestones whose code begins with `top`; as children those of their predecessors that begin with `child`.

    A predecessor that is no milestone of the snapshot (a Jira epic, say) is no child. Rows without due come last.
    """
    annotations = annotations or Annotations()
    known = by_code(snapshot.taking_part())
    tops = [milestone for code, milestone in known.items() if code.startswith(top)]
    listed = []
    met: dict[str, Milestone] = {}
    for milestone in sorted(tops, key=_by_due):
        below = [known[code] for code in milestone.predecessors if code in known and code.startswith(child)]
        children = tuple(_list_one(one, annotations) for one in sorted(below, key=_by_due))
        listed.append(_list_one(milestone, annotations, children))
        met.update(by_code((milestone, *below)))
    return ReleaseList(snapshot, tuple(listed), find_overrides(met, annotations), top, child)


def _by_due(milestone: Milestone) -> tuple[bool, date, str]:
    return milestone.due is None, milestone.due or date.max, milestone.code


def _list_one(
    milestone: Milestone, annotations: Annotations, children: tuple[ListedMilestone, ...] = ()
) -> ListedMilestone:
    name = drop_test_report(annotations.names.get(milestone.code) or milestone.name)
    without_date = milestone.status is Status.COMPLETED and milestone.completed is None
    return ListedMilestone(milestone.code, name, milestone.due, milestone.completed, without_date, children)


def find_overrides(met: Mapping[str, Milestone], annotations: Annotations) -> tuple[Override, ...]:
    """The annotated dates that milestones, by code, do not share."""
    return tuple(
        Override(code, name, met[code].value(name), annotated)
        for (code, name), annotated in sorted(annotations.dates.items())
        if code in met and met[code].value(name) != annotated
    )
