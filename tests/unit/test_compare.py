"""What a comparison says of each milestone, one rule after the other."""

from dataclasses import replace
from datetime import date

import pytest

from syncsvc.compare import (
    Comparison,
    Completion,
    Direction,
    DriftReport,
    Presence,
    compare,
)
from syncsvc.model import Milestone, MilestoneKind, Reject, RejectCause, Status
from syncsvc.names import NameChange, compare_names, drop_test_report, order_of_code
from tests.builders import export, issue, milestone, tracked

MAY = date(2019, 5, 31)
JUNE = date(2019, 6, 28)
LONG_NAME = (
    "Minimal support for the small operational schema including file metadata and provenance "
    "for every file, and for each of them a log of ingestion"
)


def only(report: DriftReport, code: str = "DM-AP-1") -> Comparison:
    return next(one for one in report.milestones if one.code == code)


@pytest.mark.parametrize(
    ("before", "after", "calendar_days", "working_days", "direction"),
    [
        (MAY, MAY, 0, 0, Direction.UNCHANGED),
        (MAY, JUNE, 28, 20, Direction.SLIPPED),
        (JUNE, MAY, -28, -20, Direction.PULLED_IN),
        (date(2019, 5, 31), date(2019, 6, 1), 1, 0, Direction.SLIPPED),  # by calendar days, though over a weekend
        (None, MAY, None, None, None),
        (MAY, None, None, None, None),
        (None, None, None, None, None),
    ],
)
def test_due(
    before: date | None,
    after: date | None,
    calendar_days: int | None,
    working_days: int | None,
    direction: Direction | None,
) -> None:
    due = only(compare(export(milestone("DM-AP-1", before)), export(milestone("DM-AP-1", after)))).due
    assert (due.before, due.after) == (before, after)
    assert (due.calendar_days, due.working_days, due.direction) == (calendar_days, working_days, direction)


def test_holidays_shorten_a_slip_in_working_days_only() -> None:
    before, after = export(milestone("DM-AP-1", MAY)), export(milestone("DM-AP-1", JUNE))
    due = only(compare(before, after, holidays=[date(2019, 6, 3)])).due
    assert (due.calendar_days, due.working_days) == (28, 19)


def test_the_columns_of_both_dues_are_kept() -> None:
    before = replace(milestone("DM-AP-1", MAY), due_column="Target Date")
    due = only(compare(export(before), export(milestone("DM-AP-1", MAY)))).due
    assert (due.before_column, due.after_column) == ("Target Date", "base_end_date")


def test_a_milestone_without_history_has_no_slip() -> None:
    report = compare(export(), export(milestone("DM-AP-1", MAY)))
    one = only(report)
    assert one.presence is Presence.ADDED
    assert (one.before_code, one.before_name, one.name_change) == (None, None, None)
    assert (one.due.direction, one.due.calendar_days, one.completion) == (None, None, None)
    assert (report.totals.added, report.totals.slipped) == (1, 0)


def test_a_removed_milestone_keeps_its_code_and_name() -> None:
    report = compare(export(milestone("DM-AP-1", MAY, name="ISR")), export())
    one = only(report)
    assert (one.presence, one.code, one.before_code, one.name) == (Presence.REMOVED, "DM-AP-1", "DM-AP-1", "ISR")
    assert report.totals.removed == 1


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (milestone("M"), milestone("M", completed=MAY), Completion.NEWLY_COMPLETED),
        (milestone("M", completed=MAY), milestone("M"), Completion.REOPENED),
        (milestone("M", completed=MAY), milestone("M", completed=JUNE), Completion.REWRITTEN),
        (milestone("M", completed=MAY), milestone("M", completed=MAY), None),
        (milestone("M"), milestone("M"), None),
        # completed, date not exported
        (milestone("M"), milestone("M", status=Status.COMPLETED), Completion.NEWLY_COMPLETED),
        (milestone("M", status=Status.COMPLETED), milestone("M", completed=MAY), None),
        (milestone("M", completed=MAY), milestone("M", status=Status.COMPLETED), Completion.REWRITTEN),
    ],
)
def test_completed(before: Milestone, after: Milestone, expected: Completion | None) -> None:
    assert only(compare(export(before), export(after)), "M").completion is expected


def test_a_list_that_says_nothing_of_completion_reopens_nothing() -> None:
    before = export(milestone("M", completed=MAY))
    after = export(milestone("M", status=Status.UNKNOWN))
    assert only(compare(before, after), "M").completion is None
    assert only(compare(after, before), "M").completion is Completion.NEWLY_COMPLETED


