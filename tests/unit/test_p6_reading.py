"""One P6 spreadsheet export as a snapshot: which cell gives which date, and what is said of cells that give none."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.p6_spreadsheet import read_export
from syncsvc.errors import BadExport, ExitCode, MappingError, SourceError, UsageError
from syncsvc.mapping import load_mapping
from syncsvc.model import Basis, Milestone, MilestoneKind, RejectCause, Side, Snapshot, Status, by_code
from tests.p6_files import COLUMNS, activity, table_of, write_csv, write_xlsx

NOW = datetime(2019, 5, 20, 12, tzinfo=UTC)
P6 = load_mapping("p6_spreadsheet")


def read(path: Path, **options: Any) -> Snapshot:
    return read_export(path, P6, taken_at=NOW, **options)


def read_rows(folder: Path, *rows: dict[str, Any], name: str = "201904-ME.csv", **options: Any) -> Snapshot:
    return read(write_csv(folder / name, *rows), **options)


def read_row(folder: Path, **cells: Any) -> Milestone:
    snapshot = read_rows(folder, activity("A-1", **cells))
    assert snapshot.rejects == ()
    return snapshot.milestones[0]


# which column gives which date


def test_a_finish_milestone_is_due_at_its_baseline_and_forecast_at_its_finish(tmp_path: Path) -> None:
    shown = read_row(tmp_path, end_date="10/1/2021 8:00:00 AM", base_end_date="7/16/2021 5:00:00 PM")
    assert shown.kind is MilestoneKind.FINISH_MILESTONE
    assert (shown.due, shown.due_column, shown.due_basis) == (date(2021, 7, 16), "base_end_date", Basis.BASELINE)
    assert shown.forecast == date(2021, 10, 1)
    assert (shown.completed, shown.completed_column, shown.status) == (None, None, Status.NOT_STARTED)
    assert (shown.where, shown.state) == ("TASK row 3", "Not Started")


def test_without_a_baseline_the_finish_is_due_and_said_to_be_a_forecast(tmp_path: Path) -> None:
    shown = read_row(tmp_path, end_date="10/1/2021 8:00:00 AM")
    assert (shown.due, shown.due_column, shown.due_basis) == (date(2021, 10, 1), "end_date", Basis.FORECAST)


def test_a_start_milestone_has_only_a_start(tmp_path: Path) -> None:
    shown = read_row(tmp_path, start_date="2/2/2021 8:00:00 AM")
    assert shown.kind is MilestoneKind.START_MILESTONE
    assert (shown.due, shown.due_column, shown.due_basis) == (date(2021, 2, 2), "start_date", Basis.FORECAST)
    assert shown.forecast == date(2021, 2, 2)
    assert shown.completed is None


def test_a_completed_start_milestone_was_completed_at_its_start(tmp_path: Path) -> None:
    shown = read_row(tmp_path, status_code="Completed", start_date="2/2/2018 8:00:00 AM")
    assert (shown.completed, shown.completed_column) == (date(2018, 2, 2), "start_date")


def test_the_actual_start_comes_before_the_start(tmp_path: Path) -> None:
    shown = read_row(tmp_path, status_code="Completed", start_date="2/2/2018", act_start_date="2/1/2018")
    assert (shown.completed, shown.completed_column) == (date(2018, 2, 1), "act_start_date")


def test_a_completed_finish_milestone_never_borrows_another_date(tmp_path: Path) -> None:
    shown = read_row(tmp_path, status_code="Completed", end_date="3/1/2018", base_end_date="2/1/2018")
    assert (shown.status, shown.completed, shown.completed_column) == (Status.COMPLETED, None, None)


def test_an_actual_finish_is_the_completion(tmp_path: Path) -> None:
    shown = read_row(tmp_path, status_code="Completed", base_end_date="2/1/2018", act_end_date="12/1/2017")
    assert (shown.completed, shown.completed_column) == (date(2017, 12, 1), "act_end_date")


@pytest.mark.parametrize("cells", [{}, {"start_date": "2/1/2018", "end_date": "3/1/2018"}])
def test_neither_or_both_is_of_unknown_kind(tmp_path: Path, cells: dict[str, str]) -> None:
    snapshot = read_rows(tmp_path, activity("A-1", **cells))
    assert not snapshot.typed
    assert snapshot.milestones[0].kind is MilestoneKind.UNKNOWN
    assert snapshot.taking_part() == snapshot.milestones


def test_the_baseline_project_is_the_baseline(tmp_path: Path) -> None:
    columns = ("task_code", "status_code", "task_name", "start_date", "end_date")
    rows = [activity("A-1", end_date="3/1/2018"), activity("A-2", start_date="2/1/2018")]
    snapshot = read(write_csv(tmp_path / "201803-BL.csv", *rows, columns=columns))
    assert (snapshot.kind, snapshot.data_date) == ("BL", date(2018, 3, 31))
    assert [(m.due_column, m.due_basis, m.forecast) for m in snapshot.milestones] == [
        ("end_date", Basis.BASELINE, None),
        ("start_date", Basis.BASELINE, None),
    ]


@pytest.mark.parametrize(
    ("word", "kind", "takes_part"),
    [
        ("Start Milestone", MilestoneKind.START_MILESTONE, True),
        ("TT_FinMile", MilestoneKind.FINISH_MILESTONE, True),
        ("Task Dependent", MilestoneKind.TASK, False),
        ("Level of Effort", MilestoneKind.LEVEL_OF_EFFORT, False),
        ("TT_WBS", MilestoneKind.WBS_SUMMARY, False),
    ],
)
def test_a_type_column_says_what_takes_part(tmp_path: Path, word: str, kind: MilestoneKind, takes_part: bool) -> None:
    snapshot = read_rows(tmp_path, activity("A-1", task_type=word, end_date="3/1/2018"))
    assert snapshot.typed
    assert snapshot.milestones[0].kind is kind
    assert bool(snapshot.taking_part()) is takes_part


def test_a_typed_start_milestone_takes_a_finish_before_its_start(tmp_path: Path) -> None:
    shown = read_row(tmp_path, task_type="TT_Mile", start_date="2/1/2018", base_end_date="1/5/2018")
    assert (shown.due, shown.due_column) == (date(2018, 1, 5), "base_end_date")


@pytest.mark.parametrize("word", ["Meilenstein", ""])
def test_a_type_that_is_not_known_is_a_reject(tmp_path: Path, word: str) -> None:
    snapshot = read_rows(tmp_path, activity("A-1", task_type=word, end_date="3/1/2018"))
    (reject,) = snapshot.rejects
    assert (reject.where, reject.code, reject.field) == ("TASK row 3", "A-1", None)
    assert (f"task_type {word!r} is no kind of activity" if word else "task_type is blank") in reject.reason
    assert snapshot.milestones == ()


def test_a_status_that_is_not_known_is_kept_as_it_is_written(tmp_path: Path) -> None:
    shown = read_row(tmp_path, status_code="Complete", act_end_date="3/1/2018")
    assert (shown.status, shown.state, shown.completed) == (Status.UNKNOWN, "Complete", date(2018, 3, 1))


# cells that cannot be read


def test_a_fallback_is_for_blank_cells_only(tmp_path: Path) -> None:
    snapshot = read_rows(tmp_path, activity("A-1", base_end_date="2/30/2019", end_date="3/1/2019"))
    (shown,) = snapshot.milestones
    assert (shown.due, shown.due_column, shown.due_basis, shown.forecast) == (None, None, None, date(2019, 3, 1))
    (reject,) = snapshot.rejects
    assert (reject.where, reject.code, reject.field) == ("TASK row 3", "A-1", "due")
    assert reject.cause is RejectCause.UNREADABLE
    assert reject.kind is MilestoneKind.FINISH_MILESTONE
    what = "due: base_end_date '2/30/2019' is no day of the calendar, read as M/D/YYYY"
    assert reject.reason.partition("; see ")[0] == what


def test_one_cell_that_gives_two_dates_is_two_rejects(tmp_path: Path) -> None:
    snapshot = read_rows(tmp_path, activity("A-1", end_date="soon"))
    assert [reject.field for reject in snapshot.rejects] == ["due", "forecast"]


def test_a_completion_that_cannot_be_read_is_unseen_and_not_the_start(tmp_path: Path) -> None:
    row = activity("A-1", status_code="Completed", start_date="2/2/2018", act_start_date="yesterday")
    snapshot = read_rows(tmp_path, row)
    assert snapshot.milestones[0].completed is None
    assert [(reject.field, "'yesterday'" in reject.reason) for reject in snapshot.rejects] == [("completed", True)]


def test_a_long_cell_is_shortened(tmp_path: Path) -> None:
    (reject, _) = read_rows(tmp_path, activity("A-1", end_date="x" * 500)).rejects
    assert len(reject.reason) < 200


def test_a_row_without_an_id_is_a_reject_and_a_blank_row_is_none(tmp_path: Path) -> None:
    rows = [activity("A-1", end_date="3/1/2019"), {}, activity("", end_date="4/1/2019"), activity("A-2")]
    snapshot = read_rows(tmp_path, *rows)
    assert [(m.code, m.where) for m in snapshot.milestones] == [("A-1", "TASK row 3"), ("A-2", "TASK row 6")]
    assert [(r.where, r.code, r.reason) for r in snapshot.rejects] == [
        ("TASK row 5", None, "the row has no id in task_code")
    ]


def test_a_row_that_is_longer_than_the_header_is_a_reject(tmp_path: Path) -> None:
    export = write_csv(tmp_path / "201904-ME.csv", activity("A-1", end_date="3/1/2019"))
    unquoted = b"A-2,Not Started,One, two,,3/1/2019,,,\r\n"  # every date is a column further, under another name
    export.write_bytes(export.read_bytes() + unquoted)
    snapshot = read(export)
    assert [m.code for m in snapshot.milestones] == ["A-1"]
    assert [(r.where, r.code) for r in snapshot.rejects] == [("TASK row 4", "A-2")]
    assert "9 cells under 8 headings" in snapshot.rejects[0].reason


# one code in several rows


def test_a_code_again_with_the_same_dates_counts_once(tmp_path: Path) -> None:
    rows = [activity("A-1", task_name=name, end_date="3/1/2019") for name in ("One", "Other", "One")]
    snapshot = read_rows(tmp_path, *rows)
    assert [m.name for m in snapshot.milestones] == ["One"]
    assert [(r.where, r.cause) for r in snapshot.rejects] == [
        ("TASK row 4", RejectCause.REPEATED),
        ("TASK row 5", RejectCause.REPEATED),
    ]
    assert "TASK row 3" in snapshot.rejects[0].reason
    assert "'One'" in snapshot.rejects[0].reason
    assert "'Other'" in snapshot.rejects[0].reason
    assert "'One'" not in snapshot.rejects[1].reason


@pytest.mark.parametrize(
    "other",
    [
        {"end_date": "3/2/2019"},
        {"end_date": ""},
        {"end_date": "soon"},
        {"end_date": "3/1/2019", "act_end_date": "3/1/2019"},
        {"end_date": "3/1/2019", "status_code": "Completed"},
    ],
)
def test_a_code_with_different_dates_does_not_count(tmp_path: Path, other: dict[str, str]) -> None:
    rows = [activity("A-1", end_date="3/1/2019"), activity("A-1", **other), activity("A-2")]
    snapshot = read_rows(tmp_path, *rows)
    assert [m.code for m in snapshot.milestones] == ["A-2"]
    assert [(r.where, r.cause, r.field) for r in snapshot.rejects] == [
        ("TASK row 3", RejectCause.DUPLICATE, None),
        ("TASK row 4", RejectCause.DUPLICATE, None),
    ]
    assert all("TASK row 3" in r.reason and "TASK row 4" in r.reason for r in snapshot.rejects)


# headers, sheets, names


def test_headers_in_any_order_and_case_with_columns_nobody_asked_for(tmp_path: Path) -> None:
    export = tmp_path / "201904-ME.csv"
    export.write_text(
        "USER_FIELD_859,Base_End_Date,ACT_END_DATE,status_code,Task_Code\nx,3/15/2019,,Not Started, A-1 \n"
    )
    (shown,) = read(export).milestones
    assert (shown.code, shown.due, shown.due_column, shown.where) == (
        "A-1",
        date(2019, 3, 15),
        "base_end_date",
        "TASK row 2",
    )


@pytest.mark.parametrize("captions", ["Activity ID,,,,", "Vorgangs-ID,Status,(*)BL Ende,(*)Ende,Ist-Ende", ""])
def test_the_row_of_captions_is_known_in_any_language_and_may_be_absent(tmp_path: Path, captions: str) -> None:
    header = "task_code,status_code,base_end_date,end_date,act_end_date"
    export = tmp_path / "201904-ME.csv"
    export.write_text("\n".join([header, *filter(None, [captions]), "A-1,Not Started,3/15/2019,,", ""]))
    snapshot = read(export)
    assert ([m.code for m in snapshot.milestones], snapshot.rejects) == (["A-1"], ())


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        ({"task_code"}, "sheet TASK has no column task_code, which mapping p6_spreadsheet, line "),
        ({"status_code"}, "sheet TASK has no column status_code, which mapping p6_spreadsheet, line "),
        ({"end_date", "base_end_date"}, "sheet TASK has no column base_end_date or end_date, which mapping "),
        ({"act_end_date"}, "sheet TASK has no column act_end_date, which mapping p6_spreadsheet, line "),
    ],
)
def test_a_missing_column_names_sheet_column_and_mapping_line(tmp_path: Path, missing: set[str], said: str) -> None:
    columns = [column for column in COLUMNS if column not in missing]
    export = write_xlsx(tmp_path / "201904-ME.xlsx", {"TASK": table_of([], columns)})
    with pytest.raises(MappingError) as caught:
        read(export)
    assert caught.value.message.startswith(f"201904-ME.xlsx: {said}")
    assert caught.value.exit_code is ExitCode.USAGE


def test_two_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    export = tmp_path / "201904-ME.csv"
    export.write_text("task_code,status_code,end_date,END_DATE,act_end_date\n")
    with pytest.raises(MappingError, match="two columns END_DATE"):
        read(export)


def test_a_workbook_without_the_sheet_names_the_sheets_there_are(tmp_path: Path) -> None:
    export = write_xlsx(tmp_path / "201904-ME.xlsx", {"Tasks": [["task_code"]], "Notes": []})
    with pytest.raises(MappingError, match=r"there is no sheet TASK.*its sheets are Tasks, Notes"):
        read(export)


def test_an_empty_sheet_is_no_export(tmp_path: Path) -> None:
    with pytest.raises(BadExport, match=r"201904-ME\.xlsx: sheet TASK is empty"):
        read(write_xlsx(tmp_path / "201904-ME.xlsx", {"TASK": []}))


def test_a_header_without_rows_is_no_export(tmp_path: Path) -> None:
    """A filter that was left on in P6 makes such a file: the milestones have not gone."""
    with pytest.raises(BadExport, match="there are no activities in sheet TASK, so there is nothing to read"):
        read_rows(tmp_path)


def test_a_workbook_with_true_dates_numbers_and_relations(tmp_path: Path) -> None:
    finish = datetime.fromisoformat("2021-07-16 17:00")
    rows = [
        activity(
            "A-1", base_end_date=finish, act_end_date=date(2021, 7, 1), pred_list="B-2, A-2", status_code="Completed"
        ),
        activity(1510, base_end_date=43585),
        activity("00123", base_end_date="3/1/2019"),
    ]
    links = [["PRED_TASK_ID", "task_id", "TASK__task_name"], ["Predecessor", "Successor", ""]]
    links += [["A-2", "A-1", "cut"], ["C-9", "A-1", ""], ["C-9", "A-1", ""], ["", "A-1", ""], ["A-1", "Z-9", ""]]
    snapshot = read(write_xlsx(tmp_path / "201904-ME.xlsx", {"task": table_of(rows), "TASKPRED": links}))
    shown = by_code(snapshot.milestones)
    assert (shown["A-1"].due, shown["A-1"].completed) == (date(2021, 7, 16), date(2021, 7, 1))
    assert shown["A-1"].predecessors == ("A-2", "B-2", "C-9")
    assert shown["00123"].due == date(2019, 3, 1)
    assert shown["1510"].due is None
    assert [r.reason.partition("; see ")[0] for r in snapshot.rejects] == [
        "due: base_end_date '43585' is a number, not a date (format the column as a date)"
    ]


def test_a_sheet_of_relations_without_its_columns_is_refused(tmp_path: Path) -> None:
    export = write_xlsx(tmp_path / "201904-ME.xlsx", {"TASK": table_of([]), "TASKPRED": [["task_id"], ["A-1"]]})
    with pytest.raises(MappingError, match="sheet TASKPRED has no column pred_task_id, which mapping p6_spreadsheet"):
        read(export)


def test_rows_keep_the_numbers_a_spreadsheet_shows(tmp_path: Path) -> None:
    table = [[], [], *table_of([activity("A-1"), {}, activity("A-2")])]
    snapshot = read(write_xlsx(tmp_path / "201904-ME.xlsx", {"TASK": table}))
    assert [m.where for m in snapshot.milestones] == ["TASK row 5", "TASK row 7"]


# period, kind and data date


def test_period_and_kind_come_from_the_project_name(tmp_path: Path) -> None:
    snapshot = read_rows(tmp_path, activity("A-1", wbs_id="LSST ME 19-04.02C.05"), name="latest.csv")
    assert (snapshot.period, snapshot.kind, snapshot.data_date) == ("2019-04", "ME", date(2019, 4, 30))
    assert snapshot.milestones[0].wbs == "02C.05"


def test_period_and_kind_come_from_the_file_name(tmp_path: Path) -> None:
    snapshot = read_rows(tmp_path, activity("A-1", wbs_id="02C.05"), name="202402-BL.csv")
    assert (snapshot.period, snapshot.kind, snapshot.data_date) == ("2024-02", "BL", date(2024, 2, 29))


def test_period_and_kind_come_from_the_caller(tmp_path: Path) -> None:
    snapshot = read_rows(tmp_path, activity("A-1"), name="latest.csv", period="2019-04", kind="ME")
    assert (snapshot.period, snapshot.kind) == ("2019-04", "ME")


def test_where_nobody_tells_a_period_there_is_none(tmp_path: Path) -> None:
    snapshot = read_rows(tmp_path, activity("A-1"), name="latest.csv")
    assert (snapshot.period, snapshot.kind, snapshot.data_date) == (None, None, None)


@pytest.mark.parametrize(("data_day", "day"), [("month_end", 28), (25, 25), (31, 28)])
def test_the_data_date_is_a_day_of_the_period(tmp_path: Path, data_day: str | int, day: int) -> None:
    snapshot = read_rows(tmp_path, activity("A-1"), name="201902-ME.csv", data_day=data_day)
    assert snapshot.data_date == date(2019, 2, day)


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        (
            "201905-ME.csv",
            {},
            "the project name in TASK row 3 says that its period is 2019-04, its file name says 2019-05",
        ),
        ("201904-BL.csv", {}, "the project name in TASK row 3 says that its kind is ME, its file name says BL"),
        ("201904-ME.csv", {"period": "2019-03"}, "its period is 2019-04, the command says 2019-03"),
        ("latest.csv", {"kind": "BL"}, "its kind is ME, the command says BL"),
    ],
)
def test_where_two_disagree_both_are_named(tmp_path: Path, name: str, options: dict[str, str], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_rows(tmp_path, activity("A-1", wbs_id="LSST ME 19-04.02C"), name=name, **options)
    assert said in caught.value.message
    assert caught.value.message.startswith(f"{name}: ")


def test_two_projects_in_one_export_disagree_too(tmp_path: Path) -> None:
    rows = [activity("A-1", wbs_id="LSST ME 19-04.1"), activity("A-2", wbs_id="LSST ME 19-03.1")]
    with pytest.raises(UsageError, match=r"TASK row 3 says .* 2019-04, the project name in TASK row 4 says 2019-03"):
        read_rows(tmp_path, *rows)


def test_a_period_that_is_no_month_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="'2019-13' is no period"):
        read_rows(tmp_path, activity("A-1"), name="latest.csv", period="2019-13")


# where it came from


def test_a_snapshot_knows_where_it_came_from(tmp_path: Path) -> None:
    snapshot = read_rows(tmp_path, activity("A-1"))
    assert snapshot.side is Side.PMCS
    assert snapshot.source == str(tmp_path / "201904-ME.csv")
    assert snapshot.taken_at == NOW
    assert snapshot.mapping_sha256 == P6.sha256
    assert len(snapshot.sha256 or "") == 64
    assert (snapshot.complete, snapshot.edition, snapshot.asked, snapshot.connector) == (True, None, None, "")


def test_a_file_that_is_not_there_is_a_source_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be read: No such file"):
        read(tmp_path / "absent.xls")


def test_a_mapping_for_lists_reads_no_export(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="files of format table"):
        read_export(write_csv(tmp_path / "x.csv"), load_mapping("lsst_master_list"), taken_at=NOW)
