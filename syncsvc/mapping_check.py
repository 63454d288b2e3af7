"""What a mapping makes of a file: the columns it uses, leaves and misses, and what came of them. Pure."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as default
from datetime import date
from pathlib import Path
from typing import Final

from syncsvc.mapping import DateColumn
from syncsvc.mapping import Mapping as SourceMapping
from syncsvc.model import Milestone, Snapshot

_DATES: Final = ("due", "forecast", "completed")


@dataclass(frozen=True, slots=True)
class SeenColumn:
    """A column as a reader found it: how many cells below its name say anything, and as what they are stored.

    `further` is what it is where it is no column of the file and can be named like one: an activity code, say.
    """

    name: str
    filled: int = 0
    kinds: Mapping[str, int] = default(default_factory=dict)  # "text", "dates", "numbers" ... -> cells
    further: str = ""


@dataclass(frozen=True, slots=True)
class Use:
    """What a column is for. `line` is that of the mapping file which says so, None where it cannot be told.

    `key` is "" where the format itself says what the column is for, and no mapping can.
    """

    key: str  # "columns.code", "dates.due"
    words: str
    line: int | None = None
    required: bool = False  # the file has to bring it, and nothing else there stands in for it


@dataclass(frozen=True, slots=True)
class SeenSheet:
    """A sheet, or what a format has in its place. `rows` is None where only its name was looked at.

    `reads` are columns that a reader of the format looks for, and what for, beside or in place of those in [columns]
    and [dates] of a mapping; these are looked for where it `has_milestones`.
    """

    name: str
    header_row: int | None = None
    rows: int | None = None
    columns: tuple[SeenColumn, ...] = ()
    reads: tuple[tuple[str, Use], ...] = ()
    has_milestones: bool = False
    is_absent: bool = False


@dataclass(frozen=True, slots=True)
class SeenProject:
    """A project of a file that may hold several; `what` says what it is there for, and which baseline it has."""

    name: str
    is_read: bool
    activities: int
    data_date: str
    what: str


@dataclass(frozen=True, slots=True)
class SeenFile:
    """What is in a file, whether or not a mapping names it. `unit` is what stands in place of a sheet: "table"."""

    sheets: tuple[SeenSheet, ...]
    unit: str = "sheet"
    format: str = ""  # "P6 XER, version 19.12"
    projects: tuple[SeenProject, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckedColumn:
    """A column of the file or the mapping: `seen` is None where the file lacks it, `uses` empty where nothing asks."""

    name: str
    seen: SeenColumn | None
    uses: tuple[Use, ...]


@dataclass(frozen=True, slots=True)
class CheckedSheet:
    """A sheet held against the mapping. `rows` is None where it was not read, or is not there."""

    name: str
    header_row: int | None
    rows: int | None
    is_absent: bool = False
    used: tuple[CheckedColumn, ...] = ()
    unused: tuple[CheckedColumn, ...] = ()
    missing: tuple[CheckedColumn, ...] = ()


@dataclass(frozen=True, slots=True)
class DateFound:
    """How often one column gave one of the dates, and the first and the last day it gave."""

    field: str  # due, forecast, completed
    column: str | None
    basis: str | None
    rows: int
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class MappingCheck:
    """The whole: `snapshot` is None where the mapping cannot be applied, and `problem` says why."""

    path: Path
    mapping: SourceMapping
    seen: SeenFile
    sheets: tuple[CheckedSheet, ...]
    snapshot: Snapshot | None
    problem: str = ""
    hint: str = ""

    @property
    def kinds(self) -> dict[str, int]:
        """How many rows of each kind of activity were read."""
        return dict(Counter(m.kind.value for m in self._milestones).most_common())

    @property
    def statuses(self) -> dict[tuple[str, str], int]:
        """How often each word for a status stands there, with the status it was read as."""
        return dict(Counter((m.state or "", m.status.value) for m in self._milestones).most_common())

    @property
    def dates(self) -> tuple[DateFound, ...]:
        """Which columns gave which dates."""
        found: dict[tuple[str, str | None, str | None], list[date]] = {}
        for milestone in self._milestones:
            basis = milestone.due_basis.value if milestone.due_basis else None
            for name, column, basis_of_it, value in (
                ("due", milestone.due_column, basis, milestone.due),
                ("forecast", None, None, milestone.forecast),
                ("completed", milestone.completed_column, None, milestone.completed),
            ):
                if value is not None:
                    found.setdefault((name, column, basis_of_it), []).append(value)
        order = {name: at for at, name in enumerate(_DATES)}
        rows = [DateFound(*key, len(days), min(days), max(days)) for key, days in found.items()]
        return tuple(sorted(rows, key=lambda each: (order[each.field], -each.rows)))

    @property
    def _milestones(self) -> tuple[Milestone, ...]:
        return self.snapshot.milestones if self.snapshot else ()


def check_sheets(
    seen: Sequence[SeenSheet], mapping: SourceMapping, export_kind: str | None = None
) -> tuple[CheckedSheet, ...]:
    """The sheets of a file held against what a mapping declares for exports of a kind."""
    checked: list[CheckedSheet] = []
    for sheet in seen:
        declared = list(sheet.reads)
        if sheet.has_milestones:
            declared = [*_declared_columns(mapping, export_kind), *declared]
        elif mapping.relations and sheet.name.casefold() == mapping.relations.sheet.casefold():
            declared += _declared_relations(mapping)
        if declared:
            checked.append(_check(sheet, declared, mapping, export_kind))
        else:
            checked.append(CheckedSheet(sheet.name, sheet.header_row, sheet.rows))
    return tuple(checked)


def _check(
    sheet: SeenSheet, declared: Sequence[tuple[str, Use]], mapping: SourceMapping, export_kind: str | None
) -> CheckedSheet:
    by_name: dict[str, list[Use]] = {}
    written: dict[str, str] = {}
    for column, use in declared:
        by_name.setdefault(column.casefold(), []).append(use)
        written.setdefault(column.casefold(), column)
    present = {_name_of(column, mapping).casefold(): column for column in sheet.columns}
    required = _required_columns(mapping, export_kind, set(present))
    used: list[CheckedColumn] = []
    unused: list[CheckedColumn] = []
    for seen in sheet.columns:
        uses = tuple(by_name.get(_name_of(seen, mapping).casefold(), ()))
        (used if uses else unused).append(CheckedColumn(seen.name, seen, uses))
    missing = [
        CheckedColumn(
            written[name],
            None,
            tuple(replace(use, required=use.required or (use.key, name) in required) for use in uses),
        )
        for name, uses in by_name.items()
        if name not in present
    ]
    missing.sort(key=lambda column: not any(use.required for use in column.uses))
    columns = (tuple(used), tuple(unused), tuple(missing))
    return CheckedSheet(sheet.name, sheet.header_row, sheet.rows, sheet.is_absent, *columns)


def _name_of(column: SeenColumn, mapping: SourceMapping) -> str:
    """What the mapping calls a column of the file: on a copy of P6's screen by its caption."""
    return mapping.column_shown_as(column.name) or column.name


