"""What the tables of an XER file say together: projects, WBS paths, codes and own fields, baselines, relations."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import repeat
from operator import eq
from typing import Final

from connectors.p6_schedule import (
    Activity,
    Project,
    ScheduleWords,
    add_baseline,
    declared_columns,
    first,
    join_paths,
    on_one_line,
    plain,
)
from connectors.p6_xer_tables import XerFile, XerTable
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

_KEYS: Final = ("task_id", "proj_id", "wbs_id")
_TABLES: Final[Mapping[str, tuple[str, ...]]] = {
    "PROJECT": (
        "proj_id",
        "proj_short_name",
        "export_flag",
        "last_recalc_date",
        "sum_base_proj_id",
        "orig_proj_id",
    ),
    "PROJWBS": ("wbs_id", "parent_wbs_id", "wbs_short_name", "proj_node_flag"),
    "TASKPRED": ("task_id", "pred_task_id", "proj_id", "pred_proj_id"),
}
_CODE_TABLES: Final[Mapping[str, tuple[str, ...]]] = {
    "ACTVTYPE": ("actv_code_type_id", "actv_code_type"),
    "ACTVCODE": ("actv_code_id", "short_name"),
    "TASKACTV": ("task_id", "actv_code_type_id", "actv_code_id"),
}
_FIELD_TABLES: Final[Mapping[str, tuple[str, ...]]] = {
    "UDFTYPE": ("udf_type_id", "table_name", "udf_type_name", "udf_type_label"),
    "UDFVALUE": ("udf_type_id", "fk_id", "udf_date", "udf_number", "udf_text"),
}
_NO_TABLE: Final = XerTable()


def wanted_tables(mapping: SourceMapping) -> dict[str, list[str]]:
    """What is read of a file under a mapping: table -> columns."""
    declared = _columns(mapping)
    wanted = {name: list(columns) for name, columns in _TABLES.items()}
    wanted["TASK"] = list(dict.fromkeys([*_KEYS, *declared]))
    if any(_is_code(column) for column in declared):
        wanted |= {name: list(columns) for name, columns in _CODE_TABLES.items()}
    if any(_is_own_field(column) for column in declared):
        wanted |= {name: list(columns) for name, columns in _FIELD_TABLES.items()}
    return wanted


def _columns(mapping: SourceMapping) -> list[str]:
    return list(dict.fromkeys(column.lower() for column in declared_columns(mapping)))


def _is_code(column: str) -> bool:
    return column.startswith(("actv_code_", "code:"))


def _is_own_field(column: str) -> bool:
    return column.startswith(("user_field_", "udf:"))


class XerSchedule:
    """The projects of one XER file, and their activities. `source` names the file in errors."""

    words = WORDS

    def __init__(self, file: XerFile, source: str, mapping: SourceMapping) -> None:
        """Raises BadExport where the file has no activities, or one id twice."""
        self._file = file
        self._source = source
        self._mapping = mapping
        if "TASK" not in file.tables:
            names = ", ".join(file.table_names) or "none"
            raise BadExport(
                f"{source}: there is no table TASK, so the file has no activities; its tables are {_shorten(names)}.",
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
        """Activity id (task_code) -> those of its predecessors; and what is odd about the relations.

        A relation to a project that the file does not hold is no fault: P6 leaves its activities out.
        """
        table = self._table("TASKPRED")
        for name in ("task_id", "pred_task_id"):
            if table.lines and table.find(name) is None:
                raise BadExport(f"{self._source}: table TASKPRED has no column {name}, which each relation needs.")
        chosen = {project.id for project in projects}
        codes = self._code_of
        inside = codes
        if len(chosen) < len(self.projects):
            owners = zip(self._tasks.cells("task_id"), self._owners(), strict=True)
            inside = {task_id: codes[task_id] for task_id, owner in owners if owner in chosen}
        remarks: list[Remark] = []
        columns = [table.cells(name) for name in _TABLES["TASKPRED"]]
        after_ids, before_ids = columns[:2]
        # All of them at once: row by row, so many relations take longer than the activities.
        after, before = [inside.get(each, "") for each in after_ids], [codes.get(each, "") for each in before_ids]
        pairs: Iterable[tuple[str, str]] = zip(after, before, strict=True)
        if table.shifted or not all(after) or not all(before) or any(map(eq, after_ids, before_ids)):
            pairs = []
            for task_id, before_id, owner, before_owner, line in zip(*columns, table.lines, strict=True):
                code, earlier = inside.get(task_id), codes.get(before_id)
                if line in table.shifted:
                    why = _say_shifted(table, line)
                elif code is None:
                    if task_id in codes or (owner not in chosen and table.find("proj_id") is not None):
                        continue
                    why = f"task_id {task_id!r} is no activity of the file; the relation is left out"
                elif earlier is None:
                    if before_owner not in chosen and table.find("pred_proj_id") is not None:
                        continue
                    why = f"pred_task_id {before_id!r}, before {code}, is no activity of the file"
                    why += "; the relation is left out"
                elif task_id == before_id:
                    why = f"{code} comes before itself; the relation is left out"
                else:
                    pairs.append((code, earlier))
                    continue
                remarks.append(Remark(f"TASKPRED line {line}", why))
        relations: dict[str, list[str]] = defaultdict(list)
        for code, earlier in pairs:
            relations[code].append(earlier)
        return relations, remarks

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
        names = _TABLES["PROJECT"]
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
        columns = [table.cells(name) for name in _TABLES["PROJWBS"]]
        for wbs_id, parent, name, flag, line in zip(*columns, table.lines, strict=True):
            node = (parent, name.strip(), flag.upper() == "Y")
            if nodes.setdefault(wbs_id, node) != node:
                raise BadExport(f"{self._source}: PROJWBS line {line}: wbs_id {wbs_id!r} is listed twice.")
        return join_paths(nodes, f"{self._source}: table PROJWBS")

    def _read_further(self) -> dict[str, dict[str, str]]:
        """The columns of the mapping that are activity codes or own fields: column -> activity (task_id) -> cell."""
        further: dict[str, dict[str, str]] = {}
        for column in _columns(self._mapping):
            if column in self._tasks.columns:
                continue
            values = self._read_code(column) if _is_code(column) else None
            values = self._read_own_field(column) if _is_own_field(column) else values
            if values is not None:
                further[column] = values
        return further

    def _read_code(self, column: str) -> dict[str, str] | None:
        types, values, assigned = (self._table(name) for name in _CODE_TABLES)
        wanted = column.removeprefix("code:")
        wanted = wanted.removeprefix("actv_code_").removesuffix("_id") if wanted == column else wanted
        wanted = plain(wanted)
        type_ids = {
            type_id
            for type_id, name in zip(types.cells("actv_code_type_id"), types.cells("actv_code_type"), strict=True)
            if plain(name) == wanted
        }
        if not type_ids:
            return None
        shown = dict(zip(values.cells("actv_code_id"), values.cells("short_name"), strict=True))
        columns = (assigned.cells(name) for name in _CODE_TABLES["TASKACTV"])
        return {
            task_id: shown.get(value_id, "")
            for task_id, type_id, value_id in zip(*columns, strict=True)
            if type_id in type_ids
        }

    def _read_own_field(self, column: str) -> dict[str, str] | None:
        types, values = (self._table(name) for name in _FIELD_TABLES)
        label = plain(column.removeprefix("udf:")) if column.startswith("udf:") else None
        type_ids = {
            type_id
            for type_id, table, name, shown in zip(
                *(types.cells(name) for name in _FIELD_TABLES["UDFTYPE"]), strict=True
            )
            if table.upper() == "TASK" and (name.lower() == column if label is None else plain(shown) == label)
        }
        if not type_ids:
            return None
        columns = (values.cells(name) for name in _FIELD_TABLES["UDFVALUE"])
        return {
            task_id: first((day, text, number))
            for type_id, task_id, day, number, text in zip(*columns, strict=True)
            if type_id in type_ids
        }


def _say_shifted(table: XerTable, line: int) -> str:
    return f"the row has {table.shifted[line]} cells under {table.width} headings, so they may be shifted"


def _shorten(text: str) -> str:
    return text if len(text) <= 200 else f"{text[:199]}…"
