"""The full table: every milestone of both ends, the columns in which something stands, and what filters it."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple

from syncsvc.causes import Aspect
from syncsvc.compare import Completion, Direction, Presence
from syncsvc.model import Field, Milestone, Side
from syncsvc.month_report import Light, MonthReport, Row
from syncsvc.names import NameChange
from syncsvc.report.html.terms import NO_NAME, Moved, cause_words, moved, side_name
from syncsvc.report.words import LIGHTS, completed, day
from syncsvc.sides import Agreement, Standing

#: More rows than MOST_ROWS a browser is given in parts; the script keeps the others aside, and finds them all the same.
MOST_ROWS: Final = 1500
ROWS_AT_ONCE: Final = 250

_LIGHT_ORDER: Final = (
    Light.OVERDUE, Light.LATE, Light.NOT_FORECAST, Light.UNDATED, Light.ON_TIME, Light.COMPLETED, Light.GONE,
)  # fmt: skip


class Cell(NamedTuple):
    """What stands in a cell: its text, a second line, classes, and what it is sorted by if not its text."""

    text: str
    small: str = ""
    kind: str = ""
    sort: int | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `kind` are classes of all its cells; a `further` one is shown when all columns are asked for."""

    heading: str
    cell: Callable[[Row], Cell]
    kind: str = ""
    numeric: bool = False
    further: bool = False


class Choice(NamedTuple):
    """One way to filter, and how many rows it leaves."""

    token: str
    words: str
    rows: int


class ChoiceGroup(NamedTuple):
    """Choices of which any may hold; groups narrow each other down."""

    words: str
    choices: tuple[Choice, ...]


class TableRow(NamedTuple):
    """One row as the template writes it."""

    number: int
    tokens: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class FullTable:
    """All rows in order of code."""

    columns: tuple[Column, ...]
    rows: tuple[TableRow, ...]
    groups: tuple[ChoiceGroup, ...]
    numbers: Mapping[str, int]  # code -> number of its row


def make_full_table(report: MonthReport) -> FullTable:
    """The table; columns in which nothing stands are left out."""
    asked = {decision.code for decision in report.open_points}
    tokens = [tuple(_tokens(row, report, asked)) for row in report.rows]
    shown: list[tuple[Column, list[Cell]]] = []
    for number, column in enumerate(_columns(report)):
        cells = [column.cell(row) for row in report.rows]
        if number < 2 or any(cell.text for cell in cells):
            shown.append((column, cells))
    by_row = zip(*(cells for _, cells in shown), strict=True)
    rows = tuple(
        TableRow(number, " ".join(given), cells)
        for number, (given, cells) in enumerate(zip(tokens, by_row, strict=True), 1)
    )
    rows_with = Counter(token for given in tokens for token in given)
    return FullTable(
        columns=tuple(column for column, _ in shown),
        rows=rows,
        groups=tuple(_groups(rows_with)),
        numbers={row.code: number for number, row in enumerate(report.rows, 1)},
    )


def keys_by_code(report: MonthReport) -> dict[str, tuple[str, ...]]:
    """The Jira keys of each milestone, from the comparison of the sides and from the links."""
    found: dict[str, dict[str, None]] = {}
    for row in report.rows:
        if row.keys:
            found[row.code] = dict.fromkeys(row.keys)
    for link in report.links:
        found.setdefault(link.code, {}).setdefault(link.key)
    return {code: tuple(keys) for code, keys in found.items()}


def _columns(report: MonthReport) -> Iterator[Column]:
    keys = keys_by_code(report)
    yield Column("Code", _code, "code")
    yield Column("Name", lambda row: Cell(row.name or NO_NAME), "name")
    yield Column("Level", lambda row: Cell("" if row.level is None else str(row.level)), "figure", numeric=True)
    yield Column("WBS", lambda row: Cell(row.milestone.wbs or ""), "wbs", further=True)
    yield Column("Jira", lambda row: Cell(", ".join(keys.get(row.code, ()))), "keys")
    yield Column("Due before", lambda row: _date(row.comparison.due.before), "date")
    yield Column("Due now", lambda row: _date(row.comparison.due.after), "date")
    yield Column("Moved", _moved, "move", numeric=True)
    yield Column("Forecast before", lambda row: _date(row.comparison.forecast.before), "date", further=True)
    yield Column("Forecast now", lambda row: _date(row.comparison.forecast.after), "date")
    yield Column("Completed", lambda row: Cell(_completed(row.milestone)), "date")
    yield Column("Against due", _against, "move", numeric=True)
    yield Column("State", _light, "state", numeric=True)
    yield Column("What changed", _causes, "cause")
    if report.sides is not None:
        for side in report.sides.snapshots:
            if side is not Side.PMCS:
                yield Column(f"{side_name(side)} due", _side_date(side, Field.DUE), "date said", further=True)
                yield Column(
                    f"{side_name(side)} completed", _side_date(side, Field.COMPLETED), "date said", further=True
                )
        yield Column("Sides", _sides, "cause")
    yield Column("Narrative", _narrative, "cause")
    yield Column("Due read from", _read_from, "cause", further=True)


def _code(row: Row) -> Cell:
    before = row.comparison.before_code
    return Cell(row.code, f"before {before}" if row.comparison.recoded and before else "")


def _date(value: date | None) -> Cell:
    return Cell(day(value, ""))


def _completed(milestone: Milestone) -> str:
    return completed(milestone).replace("-", "", 1) if milestone.completed is None else day(milestone.completed)


def _move_cell(words: Moved) -> Cell:
    return Cell(words.lead, words.rest, words.tone, words.days)


