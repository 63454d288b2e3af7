"""What a mapping makes of a file: columns used, not used and missing, and what came of them."""

import json
import subprocess
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from syncsvc.errors import BadExport
from syncsvc.files import check_mapping
from syncsvc.mapping import MAPPINGS
from syncsvc.mapping_check import CheckedColumn, MappingCheck
from syncsvc.model import Side
from syncsvc.report.layout import Page
from syncsvc.report.mapping_check_text import mapping_check_shape, mapping_check_text
from tests.p6_files import activity, table_of, write_csv, write_xlsx
from tests.site import run_command

NOW = datetime(2019, 5, 1, 12, tzinfo=UTC)
DUE = "5/15/2019 5:00:00 PM"
RELATIONS = [["pred_task_id", "task_id", "lag_hr_cnt"], ["(*)Predecessor", "Successor", "Lag"], ["A-1", "A-2", "0"]]


def check(path: Path, **rest: str) -> MappingCheck:
    return check_mapping(path, now=NOW, mapping="p6_spreadsheet", **rest)


def named(columns: Sequence[CheckedColumn]) -> list[str]:
    return [column.name for column in columns]


def lines_of(name: str) -> list[str]:
    return (MAPPINGS / f"{name}.toml").read_text().splitlines()


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    rows = [
        activity("A-1", base_end_date=DUE, owner="Wil"),
        activity("A-2", status_code="Completed", act_end_date="4/1/2019", end_date="4/1/2019"),
    ]
    sheets = {"TASK": table_of(rows), "TASKPRED": RELATIONS, "USERDATA": [["user_data"]]}
    return write_xlsx(tmp_path / "201904-ME.xlsx", sheets)


def test_each_sheet_with_the_columns_used_not_used_and_missing(workbook: Path) -> None:
    task, relations, settings = check(workbook).sheets
    assert (task.name, task.header_row, task.rows, relations.rows) == ("TASK", 1, 2, 1)
    assert named(task.unused) == ["late_end_date", "owner"]
    assert "base_end_date" in named(task.used)
    assert "task_type" in named(task.missing)
    assert not any(use.required for column in task.missing for use in column.uses)
    assert named(relations.used) == ["pred_task_id", "task_id", "lag_hr_cnt"]
    assert named(relations.missing) == ["pred_type"]
    assert (settings.name, settings.used, settings.rows) == ("USERDATA", (), None)


def test_every_use_is_said_with_the_line_that_declares_it(workbook: Path) -> None:
    task = check(workbook).sheets[0]
    lines = lines_of("p6_spreadsheet")
    by_name = {column.name: column for column in (*task.used, *task.missing)}
    for column in by_name.values():
        for use in column.uses:
            assert use.line is not None
            assert f'"{column.name}"' in lines[use.line - 1], use
    baseline = {use.key: use for use in by_name["base_end_date"].uses}
    assert baseline["dates.due"].words == "due, choice 1 of 3, baseline"
    assert "basis" in lines[(baseline["dates.due"].line or 0) - 1]
    assert baseline["untyped.finish"].line != baseline["dates.due"].line


def test_the_rules_of_the_kind_of_export_are_the_ones_that_are_told(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "201803-BL.csv", activity("A-1", end_date=DUE))
    (sheet,) = check(path).sheets
    uses = {use.key: use.words for column in sheet.used if column.name == "end_date" for use in column.uses}
    assert uses["exports.BL.due"] == "due, choice 2 of 3, baseline"
    assert not any(key.endswith("forecast") for key in uses)


def test_kinds_words_and_dates_that_were_found(workbook: Path) -> None:
    checked = check(workbook)
    assert checked.kinds == {"finish_milestone": 2}
    assert checked.statuses == {("Not Started", "not_started"): 1, ("Completed", "completed"): 1}
    assert [(each.field, each.column, each.basis, each.rows, each.last) for each in checked.dates][:2] == [
        ("due", "base_end_date", "baseline", 1, date(2019, 5, 15)),
        ("due", "end_date", "forecast", 1, date(2019, 4, 1)),
    ]


