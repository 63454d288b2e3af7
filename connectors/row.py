"""Rows of a sheet as milestones, by what the mapping declares: columns, fallbacks, words."""

import gc
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from collections.abc import Mapping as AnyMapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Final

from connectors.cell import shorten, text_of
from connectors.day_order import settle_day_order
from connectors.header import Header
from connectors.remark import Remark
from syncsvc.mapping import Cell, Columns, DateColumn, Dates, Mapping, parse_date
from syncsvc.model import Milestone, MilestoneKind, Reject, Status

if TYPE_CHECKING:  # a worker that reads no workbook starts without what reads them
    from connectors.sheet import Row

#: How P6's screen shows that a date is an actual one (A), or held by a constraint (*).
_MARKS: Final = re.compile(r"^(.*?)(?:\s*\*)?(?:\s+(A))?(?:\s*\*)?$", re.DOTALL)

#: What a copy of P6's screen must show: marks behind its dates say the rest.
_SCREEN_REQUIRES: Final = ("code", "due")

_Columns = tuple[tuple[int, DateColumn], ...]


@dataclass(frozen=True, slots=True)
class _Sort:
    """What rows of one kind and status have in common: the word for the status, and where dates of theirs may stand."""

    kind: MilestoneKind
    status: Status
    word: str
    dates: tuple[tuple[str, _Columns], ...]  # due, forecast, completed


#: A date that is in none of its columns, or was refused.
_NO_DATE: Final[tuple[date | None, DateColumn | None]] = (None, None)


@dataclass(slots=True)
class ReadRow:
    """A milestone, and what of its row could not be read."""

    milestone: Milestone
    rejects: tuple[Reject, ...] = ()


