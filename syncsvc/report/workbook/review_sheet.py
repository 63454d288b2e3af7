"""The sheet Review: one row for everything that can be decided, with cells for a person to fill in.

It is read back by `syncsvc review import`: what a row is stands in a hidden column, what file it is on a hidden sheet.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Final

from openpyxl.worksheet.datavalidation import DataValidation

from syncsvc.model import Action, Drift, DriftKind, Verdict
from syncsvc.month_report import MonthReport, name_period
from syncsvc.report.holds import HOLDS
from syncsvc.report.workbook.book import Book
from syncsvc.report.workbook.drift_sheet import issue_urls
from syncsvc.report.workbook.look import (
    AMBER_FILL,
    AMBER_INK,
    CODE,
    DATE,
    DAYS_MOVED,
    EARLY_FILL,
    EARLY_INK,
    FAINT,
    LATE_FILL,
    LATE_INK,
    LONG_QUIET,
    LONG_TEXT,
    QUIET,
    TEXT,
    TITLE,
    VERY_LATE_FILL,
    Look,
)
from syncsvc.report.workbook.paint import when
from syncsvc.report.workbook.paper import Cell, Column, Paper, Placed, Put
from syncsvc.report.workbook.stream import day_number
from syncsvc.review_sheet import DECISIONS, FILLED, FORMAT, HEADINGS, MARK_SHEET, NO_DATE, SHEET, Mark, Review, seal

#: Holds in the order in which they deserve attention, then what is going to be written.
KINDS: Final = (*HOLDS, DriftKind.GONE, DriftKind.OWNER_MOVED, DriftKind.REPORTED)
_MEANS: Final = {
    DriftKind.GONE: "The milestone or the issue is no longer there, and a link still names it",
    DriftKind.OWNER_MOVED: "PMCS moved, and Jira still says what both had agreed on: PMCS's date goes to Jira",
    DriftKind.REPORTED: "Jira reports a completion that PMCS does not have yet: it is handed to PMCS",
}
_VERDICTS: Final = {Verdict.APPROVE: "approved", Verdict.REJECT: "rejected", Verdict.HOLD: "put off"}
_WAITS, _TO_BE_WRITTEN, _SECOND = "waits", "to be written", "needs a second yes"
_INPUT_FILL: Final = "FFFCEB"
_INPUT: Final = TEXT.but(fill=_INPUT_FILL, bold=True, across="center")
_INPUT_DAY: Final = DATE.but(fill=_INPUT_FILL)
_INPUT_TEXT: Final = LONG_TEXT.but(fill=_INPUT_FILL)
_WORD: Final = TEXT.but(indent=1)
#: What a list in a cell can say is 255 characters, a hint as long, its title 32.
_LONGEST_HINT: Final = 255


def write_review(book: Book, report: MonthReport, review: Review) -> None:
    """Write the sheet, and the hidden one that says what file it is in."""
    rows = sorted(review.rows, key=_urgency)
    columns = _columns(report, review, rows)
    head = 4
    paper = book.paper(SHEET, [each.width for each in columns], frozen=f"B{head + 1}")
    paper.sheet.sheet_view.tabSelected = True
    paper.hide(len(columns))
    paper.put(f"Review, {name_period(report.drift.after)}", look=TITLE)
    paper.put(_counts(rows))
    paper.put(
        "Fill in the tinted columns, in any order of rows; leave Decision blank where nothing is to be said. Then:"
        " syncsvc review import FILE",
        look=FAINT,
    )
    placed = paper.table(SHEET, columns, rows)
    paper.repeat(head)
    paper.print_only(sum(each.prints for each in columns))
    _allow(paper, placed, review.today)
    _paint(paper, placed)
    _write_mark(book, review.mark)


def _columns(report: MonthReport, review: Review, rows: Sequence[Drift]) -> list[Column[Drift]]:
    urls = issue_urls(report)
    names = {**review.names, **{row.code: row.name for row in report.rows if row.name}}
    first = _first_of(rows)

    def narrative(say: Callable[[str], str]) -> Callable[[Drift], Cell]:
        """What is told already, once for each milestone."""
        return lambda row: (say(row.code) or None) if first.get(row.code) is row else None

    def told(code: str) -> str:
        return review.narratives[code].why if code in review.narratives else ""

    def acted(code: str) -> str:
        return review.narratives[code].action if code in review.narratives else ""

    printed: list[tuple[str, float, Callable[[Drift], Cell], Look]] = [
        ("code", 17, lambda row: row.code, CODE),
        ("name", 34, lambda row: names.get(row.code) or None, LONG_TEXT),
        ("issue", 13, lambda row: Put(row.key, url=urls.get(row.key or "")), _WORD),
        ("field", 11, lambda row: row.field, _WORD),
        ("kind", 17, lambda row: _kind(row).replace("_", " "), _WORD),
        ("state", 14, state_of, _WORD),
        ("follower", 11, lambda row: _day(row.follower_value), DATE),
        ("owner", 11, lambda row: _day(row.owner_value), DATE),
        ("days", 13, _days, DAYS_MOVED),
        ("baseline", 11, _baseline, DATE),
        ("why", 40, lambda row: row.why or None, LONG_TEXT.but(indent=1)),
        ("decision", 11, lambda row: None, _INPUT),
        ("until", 12, lambda row: None, _INPUT_DAY),
        ("reason", 30, lambda row: None, _INPUT_TEXT),
    ]
    aside: list[tuple[str, float, Callable[[Drift], Cell], Look]] = [
        ("narrative", 40, narrative(told), _INPUT_TEXT),
        ("action", 40, narrative(acted), _INPUT_TEXT),
        ("means", 44, lambda row: means_of(_kind(row)), LONG_QUIET),
        ("said", 40, _said, LONG_QUIET),
        ("key", 30, lambda row: seal(row, review.mark.store), QUIET),
    ]
    return [
        Column(key, HEADINGS[key], width, value, look, stays=True, prints=at < len(printed))
        for at, (key, width, value, look) in enumerate((*printed, *aside))
    ]


def state_of(row: Drift) -> str:
    """Whether it waits, is going to be written, or what was decided about it."""
    decision = row.decision
    if decision is None:
        return _TO_BE_WRITTEN if row.action in (Action.WRITE, Action.PROPOSE) else _WAITS
    if decision.verdict is Verdict.APPROVE and row.action is Action.HOLD:
        return _SECOND
    return _VERDICTS[decision.verdict]


def means_of(kind: DriftKind) -> str | None:
    """What a kind means, for a project controller."""
    return HOLDS[kind].means if kind in HOLDS and kind not in _MEANS else _MEANS.get(kind)


def _urgency(row: Drift) -> tuple[int, int, int, str, str, str]:
    """What waits, what is going to be written, what is decided; by kind, the farthest apart first."""
    rank = {_WAITS: 0, _SECOND: 0, _TO_BE_WRITTEN: 1}.get(state_of(row), 2)
    kind = KINDS.index(_kind(row)) if _kind(row) in KINDS else len(KINDS)
    return rank, kind, -abs(_days(row) or 0), row.code, row.key or "", row.field or ""


def _kind(row: Drift) -> DriftKind:
    return row.hold_kind or row.kind


def _counts(rows: Sequence[Drift]) -> str:
    states = [state_of(row) for row in rows]
    waits, writes = states.count(_WAITS) + states.count(_SECOND), states.count(_TO_BE_WRITTEN)
    decided = len(states) - waits - writes
    return f"{waits:,} wait for a decision, {writes:,} are going to be written, {decided:,} are decided."


def _first_of(rows: Sequence[Drift]) -> dict[str, Drift]:
    first: dict[str, Drift] = {}
    for row in rows:
        first.setdefault(row.code, row)
    return first


def _day(day: date | None) -> Cell:
    return day or Put(NO_DATE, DATE)


def _baseline(row: Drift) -> Cell:
    return _day(row.baseline) if row.baseline_known else Put("never", DATE)


def _days(row: Drift) -> int | None:
    if row.owner_value is None or row.follower_value is None:
        return None
    return (row.owner_value - row.follower_value).days


def _said(row: Drift) -> str | None:
    decision = row.decision
    if decision is None:
        return None
    until = f" until {decision.until}" if decision.until else ""
    second = f", agreed by {decision.seconded_by}" if decision.seconded_by else ""
    reason = f": {decision.reason}" if decision.reason else ""
    by = f"by {decision.actor} on {decision.at:%Y-%m-%d}"
    return f"{_VERDICTS[decision.verdict]}{until} {by}{second}{reason}"


def _allow(paper: Paper, placed: Placed, today: date) -> None:
    """The drop-down, and days that lie ahead. Neither is relied upon when the file is read."""
    words = "\n".join(f"{word}: {does}" for word, does in DECISIONS.items() if word in ("approve", "reject", "hold"))
    decisions = DataValidation(
        type="list", formula1=f'"{",".join(DECISIONS)}"', allow_blank=True, showErrorMessage=True, showInputMessage=True
    )
    decisions.errorTitle, decisions.error = "No decision", f"There are {', '.join(DECISIONS)}; or leave it blank."
    decisions.promptTitle, decisions.prompt = "Decision", words[:_LONGEST_HINT]
    paper.allow(placed.cells("decision"), decisions)
    ahead = DataValidation(
        type="date",
        operator="greaterThan",
        formula1=f"{day_number(today):.0f}",
        allow_blank=True,
        showErrorMessage=True,
        showInputMessage=True,
    )
    ahead.errorTitle, ahead.error = "No day ahead", "The day on which the row is asked about again, after today."
    ahead.promptTitle, ahead.prompt = "Until", "Only with hold: the day on which the row is asked about again."
    paper.allow(placed.cells("until"), ahead)


def _paint(paper: Paper, placed: Placed) -> None:
    first = placed.first_row
    state, decision, until, reason = (
        f"${placed.letter(column)}{first}" for column in ("state", "decision", "until", "reason")
    )
    cells = placed.cells("state")
    paper.paint(cells, when(f'OR({state}="{_WAITS}",{state}="{_SECOND}")', ink=AMBER_INK, fill=AMBER_FILL))
    paper.paint(cells, when(f'OR({state}="approved",{state}="rejected",{state}="put off")', ink=EARLY_INK))
    days = f"${placed.letter('days')}{first}"
    paper.paint(placed.cells("days"), when(f"AND(ISNUMBER({days}),{days}>0)", ink=LATE_INK))
    paper.paint(placed.cells("days"), when(f"AND(ISNUMBER({days}),{days}<0)", ink=EARLY_INK))
    word = f"TRIM({decision})"
    chosen = placed.cells("decision")
    known = ",".join(f'{word}="{each}"' for each in DECISIONS)
    yes = f'OR({word}="approve",{word}="adopt",{word}="restore")'
    paper.paint(chosen, when(yes, ink=EARLY_INK, fill=EARLY_FILL, stop=True))
    paper.paint(chosen, when(f'{word}="reject"', ink=LATE_INK, fill=LATE_FILL, stop=True))
    paper.paint(chosen, when(f'{word}="hold"', ink=AMBER_INK, fill=AMBER_FILL, stop=True))
    paper.paint(chosen, when(f'AND({word}<>"",NOT(OR({known})))', ink=LATE_INK, fill=VERY_LATE_FILL, bold=True))
    lacking = f'AND(OR({word}="reject",{word}="hold"),TRIM({reason})="")'
    paper.paint(placed.cells("reason"), when(lacking, fill=VERY_LATE_FILL))
    paper.paint(placed.cells("until"), when(f'AND({word}="hold",{until}="")', fill=VERY_LATE_FILL))


def _write_mark(book: Book, mark: Mark) -> None:
    paper = book.paper(MARK_SHEET, (16, 40))
    paper.sheet.sheet_state = "hidden"
    for name, value in _marks(mark):
        paper.put(name, value)


def _marks(mark: Mark) -> Iterator[tuple[str, str]]:
    yield "format", FORMAT
    yield "store", mark.store
    yield "period", mark.period or ""
    yield "plan", mark.plan
    yield "filled in", ", ".join(HEADINGS[column] for column in FILLED)
