"""The sheet Drift: every milestone of both ends, the largest move first, as a table that can be filtered."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from syncsvc.causes import Aspect
from syncsvc.compare import Completion, Presence
from syncsvc.model import Field, Milestone, Narrative, Side
from syncsvc.month_report import Light, MonthReport, Row
from syncsvc.names import NameChange
from syncsvc.report.workbook.book import Book
from syncsvc.report.workbook.look import (
    AMBER_FILL,
    AMBER_INK,
    CODE,
    COUNT,
    DATE,
    DAYS_AGAINST,
    DAYS_MOVED,
    EARLY_FILL,
    EARLY_INK,
    FAINT_INK,
    LATE_FILL,
    LATE_INK,
    LINKED_CODE,
    LONG_TEXT,
    QUIET,
    TEXT,
    VERY_LATE_FILL,
)
from syncsvc.report.workbook.paint import when
from syncsvc.report.workbook.paper import Cell, Column, Placed, Put, shown_columns
from syncsvc.report.workbook.phrase import (
    COMPLETIONS,
    DIRECTIONS,
    KIND_WORDS,
    LIGHTS,
    QUESTIONS,
    STANDS,
    agreement_words,
    cause_word,
    light_word,
    side_word,
)

TABLE: Final = "Drift"
VERY_LATE_DAYS: Final = 90
#: Of a narrative that is due and that nobody wrote.
MISSING: Final = LONG_TEXT.but(indent=1, ink=AMBER_INK, bold=True)
_LEVEL: Final = COUNT.but(across="center", indent=0)
_MOST_KEYS: Final = 3
_WORD: Final = TEXT.but(indent=1)  # beside dates and numbers
_WORDS: Final = LONG_TEXT.but(indent=1)
_LIGHT_LOOKS: Final = {light: _WORD.but(form=f'"{sign} "@') for light, (_, sign, _meaning) in LIGHTS.items()}
#: Columns that stay when nothing stands in them: formulas and colours name them.
_COUNTED: Final = frozenset(
    {
        "code", "name", "light", "stands", "due_moved", "due_before", "due", "calendar_days", "working_days",
        "completed", "completion", "also",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Beside:
    """What stands beside a row and not in it: addresses of issues, questions and annotated dates by code."""

    urls: Mapping[str, str]
    questions: Mapping[str, str]
    annotated: Mapping[tuple[str, Field], date]


def write_drift(book: Book, report: MonthReport) -> Placed:
    """Write the sheet."""
    rows = sorted(report.rows, key=_urgency)
    columns = shown_columns(drift_columns(report), rows)
    paper = book.paper("Drift", [each.width for each in columns], frozen="B2")
    placed = paper.table(TABLE, columns, rows)
    paper.repeat(1)
    paper.print_only(sum(each.prints for each in columns))
    _paint(paper.paint, placed, report.rules.first_table_days)
    return placed


def drift_columns(report: MonthReport) -> list[Column[Row]]:
    """Every column that there can be, in order; those in which nothing stands are left out when it is written."""
    beside = _beside(report)
    printed: list[Column[Row]] = [
        Column("code", "Milestone", 17, _code, CODE),
        Column("name", "Name", 48, lambda row: row.name or None, LONG_TEXT),
        Column("level", "Level", 6, lambda row: row.level, _LEVEL),
        Column("light", "Light", 13, lambda row: Put(light_word(row.light), _LIGHT_LOOKS[row.light])),
        Column("stands", "Stands in", 10, lambda row: STANDS[row.comparison.presence], _WORD),
        Column("due_moved", "Change", 11, _due_moved, _WORD),
        Column("due_before", "Due before", 11, lambda row: row.comparison.due.before, DATE),
        Column("due", "Due now", 11, lambda row: row.comparison.due.after, DATE),
        Column("calendar_days", "Moved, calendar days", 12, lambda row: row.comparison.due.calendar_days, DAYS_MOVED),
        Column("working_days", "Moved, working days", 12, lambda row: row.comparison.due.working_days, DAYS_MOVED),
        Column("forecast", "Forecast now", 11, lambda row: row.comparison.forecast.after, DATE),
        Column("completed", "Completed", 11, lambda row: row.comparison.completed.after, DATE),
        Column("completion", "Completion", 16, _completion, _WORD),
        Column("against_due", "Against due, working days", 12, lambda row: row.against_due.working_days, DAYS_AGAINST),
        Column("cause", "Cause", 18, _cause, _WORDS),
        *(_key_column(at, beside.urls) for at in range(_MOST_KEYS)),
        Column("question", "Needs a decision", 18, lambda row: beside.questions.get(row.code), _WORDS),
    ]
    aside: list[Column[Row]] = [
        Column("against_due_calendar", "Against due, calendar days", 12, _against_due_calendar, DAYS_AGAINST),
        *_sides_columns(report),
        *(
            Column(f"annotated_{field.value}", f"Annotated {field.value}", 11, _annotated(beside, field), DATE)
            for field in Field
        ),
        Column("narrative", "Narrative", 40, _narrative, _WORDS),
        Column("corrective_action", "Corrective action", 40, _corrective_action, _WORDS),
        Column("narrated_by", "Narrative by", 16, _narrated_by, QUIET),
        Column("also", "Also changed", 14, _also),
        Column("before_code", "Code before", 16, _before_code),
        Column("own_name", "Name in the source", 40, lambda row: _other(row.comparison.name, row.name), QUIET),
        Column("forecast_before", "Forecast before", 11, lambda row: row.comparison.forecast.before, DATE),
        Column("completed_before", "Completed before", 11, lambda row: row.comparison.completed.before, DATE),
        Column("wbs", "WBS", 17, lambda row: row.milestone.wbs, QUIET),
        Column("kind", "Type", 16, lambda row: KIND_WORDS[row.milestone.kind] or None, QUIET),
        Column("state_before", "Status before", 13, _of_before(lambda m: m.state), QUIET),
        Column("state", "Status now", 13, _of_after(lambda m: m.state), QUIET),
        Column("basis", "Due is a", 11, lambda row: row.milestone.due_basis, QUIET),
        Column("due_column_before", "Due before read from", 16, lambda row: row.comparison.due.before_column, QUIET),
        Column("due_column", "Due now read from", 16, lambda row: row.comparison.due.after_column, QUIET),
        Column("completed_column", "Completed read from", 16, lambda r: r.comparison.completed.after_column, QUIET),
        Column("where_before", "Place before", 16, _of_before(lambda m: m.where), QUIET),
        Column("where", "Place now", 16, _of_after(lambda m: m.where), QUIET),
    ]  # fmt: skip
    return [
        Column(each.key, each.heading, each.width, each.value, each.look, each.key in _COUNTED, at < len(printed))
        for at, each in enumerate((*printed, *aside))
    ]


def _urgency(row: Row) -> tuple[int, int]:
    """Moves first, the largest before the others; then completions that were changed, gone, new, and the rest."""
    one = row.comparison
    if one.due.calendar_days:
        return 0, -abs(one.due.calendar_days)
    if one.completion in (Completion.REWRITTEN, Completion.REOPENED):
        return 1, 0
    return {Presence.REMOVED: 2, Presence.ADDED: 3, Presence.BOTH: 4}[one.presence], 0


def _beside(report: MonthReport) -> Beside:
    questions: dict[str, dict[str, None]] = {}
    for decision in report.open_points:
        questions.setdefault(decision.code, {})[QUESTIONS[decision.question]] = None
    return Beside(
        urls=issue_urls(report),
        questions={code: "; ".join(words) for code, words in questions.items()},
        annotated={(each.code, each.field): each.annotated for each in report.overrides},
    )


def issue_urls(report: MonthReport) -> dict[str, str]:
    """Jira key -> the address of its issue, where the snapshot of Jira gives one; moved issues under both keys."""
    jira = report.sides.snapshots.get(Side.JIRA) if report.sides else None
    if jira is None:
        return {}
    urls = {issue.code: issue.url for issue in jira.milestones if issue.url}
    return urls | {key: urls[now] for key, now in jira.moved.items() if now in urls}


def key_cell(key: str, urls: Mapping[str, str]) -> Put:
    """A Jira key that leads to its issue."""
    return Put(key, url=urls.get(key))


def _code(row: Row) -> Put:
    url = row.milestone.url
    return Put(row.code, LINKED_CODE if url else CODE, url)


def _due_moved(row: Row) -> Cell:
    one = row.comparison
    return DIRECTIONS[one.due.direction] if one.presence is Presence.BOTH else STANDS[one.presence]


def _completion(row: Row) -> Cell:
    completion = row.comparison.completion
    if completion is not None:
        return COMPLETIONS[completion]
    return "no date" if row.light is Light.COMPLETED and row.comparison.completed.after is None else None


def _against_due_calendar(row: Row) -> Cell:
    return row.against_due.calendar_days


def _before_code(row: Row) -> Cell:
    return row.comparison.before_code if row.comparison.recoded else None


def _cause(row: Row) -> Cell:
    wanted = (Aspect.DUE, Aspect.COMPLETED)
    words = (cause_word(each.cause) for each in row.differences if each.aspect in wanted)
    return "; ".join(dict.fromkeys(words)) or None


def _also(row: Row) -> Cell:
    one = row.comparison
    words = {
        "renamed": one.name_change is NameChange.CHANGED,
        "recoded": one.recoded,
        "WBS": one.wbs_changed,
    }
    return ", ".join(word for word, is_so in words.items() if is_so) or None


def _told(row: Row) -> Narrative | None:
    return row.narrated.narrative if row.narrated else None


def _narrative(row: Row) -> Cell:
    told = _told(row)
    if told is not None:
        return told.why
    return Put("missing", MISSING) if row.narrated else None


def _corrective_action(row: Row) -> Cell:
    told = _told(row)
    return told.action or None if told else None


def _narrated_by(row: Row) -> Cell:
    told = _told(row)
    return told.actor or None if told else None


def _key_column(at: int, urls: Mapping[str, str]) -> Column[Row]:
    def key(row: Row) -> Cell:
        if at >= len(row.keys):
            return None
        if at == _MOST_KEYS - 1 and len(row.keys) > _MOST_KEYS:
            return ", ".join(row.keys[at:])
        return key_cell(row.keys[at], urls)

    return Column(f"key_{at + 1}", "Jira issue" if at == 0 else f"Jira issue {at + 1}", 13, key, _WORD)


def _sides_columns(report: MonthReport) -> list[Column[Row]]:
    """What the sides say that are not compared here, and whether all agree."""
    if report.sides is None:
        return []
    compared = {report.drift.before.side, report.drift.after.side}
    columns: list[Column[Row]] = []
    for field in Field:
        columns += [
            Column(f"{side.value}_{field.value}", f"{side_word(side)} {field.value}", 11, _of_side(side, field), DATE)
            for side in report.sides.snapshots
            if side not in compared
        ]
        columns.append(Column(f"agree_{field.value}", f"Sides on {field.value}", 15, _agreement(field)))
    return columns


def _of_side(side: Side, field: Field) -> Callable[[Row], Cell]:
    def value(row: Row) -> Cell:
        if row.sides is None:
            return None
        standing = row.sides.due if field is Field.DUE else row.sides.completed
        return standing.dates[side].value

    return value


def _agreement(field: Field) -> Callable[[Row], Cell]:
    def words(row: Row) -> Cell:
        if row.sides is None:
            return None
        return agreement_words(row.sides.due if field is Field.DUE else row.sides.completed)

    return words


def _annotated(beside: Beside, field: Field) -> Callable[[Row], Cell]:
    return lambda row: beside.annotated.get((row.code, field))


def _of_before(say: Callable[[Milestone], str | None]) -> Callable[[Row], Cell]:
    return lambda row: say(row.comparison.before) or None if row.comparison.before else None


def _of_after(say: Callable[[Milestone], str | None]) -> Callable[[Row], Cell]:
    return lambda row: say(row.comparison.after) or None if row.comparison.after else None


def _other(value: str, shown: str) -> str | None:
    return value if value and value != shown else None


def _paint(paint: Callable[..., None], placed: Placed, least: int) -> None:
    first = placed.first_row
    days = f"${placed.letter('calendar_days')}{first}"
    numbers = placed.cells("calendar_days", "working_days")
    paint(numbers, when(f"{days}>{VERY_LATE_DAYS}", ink=LATE_INK, fill=VERY_LATE_FILL, stop=True))
    paint(numbers, when(f"{days}>{least}", ink=LATE_INK, fill=LATE_FILL, stop=True))
    paint(numbers, when(f"{days}<-{least}", ink=EARLY_INK, fill=EARLY_FILL, stop=True))
    word = placed.cells("due_moved")
    paint(word, when(f"{days}>0", ink=LATE_INK))
    paint(word, when(f"{days}<0", ink=EARLY_INK))
    light = f"${placed.letter('light')}{first}"
    cells = placed.cells("light")
    for which, ink, fill in (
        (Light.OVERDUE, LATE_INK, VERY_LATE_FILL),
        (Light.LATE, AMBER_INK, AMBER_FILL),
        (Light.COMPLETED, EARLY_INK, None),
        (Light.UNDATED, AMBER_INK, None),
        (Light.NOT_FORECAST, AMBER_INK, None),
    ):
        paint(cells, when(f'{light}="{light_word(which)}"', ink=ink, fill=fill))
    completion = f"${placed.letter('completion')}{first}"
    changed = f'OR({completion}="rewritten",{completion}="reopened")'
    paint(placed.cells("completion"), when(changed, ink=LATE_INK, fill=VERY_LATE_FILL))
    stands = f"${placed.letter('stands')}{first}"
    whole = f"A{first}:{placed.letter(placed.keys[-1])}{placed.last_row}"
    paint(whole, when(f'{stands}="gone"', ink=FAINT_INK))
