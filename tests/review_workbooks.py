"""Fills in review workbooks as a person does, with openpyxl and LibreOffice."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from syncsvc.review_sheet import SHEET
from tests.office import convert


def head_of(sheet: Worksheet) -> int:
    """The number of the row of headings."""
    return next(row[0].row for row in sheet.iter_rows(max_col=1) if row[0].value == "Milestone")


def row_of(sheet: Worksheet, code: str) -> int:
    """The number of the first row of a milestone."""
    return next(row[0].row for row in sheet.iter_rows(min_row=head_of(sheet), max_col=1) if row[0].value == code)


def rows_in(path: Path) -> list[dict[str, Any]]:
    """Rows by heading."""
    _, (headings, *rows) = table_in(path)
    return [dict(zip(headings, row, strict=True)) for row in rows]


def table_in(path: Path) -> tuple[int, list[tuple[Any, ...]]]:
    """The number of the row of headings, and that row with all below it."""
    book = load_workbook(path, read_only=True)
    rows = list(book[SHEET].iter_rows(values_only=True))
    book.close()
    head = next(at for at, row in enumerate(rows) if row[0] == "Milestone")
    return head + 1, rows[head:]


def place_of(path: Path, key: str) -> int:
    """The number of the first row of an issue."""
    head, rows = table_in(path)
    return next(at for at, row in enumerate(rows, start=head) if row[2] == key)


def fill(path: Path, words: Mapping[str, Mapping[str, Any]], *, turned: bool = False, only: str | None = None) -> None:
    """Fill in every row of the milestones: heading -> value. `turned`: and put the rows into the opposite order;
    `only`: of this issue.
    """

    def said(row: Mapping[str, Any]) -> Mapping[str, Any]:
        return words.get(row["Milestone"], {}) if only in (None, row["Jira issue"]) else {}

    _fill(path, said, turned)


def fill_by_kind(path: Path, words: Mapping[str, Mapping[str, Any]], otherwise: Mapping[str, Any]) -> int:
    """Fill in every row by its kind, and put the rows into the opposite order; how many there are."""
    return _fill(path, lambda row: words.get(row["Kind"], otherwise), turned=True)


def _fill(path: Path, said: Callable[[Mapping[str, Any]], Mapping[str, Any]], turned: bool) -> int:
    book = load_workbook(path)
    sheet = book[SHEET]
    head = head_of(sheet)
    headings = [cell.value for cell in sheet[head]]
    rows = [dict(zip(headings, row, strict=True)) for row in sheet.iter_rows(min_row=head + 1, values_only=True)]
    filled = [{**row, **said(row)} for row in rows]
    for at, row in enumerate(reversed(filled) if turned else filled, start=head + 1):
        for column, heading in enumerate(headings, start=1):
            sheet.cell(at, column).value = row[heading]
    book.save(path)
    return len(filled)


def resave(soffice: str, path: Path) -> None:
    """Open in LibreOffice and save in place."""
    out = path.parent / "resaved"
    convert(soffice, "xlsx:Calc MS Excel 2007 XML", out, path)
    (out / path.name).replace(path)