def test_a_completion_that_could_not_be_read_is_not_reopened() -> None:
    before = export(milestone("M", completed=MAY), milestone("N", completed=MAY))
    unread = Reject("TASK row 3", "M", "act_end_date 'soon' is not a date", field="completed")
    after = export(milestone("M"), milestone("N", completed=MAY), rejects=[unread])
    report = compare(before, after)
    assert only(report, "M").completion is None
    assert [(sided.end, sided.reject.where) for sided in report.rejects] == [("after", "TASK row 3")]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("ISR", "ISR", NameChange.SAME),
        ("Test report: ISR", "ISR", NameChange.COSMETIC),
        ("ISR.", "isr", NameChange.COSMETIC),
        ("ISR  of  raw", "ISR of raw", NameChange.COSMETIC),
        ("ISR", "ISR2", NameChange.CHANGED),
        ("ISR..", "ISR", NameChange.CHANGED),  # one full stop only
        ("A Test report: ISR", "ISR", NameChange.CHANGED),  # a leading one only
        ("", "ISR", NameChange.CHANGED),
        (LONG_NAME[:118], LONG_NAME, NameChange.TRUNCATED),
        (LONG_NAME, LONG_NAME[:118], NameChange.TRUNCATED),
        (LONG_NAME[:117], LONG_NAME, NameChange.CHANGED),
        (LONG_NAME[:118], "X" + LONG_NAME, NameChange.CHANGED),
    ],
)
def test_names(before: str, after: str, expected: NameChange) -> None:
    assert compare_names(before, after) is expected


def test_only_changed_names_count_as_renamed() -> None:
    before = export(milestone("A", name="ISR"), milestone("B", name="ISR."), milestone("C", name=LONG_NAME[:118]))
    after = export(milestone("A", name="WCS"), milestone("B", name="ISR"), milestone("C", name=LONG_NAME))
    totals = compare(before, after).totals
    assert (totals.renamed, totals.names_cosmetic, totals.names_truncated) == (1, 1, 1)


def test_a_declared_alias_is_the_same_milestone_under_another_code() -> None:
    before = export(milestone("LDM-503-1", MAY), milestone("LDM-503-2", MAY))
    after = export(milestone("LDM-503-01", JUNE), milestone("LDM-503-2", MAY))
    report = compare(before, after, aliases={"LDM-503-1": "LDM-503-01"})
    one = only(report, "LDM-503-01")
    assert (one.presence, one.before_code, one.recoded) == (Presence.BOTH, "LDM-503-1", True)
    assert (report.totals.both, report.totals.recoded, report.totals.slipped) == (2, 1, 1)


def test_aliases_work_in_both_directions_and_in_steps() -> None:
    steps = {"ISR1": "AP-1", "AP-1": "DM-AP-1"}
    report = compare(export(milestone("DM-AP-1", MAY)), export(milestone("ISR1", MAY)), aliases=steps)
    assert (only(report, "ISR1").before_code, report.totals.recoded) == ("DM-AP-1", 1)


def test_the_same_alias_on_both_sides_is_no_recoding() -> None:
    side = export(milestone("ISR1", MAY))
    assert compare(side, side, aliases={"ISR1": "DM-AP-1"}).totals.recoded == 0


def test_a_code_that_stands_itself_is_not_taken_for_its_alias() -> None:
    before = export(milestone("DM-AP-1", MAY))
    after = export(milestone("DM-AP-1", MAY), milestone("ISR1", JUNE))
    report = compare(before, after, aliases={"ISR1": "DM-AP-1"})
    assert only(report, "DM-AP-1").due.direction is Direction.UNCHANGED
    assert only(report, "ISR1").presence is Presence.ADDED


def test_codes_are_never_matched_by_likeness() -> None:
    totals = compare(export(milestone("LDM-503-1", MAY)), export(milestone("LDM-503-01", MAY))).totals
    assert (totals.both, totals.added, totals.removed) == (0, 1, 1)


def test_a_ring_of_aliases_means_nothing() -> None:
    ring = {"A": "B", "B": "A"}
    side = export(milestone("A", MAY), milestone("B", JUNE))
    assert compare(side, side, aliases=ring).totals.unchanged == 2


def test_an_issue_that_moved_is_recoded() -> None:
    report = compare(tracked(issue("DM-1", MAY)), tracked(issue("OPS-7", JUNE), moved={"DM-1": "OPS-7"}))
    assert (only(report, "OPS-7").before_code, report.totals.slipped) == ("DM-1", 1)