def test_a_mapping_that_cannot_be_applied_still_says_what_is_there(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "201904-ME.csv", {"task_code": "A-1", "x": "1"}, columns=("task_code", "x"))
    checked = check(path)
    (sheet,) = checked.sheets
    assert checked.snapshot is None
    assert "no column status_code, which mapping p6_spreadsheet, line 16 (columns.status) requires" in checked.problem

    assert named(sheet.unused) == ["x"]
    required = [column.name for column in sheet.missing if any(use.required for use in column.uses)]
    assert required == ["status_code", "base_end_date", "end_date", "act_end_date"]


def test_a_workbook_without_the_sheet_shows_its_first_one(tmp_path: Path) -> None:
    checked = check(write_xlsx(tmp_path / "201904-ME.xlsx", {"Cover": [["a"]], "Plan": [["task_code"], ["A-1"]]}))
    assert "there is no sheet TASK, which mapping p6_spreadsheet, line" in checked.problem
    assert [(sheet.name, named(sheet.unused)) for sheet in checked.sheets] == [("Cover", ["a"]), ("Plan", [])]


def test_a_copy_of_the_screen_is_told_by_its_captions(tmp_path: Path) -> None:
    rows = [["Activity ID", "Activity Name", "Finish", "Float"], ["A-1", "One", "03-Jul-23 A", "3d"]]
    (sheet,) = check(write_xlsx(tmp_path / "202307-ME.xlsx", {"Sheet1": rows})).sheets
    assert named(sheet.used) == ["Activity ID", "Activity Name", "Finish"]
    assert named(sheet.unused) == ["Float"]


def test_what_cannot_be_read_names_sheet_row_column_and_line(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "201904-ME.csv", activity("A-1", base_end_date="soon"))
    checked = check(path)
    assert checked.snapshot is not None
    (reject,) = checked.snapshot.rejects
    said = f"{reject.where}: {reject.reason}"
    assert said.startswith("TASK row 3: due: base_end_date 'soon' is not a date")
    line = next(n for n, text in enumerate(lines_of("p6_spreadsheet"), 1) if '"base_end_date", basis' in text)
    assert said.endswith(f"see mapping p6_spreadsheet, line {line} (dates.due)")


def test_no_spreadsheet_is_an_error_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "x.xls").write_bytes(b"%PDF-1.7")
    with pytest.raises(BadExport):
        check(tmp_path / "x.xls")


def test_text_and_json_say_the_same_and_steer_nothing(tmp_path: Path) -> None:
    rows = [activity("A-1", base_end_date=DUE, **{"x\x1b[2J": "1"}), activity("A-2", base_end_date="\x1b[31msoon")]
    checked = check(write_csv(tmp_path / "201904-ME.csv", *rows))
    text = mapping_check_text(checked, Page(100))
    assert "\x1b" not in text
    assert max(len(line) for line in text.splitlines() if not line.startswith("  file")) <= 130
    shape = mapping_check_shape(checked)
    assert (shape["schema"], shape["rows"], len(shape["rejects"])) == ("syncsvc.mapping_check/1", 2, 1)
    for column in shape["sheets"][0]["used"]:
        assert column["column"] in text


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run_command(("mappings", "check", *arguments), env={}, folder=folder)


def test_the_command_needs_no_configuration_and_ends_with_2_where_the_mapping_does_not_fit(
    tmp_path: Path, workbook: Path
) -> None:
    done = run(tmp_path, str(workbook), "--format", "json")
    assert (done.returncode, json.loads(done.stdout)["mapping"]) == (0, "p6_spreadsheet")
    wrong = write_csv(tmp_path / "201905-ME.csv", {"task_code": "A-1"}, columns=("task_code",))
    done = run(tmp_path, str(wrong), "--mapping", "p6_spreadsheet")
    assert (done.returncode, "The mapping cannot be applied" in done.stdout) == (2, True)
    assert run(tmp_path, str(tmp_path / "absent.xls")).returncode == 3


@pytest.mark.real
def test_the_real_export(real_data: Path) -> None:
    checked = check_mapping(real_data / "201904-ME.xls", now=NOW)
    assert (checked.mapping.side, [sheet.rows for sheet in checked.sheets]) == (Side.PMCS, [386, 14_039, None])
    assert checked.kinds == {"finish_milestone": 368, "start_milestone": 18}
    assert sum(each.rows for each in checked.dates if each.field == "completed") == 231
