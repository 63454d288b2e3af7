from dataclasses import replace
from datetime import date

from syncsvc.model import Field, Milestone, MilestoneKind, Status
from syncsvc.release_list import Annotations, ListedMilestone, Override, make_release_list
from tests.builders import export, milestone

MAY = date(2019, 5, 31)
JUNE = date(2019, 6, 28)


def top(code: str, due: date | None, *predecessors: str, name: str = "") -> Milestone:
    return replace(milestone(code, due, name=name), predecessors=predecessors)


def codes(listed: tuple[ListedMilestone, ...]) -> list[str]:
    return [one.code for one in listed]


def test_both_levels_ascend_by_due_then_code_and_what_has_no_due_comes_last() -> None:
    snapshot = export(
        top("LDM-503-02", MAY),
        top("LDM-503-03", None),
        top("LDM-503-01", JUNE, "DM-3", "DM-10", "DM-2", "DM-4"),
        top("LDM-503-00", JUNE),
        milestone("DM-2", MAY),
        milestone("DM-3", date(2019, 1, 1)),
        milestone("DM-4"),
        milestone("DM-10", MAY),
    )
    listed = make_release_list(snapshot).milestones
    assert codes(listed) == ["LDM-503-02", "LDM-503-00", "LDM-503-01", "LDM-503-03"]
    assert codes(listed[2].children) == ["DM-3", "DM-10", "DM-2", "DM-4"]


def test_only_predecessors_that_are_milestones_of_the_export_are_children() -> None:
    snapshot = export(
        top("LDM-503-01", MAY, "DM-8727", "DM-STAFF", "LSST-1160", "DM-9", "DM-AP-1"),
        milestone("DM-STAFF", MAY),
        milestone("LSST-1160", MAY),
        milestone("DM-9", MAY, kind=MilestoneKind.TASK),
    )
    assert codes(make_release_list(snapshot).milestones[0].children) == ["DM-STAFF"]


def test_one_milestone_may_lead_to_several() -> None:
    snapshot = export(top("LDM-503-01", MAY, "DM-1"), top("LDM-503-02", MAY, "DM-1"), milestone("DM-1", MAY))
    assert [codes(one.children) for one in make_release_list(snapshot).milestones] == [["DM-1"], ["DM-1"]]


def test_other_prefixes() -> None:
    snapshot = export(top("SYS-1", MAY, "T-1", "DM-1"), milestone("T-1", MAY), milestone("DM-1", MAY))
    [only] = make_release_list(snapshot, top="SYS-", child="T-").milestones
    assert (only.code, codes(only.children)) == ("SYS-1", ["T-1"])
    assert make_release_list(snapshot).milestones == ()


def test_names_are_those_of_the_annotations_without_test_report() -> None:
    snapshot = export(
        top("LDM-503-01", MAY, "DM-1", name="Test report: LSP"),
        top("LDM-503-02", MAY, name="Test report: HSC reprocessing"),
        milestone("DM-1", MAY, name="ISR1"),
    )
    names = {"LDM-503-01": "Test report: LSP with Auth and TAP", "DM-1": "Basic ISR.", "DM-2": "not in the export"}
    first, second = make_release_list(snapshot, annotations=Annotations(names)).milestones
    assert (first.name, first.children[0].name) == ("LSP with Auth and TAP", "Basic ISR.")
    assert second.name == "HSC reprocessing"


def test_a_date_of_the_annotations_is_told_and_not_taken() -> None:
    snapshot = export(top("LDM-503-01", MAY, "DM-1"), milestone("DM-1", MAY))
    dates = {
        ("LDM-503-01", Field.DUE): JUNE,
        ("DM-1", Field.DUE): MAY,  # says the same
        ("DM-1", Field.COMPLETED): JUNE,
        ("DM-2", Field.DUE): JUNE,  # not in the list
    }
    release_list = make_release_list(snapshot, annotations=Annotations(dates=dates))
    assert release_list.milestones[0].due == MAY
    assert release_list.overrides == (
        Override("DM-1", Field.COMPLETED, None, JUNE),
        Override("LDM-503-01", Field.DUE, MAY, JUNE),
    )


def test_completed_without_a_date_is_not_incomplete() -> None:
    snapshot = export(milestone("LDM-503-01", MAY, status=Status.COMPLETED), milestone("LDM-503-02", MAY, MAY))
    first, second = make_release_list(snapshot).milestones
    assert (first.completed, first.completed_without_date) == (None, True)
    assert (second.completed, second.completed_without_date) == (MAY, False)