@pytest.mark.parametrize("cause", [RejectCause.UNREADABLE, RejectCause.DUPLICATE])
def test_a_code_among_the_rejects_is_unseen_and_not_removed(cause: RejectCause) -> None:
    before = export(milestone("DM-AP-1", MAY))
    after = export(rejects=[Reject("TASK row 9", "DM-AP-1", "due is no date", cause)])
    report = compare(before, after)
    assert (report.totals.removed, report.totals.unseen, report.milestones) == (0, 1, ())
    assert report.unseen[0].why == "TASK row 9: due is no date"
    assert compare(after, before).totals.added == 0


def test_a_rejected_row_hides_the_milestone_under_its_other_code_too() -> None:
    before = export(rejects=[Reject("row 4", "LDM-503-1", "unreadable")])
    report = compare(before, export(milestone("LDM-503-01", MAY)), aliases={"LDM-503-1": "LDM-503-01"})
    assert (report.totals.added, report.totals.unseen) == (0, 1)


def test_a_repeated_row_hides_nothing() -> None:
    before = export(milestone("A", MAY), rejects=[Reject("row 9", "A", "again", RejectCause.REPEATED)])
    assert compare(before, export(milestone("A", MAY))).totals.unchanged == 1
    assert compare(before, export()).totals.removed == 1


def test_absence_from_an_incomplete_snapshot_says_nothing() -> None:
    full, part = export(milestone("A", MAY), milestone("B", MAY)), export(milestone("A", MAY), complete=False)
    assert (compare(full, part).totals.removed, compare(full, part).totals.unseen) == (0, 1)
    assert (compare(part, full).totals.added, compare(part, full).totals.unseen) == (0, 1)


def test_a_key_that_was_not_asked_for_is_unseen_and_a_missing_one_is_removed() -> None:
    before = tracked(issue("DM-1", MAY), issue("DM-2", MAY))
    totals = compare(before, tracked(asked=["DM-1"], missing=["DM-1"])).totals
    assert (totals.removed, totals.unseen) == (1, 1)


def test_only_milestones_take_part() -> None:
    task = milestone("DM-8727", MAY, kind=MilestoneKind.TASK)
    unreadable_task = Reject("TASK row 8", "DM-8728", "no date", kind=MilestoneKind.TASK)
    report = compare(export(task), export(task, milestone("A", MAY), rejects=[unreadable_task]))
    assert [one.code for one in report.milestones] == ["A"]
    assert report.rejects == ()
    assert compare(export(task, typed=False), export(task, typed=False)).totals.unchanged == 1


def test_a_wbs_element_counts_as_changed_only_where_both_sides_name_one() -> None:
    plain = milestone("A", MAY)
    here, there = replace(plain, wbs="02C.03"), replace(plain, wbs="02C.07")
    assert compare(export(here), export(there)).totals.wbs_changed == 1
    assert compare(export(plain), export(there)).totals.wbs_changed == 0
    assert compare(export(here), export(here)).totals.wbs_changed == 0


def test_milestones_come_in_the_order_in_which_people_count() -> None:
    codes = ["DM-AP-10", "DM-AP-2", "DM-AP", "DM-AP-1", "A4369.9", "LDM-503-04b", "LDM-503-04", "T&SC-1", "²-1"]
    report = compare(export(), export(*(milestone(code) for code in codes)))
    assert [one.code for one in report.milestones] == [
        "A4369.9",
        "DM-AP",
        "DM-AP-1",
        "DM-AP-2",
        "DM-AP-10",
        "LDM-503-04",
        "LDM-503-04b",
        "T&SC-1",
        "²-1",
    ]
    assert order_of_code("A-01") != order_of_code("A-1")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Test report: ISR", "ISR"),
        ("test report:ISR", "ISR"),
        (" ISR ", "ISR"),
        ("Test reports: ISR", "Test reports: ISR"),
    ],
)
def test_test_report_is_dropped_at_the_beginning(name: str, expected: str) -> None:
    assert drop_test_report(name) == expected


def test_whether_something_differs() -> None:
    quiet = export(milestone("A", MAY, name="ISR"))
    assert not compare(quiet, export(milestone("A", MAY, name="ISR."))).something_differs
    assert not compare(export(), export()).something_differs
    assert compare(quiet, export()).something_differs
    assert compare(quiet, export(milestone("A", MAY, name="WCS"))).something_differs
    assert compare(quiet, replace(quiet, rejects=(Reject("row 3", None, "no id"),))).something_differs
