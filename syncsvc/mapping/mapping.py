"""A mapping, checked: what the columns and words of a source mean."""

import re
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path

from syncsvc.errors import MappingError
from syncsvc.mapping.dates import Cell, parse_date
from syncsvc.mapping.lines import index_lines
from syncsvc.mapping.shape import (
    BaselineColumns,
    Columns,
    Dates,
    MappingFile,
    Relations,
    ReleasePlan,
    Untyped,
    WorkingDay,
)
from syncsvc.model import MilestoneKind, Side, Status


@dataclass(frozen=True, slots=True)
class Named:
    """What a name tells of an export: its period, its kind, and of a WBS code the part after the project."""

    period: str | None = None
    kind: str | None = None
    wbs: str | None = None


@dataclass(frozen=True, slots=True)
class Mapping:
    """A mapping, checked. `sha256` is that of the file's bytes: snapshots keep it."""

    name: str
    path: Path
    sha256: str
    description: str
    format: str
    side: Side
    sheet: str | None
    captions: tuple[str, ...]
    caption_mark: str | None
    columns: Columns
    relations: Relations | None
    untyped: Untyped | None
    working_day: WorkingDay
    release_plan: ReleasePlan | None
    baseline: BaselineColumns | None
    encoding: str | None  # of text that is not UTF-8 and does not say what it is
    date_formats: tuple[str, ...]
    text: str = field(repr=False)
    _file: MappingFile = field(repr=False)
    _screen: dict[str, str] = field(repr=False)
    _status: dict[str, Status] = field(repr=False)
    _kinds: dict[str, MilestoneKind] = field(repr=False)

    def require_format(self, format_name: str) -> None:
        """Raises MappingError for a mapping that was written for another kind of file."""
        if self.format != format_name:
            raise MappingError(f"Mapping {self.name} describes files of format {self.format}, not {format_name}.")

    def required(self, export_kind: str | None = None) -> tuple[str, ...]:
        """What an export of this kind must bring: names of [columns], or due, forecast, completed."""
        differing = self._file.exports.get(export_kind or "")
        return self._file.required if differing is None or differing.required is None else differing.required

    def dates(self, export_kind: str | None = None) -> Dates:
        """The columns of each date in exports of this kind."""
        dates, differing = self._file.dates, self._file.exports.get(export_kind or "")
        if differing is None:
            return dates
        return Dates(
            formats=dates.formats,
            due=dates.due if differing.due is None else differing.due,
            forecast=dates.forecast if differing.forecast is None else differing.forecast,
            completed=dates.completed if differing.completed is None else differing.completed,
        )

    @property
    def export_kinds(self) -> tuple[str | None, ...]:
        """The kinds of export that have rules of their own, and None for all others."""
        return (None, *self._file.exports)

    def status_of(self, word: str) -> Status:
        """The status a word stands for; a word that is not declared is unknown."""
        return self._status.get(word.casefold(), Status.UNKNOWN)

    @property
    def screen(self) -> bool:
        """Whether the mapping knows what a copy of P6's screen shows."""
        return bool(self._screen)

    def column_shown_as(self, caption: str) -> str | None:
        """The column that a copy of P6's screen shows under this caption, or None."""
        return self._screen.get(caption.casefold())

    def kind_of(self, word: str) -> MilestoneKind | None:
        """The kind of activity a word stands for, or None if it is not declared."""
        return self._kinds.get(word.casefold())

    def word_for(self, status: Status) -> str:
        """The word that stands for a status where one is written: the first that is declared."""
        for word, meaning in self._file.status.items():
            if meaning is status:
                return word
        raise MappingError(f"{self.path}: status: no word stands for {status.value}", "Add one.")

    def read_project(self, wbs: str) -> Named:
        """What the project name that begins a WBS code tells, and the code without it."""
        return _read_project(None if self._file.project is None else self._file.project.pattern, wbs)

    def read_file_name(self, stem: str) -> Named:
        """What a file name without its ending tells of period and kind."""
        if self._file.file_name is None:
            return Named()
        match = re.search(self._file.file_name.pattern, stem, re.IGNORECASE)
        return Named() if match is None else _named(match)

    def find_revision(self, text: str) -> str | None:
        """The month of the date that a document gives itself: "2019-05"."""
        if self.release_plan is None or self.release_plan.revision is None:
            return None
        match = re.search(self.release_plan.revision, text)
        return None if match is None else _named(match).period

    def split_predecessors(self, text: str) -> list[str]:
        """The codes in a cell that lists them with commas; where a pattern is declared only what fits it."""
        codes = [part.strip() for part in text.split(",")]
        pattern = self._file.predecessors
        if pattern is None:
            return [code for code in codes if code]
        return [code for code in codes if re.match(pattern.pattern, code)]

    def renumber(self, code: str) -> str:
        """The code under which a milestone is known elsewhere; the code itself where nothing is declared for it."""
        for rule in self._file.renumber:
            renumbered, hits = re.subn(rule.pattern, rule.replacement, code)
            if hits:
                return renumbered
        return code

    def place_of(self, key: str, column: str) -> str:
        """Where a column is declared, in words: "mapping p6_spreadsheet, line 14 (columns.code)"."""
        line = self.line_of(key, column)
        return f"mapping {self.name} ({key})" if line is None else f"mapping {self.name}, line {line} ({key})"

    def line_of(self, key: str, column: str = "") -> int | None:
        """The line of the mapping's file in which a key names a column, or begins; None where none does."""
        lines = index_lines(self.text)
        return lines.get((key, column)) or lines.get(("", column) if column else ("", ""))

    def date_key(self, name: str, export_kind: str | None) -> str:
        """The key under which exports of a kind have the columns of a date: "dates.due", "exports.BL.due"."""
        differing = self._file.exports.get(export_kind or "")
        own = differing is not None and getattr(differing, name) is not None
        return f"exports.{export_kind}.{name}" if own else f"dates.{name}"

    def parse_date(self, cell: Cell) -> date | None:
        """A cell as a date under this mapping's formats; see the function of the same name."""
        return parse_date(cell, self.date_formats)


@lru_cache(maxsize=8192)  # a WBS code stands in many rows
def _read_project(pattern: str | None, wbs: str) -> Named:
    match = re.match(pattern, wbs) if pattern is not None else None
    return Named(wbs=wbs or None) if match is None else _named(match)


def _named(match: re.Match[str]) -> Named:
    found = match.groupdict()
    year, month, kind, wbs = (found.get(key) for key in ("year", "month", "kind", "wbs"))
    if year is not None and len(year) == 2:
        year = f"20{year}"
    period = f"{year}-{month}" if year and month else None
    return Named(period, kind.upper() if kind else None, wbs or None)
