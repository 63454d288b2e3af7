"""What a person filled into a review workbook: what is asked, and row by row what cannot be used of it. Pure."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as with_default
from datetime import date, datetime, timedelta
from typing import Final

from syncsvc.decisions import Asked
from syncsvc.errors import UsageError
from syncsvc.mapping import Cell, parse_date
from syncsvc.model import DriftKind, Narrative, Verdict
from syncsvc.review_sheet import (
    DECISIONS,
    FILLED,
    FORMAT,
    HEADINGS,
    MARK_SHEET,
    NO_DATE,
    READ,
    SHOWN,
    Mark,
    Sealed,
    one_line,
    unseal,
)

#: Above the table stand a few lines; a person may add some.
_MOST_ROWS_ABOVE: Final = 200
_EXPORT_AGAIN: Final = "Nothing was taken. Write a new one with `syncsvc review export` and fill that in."
_VERDICTS: Final = {
    "approve": Verdict.APPROVE,
    "adopt": Verdict.APPROVE,
    "restore": Verdict.APPROVE,
    "reject": Verdict.REJECT,
    "hold": Verdict.HOLD,
}
_EPOCH: Final = date(1899, 12, 30)
_LAST_DAY: Final = (date.max - _EPOCH).days
_PLACE: Final = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")


@dataclass(frozen=True, slots=True)
class RowRefusal:
    """What was filled into a row and cannot be used, and why; code, key and field as far as they are known."""

    where: str
    why: str
    code: str = ""
    key: str = ""
    field: str = ""


@dataclass(frozen=True, slots=True)
class Filled:
    """The sheets of a workbook as they are: rows with their numbers, and which cells of the review are formulas."""

    source: str
    sheet: str
    rows: Sequence[tuple[int, Sequence[Cell]]]
    formulas: Collection[str] = ()  # B7, or B7:B9


@dataclass(frozen=True, slots=True)
class Answers:
    """What a workbook asks for. `notes` are of rows that were left alone though something stands in them."""

    asked: list[Asked] = with_default(default_factory=list)
    narratives: list[Narrative] = with_default(default_factory=list)
    refused: list[RowRefusal] = with_default(default_factory=list)
    notes: list[str] = with_default(default_factory=list)


def read_mark(source: str, rows: Iterable[tuple[int, Sequence[Cell]]] | None, store: str) -> Mark:
    """What file it is. UsageError where it is no review workbook, of another format, or of another store."""
    marks = {one_line(str(cells[0])): one_line(str(cells[1])) for _, cells in rows or () if len(cells) > 1}
    if not marks.get("format", "").startswith(FORMAT.partition("/")[0]):
        raise UsageError(f"{source} is no review workbook: it has no sheet {MARK_SHEET} of ours.", _EXPORT_AGAIN)
    if marks["format"] != FORMAT:
        raise UsageError(f"{source} has the format {marks['format'][:60]}; this version reads {FORMAT}.", _EXPORT_AGAIN)
    if marks.get("store") != store:
        raise UsageError(f"{source} was exported from another store.", _EXPORT_AGAIN)
    return Mark(store, marks.get("period") or None, marks.get("plan", ""))


def read_answers(filled: Filled, mark: Mark, known: Mapping[str, Narrative], today: date) -> Answers:
    """Every row in which something was filled in, taken or refused by itself; in any order.

    `known` are the narratives of the mark's month by code: the same words again say nothing. UsageError where the
    sheet lacks its key or another column that is read.
    """
    if "" in filled.formulas:
        raise UsageError(f"{filled.source}: sheet {filled.sheet} has formulas without a place.", _EXPORT_AGAIN)
    head, columns = _find_columns(filled)
    formulas = _Formulas(filled.formulas)
    answers = Answers()
    rows: list[_Row] = []
    for number, cells in filled.rows:
        if number > head and (row := _read_row(filled, number, cells, columns, formulas, mark, answers)):
            rows.append(row)
    _ask(rows, today, answers)
    _narrate(rows, mark, known, answers)
    return answers


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of ours in which something was filled in."""

    where: str
    sealed: Sealed
    until: Cell
    texts: Mapping[str, str]  # of every column that is read

    def refuse(self, why: str, field: str | None = None) -> RowRefusal:
        return RowRefusal(self.where, why, self.sealed.code, self.sealed.key, field or self.sealed.field.value)


