"""Why two snapshots differ: each difference has one cause."""

from dataclasses import replace
from datetime import date

import pytest

from syncsvc.causes import Aspect, Cause, attribute
from syncsvc.model import Basis, Milestone, MilestoneKind, Snapshot, Status
from tests.builders import export, milestone

MAY, JUNE, JULY = date(2019, 5, 31), date(2019, 6, 28), date(2019, 7, 31)


def month(period: str, *milestones: Milestone, edition: int | None = None) -> Snapshot:
    return replace(export(*milestones, period=period), edition=edition)


def starting(due: date, completed: date | None = None) -> Milestone:
    made = milestone("A", due, completed, basis=Basis.FORECAST, kind=MilestoneKind.START_MILESTONE)
    return replace(made, due_column="start_date")


@pytest.mark.parametrize(
    ("before", "after", "aspect", "cause", "days"),
    [
        (milestone("A", MAY), milestone("A", JUNE), Aspect.DUE, Cause.BASELINE_MOVED, 28),
        (milestone("A", MAY, basis=Basis.PLANNED), milestone("A", JUNE, basis=Basis.PLANNED),
         Aspect.DUE, Cause.PLANNED_MOVED, 28),
        (starting(JULY), starting(MAY), Aspect.DUE, Cause.FORECAST_MOVED, -61),
        (milestone("A", MAY), replace(milestone("A", JUNE, basis=Basis.FORECAST), due_column="end_date"),
         Aspect.DUE, Cause.COLUMN_CHANGED, 28),
        (milestone("A"), milestone("A", JUNE), Aspect.DUE, Cause.DATE_APPEARED, None),
        (milestone("A", MAY), milestone("A"), Aspect.DUE, Cause.DATE_VANISHED, None),
        (replace(milestone("A", MAY), forecast=MAY), replace(milestone("A", MAY), forecast=JULY),
         Aspect.FORECAST, Cause.FORECAST_MOVED, 61),
        (milestone("A", MAY), milestone("A", MAY, JUNE), Aspect.COMPLETED, Cause.COMPLETED, None),
        (milestone("A", MAY, JUNE), milestone("A", MAY, JULY), Aspect.COMPLETED, Cause.COMPLETION_REWRITTEN, 33),
        (milestone("A", MAY, JUNE), milestone("A", MAY), Aspect.COMPLETED, Cause.COMPLETION_WITHDRAWN, None),
        (milestone("A", MAY, status=Status.COMPLETED), milestone("A", MAY, JUNE),
         Aspect.COMPLETED, Cause.DATE_APPEARED, None),
        (milestone("A", MAY, name="ISR"), milestone("A", MAY, name="WCS"), Aspect.NAME, Cause.RENAMED, None),
        (replace(milestone("A", MAY), wbs="02C.03"), replace(milestone("A", MAY), wbs="02C.07"),
         Aspect.WBS, Cause.WBS_CHANGED, None),
    ],
)  # fmt: skip
def test_each_difference_has_its_cause(
    before: Milestone, after: Milestone, aspect: Aspect, cause: Cause, days: int | None
) -> None:
    (difference,) = attribute([month("2019-03", before), month("2019-04", after)]).differences
    assert (difference.aspect, difference.cause, difference.calendar_days) == (aspect, cause, days)


def test_a_start_that_became_the_actual_one_moved_because_it_was_completed() -> None:
    found = attribute([month("2019-03", starting(JUNE)), month("2019-04", starting(MAY, MAY))]).differences
    assert [(one.aspect, one.cause) for one in found] == [
        (Aspect.DUE, Cause.COMPLETED),
        (Aspect.COMPLETED, Cause.COMPLETED),
    ]


def test_new_gone_and_recoded() -> None:
    found = attribute(
        [
            month("2019-03", milestone("A", MAY), milestone("B", MAY, name="ISR")),
            month("2019-04", milestone("B2", MAY, name="ISR"), milestone("C", JUNE)),
        ],
        aliases={"B2": "B"},
    ).differences
    assert [(one.code, one.cause, one.before, one.after) for one in found] == [
        ("A", Cause.GONE, MAY, None),
        ("B2", Cause.RECODED, "B", "B2"),
        ("C", Cause.NEW, None, JUNE),
    ]


def test_cosmetic_changes_are_no_differences() -> None:
    chain = [month("2019-03", milestone("A", MAY, name="ISR")), month("2019-04", milestone("A", MAY, name="Isr."))]
    assert attribute(chain).differences == ()


def test_what_a_later_edition_says_otherwise_is_restated_and_the_rest_has_moved() -> None:
    """March was reported as May, restated to June, and April's first edition moved on to July."""
    chain = [
        month("2019-03", milestone("A", MAY), edition=1),
        month("2019-03", milestone("A", JUNE), edition=2),
        month("2019-04", milestone("A", JULY), edition=1),
        month("2019-04", milestone("A", JULY, JUNE), edition=2),
    ]
    attribution = attribute(chain)
    assert [(one.step, one.aspect, one.cause, one.calendar_days) for one in attribution.differences] == [
        (0, Aspect.DUE, Cause.RESTATED, 28),
        (1, Aspect.DUE, Cause.BASELINE_MOVED, 33),
        (2, Aspect.COMPLETED, Cause.RESTATED, None),
    ]
    assert [(each.aspect, each.cause, each.differences, each.slipped) for each in attribution.counts()] == [
        (Aspect.DUE, Cause.BASELINE_MOVED, 1, 1),
        (Aspect.DUE, Cause.RESTATED, 1, 1),
        (Aspect.COMPLETED, Cause.RESTATED, 1, 0),
    ]


def test_a_code_changed_in_between_is_one_milestone() -> None:
    chain = [
        month("2019-03", milestone("A", MAY), edition=1),
        month("2019-03", milestone("A1", JUNE), edition=2),
        month("2019-04", milestone("A2", JULY), edition=1),
    ]
    found = attribute(chain, aliases={"A1": "A", "A2": "A"}).by_code()
    assert set(found) == {"A2"}
    assert [one.calendar_days for one in found["A2"] if one.aspect is Aspect.DUE] == [28, 33]