def _required_columns(mapping: SourceMapping, export_kind: str | None, present: set[str]) -> set[tuple[str, str]]:
    """Key and column of everything that has to be there and is not; for a date any column for every row will do."""
    found: set[tuple[str, str]] = set()
    dates = mapping.dates(export_kind)
    for key in mapping.required(export_kind):
        if key in _DATES:
            columns = [entry.column for entry in getattr(dates, key) if not entry.rows]
            name = mapping.date_key(key, export_kind)
        else:
            columns, name = [getattr(mapping.columns, key)], f"columns.{key}"
        if all(column.casefold() not in present for column in columns):
            found |= {(name, column.casefold()) for column in columns}
    if mapping.relations:
        relations = mapping.relations
        found |= {
            ("relations.code", relations.code.casefold()),
            ("relations.predecessor", relations.predecessor.casefold()),
        }
    return found


def _declared_columns(mapping: SourceMapping, export_kind: str | None) -> Iterator[tuple[str, Use]]:
    for each in _names_of(mapping.columns):
        if (column := getattr(mapping.columns, each)) is not None:
            yield column, _use(mapping, f"columns.{each}", column, each)
    dates = mapping.dates(export_kind)
    for name in _DATES:
        entries: tuple[DateColumn, ...] = getattr(dates, name)
        key = mapping.date_key(name, export_kind)
        for at, entry in enumerate(entries, start=1):
            yield entry.column, _use(mapping, key, entry.column, _date_words(name, entry, at, len(entries)))
    for name in ("start", "finish"):
        for column in getattr(mapping.baseline, name, ()):
            yield column, _use(mapping, f"baseline.{name}", column, f"{name} in a project that is a baseline")
        for column in getattr(mapping.untyped, name, ()):
            yield column, _use(mapping, f"untyped.{name}", column, f"tells a {name} where there is no type column")


def _names_of(columns: object) -> tuple[str, ...]:
    """The keys of [columns]."""
    return tuple(getattr(type(columns), "__struct_fields__", ()))


def _declared_relations(mapping: SourceMapping) -> Iterator[tuple[str, Use]]:
    relations = mapping.relations
    for name in ("code", "predecessor", "type", "lag"):
        if column := getattr(relations, name, None):
            part = "successor" if name == "code" else name
            yield column, _use(mapping, f"relations.{name}", column, f"{part} of a relation")


def _use(mapping: SourceMapping, key: str, column: str, words: str) -> Use:
    return Use(key, words, mapping.line_of(key, column))


def _date_words(name: str, entry: DateColumn, at: int, of: int) -> str:
    parts = [name if of == 1 else f"{name}, choice {at} of {of}"]
    if entry.basis:
        parts.append(entry.basis.value)
    parts += [f"only {' and '.join(words)} rows" for words in (entry.rows, entry.status) if words]
    return ", ".join(parts)
