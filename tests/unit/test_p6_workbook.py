"""The workbook that goes back to P6."""

from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.p6_workbook import Actual, ImportSheet, build_import_workbook, read_import_workbook
from syncsvc.errors import BadExport
from tests.p6_files import write_csv, write_xlsx

MARCH = date(2019, 3, 29)
APRIL = date(2019, 4, 2)


def write(path: Path, completions: dict[str, date], actual: Actual = Actual.FINISH, **rest: Any) -> None:
    path.write_bytes(build_import_workbook(ImportSheet(actual, completions, **rest)))


def cells_of(path: Path, sheet: str = "TASK") -> list[list[object]]:
    return [[cell.value for cell in row] for row in openpyxl.load_workbook(path)[sheet].iter_rows()]


def test_p6_finds_its_columns_in_row_1_and_people_theirs_in_row_2(tmp_path: Path) -> None:
    path = tmp_path / "x.xlsx"
    write(path, {"B-1": APRIL, "A-1": MARCH}, time_of_day=time(17))
    assert openpyxl.load_workbook(path).sheetnames == ["TASK"]
    assert cells_of(path) == [
        ["task_code", "status_code", "act_end_date"],
        ["Activity ID", "Activity Status", "Actual Finish"],
        ["A-1", "Completed", datetime.combine(MARCH, time(17))],
        ["B-1", "Completed", datetime.combine(APRIL, time(17))],
    ]


def test_a_start_milestone_is_completed_by_its_actual_start(tmp_path: Path) -> None:
    write(tmp_path / "x.xlsx", {"A-1": MARCH}, Actual.START)
    assert cells_of(tmp_path / "x.xlsx")[:2] == [
        ["task_code", "status_code", "act_start_date"],
        ["Activity ID", "Activity Status", "Actual Start"],
    ]


@pytest.mark.parametrize("code", ["=1+1", "00123", "1E5", "+A", "T&SC-1", "A<B>", "2019-04-30", "Größe"])
def test_an_id_stays_the_text_that_it_is(tmp_path: Path, code: str) -> None:
    write(tmp_path / "x.xlsx", {code: MARCH})
    cell = openpyxl.load_workbook(tmp_path / "x.xlsx")["TASK"]["A3"]
    assert (cell.value, cell.data_type) == (code, "s")
    assert read_import_workbook(tmp_path / "x.xlsx") == {code: MARCH}


def test_the_settings_of_the_export_go_back_with_it(tmp_path: Path) -> None:
    settings = [
        ["user_data"],
        ["UserSettings Do Not Edit"],
        ["DurationQtyType=QT_Hour\r\nDateFormat=dd'-'mmm'-'yy\r\n"],
    ]
    write(tmp_path / "x.xlsx", {"A-1": MARCH}, user_settings=settings)
    assert [
        [str(cell).replace("_x000D_", "\r") for cell in row] for row in cells_of(tmp_path / "x.xlsx", "USERDATA")
    ] == settings


def test_the_same_rows_give_the_same_bytes(tmp_path: Path) -> None:
    write(tmp_path / "x.xlsx", {"A-1": MARCH, "A-2": APRIL})
    write(tmp_path / "y.xlsx", {"A-2": APRIL, "A-1": MARCH})
    assert (tmp_path / "x.xlsx").read_bytes() == (tmp_path / "y.xlsx").read_bytes()
    assert b"2019" not in (tmp_path / "x.xlsx").read_bytes()[:200]


HEADER = [["task_code", "status_code", "act_end_date"], ["", "", ""]]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([["task_code", "status_code", "end_date"]], "its columns are task_code, status_code, end_date"),
        ([], "its columns are none"),
        ([*HEADER, ["A-1", "Completed", None]], "a row of the import workbook is damaged: 'A-1'"),
        ([*HEADER, ["A-1", "Completed", "soon"]], "'soon' is not a date"),
        ([*HEADER, [12, "Completed", MARCH]], "a row of the import workbook is damaged: '12'"),
        ([*HEADER, *[["A-1", "Completed", MARCH]] * 2], "a row of the import workbook is damaged: 'A-1'"),
    ],
)
def test_what_is_no_import_workbook_is_not_read_as_one(tmp_path: Path, rows: list[list[object]], said: str) -> None:
    with pytest.raises(BadExport, match=said):
        read_import_workbook(write_xlsx(tmp_path / "x.xlsx", {"TASK": rows}))


def test_other_files_are_no_import_workbook(tmp_path: Path) -> None:
    with pytest.raises(BadExport, match="it has no sheet TASK"):
        read_import_workbook(write_xlsx(tmp_path / "x.xlsx", {"Other": []}))
    with pytest.raises(BadExport, match="it has no sheet TASK"):
        read_import_workbook(write_csv(tmp_path / "x.csv"))


codes = st.text(st.characters(min_codepoint=33, max_codepoint=0x2FF, exclude_categories=["C", "Z"]), min_size=1)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
@given(st.dictionaries(codes, st.dates(date(1990, 1, 1), date(2100, 1, 1)), min_size=1, max_size=8))
def test_whatever_is_written_is_read_back(tmp_path: Path, completions: dict[str, date]) -> None:
    write(tmp_path / "x.xlsx", completions, time_of_day=time(17))
    assert read_import_workbook(tmp_path / "x.xlsx") == completions
