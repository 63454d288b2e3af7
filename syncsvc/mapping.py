"""What the columns of a source mean, read from a TOML file; and the one place where cells and text become dates.

A mapping is data: the built-in ones lie beside the package in mappings/, a site's own is a file beside its
configuration. Nothing of a site (project names, id patterns, column numbers) stands in code.
"""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec

from syncsvc import HOME
from syncsvc.errors import MappingError
from syncsvc.model import Basis, MilestoneKind, Side, Status

#: What a cell of a sheet may hold.
Cell = str | float | int | bool | date | datetime | time | timedelta | None

MAPPINGS: Final = HOME / "mappings"
FORMATS: Final = ("p6_spreadsheet", "p6_xer", "p6_pmxml", "table", "release_plan")


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Part of a mapping file; a key that is not declared is refused."""


class DateColumn(_Strict, frozen=True):
    """One column a date may be read from; `rows` and `status` restrict it to such rows (empty: all).

    `actual`: only what P6's screen marks as an actual date, with an A behind it.
    """

    column: str
    basis: Basis | None = None
    rows: tuple[MilestoneKind, ...] = ()
    status: tuple[Status, ...] = ()
    actual: bool = False

    def speaks_for(self, kind: MilestoneKind, status: Status) -> bool:
        """True where a row of this kind and status may take its date from this column."""
        return (not self.rows or kind in self.rows) and (not self.status or status in self.status)


class Columns(_Strict, frozen=True):
    """The columns that are not dates, by what they hold."""

    code: str
    name: str | None = None
    status: str | None = None
    kind: str | None = None
    wbs: str | None = None
    level: str | None = None
    predecessors: str | None = None
    deletion: str | None = None  # what is in it marks the row for deletion


class Relations(_Strict, frozen=True):
    """The sheet of relations between activities, joined by activity id only.

    `type` and `lag` are columns that are only looked at; a type that is none of `types` is named.
    """

    sheet: str
    code: str
    predecessor: str
    type: str | None = None
    lag: str | None = None
    types: tuple[str, ...] = ()


class Untyped(_Strict, frozen=True):
    """Which columns tell a start from a finish where there is no type column."""

    start: tuple[str, ...]
    finish: tuple[str, ...]


class Dates(_Strict, frozen=True):
    """For each date its columns in order; the first that is not blank counts."""

    formats: tuple[str, ...] = ("YYYY-MM-DD",)
    due: tuple[DateColumn, ...] = ()
    forecast: tuple[DateColumn, ...] = ()
    completed: tuple[DateColumn, ...] = ()


class BaselineColumns(_Strict, frozen=True):
    """Which columns of an activity in a baseline project are its baseline start and finish; the first not blank."""

    start: tuple[str, ...]
    finish: tuple[str, ...]


class _ExportKind(_Strict, frozen=True):
    """What differs in exports of one kind; what is absent stays as it is for all."""

    required: tuple[str, ...] | None = None
    due: tuple[DateColumn, ...] | None = None
    forecast: tuple[DateColumn, ...] | None = None
    completed: tuple[DateColumn, ...] | None = None


class _Pattern(_Strict, frozen=True):
    pattern: str


class WorkingDay(_Strict, frozen=True):
    """The time of day given to dates that go back to P6."""

    start: str = "08:00"
    finish: str = "17:00"


class Renumbering(_Strict, frozen=True):
    """A declared change of codes: LDM-503-1 is LDM-503-01."""

    pattern: str
    replacement: str


class ReleasePlan(_Strict, frozen=True):
    """How a release plan is written: headings with dates, and below each the entries that lead to it.

    The words before the dates are the columns of [dates]. All but `incomplete` are regular expressions.
    """

    heading: str  # the codes of headings: level 2
    entry: str  # the codes of entries: level 3
    section: str | None = None  # the title of the section that lists them; without one, or where it is absent: all
    incomplete: tuple[str, ...] = ()  # what stands in the place of a completion that is still to come
    page_lines: tuple[str, ...] = ()  # lines that belong to the page and not to the text
    revision: str | None = None  # the date of the document: groups year and month


class _File(_Strict, frozen=True):
    """The shape of a mapping file."""

    description: str
    format: str
    side: Side
    columns: Columns
    sheet: str | None = None
    captions: tuple[str, ...] = ()
    caption_mark: str | None = None
    required: tuple[str, ...] = ("code",)
    screen: dict[str, str] = {}
    relations: Relations | None = None
    predecessors: _Pattern | None = None
    status: dict[str, Status] = {}
    kinds: dict[str, MilestoneKind] = {}
    untyped: Untyped | None = None
    dates: Dates = Dates()
    exports: dict[str, _ExportKind] = {}
    project: _Pattern | None = None
    file_name: _Pattern | None = None
    working_day: WorkingDay = WorkingDay()
    renumber: tuple[Renumbering, ...] = ()
    release_plan: ReleasePlan | None = None
    baseline: BaselineColumns | None = None
    encoding: str | None = None


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
    _file: _File = field(repr=False)
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
        lines = _index_lines(self.text)
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


_TABLE_LINE: Final = re.compile(r"\[\[?\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY_LINE: Final = re.compile(r"""(?:"([^"]+)"|'([^']+)'|([\w-]+))\s*=""")
_QUOTED: Final = re.compile(r"""\"([^"]*)\"|'([^']*)'""")


