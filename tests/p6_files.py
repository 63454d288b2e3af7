"""Small P6 exports on disk, so that a test names only the cells it is about."""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl

CAPTIONS = {
    "task_code": "Activity ID",
    "status_code": "Activity Status",
    "wbs_id": "WBS Code",
    "task_name": "Activity Name",
    "task_type": "Activity Type",
    "pred_list": "(*)Predecessors",
    "start_date": "(*)Start",
    "end_date": "(*)Finish",
    "base_end_date": "(*)BL Project Finish",
    "act_start_date": "Actual Start",
    "act_end_date": "Actual Finish",
}
COLUMNS = ("task_code", "status_code", "task_name", "start_date", "end_date", "base_end_date", "act_end_date")

Cells = Mapping[str, Any]


def activity(code: str, **cells: Any) -> dict[str, Any]:
    """A row: not started, unless told otherwise; a date that nobody reads shows that the month comes first."""
    default = {"task_code": code, "status_code": "Not Started", "task_name": f"Milestone {code}"}
    return {**default, "late_end_date": "12/31/2029", **cells}


def table_of(rows: Sequence[Cells], columns: Sequence[str] = COLUMNS) -> list[list[Any]]:
    """Both header rows and the cells; a column that a row does not name is blank."""
    extra = [name for row in rows for name in row if name not in columns]
    columns = [*columns, *dict.fromkeys(extra)]
    return [
        columns,
        [CAPTIONS.get(name, name) for name in columns],
        *([row.get(n, "") for n in columns] for row in rows),
    ]


def write_csv(path: Path, *rows: Cells, columns: Sequence[str] = COLUMNS, encoding: str = "utf-8-sig") -> Path:
    """The sheet TASK saved as CSV."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(table_of(rows, columns))
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def write_xlsx(path: Path, sheets: Mapping[str, Sequence[Sequence[Any]]]) -> Path:
    """A workbook of these sheets, with the cells as they are."""
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.worksheets[0])
    for name, rows in sheets.items():
        sheet = workbook.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    workbook.save(path)
    return path