def _moved(row: Row) -> Cell:
    if row.comparison.presence is Presence.ADDED:
        return Cell("new", kind="new")
    if row.comparison.presence is Presence.REMOVED:
        return Cell("gone", kind="gone")
    return _move_cell(moved(row.comparison.due))


def _against(row: Row) -> Cell:
    return _move_cell(moved(row.against_due, same="on the day")) if row.light is not Light.GONE else Cell("")


def _light(row: Row) -> Cell:
    return Cell(LIGHTS[row.light], "", f"l-{row.light.value}", _LIGHT_ORDER.index(row.light))


def _causes(row: Row) -> Cell:
    """What the forecast does comes last: it changes nearly everywhere."""
    ordered = sorted(row.differences, key=lambda each: each.aspect is Aspect.FORECAST)
    return Cell(", ".join(dict.fromkeys(cause_words(each.aspect, each.cause) for each in ordered)))


def _side_date(side: Side, name: Field) -> Callable[[Row], Cell]:
    def said(row: Row) -> Cell:
        if row.sides is None:
            return Cell("")
        standing = row.sides.due if name is Field.DUE else row.sides.completed
        each = standing.dates.get(side)
        if each is None:
            return Cell("")
        return Cell(day(each.value, ""), each.why_not or "")

    return said


def standing_words(standing: Standing) -> str:
    """Who is the odd one out, or that they agree."""
    if standing.agreement is Agreement.ODD_ONE_OUT and standing.odd_one_out is not None:
        return f"{side_name(standing.odd_one_out)} differs"
    return {Agreement.AGREE: "agree", Agreement.ALL_DIFFER: "all differ"}.get(standing.agreement, "")


def _sides(row: Row) -> Cell:
    if row.sides is None:
        return Cell("")
    said = [(each.field.value, standing_words(each)) for each in row.sides.standings]
    kind = "differ" if row.sides.differs else ""
    if all(words == "agree" for _, words in said):
        return Cell("agree")
    return Cell("; ".join(f"{name}: {words}" for name, words in said if words), kind=kind)


def _narrative(row: Row) -> Cell:
    """A mark; the words stand in their own section."""
    if row.narrated is None:
        return Cell("")
    if row.narrated.missing:
        return Cell("missing", kind="differ")
    return Cell("repeated" if row.narrated.repeats else "given")


def _read_from(row: Row) -> Cell:
    return Cell(row.milestone.due_column or "", row.milestone.where)


def _tokens(row: Row, report: MonthReport, asked: set[str]) -> Iterator[str]:
    one = row.comparison
    if one.presence is Presence.BOTH:
        yield _DIRECTIONS[one.due.direction]
    else:
        yield "new" if one.presence is Presence.ADDED else "gone"
    if one.after is not None:
        yield "here"
        yield row.light.value
        start, end = report.drift.before.data_date, report.drift.after.data_date
        if start is not None and end is not None and start < end:
            if row.milestone.due is not None and start < row.milestone.due <= end:
                yield "due-in-period"
            if row.milestone.completed is not None and start < row.milestone.completed <= end:
                yield "done-in-period"
    if one.completion is not None:
        yield _COMPLETIONS[one.completion]
    if one.name_change is NameChange.CHANGED:
        yield "renamed"
    if one.recoded:
        yield "recoded"
    if one.wbs_changed:
        yield "wbs"
    if row.sides is not None and row.sides.differs:
        yield "sides"
    if row.code in asked:
        yield "decision"
    if row.narrated is not None:
        yield "narrative-missing" if row.narrated.missing else "narrative"
    yield f"level-{row.level}" if row.level is not None else _NO_LEVEL


_NO_LEVEL: Final = "level-none"
_DIRECTIONS: Final = {
    Direction.SLIPPED: "slipped",
    Direction.PULLED_IN: "pulled-in",
    Direction.UNCHANGED: "unchanged",
    None: "undated-once",
}
_COMPLETIONS: Final = {
    Completion.NEWLY_COMPLETED: "newly-completed",
    Completion.REOPENED: "reopened",
    Completion.REWRITTEN: "rewritten",
}
_GROUPS: Final[Sequence[tuple[str, Sequence[tuple[str, str]]]]] = (
    (
        "Due date",
        (
            ("slipped", "slipped"),
            ("pulled-in", "pulled in"),
            ("unchanged", "unchanged"),
            ("undated-once", "no date on one side"),
        ),
    ),
    ("Which", (("here", "in the later export"), ("new", "new"), ("gone", "gone"))),
    ("State", tuple((light.value, LIGHTS[light]) for light in _LIGHT_ORDER if light is not Light.GONE)),
    ("In the period", (("due-in-period", "due"), ("done-in-period", "completed"))),
    (
        "Changed",
        (
            ("newly-completed", "newly completed"),
            ("reopened", "reopened"),
            ("rewritten", "completion rewritten"),
            ("renamed", "renamed"),
            ("recoded", "recoded"),
            ("wbs", "WBS"),
        ),
    ),
    (
        "To settle",
        (("decision", "needs a decision"), ("sides", "sides differ"), ("narrative-missing", "narrative missing")),
    ),
)


def _groups(rows_with: Counter[str]) -> Iterator[ChoiceGroup]:
    for words, choices in (*_GROUPS, ("Level", _levels(rows_with))):
        found = tuple(Choice(token, each, rows_with[token]) for token, each in choices if rows_with[token])
        if words == "Level" and len(found) < 2:
            continue
        if found:
            yield ChoiceGroup(words, found)


def _levels(rows_with: Counter[str]) -> Sequence[tuple[str, str]]:
    levels = sorted(choice for choice in rows_with if choice.startswith("level-") and choice != _NO_LEVEL)
    return [*((choice, choice.removeprefix("level-")) for choice in levels), (_NO_LEVEL, "none")]
