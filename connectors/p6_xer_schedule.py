"""What the tables of an XER file say together: projects, WBS paths, codes and own fields, baselines, relations."""

from collections.abc import Collection, Iterator, Sequence
from itertools import repeat
from typing import BinaryIO, Final

from connectors.p6_relations import Ends, Relations, RelationWords, relate
from connectors.p6_schedule import (
    Activity,
    Project,
    ScheduleWords,
    add_baseline,
    first,
    join_paths,
    on_one_line,
)
from connectors.p6_xer_columns import (
    CODE_TABLES,
    ENCODING,
    FIELD_TABLES,
    TABLES,
    columns_of,
    is_code,
    is_code_called,
    is_own_field,
    is_own_field_called,
    wanted_tables,
)
from connectors.p6_xer_tables import XerFile, XerTable, read_tables
from connectors.relations import find_odd_lags, find_odd_types
from connectors.remark import Remark
from syncsvc.errors import BadExport
from syncsvc.mapping import BaselineColumns
from syncsvc.mapping import Mapping as SourceMapping
from syncsvc.model import Reject, Status

WORDS: Final = ScheduleWords(
    activities="table TASK",
    activity="TASK",
    data_date="last_recalc_date",
    baseline="sum_base_proj_id",
    baseline_columns=("base_start_date", "base_end_date"),
)
RELATION_WORDS: Final = RelationWords("TASKPRED line", "pred_task_id", "task_id")

_RELATION_TYPES: Final = ("PR_FS", "PR_SS", "PR_FF", "PR_SF")
_NO_TABLE: Final = XerTable()


def open_xer(file: BinaryIO, source: str, mapping: SourceMapping) -> "XerSchedule":
    """The projects of a file. Raises BadExport for one that is no XER file, is cut off, or has no activities."""
    tables = read_tables(file, source, mapping.encoding or ENCODING, wanted_tables(mapping))
    return XerSchedule(tables, source, mapping)