def _find_columns(filled: Filled) -> tuple[int, dict[str, int]]:
    """The number of the row of headings, and where each column stands."""
    wanted = {HEADINGS[column].casefold(): column for column in READ}
    for number, cells in filled.rows[:_MOST_ROWS_ABOVE]:
        headings = [_text(cell).casefold() for cell in cells]
        if HEADINGS["key"].casefold() not in headings:
            continue
        doubled = sorted(HEADINGS[wanted[heading]] for heading in wanted if headings.count(heading) > 1)
        missing = [HEADINGS[column] for heading, column in wanted.items() if heading not in headings]
        if doubled or missing:
            words = f"twice {', '.join(doubled)}" if doubled else f"no column {', '.join(missing)}"
            raise UsageError(f"{filled.source}: sheet {filled.sheet}, row {number} has {words}.", _EXPORT_AGAIN)
        return number, {wanted[heading]: at for at, heading in enumerate(headings) if heading in wanted}
    raise UsageError(
        f"{filled.source}: sheet {filled.sheet} has no column {HEADINGS['key']}, which says what each row is.",
        _EXPORT_AGAIN,
    )


def _read_row(
    filled: Filled,
    number: int,
    cells: Sequence[Cell],
    columns: Mapping[str, int],
    formulas: "_Formulas",
    mark: Mark,
    answers: Answers,
) -> _Row | None:
    """The row, if something was filled in and it is one of ours as it was exported."""
    values = {column: cells[at] if at < len(cells) else None for column, at in columns.items()}
    computed = [column for column, at in columns.items() if formulas.holds(number, at)] if formulas else []
    if not any(column in computed or _text(values[column]) for column in FILLED):
        return None
    where = f"sheet {filled.sheet} row {number}"
    texts = {column: _text(cell) for column, cell in values.items()}

    def refuse(why: str) -> None:
        answers.refused.append(RowRefusal(where, why, texts["code"], texts["issue"], texts["field"]))

    if computed:
        names = ", ".join(HEADINGS[column] for column in READ if column in computed)
        refuse(f"a formula stands in {names}: type what it gives, so that nothing can change it later")
        return None
    sealed = unseal(texts["key"], mark.store)
    if sealed is None:
        refuse(
            "its hidden key was edited, or comes from another workbook"
            if texts["key"]
            else "its hidden key is missing: only rows that were exported can be decided"
        )
        return None
    if edited := _edited(sealed, values, texts):
        refuse(f"{edited}; the row was edited, or cells were moved apart. Export again for what stands now")
        return None
    if not texts["decision"]:
        alone = [HEADINGS[column] for column in ("until", "reason") if texts[column]]
        if alone:
            answers.notes.append(f"{where}, {sealed.code}: {' and '.join(alone)}, but no decision: left alone")
    return _Row(where, sealed, values["until"], texts)


def _edited(sealed: Sealed, values: Mapping[str, Cell], texts: Mapping[str, str]) -> str:
    """What no longer shows what was exported."""
    exported = {"code": sealed.code, "issue": sealed.key, "field": sealed.field.value}
    days = {"follower": sealed.follower_value, "owner": sealed.owner_value}
    for column in SHOWN:
        shown = texts[column]
        if column in exported:
            said = one_line(exported[column])
            same = shown == said
        else:
            said = NO_DATE if days[column] is None else f"{days[column]}"
            same = _shows(values[column], shown, days[column])
        if not same:
            return f'"{HEADINGS[column]}" is {shown[:60] or "blank"} where {said[:60]} was exported'
    return ""


def _ask(rows: Sequence[_Row], today: date, answers: Answers) -> None:
    """Decisions, each row by itself; rows of one key that say different things are all refused."""
    by_row: dict[Sealed, list[_Row]] = {}
    for row in rows:
        if row.texts["decision"]:
            by_row.setdefault(row.sealed, []).append(row)
    for same in by_row.values():
        if len({(r.texts["decision"].casefold(), r.texts["reason"], r.texts["until"]) for r in same}) > 1:
            others = ", ".join(row.where.rpartition(" ")[2] for row in same)
            why = f"it is there {len(same)} times with different decisions (rows {others}): leave one of them"
            answers.refused.extend(row.refuse(why) for row in same)
            continue
        asked = _asked(same[0], today)
        if isinstance(asked, Asked):
            answers.asked.append(asked)
        else:
            answers.refused.append(asked)


