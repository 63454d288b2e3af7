"""Rows and relations of a P6 export that contradict themselves: each is named with its place, and the rest is read."""

import logging
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.p6_spreadsheet import read_export
from connectors.relations import find_cycles
from syncsvc.errors import BadExport
from syncsvc.mapping import load_mapping
from syncsvc.model import MilestoneKind, Snapshot, Status, by_code
from tests.p6_files import activity, table_of, write_csv, write_xlsx

P6 = load_mapping("p6_spreadsheet")
LINKS = ["pred_task_id", "task_id", "pred_type", "lag_hr_cnt"]
CAPTIONS = ["Predecessor", "Successor", "Relationship Type", "Lag(h)"]


def read(path: Path) -> Snapshot:
    return read_export(path, P6, taken_at=datetime(2019, 5, 20, tzinfo=UTC))


def read_rows(folder: Path, *rows: dict[str, Any]) -> Snapshot:
    return read(write_csv(folder / "201904-ME.csv", *rows, activity("Z-9", end_date="3/31/2019")))


def read_links(folder: Path, *links: list[Any]) -> Snapshot:
    tasks = [activity(code, end_date="3/31/2019") for code in ("A-1", "A-2", "A-3")]
    return read(write_xlsx(folder / "x.xlsx", {"TASK": table_of(tasks), "TASKPRED": [LINKS, CAPTIONS, *links]}))


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    assert {record.levelno for record in caplog.records} <= {logging.WARNING}
    return caplog.messages


