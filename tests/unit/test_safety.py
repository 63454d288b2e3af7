"""The safety limits, each just below, at and above; and all of them at once."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from syncsvc.model import Change, Field, Limits
from syncsvc.safety import ExportFacts, find_violations, find_warnings
from tests.builders import change

TODAY = date(2019, 5, 2)
DAY = date(2019, 6, 3)
EXPORT = ExportFacts(rows=100, previous_rows=100, data_date=date(2019, 4, 30))
LIMITS = Limits()


def moved(count: int, days: int = 7) -> list[Change]:
    return [change(f"DM-{n}", Field.DUE, DAY, DAY + timedelta(days=days)) for n in range(count)]


def broken(
    changes: list[Change], seen: int = 1000, export: ExportFacts = EXPORT, limits: Limits = LIMITS
) -> dict[str, float]:
    return {v.limit: v.value for v in find_violations(changes, seen, export, limits, TODAY)}


@pytest.mark.parametrize(
    ("what", "changes", "seen", "export", "expected"),
    [
        ("nothing at all", [], 0, EXPORT, {}),
        ("199 changes", moved(199), 1000, EXPORT, {}),
        ("200 changes", moved(200), 1000, EXPORT, {}),
        ("201 changes", moved(201), 1000, EXPORT, {"max_changes": 201}),
        ("just less than a quarter", moved(24), 100, EXPORT, {}),
        ("a quarter of the links", moved(25), 100, EXPORT, {}),
        ("more than a quarter", moved(26), 100, EXPORT, {"max_change_percent": 26.0}),
        ("five links of five are always allowed", moved(5), 5, EXPORT, {}),
        ("six of six are not", moved(6), 6, EXPORT, {"max_change_percent": 100.0}),
        ("six where no link was seen on both sides", moved(6), 0, EXPORT, {"max_change_percent": 600.0}),
        ("399 days later", moved(1, 399), 10, EXPORT, {}),
        ("400 days later", moved(1, 400), 10, EXPORT, {}),
        ("401 days later", moved(1, 401), 10, EXPORT, {"max_shift_days": 401}),
        ("401 days earlier", moved(1, -401), 10, EXPORT, {"max_shift_days": 401}),
        ("400 days earlier", moved(1, -400), 10, EXPORT, {}),
        ("99 days old", moved(1), 10, replace(EXPORT, data_date=TODAY - timedelta(days=99)), {}),
        ("100 days old", moved(1), 10, replace(EXPORT, data_date=TODAY - timedelta(days=100)), {}),
        (
            "101 days old",
            moved(1),
            10,
            replace(EXPORT, data_date=TODAY - timedelta(days=101)),
            {"max_export_age_days": 101},
        ),
        ("old, and nothing to write", [], 10, replace(EXPORT, data_date=date(2000, 1, 1)), {}),
        ("a data date ahead", moved(1), 10, replace(EXPORT, data_date=date(2030, 1, 1)), {}),
        ("no data date", moved(1), 10, replace(EXPORT, data_date=None), {}),
        ("less than a tenth of the rows lost", [], 10, replace(EXPORT, rows=91), {}),
        ("a tenth of the rows lost", [], 10, replace(EXPORT, rows=90), {}),
        ("more than a tenth", [], 10, replace(EXPORT, rows=89), {"max_row_drop_percent": 11.0}),
        ("more rows than before", [], 10, replace(EXPORT, rows=300), {}),
        ("no export before", [], 10, replace(EXPORT, rows=3, previous_rows=None), {}),
        ("an empty one before", [], 10, replace(EXPORT, rows=3, previous_rows=0), {}),
        ("as many rows as asked for", [], 10, replace(EXPORT, rows=1, previous_rows=None), {}),
        ("no rows", [], 10, replace(EXPORT, rows=0, previous_rows=None), {"min_rows": 0}),
    ],
)
def test_each_limit(
    what: str, changes: list[Change], seen: int, export: ExportFacts, expected: dict[str, float]
) -> None:
    assert broken(changes, seen, export) == expected, what


def test_two_fields_of_one_link_are_one_link_that_changes() -> None:
    both = [
        change(f"DM-{n}", field, DAY, DAY + timedelta(days=1))
        for n in range(25)
        for field in (Field.DUE, Field.COMPLETED)
    ]
    assert broken(both, 100) == {}


def test_a_first_date_is_no_shift() -> None:
    assert broken([change("DM-1", Field.DUE, None, DAY + timedelta(days=5000))]) == {}


def test_a_completion_is_measured_from_what_jira_showed() -> None:
    shown = change("DM-1", Field.COMPLETED, None, DAY, seen=DAY - timedelta(days=500))
    assert broken([shown]) == {"max_shift_days": 500}


def test_all_at_once() -> None:
    export = ExportFacts(rows=0, previous_rows=10, data_date=date(2000, 1, 1))
    assert set(broken(moved(300, 900), 300, export)) == set(Limits.__slots__)


def test_zero_switches_the_age_off() -> None:
    old = replace(EXPORT, data_date=date(2000, 1, 1))
    assert broken(moved(1), 10, old, Limits(max_export_age_days=0)) == {}
    assert find_warnings([], old, Limits(max_export_age_days=0), TODAY) == ()


@pytest.mark.parametrize("name", ["max_changes", "max_change_percent", "max_shift_days", "max_row_drop_percent"])
def test_only_the_age_is_switched_off_by_zero(name: str) -> None:
    lost = replace(EXPORT, rows=99)
    assert list(broken(moved(6), 1000, lost, replace(LIMITS, **{name: 0}))) == [name]


def test_an_undo_into_an_empty_field_is_no_shift() -> None:
    assert broken([change("DM-1", Field.DUE, DAY, None)]) == {}


def test_an_old_export_is_a_warning_where_nothing_is_written() -> None:
    old = replace(EXPORT, data_date=date(2019, 1, 1))
    (warning,) = find_warnings([], old, LIMITS, TODAY)
    assert "2019-01-01" in warning
    assert "121 days" in warning
    assert find_warnings(moved(1), old, LIMITS, TODAY) == ()


def test_the_worst_shift_is_named() -> None:
    far = [*moved(2, 500), change("DM-9", Field.DUE, DAY, DAY + timedelta(days=707), code="DM-DRP-10")]
    (violation,) = find_violations(far, 100, EXPORT, LIMITS, TODAY)
    assert violation.why.startswith("DM-DRP-10 would move 707 days, from 2019-06-03 to 2021-05-10 (DM-9 due)")
    assert "3 changes are beyond the limit" in violation.why