def _asked(row: _Row, today: date) -> Asked | RowRefusal:
    word = row.texts["decision"].casefold()
    sealed, verdict = row.sealed, _VERDICTS.get(word)
    if verdict is None:
        return row.refuse(f"{row.texts['decision'][:40]!r} is no decision; there are {', '.join(DECISIONS)}")
    if word == "restore" and sealed.kind is not DriftKind.FOLLOWER_EDITED:
        kind = sealed.kind.replace("_", " ")
        return row.refuse(f"restore is for what was edited in Jira (follower edited), this is {kind}; write approve")
    if word == "adopt" and sealed.kind in (DriftKind.OWNER_MOVED, DriftKind.REPORTED, DriftKind.GONE):
        return row.refuse(f"adopt is for holds, this is {sealed.kind.replace('_', ' ')}; write approve")
    if word == "adopt" and sealed.owner_value is None:
        return row.refuse("adopt gives Jira the date of PMCS, and PMCS has none; reject it to leave Jira as it is")
    try:
        until = _day(row.until)
    except ValueError as error:
        return row.refuse(
            f"Until {row.texts['until'][:40]!r} {error}; write a day such as {today + timedelta(days=30)}"
        )
    if until is not None and verdict is not Verdict.HOLD:
        return row.refuse(f"Until says {until}, which only goes with hold; clear it, or decide hold")
    return Asked(
        code=sealed.code,
        key=sealed.key,
        field=sealed.field,
        owner_value=sealed.owner_value,
        follower_value=sealed.follower_value,
        verdict=verdict,
        reason=row.texts["reason"],
        until=until,
        where=row.where,
    )


def _narrate(rows: Sequence[_Row], mark: Mark, known: Mapping[str, Narrative], answers: Answers) -> None:
    """Narratives by milestone; what stands there already says nothing."""
    by_code: dict[str, list[_Row]] = {}
    for row in rows:
        said = row.texts["narrative"], row.texts["action"]
        before = known.get(row.sealed.code)
        if any(said) and (before is None or said != (one_line(before.why), one_line(before.action))):
            by_code.setdefault(row.sealed.code, []).append(row)
    for code, told in by_code.items():
        if mark.period is None:
            why = "the export says no month: write it with `syncsvc review narrate`"
        elif len({(row.texts["narrative"], row.texts["action"]) for row in told}) > 1:
            why = "rows of this milestone tell different narratives: leave one of them"
        elif not told[0].texts["narrative"]:
            why = "a corrective action without a why: say why the milestone stands where it does"
        else:
            narrative = Narrative(code, mark.period, told[0].texts["narrative"], told[0].texts["action"])
            answers.narratives.append(narrative)
            continue
        answers.refused.extend(row.refuse(why, "narrative") for row in told)


class _Formulas:
    """Which cells are computed, by place."""

    def __init__(self, places: Iterable[str]) -> None:
        self._cells: set[tuple[int, int]] = set()
        self._ranges: list[tuple[int, int, int, int]] = []
        for place in places:
            corners = [(int(row), _number(column)) for column, row in _PLACE.findall(place)]
            if len(corners) == 1:
                self._cells.add(corners[0])
            elif corners:
                (top, left), (bottom, right) = corners[0], corners[-1]
                self._ranges.append((top, bottom, left, right))

    def __bool__(self) -> bool:
        return bool(self._cells or self._ranges)

    def holds(self, row: int, at: int) -> bool:
        """`row` as the spreadsheet numbers it, `at` the column from 0."""
        return (row, at) in self._cells or any(
            top <= row <= bottom and left <= at <= right for top, bottom, left, right in self._ranges
        )


def _number(column: str) -> int:
    number = 0
    for letter in column:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _text(cell: Cell) -> str:
    """A cell as a person would type it."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float) and cell.is_integer():
        return f"{cell:.0f}"
    if isinstance(cell, datetime) and (cell.hour, cell.minute, cell.second) == (0, 0, 0):
        return f"{cell.date()}"
    return one_line(str(cell))


def _day(cell: Cell) -> date | None:
    """A cell as a day; the bare number of a day too, which a date becomes under another number format."""
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        if not 1 <= cell <= _LAST_DAY or cell != int(cell):
            raise ValueError("is a number, not a date")
        return _EPOCH + timedelta(days=int(cell))
    return parse_date(cell)


def _shows(cell: Cell, text: str, day: date | None) -> bool:
    if text.casefold() in ("", NO_DATE):
        return day is None
    try:
        return day is not None and _day(cell) == day
    except ValueError:
        return False