@lru_cache(maxsize=32)
def _index_lines(text: str) -> dict[tuple[str, str], int]:
    """Key and quoted text -> the first line of a TOML file that has both; ("", text) the first with the text at all.

    (key, "") is where a table or a key begins.
    """
    lines: dict[tuple[str, str], int] = {}
    table, key, depth = "", "", 0
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if stripped.startswith("#"):
            continue
        if depth == 0 and (match := _TABLE_LINE.match(stripped)):
            table = key = match[1].replace('"', "")
            lines.setdefault((key, ""), number)
            continue
        if depth == 0 and (match := _KEY_LINE.match(stripped)):
            name = match[1] or match[2] or match[3]
            key = f"{table}.{name}" if table else name
            lines.setdefault((key, ""), number)
        for found in _QUOTED.finditer(stripped):
            word = found[1] if found[1] is not None else found[2]
            lines.setdefault((key, word), number)
            lines.setdefault(("", word), number)
        bare = _QUOTED.sub("", stripped).partition("#")[0]
        depth = max(depth + bare.count("[") - bare.count("]"), 0)
    return lines


def _named(match: re.Match[str]) -> Named:
    found = match.groupdict()
    year, month, kind, wbs = (found.get(key) for key in ("year", "month", "kind", "wbs"))
    if year is not None and len(year) == 2:
        year = f"20{year}"
    period = f"{year}-{month}" if year and month else None
    return Named(period, kind.upper() if kind else None, wbs or None)


def builtin_mappings() -> list[str]:
    """The names of the mappings that come with syncsvc."""
    return sorted(path.stem for path in MAPPINGS.glob("*.toml"))


def load_mapping(name_or_path: str, base: Path | None = None) -> Mapping:
    """A built-in mapping by its name, or a file relative to `base`.

    Raises MappingError, naming file and key, for a file that is absent, is no TOML or has a wrong or unknown key.
    """
    if re.fullmatch(r"[A-Za-z0-9_-]+", name_or_path) and (MAPPINGS / f"{name_or_path}.toml").is_file():
        path = MAPPINGS / f"{name_or_path}.toml"
    else:
        path = (base or Path()) / Path(name_or_path).expanduser()
    try:
        content = path.read_bytes()
    except OSError as error:
        raise MappingError(
            f"There is no mapping {name_or_path}: it is neither built in nor a file ({error.strerror or error}).",
            f"Built in are {', '.join(builtin_mappings())}; or name a TOML file.",
        ) from None
    return parse_mapping(path, content)


