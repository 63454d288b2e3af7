"""The projects, activities, relations and codes in a P6 XML file, read as a stream: elements are kept only until read.

Elements are known by their local names: the namespace differs with P6's version and edition, and some files have none.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO, Final

from connectors.p6_pmxml_text import EXPORT_AS, read_chunks
from connectors.p6_relations import Relation
from connectors.relations import find_odd_lags
from syncsvc.errors import BadExport

if TYPE_CHECKING:
    from lxml.etree import _Element

PROJECT_FIELDS: Final = (
    "ObjectId",
    "Id",
    "DataDate",
    "WBSObjectId",
    "CurrentBaselineProjectObjectId",
    "OriginalProjectObjectId",
)
WBS_FIELDS: Final = ("ObjectId", "Code", "ParentObjectId")
_END_FIELDS: Final = ("PredecessorActivityObjectId", "SuccessorActivityObjectId")
_END_PROJECT_FIELDS: Final = ("PredecessorProjectObjectId", "SuccessorProjectObjectId")
_RELATION_FIELDS: Final = ("Type", "Lag")
_RELATION_TYPES: Final = ("Finish to Start", "Start to Start", "Finish to Finish", "Start to Finish")
CODE_TYPE_FIELDS: Final = ("ObjectId", "Name")
CODE_FIELDS: Final = ("ObjectId", "CodeTypeObjectId", "CodeValue")
FIELD_TYPE_FIELDS: Final = ("ObjectId", "Title", "SubjectArea")

_PROJECTS: Final = ("Project", "BaselineProject")
_TYPE_ID: Final = "TypeObjectId"

Row = list[str]

#: Where fields stood in an element, and their tags.
Layout = tuple[tuple[int, object], ...]


@dataclass(slots=True)
class PmxmlProject:
    """One project or baseline project. A field that is named and blank is "", one that is not named is absent."""

    line: int
    is_baseline: bool
    fields: dict[str, str] = field(default_factory=dict)
    nodes: list[tuple[int, Row]] = field(default_factory=list)  # WBS: line, WBS_FIELDS
    activities: list[tuple[int, Row]] = field(default_factory=list)  # line, the columns that were wanted
    # Line, predecessor and successor, and their projects, which are only told where one end was not yet known.
    relations: list[tuple[int, str, str, str, str]] = field(default_factory=list)
    # Of those relations whose type or lag is none: line and ends -> what stands there.
    odd_types: dict[Relation, str] = field(default_factory=dict)
    odd_lags: dict[Relation, str] = field(default_factory=dict)


@dataclass(slots=True)
class PmxmlFile:
    """What was wanted of a file."""

    columns: tuple[str, ...]
    named: set[int] = field(default_factory=set)  # which columns at least one activity names, blank or not
    projects: list[PmxmlProject] = field(default_factory=list)
    code_types: list[Row] = field(default_factory=list)  # CODE_TYPE_FIELDS
    codes: list[Row] = field(default_factory=list)  # CODE_FIELDS
    field_types: list[Row] = field(default_factory=list)  # FIELD_TYPE_FIELDS
    # Activity -> type of code or of own field, and its value.
    assigned: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    own_fields: dict[str, list[tuple[str, str]]] = field(default_factory=dict)


def read_elements(file: BinaryIO, source: str, columns: Iterable[str], *, wants_further: bool = False) -> PmxmlFile:
    """What a schedule is made of. `columns` are the fields of activities to keep, in any case; ObjectId is the first.

    Codes and own fields of activities are kept where they are wanted.

    Raises BadExport, with the line, for a file that is no P6 XML, is cut off, or is not well made.
    """
    return read_into(ElementReading(columns, wants_further), file, source)


def read_into(reading: "ElementReading", file: BinaryIO, source: str) -> PmxmlFile:
    """What a reading keeps of a file; raises as `read_elements` does."""
    from lxml import etree

    parser = etree.XMLPullParser(
        events=("start", "end"),
        tag=tuple(f"{{*}}{name}" for name in reading.readers),
        encoding="utf-8",
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        remove_comments=True,
        remove_pis=True,
        huge_tree=False,
    )
    try:
        for chunk in read_chunks(file, source):
            parser.feed(chunk)
            for event, element in parser.read_events():
                if event == "end":
                    reading.end(element)
                elif element.tag not in reading.inner:
                    reading.start(element)
            reading.forget()
        parser.close()
    except etree.XMLSyntaxError as error:
        if error.code == etree.ErrorTypes.ERR_NO_MEMORY:
            raise BadExport(f"{source}: reading the file takes more memory than any export should.") from None
        said = " ".join((error.msg or "").split())[:200]
        place = f"line {error.lineno}: "
        if error.code in (etree.ErrorTypes.ERR_DOCUMENT_EMPTY, etree.ErrorTypes.ERR_INTERNAL_ERROR):
            # What lxml says at the end of a document in which it met an entity that is not declared.
            place, said = "", "an entity such as &nbsp;, which XML does not have, may be in it"
        raise BadExport(
            f"{source}: {place}the file is damaged or cut off: it is no well-formed XML ({said}).", EXPORT_AS
        ) from None
    return reading.file


class _Places(dict[object, int]):
    """Tag, with any namespace -> the place of that field in a row, -1 for one that is not wanted."""

    def __init__(self, names: Iterable[str]) -> None:
        super().__init__()
        self.names = tuple(name.casefold() for name in names)

    def __missing__(self, tag: object) -> int:
        name = local_name(tag).casefold()
        self[tag] = place = self.names.index(name) if name in self.names else -1
        return place


class ElementReading:
    """Where in a file the reader is, and what it has kept."""

    def __init__(self, columns: Iterable[str], wants_further: bool) -> None:
        self.file = PmxmlFile(tuple(columns))
        self._wants_further = wants_further
        # Two more places than columns, for what an activity has of codes and of own fields.
        self._activity = _Places((*self.file.columns, *(("Code", "UDF") if wants_further else ())))
        self._project = _Places(PROJECT_FIELDS)
        self._relation = _Places((*_END_FIELDS, *_RELATION_FIELDS, *_END_PROJECT_FIELDS))
        self._layout: Layout = ()  # where the last activity had the wanted fields, if it had all
        self._ends: Layout = ()  # where the last relation had its ends, its type and its lag
        self._types = {"", *_RELATION_TYPES}  # of relations
        self._lags = {"", "0"}  # those that were seen to be numbers
        self._known: set[str] = set()  # ids of activities
        self._wbs = _Places(WBS_FIELDS)
        self._root: _Element | None = None
        self._open: list[tuple[_Element, PmxmlProject]] = []
        self.readers: dict[str, Callable[[_Element], None]] = {
            "APIBusinessObjects": self._end_file,
            "BusinessObjects": self._end_file,
            "Activity": self.read_activity,
            "Relationship": self.read_relation,
            "WBS": self.read_wbs,
            **dict.fromkeys(_PROJECTS, self.end_project),
            "ActivityCodeType": _keep(CODE_TYPE_FIELDS, self.file.code_types),
            "ActivityCode": _keep(CODE_FIELDS, self.file.codes),
            "UDFType": _keep(FIELD_TYPE_FIELDS, self.file.field_types),
        }
        self.inner: set[object] = set()  # tags of which nothing needs to be known before the end
        self._by_tag: dict[object, Callable[[_Element], None]] = {}

    def start(self, element: "_Element") -> None:
        """An element begins: that of a project is one that others are in."""
        if self._root is None:
            self._root = element
            return
        if (name := local_name(element.tag)) not in _PROJECTS:
            self.inner.add(element.tag)
            return
        parent = element.getparent()
        if parent is self._root or any(parent is each for each, _ in self._open):  # and not one of a ProjectList
            project = PmxmlProject(element.sourceline or 0, name == "BaselineProject")
            self._open.append((element, project))
            self.file.projects.append(project)

    def end(self, element: "_Element") -> None:
        """An element is complete."""
        read = self._by_tag.get(element.tag)
        if read is None:
            read = self._by_tag[element.tag] = self.readers[local_name(element.tag)]
        read(element)

    def open_elements(self) -> "Iterator[_Element]":
        """Those that are still open and may have more in them than their fields."""
        yield from (element for element, _ in self._open)
        if self._root is not None:
            yield self._root

    def forget(self) -> None:
        """Drop what was read: of each element that is still open all that is in it but the last, which may be open."""
        for element, project in self._open:
            self._keep_fields(element, project, len(element) - 1)
            del element[:-1]
        if self._root is not None:
            del self._root[:-1]

    def _keep_fields(self, element: "_Element", project: PmxmlProject, count: int) -> None:
        for child in element[:count]:
            place = self._project[child.tag]
            if place >= 0:
                project.fields[PROJECT_FIELDS[place]] = (child.text or "").strip()

    def end_project(self, element: "_Element") -> None:
        """A project is complete, or something in another place that is called so."""
        if self._open and self._open[-1][0] is element:
            _, project = self._open.pop()
            self._keep_fields(element, project, len(element))

    def _end_file(self, element: "_Element") -> None:
        """What a file holds was read before."""

    def _project_of(self, element: "_Element") -> PmxmlProject | None:
        """The project that an element stands in, itself and not deeper."""
        if self._open and element.getparent() is self._open[-1][0]:
            return self._open[-1][1]
        return None

    def read_activity(self, element: "_Element") -> None:
        """Keep an activity of a project."""
        project = self._project_of(element)
        if project is None:
            return
        row = _row_at(element, self._layout) if self._layout else None
        if row is None:
            row = self._look_through(element)
        row[0] = row[0].strip()
        project.activities.append((element.sourceline or 0, row))
        self._known.add(row[0])

    def _look_through(self, element: "_Element") -> Row:
        """The wanted fields of an activity, wherever they stand."""
        width = len(self.file.columns)
        row = [""] * width
        found: dict[int, tuple[int, object]] = {}
        further: list[tuple[int, _Element]] = []
        for at, child in enumerate(element):
            place = self._activity[child.tag]
            if place >= width:
                further.append((place, child))
            elif place >= 0:
                row[place] = child.text or ""
                found[place] = (at, child.tag)
        self.file.named.update(found)
        if further:
            self._keep_further(row[0].strip(), further)
        # P6 writes every field of every activity: so where one has all that are wanted, the next has them there, too.
        is_whole = len(found) == width and not self._wants_further
        self._layout = tuple(found[place] for place in range(width)) if is_whole else ()
        return row

    def _keep_further(self, object_id: str, further: Iterable[tuple[int, "_Element"]]) -> None:
        for place, child in further:
            told = {local_name(each.tag): (each.text or "").strip() for each in child}
            type_id = told.pop(_TYPE_ID, "")
            kept = self.file.own_fields if place > len(self.file.columns) else self.file.assigned
            value = next((text for name, text in told.items() if text and name != "CodeObjectId"), "")
            kept.setdefault(object_id, []).append((type_id, value))

    def read_relation(self, element: "_Element") -> None:
        """Keep a relation of a project."""
        project = self._project_of(element)
        if project is None:
            return
        line = element.sourceline or 0
        ends = _row_at(element, self._ends) if self._ends else None
        if ends is not None and ends[0] in self._known and ends[1] in self._known:
            project.relations.append((line, ends[0], ends[1], "", ""))
            if ends[2] in self._types and ends[3] in self._lags:
                return
        else:
            ends = [text.strip() for text in _row(element, self._relation)]
            project.relations.append((line, ends[0], ends[1], ends[4], ends[5]))
            places = {self._relation[each.tag]: (at, each.tag) for at, each in enumerate(element)}
            self._ends = tuple(places[at] for at in range(4)) if all(at in places for at in range(4)) else ()
        self._look_at(project, (line, ends[0], ends[1]), *ends[2:4])

    def _look_at(self, project: PmxmlProject, relation: Relation, kind: str, lag: str) -> None:
        """Keep the type and the lag of a relation where they are none."""
        if kind.strip() not in self._types:
            project.odd_types[relation] = kind.strip()
        if lag in self._lags:
            return
        if find_odd_lags([lag]):
            project.odd_lags[relation] = lag.strip()
        else:
            self._lags.add(lag)

    def read_wbs(self, element: "_Element") -> None:
        """Keep a part of the WBS of a project."""
        project = self._project_of(element)
        if project is not None:
            project.nodes.append((element.sourceline or 0, _row(element, self._wbs)))


def _keep(names: Iterable[str], rows: list[Row]) -> "Callable[[_Element], None]":
    places = _Places(names)
    return lambda element: rows.append(_row(element, places))


def _row(element: "_Element", places: _Places) -> Row:
    row = [""] * len(places.names)
    for child in element:
        place = places[child.tag]
        if place >= 0:
            row[place] = child.text or ""
    return row


def _row_at(element: "_Element", layout: Layout) -> Row | None:
    """What the fields at these places say; None where another one stands at any of them."""
    row = []
    try:
        for at, tag in layout:
            child = element[at]
            if child.tag != tag:
                return None
            row.append(child.text or "")
    except IndexError:
        return None
    return row


def local_name(tag: object) -> str:
    """A tag without its namespace; what is no element has none."""
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""
