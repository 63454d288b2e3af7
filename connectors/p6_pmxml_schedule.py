"""What the elements of a P6 XML file say together: projects, WBS paths, codes and own fields, baselines, relations."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain
from typing import BinaryIO, Final

from connectors.p6_pmxml_elements import PmxmlFile, PmxmlProject, read_elements
from connectors.p6_pmxml_text import EXPORT_AS
from connectors.p6_relations import Ends, Relations, RelationWords, relate
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
from connectors.remark import Remark
from syncsvc.errors import BadExport
from syncsvc.mapping import BaselineColumns
from syncsvc.mapping import Mapping as SourceMapping
from syncsvc.model import Reject

WORDS: Final = ScheduleWords(
    activities="element Activity",
    activity="Activity",
    data_date="DataDate",
    baseline="CurrentBaselineProjectObjectId",
    baseline_columns=("BaselineStartDate", "BaselineFinishDate"),
)
RELATION_WORDS: Final = RelationWords("Relationship line", "PredecessorActivityObjectId", "SuccessorActivityObjectId")

_ID: Final = "ObjectId"
_WBS: Final = "WBSObjectId"
_CODE: Final = "code:"
_OWN_FIELD: Final = "udf:"


def wanted_columns(mapping: SourceMapping) -> list[str]:
    """The fields of activities that are read under a mapping; the id that P6 gives them comes first."""
    wanted: dict[str, str] = {}
    given = {column.casefold() for column in WORDS.baseline_columns}
    for column in (_ID, _WBS, *declared_columns(mapping)):
        if not is_further(column) and column.casefold() not in given:
            wanted.setdefault(column.casefold(), column)
    return list(wanted.values())


def wants_further(mapping: SourceMapping) -> bool:
    """Whether a mapping names a code or an own field."""
    return any(is_further(column) for column in declared_columns(mapping))


def is_further(column: str) -> bool:
    """Whether a column of a mapping is an activity code or a user defined field."""
    return column.casefold().startswith((_CODE, _OWN_FIELD))


def open_pmxml(file: BinaryIO, source: str, mapping: SourceMapping) -> "PmxmlSchedule":
    """The projects of a file. Raises BadExport for one that is no P6 XML, is cut off, or has no activities."""
    elements = read_elements(file, source, wanted_columns(mapping), wants_further=wants_further(mapping))
    return PmxmlSchedule(elements, source, mapping)


class PmxmlSchedule:
    """The projects of one P6 XML file, and their activities. `source` names the file in errors."""

    words = WORDS

    def __init__(self, file: PmxmlFile, source: str, mapping: SourceMapping) -> None:
        """Raises BadExport where the file has no activities, or one id twice."""
        self._file = file
        self._source = source
        self._mapping = mapping
        self._places = {name.casefold(): at for at, name in enumerate(file.columns)}
        self._content: dict[str, PmxmlProject] = {}
        self.projects = [self._read_project(each) for each in file.projects]
        if not any(each.activities for each in file.projects):
            raise BadExport(
                f"{source}: there is no Activity in any Project of the file, so there is nothing to read.", EXPORT_AS
            )
        self._further = self._read_further()
        self._code_of = self._read_ids()

    @property
    def columns(self) -> list[str]:
        """The columns of the activities' cells; one that no activity names is blank here, and is no column."""
        names = [name if at in self._file.named else "" for at, name in enumerate(self._file.columns)]
        return [*names, *self._further]

    def activities(self, projects: Collection[Project]) -> Iterator[Activity | Reject]:
        """The activities of these projects, in the order of the file."""
        ids = {project.id for project in projects}
        code_at, name_at = (self._find(column) for column in (self._mapping.columns.code, self._mapping.columns.name))
        wbs_at = self._places[_WBS.casefold()]
        further = list(self._further.values())
        for project_id, content in self._content.items():
            if project_id not in ids:
                continue
            paths = self._read_paths(content)
            for line, cells in content.activities:
                code = cells[code_at].strip() if code_at is not None else ""
                row = cells.copy()
                row[wbs_at] = paths.get(cells[wbs_at].strip(), "")
                if name_at is not None:
                    row[name_at] = on_one_line(cells[name_at])
                row += [values.get(cells[0], "") for values in further]
                yield Activity(line, project_id, code, row)

    def relations(self, projects: Collection[Project]) -> tuple[dict[str, list[str]], list[Remark]]:
        """Activity id -> those of its predecessors; and what is odd about the relations."""
        chosen = {project.id for project in projects}
        inside = codes = self._code_of
        if len(chosen) < len(self.projects):
            rows = (row for project_id in chosen for row in self._content[project_id].activities)
            inside = {cells[0]: codes[cells[0]] for _, cells in rows if cells[0]}
        contents = self._content.values()
        told = [*chain.from_iterable(content.relations for content in contents)]
        lines, before, after, before_owners, owners = zip(*told, strict=True) if told else ((), (), (), (), ())
        odd_types = {each: kind for content in contents for each, kind in content.odd_types.items()}
        odd_lags = {each: lag for content in contents for each, lag in content.odd_lags.items()}
        relations = Relations(lines, before, after, before_owners, owners)
        return relate(relations, Ends(codes, inside, chosen), RELATION_WORDS, odd_types, odd_lags)

    def baseline_dates(self, project: Project, columns: BaselineColumns) -> dict[str, tuple[str, str]]:
        """Activity id -> start and finish, of an activity that is listed twice each time both."""
        starts, finishes = (
            [at for name in names if (at := self._find(name)) is not None] for names in (columns.start, columns.finish)
        )
        code_at = self._find(self._mapping.columns.code)
        dates: dict[str, tuple[str, str]] = {}
        for _, cells in self._content[project.id].activities:
            start, finish = (first(cells[at] for at in places) for places in (starts, finishes))
            add_baseline(dates, cells[code_at].strip() if code_at is not None else "", start, finish)
        return dates

    def _find(self, column: str | None) -> int | None:
        return None if column is None else self._places.get(column.casefold())

    def _read_project(self, content: PmxmlProject) -> Project:
        told = content.fields
        place = f"{'BaselineProject' if content.is_baseline else 'Project'} line {content.line}"
        project_id, name = told.get("ObjectId", ""), on_one_line(told.get("Id", ""))
        if project_id in self._content:
            first_line = self._content[project_id].line
            said = f"ObjectId {project_id!r} is that of the project in line {first_line}, too"
            raise BadExport(f"{self._source}: {place}: {said}.")
        self._content[project_id] = content
        baseline = told.get("CurrentBaselineProjectObjectId")
        if baseline is None:  # not even blank, as P6 writes it: then the one that was made of it is the one
            made_of_it = [
                each.fields.get("ObjectId", "")
                for each in self._file.projects
                if each.is_baseline and project_id and each.fields.get("OriginalProjectObjectId") == project_id
            ]
            baseline = made_of_it[0] if len(made_of_it) == 1 else ""
        return Project(
            id=project_id,
            name=name,
            place=place,
            is_exported=not content.is_baseline,
            data_date=told.get("DataDate", ""),
            baseline="" if baseline == project_id else baseline,
            original=told.get("OriginalProjectObjectId", ""),
        )

    def _read_ids(self) -> dict[str, str]:
        """P6's own number of an activity -> the id that people know."""
        code_at = self._find(self._mapping.columns.code)
        codes: dict[str, str] = {}
        for content in self._content.values():
            for line, cells in content.activities:
                code = cells[code_at].strip() if code_at is not None else ""
                object_id = cells[0]
                if object_id and codes.setdefault(object_id, code) != code:
                    said = f"ObjectId {object_id!r} is {code} here and {codes[object_id]} elsewhere"
                    raise BadExport(f"{self._source}: Activity line {line}: {said}.")
        return codes

    def _read_paths(self, content: PmxmlProject) -> dict[str, str]:
        root = content.fields.get(_WBS, "")
        nodes: dict[str, tuple[str, str, bool]] = {}
        for line, cells in content.nodes:
            object_id, name, parent = (cell.strip() for cell in cells)
            node = (parent, on_one_line(name), bool(root) and object_id == root)
            if nodes.setdefault(object_id, node) != node:
                raise BadExport(f"{self._source}: WBS line {line}: ObjectId {object_id!r} is listed twice.")
        return join_paths(nodes, f"{self._source}: element WBS")

    def _read_further(self) -> dict[str, dict[str, str]]:
        """The columns of the mapping that are activity codes or own fields: column -> activity (ObjectId) -> cell."""
        further: dict[str, dict[str, str]] = {}
        shown = {object_id.strip(): value for object_id, _, value in self._file.codes}
        for column in declared_columns(self._mapping):
            if not is_further(column):
                continue
            kind, _, name = column.partition(":")
            name = plain(name)
            if f"{kind.casefold()}:" == _CODE:
                type_ids = {object_id.strip() for object_id, title in self._file.code_types if plain(title) == name}
                values = _values_of(type_ids, self._file.assigned)
                values = {activity: shown.get(value, "") for activity, value in values.items()}
            else:
                type_ids = {
                    object_id.strip()
                    for object_id, title, area in self._file.field_types
                    if area.strip() == "Activity" and plain(title) == name
                }
                values = _values_of(type_ids, self._file.own_fields)
            if type_ids:
                further[column] = {activity: on_one_line(value) for activity, value in values.items()}
        return further


def _values_of(type_ids: Collection[str], assigned: Mapping[str, Sequence[tuple[str, str]]]) -> dict[str, str]:
    """Activity (ObjectId) -> what it has of these types."""
    return {activity: value for activity, told in assigned.items() for type_id, value in told if type_id in type_ids}