def parse_mapping(path: Path, content: bytes) -> Mapping:
    """The mapping in the bytes of a file. Raises MappingError, naming file and key, for what is none."""
    try:
        text = content.decode("utf-8")
        loaded = msgspec.convert(tomllib.loads(text), _File)
    except UnicodeDecodeError as error:
        raise MappingError(f"{path}: is not UTF-8 text ({error.reason} at byte {error.start}).") from None
    except tomllib.TOMLDecodeError as error:
        raise MappingError(f"{path}: is not TOML: {error}") from None
    except msgspec.ValidationError as error:
        raise MappingError(f"{path}: {_in_words(str(error))}") from None
    _check(path, loaded)
    return Mapping(
        name=path.stem,
        path=path.resolve(),
        sha256=sha256(content).hexdigest(),
        description=loaded.description,
        format=loaded.format,
        side=loaded.side,
        sheet=loaded.sheet,
        captions=loaded.captions,
        caption_mark=loaded.caption_mark,
        columns=loaded.columns,
        relations=loaded.relations,
        untyped=loaded.untyped,
        working_day=loaded.working_day,
        release_plan=loaded.release_plan,
        baseline=loaded.baseline,
        encoding=loaded.encoding,
        date_formats=loaded.dates.formats,
        text=text,
        _file=loaded,
        _screen={caption.casefold(): column for caption, column in loaded.screen.items()},
        _status={word.casefold(): status for word, status in loaded.status.items()},
        _kinds={word.casefold(): kind for word, kind in loaded.kinds.items()},
    )


def _in_words(problem: str) -> str:
    """msgspec's "Object … - at `$.dates.due[0]`" as "dates.due[0]: …"."""
    what, _, where = problem.partition(" - at `")
    key = where.rstrip("`").removeprefix("$").removeprefix(".")
    unknown = re.fullmatch(r"Object contains unknown field `(.+)`", what)
    if unknown:
        return f"{key + '.' if key else ''}{unknown[1]}: unknown key"
    missing = re.fullmatch(r"Object missing required field `(.+)`", what)
    if missing:
        return f"{key + '.' if key else ''}{missing[1]}: this key is missing"
    return f"{key}: {what}" if key else what


def _check(path: Path, loaded: _File) -> None:
    """Refuse what the types cannot: unknown formats, patterns that do not compile, empty promises."""

    def refuse(key: str, problem: str) -> MappingError:
        return MappingError(f"{path}: {key}: {problem}")

    if loaded.format not in FORMATS:
        raise refuse("format", f"{loaded.format!r} is none of {', '.join(FORMATS)}")
    for number, format_name in enumerate(loaded.dates.formats):
        if format_name not in _FORMATS:
            raise refuse(f"dates.formats[{number}]", f"{format_name!r} is none of {', '.join(_FORMATS)}")
    if loaded.encoding is not None and not _is_encoding(loaded.encoding):
        raise refuse("encoding", f"{loaded.encoding!r} is no encoding of text; write one such as cp1252 or cp1251")
    plan = loaded.release_plan
    if (plan is None) is (loaded.format == "release_plan"):
        raise refuse("release_plan", "this table is missing" if plan is None else "is for the format release_plan only")
    patterns = {
        "project.pattern": loaded.project and loaded.project.pattern,
        "file_name.pattern": loaded.file_name and loaded.file_name.pattern,
        "predecessors.pattern": loaded.predecessors and loaded.predecessors.pattern,
        **{f"renumber[{number}].pattern": rule.pattern for number, rule in enumerate(loaded.renumber)},
    }
    if plan is not None:
        patterns |= {f"release_plan.{key}": getattr(plan, key) for key in ("heading", "entry", "section", "revision")}
        patterns |= {f"release_plan.page_lines[{number}]": line for number, line in enumerate(plan.page_lines)}
        if not loaded.dates.due or not loaded.dates.completed:
            raise refuse("dates", "due and completed must name the words that stand before these dates")
    for key, pattern in patterns.items():
        try:
            re.compile(pattern or "")
        except re.error as error:
            raise refuse(key, f"is no regular expression: {error}") from None
    for number, rule in enumerate(loaded.renumber):
        try:
            re.compile(rule.pattern).sub(rule.replacement, "")
        except (re.error, IndexError) as error:
            raise refuse(f"renumber[{number}].replacement", f"does not fit its pattern: {error}") from None
    known = {*Columns.__struct_fields__, "due", "forecast", "completed"}
    promises = {"required": loaded.required}
    promises |= {f"exports.{kind}.required": rules.required or () for kind, rules in loaded.exports.items()}
    for key, names in promises.items():
        for name in names:
            if name not in known:
                raise refuse(key, f"{name!r} is none of {', '.join(sorted(known))}")
            if name in Columns.__struct_fields__ and getattr(loaded.columns, name) is None:
                raise refuse(key, f"{name} is required, but columns.{name} names no column")
    for key in ("start", "finish"):
        try:
            time.fromisoformat(getattr(loaded.working_day, key))
        except ValueError:
            raise refuse(f"working_day.{key}", "write a time of day as HH:MM") from None


