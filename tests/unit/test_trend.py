"""Milestones over all reporting dates."""

from dataclasses import replace
from datetime import date

import pytest

from syncsvc.model import Milestone, Snapshot
from syncsvc.trend import make_trend, month_end, months_between
from tests.builders import export, milestone

MAY, JUNE, JULY = date(2019, 5, 31), date(2019, 6, 28), date(2019, 7, 31)


def month(period: str, *milestones: Milestone, edition: int = 1) -> Snapshot:
    day = month_end(date.fromisoformat(f"{period}-01"))
    return replace(export(*milestones, period=period, data_date=day), edition=edition)


def test_every_edition_is_a_point_and_a_month_without_export_a_gap() -> None:
    trend = make_trend(
        [
            month("2019-01", milestone("A", MAY)),
            month("2019-01", milestone("A", JUNE), edition=2),
            month("2019-04", milestone("A", JULY)),
        ]
    )
    assert [(point.period, point.edition, point.newest, point.gap) for point in trend.points] == [
        ("2019-01", 1, False, ()),
        ("2019-01", 2, True, ()),
        ("2019-04", 1, True, ("2019-02", "2019-03")),
    ]
    assert trend.gaps == ("2019-02", "2019-03")
    (line,) = trend.lines
    assert line.dues == (MAY, JUNE, JULY)
    assert line.rebaselined == (1, 2)


def test_a_restated_due_is_measured_against_the_newest_edition_of_the_month_before() -> None:
    trend = make_trend(
        [
            month("2019-01", milestone("A", MAY)),
            month("2019-02", milestone("A", JUNE)),
            month("2019-02", milestone("A", MAY), edition=2),
            month("2019-03", milestone("A", MAY)),
        ]
    )
    assert trend.lines[0].rebaselined == (1,)


def test_a_line_ends_with_the_completion_that_stayed() -> None:
    trend = make_trend(
        [
            month("2019-01", milestone("A", MAY, JUNE)),
            month("2019-02", milestone("A", MAY)),
            month("2019-03", milestone("A", MAY, JULY)),
            month("2019-04", milestone("A", MAY, JULY)),
        ]
    )
    assert (trend.lines[0].completed_at, trend.lines[0].completed) == (2, JULY)


def test_lines_are_of_the_milestones_that_stand_and_absence_is_no_value() -> None:
    trend = make_trend(
        [
            month("2019-01", milestone("A", MAY)),
            month("2019-02"),
            month("2019-03", milestone("B", MAY), milestone("A1", JUNE)),
        ],
        aliases={"A1": "A"},
    )
    assert [(line.code, line.dues) for line in trend.lines] == [
        ("A1", (MAY, None, JUNE)),
        ("B", (None, None, MAY)),
    ]


def test_burn_down_counts_what_each_month_had() -> None:
    first = [milestone("A", date(2019, 1, 31)), milestone("B", MAY), milestone("C")]
    second = [milestone("A", date(2019, 1, 31), date(2019, 2, 1)), milestone("B", date(2019, 2, 28)), milestone("C")]
    trend = make_trend([month("2019-01", *first), month("2019-02", *second)])
    assert [(point.total, point.completed, point.due) for point in trend.burn_down] == [(3, 0, 1), (3, 1, 2)]
    assert trend.planned == ((date(2019, 1, 31), 2), (date(2019, 2, 28), 1))


def test_nothing_has_no_trend() -> None:
    trend = make_trend([])
    assert (trend.points, trend.lines, trend.burn_down, trend.planned) == ((), (), (), ())


@pytest.mark.parametrize(
    ("before", "after", "between"),
    [
        ("2019-01", "2019-02", ()),
        ("2018-11", "2019-02", ("2018-12", "2019-01")),
        ("2019-02", "2019-02", ()),
        (None, "2019-02", ()),
    ],
)
def test_months_between(before: str | None, after: str | None, between: tuple[str, ...]) -> None:
    assert months_between(before, after) == between