class XerSchedule:
    """The projects of one XER file, and their activities. `source` names the file in errors."""

    words = WORDS

    def __init__(self, file: XerFile, source: str, mapping: SourceMapping) -> None:
        """Raises BadExport where the file has no activities, or one id twice."""
        self._file = file
        self._source = source
        self._mapping = mapping
        if "TASK" not in file.tables:
            names = _shorten(", ".join(file.table_names))
            others = f"its tables are {names}" if names else "it has no table at all"
            raise BadExport(
                f"{source}: there is no table TASK, so the file has no activities; {others}.",
                "Export the project from P6 as XER, with its activities.",
            )
        self._tasks = file.tables["TASK"]
        self.projects = self._read_projects()
        self._further = self._read_further()
        self._code_of = self._read_ids()

    @property
    def columns(self) -> list[str]:
        """The columns of the activities' cells."""
        return [*self._tasks.columns, *self._further]

    def activities(self, projects: Collection[Project]) -> Iterator[Activity | Reject]:
        """The activities of these projects, in the order of the file."""
        ids = {project.id for project in projects}
        known = {project.id for project in self.projects}
        columns = self._mapping.columns
        names = (columns.code, columns.name or "", columns.status or "", "wbs_id")
        code_at, name_at, status_at, wbs_at = (self._tasks.find(name) for name in names)
        paths = self._read_paths()
        further = list(self._further.values())
        owners = self._owners()
        shown = dict(enumerate(self._tasks.by_column))
        codes = [""] * len(owners) if code_at is None else list(map(str.strip, shown[code_at]))
        if name_at is not None:
            shown[name_at] = list(map(on_one_line, shown[name_at]))
        if status_at is not None:
            words = self._words()
            shown[status_at] = [words.get(code, code) for code in shown[status_at]]
        if wbs_at is not None:
            shown[wbs_at] = [paths.get(wbs_id, "") for wbs_id in shown[wbs_at]]
        if further:
            task_ids = self._tasks.cells("task_id")
            shown |= enumerate(([values.get(each, "") for each in task_ids] for values in further), start=len(shown))
        rows = zip(*shown.values(), strict=True) if shown else repeat(())
        for cells, line, owner, code in zip(rows, self._tasks.lines, owners, codes, strict=False):
            if owner not in ids:
                if owner not in known:
                    yield Reject(f"TASK line {line}", code or None, f"proj_id {owner!r} is no project of the file")
            elif line in self._tasks.shifted:
                yield Reject(f"TASK line {line}", code or None, _say_shifted(self._tasks, line))
            else:
                yield Activity(line, owner, code, cells)

    def relations(self, projects: Collection[Project]) -> tuple[dict[str, list[str]], list[Remark]]:
        """Activity id (task_code) -> those of its predecessors; and what is odd about the relations."""
        table = self._table("TASKPRED")
        for name in ("task_id", "pred_task_id"):
            if table.lines and table.find(name) is None:
                raise BadExport(f"{self._source}: table TASKPRED has no column {name}, which each relation needs.")
        chosen = {project.id for project in projects}
        codes = self._code_of
        inside = codes
        if len(chosen) < len(self.projects):
            tasks = zip(self._tasks.cells("task_id"), self._owners(), strict=True)
            inside = {task_id: codes[task_id] for task_id, owner in tasks if owner in chosen}
        before, after, owners, before_owners, types, lags = (table.cells(name) for name in TABLES["TASKPRED"])
        relations = Relations(table.lines, before, after, before_owners, owners)
        found, remarks = relate(
            relations.without(table.shifted),
            Ends(codes, inside, chosen),
            RELATION_WORDS,
            relations.pick(types, find_odd_types(types, _RELATION_TYPES)),
            relations.pick(lags, find_odd_lags(lags)),
        )
        said = [Remark(f"{RELATION_WORDS.place} {line}", _say_shifted(table, line)) for line in table.shifted]
        return found, [*said, *remarks]

    def baseline_dates(self, project: Project, columns: BaselineColumns) -> dict[str, tuple[str, str]]:
        """Activity id (task_code) -> start and finish, of an activity that is listed twice each time both."""
        starts, finishes = ([self._tasks.cells(name) for name in names] for names in (columns.start, columns.finish))
        codes = self._tasks.cells(self._mapping.columns.code)
        dates: dict[str, tuple[str, str]] = {}
        for at, (code, owner) in enumerate(zip(codes, self._owners(), strict=True)):
            if owner != project.id:
                continue
            start, finish = (first(cells[at] for cells in columns) for columns in (starts, finishes))
            add_baseline(dates, code.strip(), start, finish)
        return dates

    def _table(self, name: str) -> XerTable:
        return self._file.tables.get(name, _NO_TABLE)

    def _read_projects(self) -> list[Project]:
        table = self._table("PROJECT")
        if not table.lines:  # made by another program: all activities are of one project without a name
            return [Project("", "", "", True, "", "", "")]
        names = TABLES["PROJECT"]
        projects: dict[str, Project] = {}
        for line, *cells in zip(table.lines, *(table.cells(name) for name in names), strict=True):
            proj_id, name, flag, data_date, baseline, original = (cell.strip() for cell in cells)
            if line in table.shifted:
                raise BadExport(f"{self._source}: PROJECT line {line}: {_say_shifted(table, line)}.")
            place = f"PROJECT line {line}"
            if proj_id in projects:
                said = f"proj_id {proj_id!r} stands in {projects[proj_id].place} already"
                raise BadExport(f"{self._source}: {place}: {said}.")
            is_exported = flag.upper() == "Y"
            baseline = "" if baseline == proj_id else baseline
            projects[proj_id] = Project(proj_id, name, place, is_exported, data_date, baseline, original)
        return list(projects.values())

    def _words(self) -> dict[str, str]:
        """P6's codes for a status as the words that it shows, which are those of every other export."""
        column = self._mapping.columns.status
        known = {code: self._mapping.status_of(code) for code in set(self._tasks.cells(column or ""))}
        return {code: self._mapping.word_for(status) for code, status in known.items() if status is not Status.UNKNOWN}

    def _owners(self) -> Sequence[str]:
        """The project of each activity."""
        if self._tasks.find("proj_id") is None or not self._table("PROJECT").lines:
            return [self.projects[0].id] * len(self._tasks.lines)
        return self._tasks.cells("proj_id")

    def _read_ids(self) -> dict[str, str]:
        """P6's own number of an activity -> the id that people know, task_code."""
        table = self._tasks
        if table.find("task_id") is None:
            return {}
        ids, code_cells = table.cells("task_id"), list(map(str.strip, table.cells(self._mapping.columns.code)))
        codes = dict(zip(ids, code_cells, strict=True))
        if len(codes) == len(ids):
            return codes
        lines: dict[str, int] = {}
        for task_id, code, line in zip(ids, code_cells, table.lines, strict=True):
            first_line = lines.setdefault(task_id, line)
            if first_line == line:
                codes[task_id] = code
            elif codes[task_id] != code:
                said = f"task_id {task_id!r} is {code} here and {codes[task_id]} in line {first_line}"
                raise BadExport(f"{self._source}: TASK line {line}: {said}.")
        return codes

    def _read_paths(self) -> dict[str, str]:
        """WBS id -> the short names from below the project's own node down to it, with dots between them."""
        table = self._table("PROJWBS")
        nodes: dict[str, tuple[str, str, bool]] = {}
        columns = [table.cells(name) for name in TABLES["PROJWBS"]]
        for wbs_id, parent, name, flag, line in zip(*columns, table.lines, strict=True):
            node = (parent, name.strip(), flag.upper() == "Y")
            if nodes.setdefault(wbs_id, node) != node:
                raise BadExport(f"{self._source}: PROJWBS line {line}: wbs_id {wbs_id!r} is listed twice.")
        return join_paths(nodes, f"{self._source}: table PROJWBS")

    def _read_further(self) -> dict[str, dict[str, str]]:
        """The columns of the mapping that are activity codes or own fields: column -> activity (task_id) -> cell."""
        further: dict[str, dict[str, str]] = {}
        for column in columns_of(self._mapping):
            if column in self._tasks.columns:
                continue
            values = self._read_code(column) if is_code(column) else None
            values = self._read_own_field(column) if is_own_field(column) else values
            if values is not None:
                further[column] = values
        return further

    def _read_code(self, column: str) -> dict[str, str] | None:
        types, values, assigned = (self._table(name) for name in CODE_TABLES)
        type_ids = {
            type_id
            for type_id, name in zip(types.cells("actv_code_type_id"), types.cells("actv_code_type"), strict=True)
            if is_code_called(column, name)
        }
        if not type_ids:
            return None
        shown = dict(zip(values.cells("actv_code_id"), values.cells("short_name"), strict=True))
        columns = (assigned.cells(name) for name in CODE_TABLES["TASKACTV"])
        return {
            task_id: shown.get(value_id, "")
            for task_id, type_id, value_id in zip(*columns, strict=True)
            if type_id in type_ids
        }

    def _read_own_field(self, column: str) -> dict[str, str] | None:
        types, values = (self._table(name) for name in FIELD_TABLES)
        type_ids = {
            type_id
            for type_id, table, name, shown in zip(
                *(types.cells(name) for name in FIELD_TABLES["UDFTYPE"]), strict=True
            )
            if table.upper() == "TASK" and is_own_field_called(column, name, shown)
        }
        if not type_ids:
            return None
        columns = (values.cells(name) for name in FIELD_TABLES["UDFVALUE"])
        return {
            task_id: first((day, text, number))
            for type_id, task_id, day, number, text in zip(*columns, strict=True)
            if type_id in type_ids
        }


def _say_shifted(table: XerTable, line: int) -> str:
    return f"the row has {table.shifted[line]} cells under {table.width} headings, so they may be shifted"


def _shorten(text: str) -> str:
    return text if len(text) <= 200 else f"{text[:199]}…"
