"""The projects of a P6 file and their activities, whatever the format: what XER and PMXML files have in common."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final, Protocol

from connectors.remark import Remark
from syncsvc.errors import BadExport
from syncsvc.mapping import BaselineColumns, Columns
from syncsvc.mapping import Mapping as SourceMapping
from syncsvc.model import Reject

#: Line breaks in names, which P6 writes as the control character DEL too, and whatever else steers a terminal.
_CONTROLS: Final = {code: " " for code in (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029)}
_MOST_LEVELS: Final = 100  # of a WBS; people need ten


@dataclass(frozen=True, slots=True)
class Project:
    """One project of the file. `baseline` is the id of the project that P6 shows as its baseline, "" for itself."""

    id: str
    name: str
    place: str  # "PROJECT line 5"
    is_exported: bool
    data_date: str
    baseline: str
    original: str  # the id of the project that it is a baseline of

    def is_called(self, pattern: str) -> bool:
        """Whether its name fits a pattern of the configuration: `LSST ME *`."""
        return fnmatchcase(self.name.casefold(), pattern.casefold())


@dataclass(slots=True)
class Activity:
    """An activity's cells, with the path of its WBS in the place of the WBS's id, and those of further columns."""

    line: int
    project: str
    code: str
    cells: Sequence[str]


@dataclass(frozen=True, slots=True)
class ScheduleWords:
    """What a format calls the things that messages name."""

    activities: str  # where activities are: "table TASK"
    activity: str  # what a line of one is a line of: "TASK"
    data_date: str  # the field of a project
    baseline: str  # the field of a project that names its baseline
    baseline_columns: tuple[str, str]  # the start and finish of an activity's baseline, as further columns


class Schedule(Protocol):
    """What a format's own reader makes of a file."""

    words: ScheduleWords
    projects: list[Project]

    @property
    def columns(self) -> list[str]:
        """The columns of the activities' cells."""
        ...

    def activities(self, projects: Collection[Project]) -> Iterator[Activity | Reject]:
        """The activities of these projects, in the order of the file."""
        ...

    def relations(self, projects: Collection[Project]) -> tuple[dict[str, list[str]], list[Remark]]:
        """Activity id -> those of its predecessors; and what is odd about the relations."""
        ...

    def baseline_dates(self, project: Project, columns: BaselineColumns) -> dict[str, tuple[str, str]]:
        """Activity id -> start and finish, of an activity that is listed twice each time both."""
        ...


def declared_columns(mapping: SourceMapping) -> list[str]:
    """Every column that a mapping names, under any kind of export, as it is spelled there."""
    columns: list[str | None] = [getattr(mapping.columns, key) for key in Columns.__struct_fields__]
    for kind in mapping.export_kinds:
        dates = mapping.dates(kind)
        columns += [entry.column for entry in (*dates.due, *dates.forecast, *dates.completed)]
    if mapping.baseline:
        columns += [*mapping.baseline.start, *mapping.baseline.finish]
    return [column for column in dict.fromkeys(columns) if column]


def join_paths(nodes: Mapping[str, tuple[str, str, bool]], place: str) -> dict[str, str]:
    """WBS id -> the short names from below the project's own node down to it, with dots between them.

    A node is (id of the one above it, short name, whether it is the project's own); `place` names all of them. Raises
    BadExport where there are far more levels than people need: paths would fill the memory.
    """
    paths: dict[str, str] = {}
    levels: dict[str, int] = {}
    for wbs_id in nodes:
        above: list[str] = []
        at = wbs_id
        while at in nodes and at not in paths and not nodes[at][2] and at not in above:
            above.append(at)
            at = nodes[at][0]
            if len(above) + levels.get(at, 0) > _MOST_LEVELS:
                raise BadExport(f"{place}: the WBS has more than {_MOST_LEVELS} levels.")
        path, below = paths.get(at, ""), levels.get(at, 0)
        for level, each in enumerate(reversed(above), start=below + 1):
            path = f"{path}.{nodes[each][1]}" if path else nodes[each][1]
            paths[each], levels[each] = path, level
    return paths


def add_baseline(dates: dict[str, tuple[str, str]], code: str, start: str, finish: str) -> None:
    """Add the baseline of an activity; where it is listed twice with different dates, both stand there as no date."""
    twice = dates.get(code, (start, finish))
    dates[code] = (_both(twice[0], start), _both(twice[1], finish))


def on_one_line(name: str) -> str:
    """A name as P6 shows it: without what breaks lines and steers terminals."""
    return name if name.isprintable() else " ".join(name.translate(_CONTROLS).split())


def plain(name: str) -> str:
    """The name of a code or an own field as it is in the names of columns: without blanks and capitals."""
    return "_".join(name.casefold().split())


def first(cells: Iterable[str]) -> str:
    """The first cell that is not blank."""
    return next((cell.strip() for cell in cells if cell.strip()), "")


def _both(one: str, other: str) -> str:
    """Two dates that should be one; of more than two the first two."""
    return one if one == other or " or " in one else f"{one or 'blank'} or {other or 'blank'}"
