"""The sheet Sides: the same milestones on every side, those that differ first, the widest gap before the others."""

from collections.abc import Callable, Sequence
from typing import Final

from syncsvc.model import Field, Side
from syncsvc.month_report import MonthReport
from syncsvc.report.workbook.book import Book
from syncsvc.report.workbook.drift_sheet import issue_urls
from syncsvc.report.workbook.look import (
    AMBER_FILL,
    AMBER_INK,
    CODE,
    DATE,
    DAYS_MOVED,
    EARLY_INK,
    FAINT_INK,
    LATE_FILL,
    LATE_INK,
    LONG_QUIET,
    LONG_TEXT,
    QUIET,
    TEXT,
)
from syncsvc.report.workbook.paint import when
from syncsvc.report.workbook.paper import Cell, Column, Put, shown_columns
from syncsvc.report.workbook.phrase import agreement_words, side_word
from syncsvc.sides import SidesReport, SidesRow, Standing

_WHY_NOT: Final = LONG_QUIET.but(across="center")
_WORD: Final = TEXT.but(indent=1)


def write_sides(book: Book, report: MonthReport) -> None:
    """Write the sheet; none where there is one side only."""
    sides = report.sides
    if sides is None:
        return
    first = {row.code for row in sides.differing}
    rows = [*sides.differing, *(row for row in sides.rows if row.code not in first)]
    columns = shown_columns(_columns(report, sides), rows)
    paper = book.paper("Sides", [each.width for each in columns], frozen="B2")
    placed = paper.table("Sides", columns, rows)
    paper.repeat(1)
    for field in Field:
        key = f"agree_{field.value}"
        cells = placed.cells(key)
        at = f"${placed.letter(key)}{placed.first_row}"
        paper.paint(cells, when(f'{at}="all differ"', ink=LATE_INK, fill=LATE_FILL))
        paper.paint(cells, when(f'RIGHT({at},8)=" differs"', ink=AMBER_INK, fill=AMBER_FILL))
        paper.paint(cells, when(f'{at}="agree"', ink=EARLY_INK))
        paper.paint(cells, when(f'{at}="not compared"', ink=FAINT_INK))


def _columns(report: MonthReport, sides: SidesReport) -> list[Column[SidesRow]]:
    urls = issue_urls(report)
    columns: list[Column[SidesRow]] = [
        Column("code", "Milestone", 17, lambda row: row.code, CODE, stays=True),
        Column("name", "Name", 40, lambda row: row.name or None, LONG_TEXT, stays=True),
        Column("key_1", "Jira issue", 13, lambda row: _key(row.keys[:1], urls), _WORD),
        Column("key_2", "Jira issue 2", 13, lambda row: _key(row.keys[1:], urls), _WORD),
    ]
    for field in Field:
        columns += [
            Column(_key_of(side, field), f"{side_word(side)} {field.value}", 13, _says(side, field), DATE, stays=True)
            for side in sides.snapshots
        ]
        columns += [
            Column(f"agree_{field.value}", f"Sides on {field.value}", 16, _agree(field), _WORD, stays=True),
            Column(
                f"calendar_{field.value}", f"Apart on {field.value}, calendar days", 13, _days(field, 0), DAYS_MOVED
            ),
            Column(f"working_{field.value}", f"Apart on {field.value}, working days", 13, _days(field, 1), DAYS_MOVED),
        ]
    return columns


def _key_of(side: Side, field: Field) -> str:
    return f"{side.value}_{field.value}"


def _standing(row: SidesRow, field: Field) -> Standing:
    return row.due if field is Field.DUE else row.completed


def _says(side: Side, field: Field) -> Callable[[SidesRow], Cell]:
    def says(row: SidesRow) -> Cell:
        said = _standing(row, field).dates[side]
        if said.why_not is not None:
            return Put(said.why_not, _WHY_NOT)
        return Put(said.value, DATE) if said.value else Put("no date", QUIET.but(across="center"))

    return says


def _agree(field: Field) -> Callable[[SidesRow], Cell]:
    return lambda row: agreement_words(_standing(row, field))


def _days(field: Field, which: int) -> Callable[[SidesRow], Cell]:
    def days(row: SidesRow) -> Cell:
        standing = _standing(row, field)
        return standing.working_days if which else standing.calendar_days

    return days


def _key(keys: Sequence[str], urls: dict[str, str]) -> Cell:
    return Put(", ".join(keys), url=urls.get(keys[0])) if keys else None
