"""The real export of April 2019 in other clothes: what other programs, settings and people make of the same rows."""

import csv
import io
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from python_calamine import CalamineWorkbook

from tests.p6_files import CAPTIONS
from tests.p6_large import write_sheets

DATES: Final = ("start_date", "base_end_date", "act_end_date", "end_date")
Table = list[list[Any]]


def moment(text: str) -> datetime:
    """A date as P6 writes it in that export."""
    written = "%m/%d/%Y %I:%M:%S %p" if " " in text else "%m/%d/%Y"
    return datetime.strptime(text, written)  # noqa: DTZ007 - P6 knows no zones


@dataclass(frozen=True)
class April:
    """The rows of the export, and ways to write them."""

    path: Path

    @cached_property
    def sheets(self) -> dict[str, Table]:
        """Its sheets; of the relations only those of its activities, since a variant is to be made quickly."""
        book = CalamineWorkbook.from_path(self.path)
        sheets = {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}
        activities = {row[0] for row in sheets["TASK"]}
        names, captions, *relations = sheets["TASKPRED"]
        after = names.index("task_id")
        return {**sheets, "TASKPRED": [names, captions, *(row for row in relations if row[after] in activities)]}

    @property
    def task(self) -> Table:
        """The sheet TASK."""
        return self.sheets["TASK"]

    def with_task(self, task: Table) -> dict[str, Table]:
        """The sheets with another TASK."""
        return {**self.sheets, "TASK": task}

    def dated(self, write: Callable[[datetime], Any]) -> Table:
        """TASK with each date written in another way."""
        places = [self.task[0].index(name) for name in DATES]
        return [
            *self.task[:2],
            *(
                [write(moment(cell)) if at in places and cell else cell for at, cell in enumerate(row)]
                for row in self.task[2:]
            ),
        ]

    def screen(self) -> Table:
        """What Ctrl-C in P6's grid copies: captions, bands, indented ids, and A behind actual dates; no baseline."""
        columns = ("task_code", "task_name", "start_date", "end_date", "base_end_date")
        rows: Table = [[CAPTIONS[name].removeprefix("(*)") for name in columns]]
        names = self.task[0]
        last = None
        for row in self.task[2:]:
            cells = dict(zip(names, row, strict=True))
            if cells["wbs_id"] != last:
                last = cells["wbs_id"]
                rows.append([f"  {last}  Some part of the work", "", "03-Jul-17 A", "30-Sep-22", "30-Sep-22"])
            is_done = cells["status_code"] == "Completed"
            rows.append(
                [
                    f"      {cells['task_code']}",
                    cells["task_name"],
                    *(
                        f"{moment(cells[name]):%d-%b-%y}{mark}" if cells[name] else ""
                        for name, mark in (
                            ("start_date", " A" if is_done else ""),
                            ("end_date", " A" if is_done else "*"),
                            ("base_end_date", ""),
                        )
                    ),
                ]
            )
        return rows


def csv_of(rows: Iterable[Sequence[Any]], encoding: str = "utf-8", delimiter: str = ",", end: str = "\r\n") -> bytes:
    """Rows as CSV."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator=end).writerows(rows)
    return text.getvalue().encode(encoding)


def xlsx_of(sheets: Mapping[str, Any], *, since_1904: bool = False) -> bytes:
    """Sheets as a workbook; whole numbers are days."""
    content = io.BytesIO()
    write_sheets(content, sheets, since_1904=since_1904)
    return content.getvalue()


def days(when: datetime) -> int:
    """The day as Excel counts it."""
    return (when.date() - date(1899, 12, 30)).days


def days_since_1904(when: datetime) -> int:
    """The day as Excel on old Macs counts it."""
    return (when.date() - date(1904, 1, 1)).days


def with_parts(content: bytes, changes: Mapping[str, Callable[[bytes], bytes]]) -> bytes:
    """A package with some of its parts changed."""
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            part = before.read(name)
            after.writestr(name, changes[name](part) if name in changes else part)
    return changed.getvalue()


def never_above_12(when: datetime) -> str:
    """A day of the month from which no order can be told."""
    return f"{when.month}/{when.day % 12 + 1}/{when.year}"
