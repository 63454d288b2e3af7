"""The shape of a mapping file: its keys, and what each declares. An unknown key is refused."""

import msgspec

from syncsvc.model import Basis, MilestoneKind, Side, Status


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


class ExportKind(_Strict, frozen=True):
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


class MappingFile(_Strict, frozen=True):
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
    exports: dict[str, ExportKind] = {}
    project: _Pattern | None = None
    file_name: _Pattern | None = None
    working_day: WorkingDay = WorkingDay()
    renumber: tuple[Renumbering, ...] = ()
    release_plan: ReleasePlan | None = None
    baseline: BaselineColumns | None = None
    encoding: str | None = None