def test_a_status_that_p6_does_not_use_is_named_and_unknown(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    snapshot = read_rows(tmp_path, activity("A-1", status_code="Complete", act_end_date="3/31/2019"))
    shown = by_code(snapshot.milestones)["A-1"]
    assert (shown.status, shown.completed, snapshot.rejects) == (Status.UNKNOWN, date(2019, 3, 31), ())
    assert lines(caplog) == [
        "201904-ME.csv: TASK row 3: A-1 has the status 'Complete', which mapping p6_spreadsheet does not know"
    ]


def test_a_completed_row_without_a_date_is_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    snapshot = read_rows(tmp_path, activity("A-1", status_code="Completed", end_date="3/1/2019"))
    shown = by_code(snapshot.milestones)["A-1"]
    assert (shown.status, shown.completed, snapshot.rejects) == (Status.COMPLETED, None, ())
    assert lines(caplog) == ["201904-ME.csv: TASK row 3: A-1 is completed, and no date says when"]


@pytest.mark.parametrize("column", ["act_end_date", "act_start_date"])
def test_an_actual_date_on_a_row_not_started_is_no_completion(tmp_path: Path, column: str) -> None:
    snapshot = read_rows(tmp_path, activity("A-1", end_date="3/1/2019", **{column: "2/1/2019"}))
    shown = by_code(snapshot.milestones)["A-1"]
    assert (shown.due, shown.completed, shown.completed_column) == (date(2019, 3, 1), None, None)
    (reject,) = snapshot.rejects
    assert (reject.where, reject.code, reject.field) == ("TASK row 3", "A-1", "completed")
    assert reject.reason == f"completed: {column} '2/1/2019' is an actual date, but the activity is Not Started"


def test_a_due_date_that_cannot_be_read_makes_no_completion_of_one_that_is_none(tmp_path: Path) -> None:
    snapshot = read_rows(tmp_path, activity("A-1", base_end_date="soon", act_end_date="2/1/2019"))
    assert by_code(snapshot.milestones)["A-1"].completed is None
    assert [reject.field for reject in snapshot.rejects] == ["due", "completed"]


def test_a_row_marked_for_deletion_is_not_used(tmp_path: Path) -> None:
    snapshot = read_rows(tmp_path, activity("A-1", end_date="3/1/2019", delete_record_flag="D"))
    assert [m.code for m in snapshot.milestones] == ["Z-9"]
    (reject,) = snapshot.rejects
    assert (reject.where, reject.code, reject.field) == ("TASK row 3", "A-1", None)
    assert reject.reason == "the row is marked for deletion (delete_record_flag 'D')"


def test_a_band_is_no_row_and_what_has_a_status_is_no_band(tmp_path: Path) -> None:
    band = {"task_name": "Data Management", "start_date": "1/30/2017", "end_date": "9/30/2022"}
    snapshot = read_rows(tmp_path, band, {**band, "status_code": "Not Started"}, {"task_code": "A-1", **band})
    assert [m.code for m in snapshot.milestones] == ["A-1", "Z-9"]
    assert [(r.where, r.reason) for r in snapshot.rejects] == [("TASK row 4", "the row has no id in task_code")]


def test_many_odd_rows_are_not_all_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    read_rows(tmp_path, *(activity(f"A-{n}", status_code="Done") for n in range(40)))
    assert len(lines(caplog)) == 11
    assert lines(caplog)[-1] == "201904-ME.csv: 30 more of the kind"


# relations


def test_odd_relations_are_named_and_the_others_read(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    snapshot = read_links(
        tmp_path,
        ["A-1", "A-1", "FS", "0"],
        ["A-1", "A-2", "XX", "0"],
        ["A-1", "A-3", "FS", "two"],
        ["B-9", "A-3", "PR_FF1", "-8.5"],
        ["B-8", "A-3", "", ""],
    )
    shown = by_code(snapshot.milestones)
    assert [shown[code].predecessors for code in ("A-1", "A-2", "A-3")] == [(), ("A-1",), ("A-1", "B-8", "B-9")]
    assert lines(caplog) == [
        "x.xlsx: TASKPRED row 3: A-1 comes before itself; the relation is left out",
        "x.xlsx: TASKPRED row 4: A-1 to A-2 is of type 'XX', which P6 does not have",
        "x.xlsx: TASKPRED row 5: A-1 to A-3 has the lag 'two', which is no number",
    ]
    assert snapshot.rejects == ()


def test_a_circle_is_named_with_its_rows(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    links = [["A-1", "A-2", "FS", "0"], ["A-2", "B-1", "FS", "0"], ["B-1", "A-1", "SS", "0"], ["B-1", "A-3", "FS", "0"]]
    snapshot = read_links(tmp_path, *links)
    assert by_code(snapshot.milestones)["A-1"].predecessors == ("B-1",)
    (line,) = lines(caplog)
    assert line.startswith("x.xlsx: TASKPRED rows 3, 4, 5: relations go in a circle: ")
    circle = line.partition("circle: ")[2].split(" before ")
    assert "".join([*circle, *circle[1:]]).count("A-1A-2B-1A-1") == 1


def test_two_circles_and_what_hangs_on_them() -> None:
    before = {"B": {"A"}, "A": {"B"}, "C": {"B"}, "D": {"F", "C"}, "E": {"D"}, "F": {"E"}, "G": {"H"}}
    found = find_cycles(before)
    assert sorted(sorted(cycle) for cycle in found) == [["A", "B"], ["D", "E", "F"]]
    for cycle in found:
        assert all(earlier in before[later] for earlier, later in zip(cycle, [*cycle[1:], cycle[0]], strict=True))
    assert find_cycles({"B": {"A"}, "C": {"A", "B"}, "D": {"C", "X"}}) == []


# the order of day and month


@pytest.mark.parametrize(
    ("dates", "due"),
    [
        (("3/4/2019", "12/13/2019"), date(2019, 3, 4)),
        (("3/4/2019", "13/12/2019"), date(2019, 4, 3)),
        (("3/4/2019 5:00:00 PM", "13/12/2019 08:00"), date(2019, 4, 3)),
        (("3/3/2019", "4/4/2019"), date(2019, 3, 3)),
        (("2019-04-03", "03-Apr-19"), date(2019, 4, 3)),
    ],
)
def test_one_day_above_12_tells_the_order_of_all(tmp_path: Path, dates: tuple[str, str], due: date) -> None:
    rows = [activity(f"A-{n}", end_date=text, late_end_date="") for n, text in enumerate(dates)]
    snapshot = read(write_csv(tmp_path / "201904-ME.csv", *rows))
    assert (snapshot.milestones[0].due, snapshot.rejects) == (due, ())


def test_where_nothing_tells_the_order_the_row_and_the_way_out_are_said(tmp_path: Path) -> None:
    rows = [activity("A-1", late_end_date=""), activity("A-2", end_date="3/4/2019", late_end_date="")]
    with pytest.raises(BadExport) as caught:
        read(write_csv(tmp_path / "201904-ME.csv", *rows))
    assert caught.value.message.startswith("201904-ME.csv: sheet TASK: whether '3/4/2019' in row 4 begins with")
    assert "name only M/D/YYYY or only D/M/YYYY in its [dates] formats" in caught.value.hint


def test_both_orders_in_one_sheet_name_a_row_of_each(tmp_path: Path) -> None:
    rows = [activity("A-1", end_date="3/31/2019"), activity("A-2", end_date="31/3/2019")]
    with pytest.raises(BadExport, match=r"both orders: '.*' in row 3, '31/3/2019' in row 4"):
        read(write_csv(tmp_path / "201904-ME.csv", *rows))


# a copy of P6's screen


def test_a_copy_of_the_screen_says_by_its_marks_what_is_done(tmp_path: Path) -> None:
    rows = [
        ["Activity ID", "Activity Name", "Start", "Finish"],
        ["  02C  Data Management", "", "03-Jul-17 A", "30-Sep-22"],
        ["    A-1", "Ends", "", "03-Jul-23 A"],
        ["    A-2", "Begins", "04-Jul-23 A", ""],
        ["    A-3", "Goes on", "05-Jul-23 A", "06-Jul-23"],
        ["    A-4", "Is to come", "", "07-Jul-23*"],
        ["    A-5", "Is held", "", datetime.fromisoformat("2023-07-08 17:00")],
        ["    A-6", "Is odd", "", "08-Jul-23 B"],
    ]
    snapshot = read(write_xlsx(tmp_path / "202307-ME.xlsx", {"Sheet1": rows}))
    shown = [(m.code, m.kind, m.status, m.due, m.completed) for m in snapshot.milestones]
    finish, start = MilestoneKind.FINISH_MILESTONE, MilestoneKind.START_MILESTONE
    july = [date(2023, 7, day) for day in range(1, 10)]
    assert shown == [
        ("A-1", finish, Status.COMPLETED, july[2], july[2]),
        ("A-2", start, Status.COMPLETED, july[3], july[3]),
        ("A-3", MilestoneKind.UNKNOWN, Status.IN_PROGRESS, july[5], None),
        ("A-4", finish, Status.NOT_STARTED, july[6], None),
        ("A-5", finish, Status.NOT_STARTED, july[7], None),
        ("A-6", finish, Status.NOT_STARTED, None, None),
    ]
    assert {(r.where, r.field) for r in snapshot.rejects} == {("Sheet1 row 8", "due"), ("Sheet1 row 8", "forecast")}


def test_a_mark_is_only_taken_off_where_the_screen_was_copied(tmp_path: Path) -> None:
    snapshot = read_rows(tmp_path, activity("A-1", end_date="03-Jul-23 A"))
    assert {(r.code, r.field) for r in snapshot.rejects} == {("A-1", "due"), ("A-1", "forecast")}
