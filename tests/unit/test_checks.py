"""What an export can be checked for: each check with its rule, its base and what it cannot say."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from syncsvc.checks import Check, check_snapshot
from syncsvc.model import Milestone, MilestoneKind, Status
from tests.builders import MONTH_END, export, milestone

MARCH, MAY = date(2019, 3, 29), date(2019, 5, 31)
AFTER = date(2019, 5, 1)


def checks(*milestones: Milestone, data_date: date | None = MONTH_END) -> dict[str, Check]:
    return {check.name: check for check in check_snapshot(export(*milestones, data_date=data_date))}


def codes(check: Check) -> Sequence[str]:
    return [finding.code for finding in check.findings]


def test_a_completion_after_the_data_date() -> None:
    check = checks(milestone("A", MARCH, MONTH_END), milestone("B", MARCH, AFTER), milestone("C", MAY))[
        "actual_after_data_date"
    ]
    assert (check.base, codes(check)) == (2, ["B"])
    assert check.findings[0].words == "completed 2019-05-01, data date 2019-04-30"


def test_an_open_milestone_with_a_forecast_before_the_data_date() -> None:
    past, on, later = (
        replace(milestone(code, MAY), forecast=day) for code, day in zip("ABC", (MARCH, MONTH_END, MAY), strict=True)
    )
    done = replace(milestone("D", MAY, MARCH), forecast=MARCH)
    check = checks(past, on, later, done, milestone("E", MAY))["open_before_data_date"]
    assert (check.base, codes(check)) == (3, ["A"])


def test_completed_although_what_leads_to_it_is_open() -> None:
    done = replace(milestone("LDM-503-04", MARCH, MARCH), predecessors=("DM-10", "DM-2", "DM-8727"))
    ready = replace(milestone("LDM-503-05", MARCH, MARCH), predecessors=("DM-3",))
    check = checks(done, ready, milestone("DM-2", MAY), milestone("DM-10", MAY), milestone("DM-3", MARCH, MARCH))[
        "completed_with_open_predecessors"
    ]
    assert (check.base, codes(check)) == (2, ["LDM-503-04"])
    assert check.findings[0].words == "open: DM-2, DM-10"


def test_missed_is_judged_at_the_data_date() -> None:
    check = checks(
        milestone("A", MARCH), milestone("B", MONTH_END), milestone("C", AFTER), milestone("D", MARCH, AFTER)
    )["missed"]
    assert (check.base, codes(check)) == (3, ["A", "B"])
    assert [finding.words for finding in check.findings] == [
        "due 2019-03-29, 32 days before the data date",
        "due 2019-04-30, the data date itself",
    ]


def test_what_the_source_does_not_carry_is_said_and_not_counted() -> None:
    found = checks(milestone("A", MARCH), data_date=None)
    for name in ("actual_after_data_date", "open_before_data_date", "missed"):
        assert "no data date" in (found[name].why_not or "")
        assert found[name].findings == ()
    assert found["completed_with_open_predecessors"].why_not == "The source names no relations between milestones."
    assert found["without_predecessor"].why_not == "The source names no relations."
    assert all(found[name].why_not for name in ("critical_path", "float"))
    assert checks(milestone("A", MARCH))["open_before_data_date"].why_not == (
        "No open milestone has a forecast in this source."
    )


def test_missing_dates_and_missing_logic() -> None:
    undated = milestone("A")
    found = checks(
        undated,
        milestone("B", MARCH, status=Status.COMPLETED),
        replace(milestone("C", MAY), predecessors=("A",)),
        milestone("D", MAY),
    )
    assert codes(found["without_due"]) == ["A"]
    assert codes(found["completed_without_date"]) == ["B"]
    assert (found["without_predecessor"].base, codes(found["without_predecessor"])) == (3, ["A", "D"])


def test_tasks_are_not_checked() -> None:
    found = checks(replace(milestone("A"), kind=MilestoneKind.TASK), milestone("B", MAY))
    assert found["without_due"].base == 1