class RowReader:
    """Makes a milestone of each row of one sheet."""

    def __init__(
        self,
        header: Header,
        mapping: Mapping,
        sheet: str,
        export_kind: str | None,
        rows: "Sequence[Row]" = (),
        predecessors: AnyMapping[str, Collection[str]] | None = None,
        *,
        unit: str = "row",
        dates: Dates | None = None,
    ) -> None:
        """`rows` are all that will be read: their dates say in which order day and month stand.

        `predecessors` are those that stand elsewhere, by activity id. `unit` is what a place counts, `dates` what
        counts instead of the mapping's own columns for dates. Raises MappingError where a required column is absent,
        naming sheet, column and mapping line; BadExport where the order of day and month cannot be told.
        """
        self._mapping = mapping
        self._export_kind = export_kind
        self._dates = dates or mapping.dates(export_kind)
        self._header = header
        self._width, self._is_screen = header.width, header.is_screen
        self._prefix = f"{sheet} {unit}" if sheet else unit
        self._related = predecessors or {}
        self._told = f"mapping {mapping.name}"
        self.remarks: list[Remark] = []
        columns = mapping.columns
        for key in _SCREEN_REQUIRES if header.is_screen else mapping.required(export_kind):
            self._require(key)
        self._code = header.find(columns.code)
        self._name, self._status, self._kind, self._wbs, self._level, self._predecessors, self._deletion = (
            header.find(column)
            for column in (
                columns.name,
                columns.status,
                columns.kind,
                columns.wbs,
                columns.level,
                columns.predecessors,
                columns.deletion,
            )
        )
        untyped = mapping.untyped
        self._starts = self._find_all(untyped.start if untyped else ())
        self._finishes = self._find_all(untyped.finish if untyped else ())
        self._due = self._find_dates(self._dates.due)
        self._forecast = self._find_dates(self._dates.forecast)
        self._completed = self._find_dates(self._dates.completed)
        read = {index for index, _ in (*self._due, *self._forecast, *self._completed)}
        dated = sorted(read.union(header.find_dated()))
        self._formats = settle_day_order(rows, dated, mapping.date_formats, header.place, mapping.name)
        # Of all these an export has few, in a great many rows.
        self._paths: dict[Cell, str | None] = {}
        self._sorts: dict[tuple[Cell, Cell], _Sort] = {}  # by the cells for kind and status
        self._days: dict[Cell, date] = {}  # by their text

    @property
    def typed(self) -> bool:
        """True where a column says what kind of activity each row is."""
        return self._kind is not None

    def _require(self, key: str) -> None:
        if key in Columns.__struct_fields__:
            columns: Sequence[str] = (getattr(self._mapping.columns, key),)
            key = f"columns.{key}"
        else:
            declared: tuple[DateColumn, ...] = getattr(self._dates, key)
            columns = [entry.column for entry in declared if not entry.rows and not entry.actual]
            key = f"dates.{key}"
        if columns and all(self._header.find(column) is None for column in columns):
            raise self._header.miss(self._mapping, key, columns)

    def _find_all(self, columns: Iterable[str]) -> tuple[int, ...]:
        return tuple(index for column in columns if (index := self._header.find(column)) is not None)

    def _find_dates(self, columns: Iterable[DateColumn]) -> tuple[tuple[int, DateColumn], ...]:
        return tuple(
            (index, entry)
            for entry in columns
            if (index := self._header.find(entry.column)) is not None and (self._header.is_screen or not entry.actual)
        )

    def place(self, number: int) -> str:
        """A row's place as people say it: "TASK row 270"."""
        return f"{self._prefix} {number}"

    def read(self, number: int, cells: Sequence[Cell]) -> ReadRow | Reject:
        """The milestone in a row that is neither blank nor a band, or why there is none."""
        where = f"{self._prefix} {number}"
        code = self._text(cells, self._code)
        if not code:
            return Reject(where, None, f"the row has no id in {self._mapping.columns.code}")
        if len(cells) != self._width:
            if len(cells) > self._width:
                reason = f"the row has {len(cells)} cells under {self._width} headings, so they may be shifted"
                return Reject(where, code, reason)
            cells = [*cells, *[None] * (self._width - len(cells))]
        if self._deletion is not None and (mark := self._text(cells, self._deletion)):
            reason = f"the row is marked for deletion ({self._mapping.columns.deletion} {shorten(mark)!r})"
            return Reject(where, code, reason)
        sort = self._sort_of(cells)
        if sort is None:
            shown = self._text(cells, self._kind)
            known = self._mapping.place_of("kinds", "")
            said = f"{shown!r} is no kind of activity that is declared in {known}" if shown else "is blank"
            reason = f"{self._mapping.columns.kind} {said}"
            return Reject(where, code, reason)
        kind, status, word = sort.kind, sort.status, sort.word
        rejects: list[Reject] = []
        dates: list[tuple[date | None, DateColumn | None]] = []
        for field, columns in sort.dates:
            for index, entry in columns:
                cell = cells[index]
                day = self._days.get(cell)
                if day is not None:
                    dates.append((day, entry))
                    break
                if cell is None or cell == "":
                    continue
                try:
                    read = self._read_date(cell, entry)
                except ValueError as error:
                    key = self._mapping.date_key(field, self._export_kind)
                    reason = f"{field}: {error}; see {self._mapping.place_of(key, entry.column)}"
                    rejects.append(Reject(where, code, reason, kind=kind, field=field))
                    dates.append(_NO_DATE)
                    break
                if read is not None:
                    dates.append((read, entry))
                    break
            else:
                dates.append(_NO_DATE)
        (due, due_column), (forecast, _), (completed, completed_column) = dates
        is_read = not rejects or all(reject.field != "completed" for reject in rejects)
        if status is Status.NOT_STARTED and is_read and (actual := self._find_actual(cells)):
            reason = f"completed: {actual}, but the activity is {word or 'not started'}"
            rejects.append(Reject(where, code, reason, kind=kind, field="completed"))
            completed, completed_column = None, None
        if self._status is None and completed is not None:
            status = Status.COMPLETED
        if status is Status.UNKNOWN and word:
            self.remarks.append(
                Remark(where, f"{code} has the status {shorten(word)!r}, which {self._told} does not know")
            )
        elif status is Status.COMPLETED and completed is None and self._may_be_completed(kind, rejects):
            self.remarks.append(Remark(where, f"{code} is completed, and no date says when"))
        level = "" if self._level is None else self._text(cells, self._level)
        before = self._related.get(code, ())
        if self._predecessors is not None and (listed := self._text(cells, self._predecessors)):
            before = [*before, *self._mapping.split_predecessors(listed)]
        milestone = Milestone(
            code=code,
            name=self._text(cells, self._name),
            kind=kind,
            status=status,
            wbs=None if self._wbs is None else self._path(cells[self._wbs]),
            level=int(level) if level.isdecimal() else None,
            due=due,
            due_column=due_column.column if due_column else None,
            due_basis=due_column.basis if due_column else None,
            forecast=forecast,
            completed=completed,
            completed_column=completed_column.column if completed_column else None,
            predecessors=tuple(sorted(set(before))) if before else (),
            where=where,
            state=word or None,
        )
        return ReadRow(milestone, tuple(rejects))

    def _sort_of(self, cells: Sequence[Cell]) -> _Sort | None:
        """What a row is by its words for kind and status, or by its dates; None where its kind is not declared."""
        by_marks = self._is_screen and self._status is None
        kind_cell = cells[self._kind] if self._kind is not None else self._kind_by_dates(cells).value
        if self._status is not None:
            status_cell = cells[self._status]
        else:
            status_cell = self._status_by_marks(cells).value if by_marks else ""
        if sort := self._sorts.get((kind_cell, status_cell)):
            return sort
        kind_word, word = text_of(kind_cell), text_of(status_cell)
        kind = self._mapping.kind_of(kind_word) if self._kind is not None else MilestoneKind(kind_word)
        status = Status(word) if by_marks else self._mapping.status_of(word)
        if kind is None:
            return None
        word = "" if by_marks else word
        due, forecast, completed = (
            tuple(each for each in columns if each[1].speaks_for(kind, status))
            for columns in (self._due, self._forecast, self._completed)
        )
        sort = _Sort(kind, status, word, (("due", due), ("forecast", forecast), ("completed", completed)))
        if isinstance(kind_cell, str) and isinstance(status_cell, str):  # 1 and True are the same to a dictionary
            self._sorts[kind_cell, status_cell] = sort
        return sort

    def _read_date(self, cell: Cell, entry: DateColumn) -> date | None:
        """The date in a cell; None where it is as good as blank. Raises ValueError, with the cell, for what is none."""
        shown = cell
        if self._is_screen:
            shown, is_actual = _split_mark(cell)
            if entry.actual and not is_actual:
                return None
        if not text_of(shown):
            return None
        try:
            day = parse_date(shown, self._formats)
        except ValueError as error:
            raise ValueError(f"{entry.column} {shorten(text_of(shown))!r} {error}") from None
        if day is not None and isinstance(cell, str) and not self._is_screen:
            self._days[cell] = day
        return day

    def _path(self, cell: Cell) -> str | None:
        if cell in self._paths:
            return self._paths[cell]
        path = self._mapping.read_project(text_of(cell)).wbs
        if isinstance(cell, str):
            self._paths[cell] = path
        return path

    def is_band(self, cells: Sequence[Cell]) -> bool:
        """Whether a row is one of those that P6 puts above the activities of a part of the work.

        An activity has an id, a name and a status; a band has no status and, in an export, no id. On the screen its
        title stands where ids stand, and it has no name.
        """
        if self._text(cells, self._status) or (self._status is None and not self._is_screen):
            return False
        return not self._text(cells, self._name if self._is_screen else self._code)

    def _status_by_marks(self, cells: Sequence[Cell]) -> Status:
        """What the marks of start and finish say on a screen without a column for it."""
        starts, finishes = (
            [_split_mark(cells[index]) for index in columns if text_of(cells[index])]
            for columns in (self._starts, self._finishes)
        )
        if any(is_actual for _, is_actual in finishes) or (not finishes and any(actual for _, actual in starts)):
            return Status.COMPLETED
        return Status.IN_PROGRESS if any(is_actual for _, is_actual in starts) else Status.NOT_STARTED

    def _find_actual(self, cells: Sequence[Cell]) -> str:
        """The first actual date of a row, in words, "" for none."""
        for index, entry in self._completed:
            cell = cells[index]
            if cell is None or cell == "" or entry.status or entry.actual:
                continue
            if text := text_of(cell):
                return f"{entry.column} {shorten(text)!r} is an actual date"
        return ""

    def _may_be_completed(self, kind: MilestoneKind, rejects: Sequence[Reject]) -> bool:
        """Whether such a row could have shown when it was completed, and no cell of it was refused."""
        return not rejects and any(not entry.rows or kind in entry.rows for _, entry in self._completed)

    def _text(self, cells: Sequence[Cell], index: int | None) -> str:
        if index is None or index >= len(cells):
            return ""
        cell = cells[index]
        return cell.strip() if type(cell) is str else text_of(cell)

    def _kind_by_dates(self, cells: Sequence[Cell]) -> MilestoneKind:
        """What a row without a type is: one with only starts a start milestone, one with only finishes a finish one."""
        has_start = any(self._text(cells, index) for index in self._starts)
        has_finish = any(self._text(cells, index) for index in self._finishes)
        if has_start == has_finish:
            return MilestoneKind.UNKNOWN
        return MilestoneKind.START_MILESTONE if has_start else MilestoneKind.FINISH_MILESTONE


def _split_mark(cell: Cell) -> tuple[Cell, bool]:
    """A cell of P6's screen without the marks behind its date, and whether they say that it is an actual one."""
    if not isinstance(cell, str) or (match := _MARKS.match(cell.strip())) is None:
        return cell, False
    return match[1], match[2] is not None


@contextmanager
def without_collector() -> Iterator[None]:
    """A time without the collector of garbage: it would look through the rows again and again while they are made.

    What was made meanwhile counts as old afterwards, or all of it would be looked through the moment that this ends.
    """
    was_at_work = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_at_work:
            gc.freeze()  # sets all there is apart, and with the next call among the old: neither looks at anything
            gc.unfreeze()
            gc.enable()


def add_predecessors(milestones: Iterable[Milestone], relations: dict[str, set[str]]) -> Iterator[Milestone]:
    """The milestones with the predecessors of their own cell and of the relations, unique and sorted."""
    for milestone in milestones:
        codes = relations.get(milestone.code, set()).union(milestone.predecessors)
        yield replace(milestone, predecessors=tuple(sorted(codes))) if codes else milestone