def _is_encoding(name: str) -> bool:
    """Whether bytes become text under this name; of some names they become other bytes."""
    try:
        b"<".decode(name, "replace")
    except (LookupError, ValueError):
        return False
    return True


_TIME = (
    r"(?:[ T]+(?P<hour>\d{1,2})[:.](?P<minute>[0-5]\d)(?:[:.](?P<second>[0-5]\d)(?:\.\d+)?)?"
    r"(?: ?(?P<half>[AaPp][Mm]))?)?"
)
_MONTH_NAMES: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS: Final = {name: n for n, name in enumerate(_MONTH_NAMES, start=1)}
_FORMATS: Final = {
    "M/D/YYYY": re.compile(r"(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{4})" + _TIME, re.ASCII),
    "D/M/YYYY": re.compile(r"(?P<day>\d{1,2})/(?P<month>\d{1,2})/(?P<year>\d{4})" + _TIME, re.ASCII),
    "D.M.YYYY": re.compile(r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})" + _TIME, re.ASCII),
    "YYYY-MM-DD": re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})" + _TIME, re.ASCII),
    "D-MMM-YY": re.compile(r"(?P<day>\d{1,2})-(?P<month>[A-Za-z]{3})-(?P<year>\d{2}|\d{4})" + _TIME, re.ASCII),
}


def parse_date(cell: Cell, formats: Sequence[str] = ("YYYY-MM-DD",)) -> date | None:
    """A cell as a civil date, or None if it is blank. The time of day is dropped here and nowhere else.

    True dates are taken as they are, text must fit one of `formats` (names such as "M/D/YYYY"), with a time of day
    after it or without. Raises ValueError, in words for a person, for everything else.
    """
    if cell is None:
        return None
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    if isinstance(cell, str):
        text = cell.replace("\xa0", " ").strip()
        return _parse_text(text, tuple(formats)) if text else None
    if isinstance(cell, bool):
        raise ValueError("is true or false, not a date")
    if isinstance(cell, int | float):
        raise ValueError("is a number, not a date (format the column as a date)")
    raise ValueError("is a time of day, not a date")


@lru_cache(maxsize=8192)
def _parse_text(text: str, formats: tuple[str, ...]) -> date:
    for name in formats:
        match = _FORMATS[name].fullmatch(text)
        if match is None:
            continue
        month = match["month"]
        number = int(month) if month.isdigit() else _MONTHS.get(month.lower(), 0)
        year = int(match["year"] if len(match["year"]) == 4 else f"20{match['year']}")
        if not _is_time(match):
            raise ValueError("has no such time of day")
        try:
            return date(year, number, int(match["day"]))
        except ValueError:
            raise ValueError(f"is no day of the calendar, read as {name}") from None
    raise ValueError(f"is not a date; dates are written {' or '.join(formats)} here")


def _is_time(match: re.Match[str]) -> bool:
    if match["hour"] is None:
        return True
    hour = int(match["hour"])
    return 1 <= hour <= 12 if match["half"] else hour <= 23
