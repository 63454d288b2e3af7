"""What is in a P6 XML file, whether or not a mapping names it."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, BinaryIO, Final

from connectors.cell import kind_of_text
from connectors.p6_pmxml_elements import ElementReading, PmxmlFile, local_name, read_into
from connectors.p6_pmxml_schedule import PmxmlSchedule, is_further, wanted_columns
from connectors.p6_schedule import declared_columns, plain
from syncsvc.mapping import Mapping as SourceMapping
from syncsvc.mapping_check import SeenColumn, SeenFile, SeenSheet, Use

if TYPE_CHECKING:
    from lxml.etree import _Element

#: The fields that are read of an element whatever the mapping says, and what for.
_READS: Final = {
    "Activity": {"ObjectId": "P6's number of the activity", "WBSObjectId": "part of the WBS"},
    "Relationship": {
        "PredecessorActivityObjectId": "predecessor of a relation",
        "SuccessorActivityObjectId": "successor of a relation",
        "PredecessorProjectObjectId": "project of the predecessor",
        "SuccessorProjectObjectId": "project of the successor",
        "Type": "type of a relation",
        "Lag": "lag of a relation",
    },
    "WBS": {
        "ObjectId": "P6's number of the part of the WBS",
        "Code": "name of the part",
        "ParentObjectId": "the part above it",
    },
}
_FURTHER: Final = ("Code", "UDF")
_VERSION: Final = re.compile(r"/V(\d+(?:\.\d+)*)/")


def look_at_pmxml(file: BinaryIO, source: str, mapping: SourceMapping) -> tuple[PmxmlSchedule, SeenFile]:
    """The projects of a file, and its elements with their fields. Raises as `open_pmxml` does."""
    looking = _Looking(wanted_columns(mapping), wants_further=True)
    read = read_into(looking, file, source)
    schedule = PmxmlSchedule(read, source, mapping)
    sheets = [_see(name, looking, read, mapping) for name in _READS]
    others = [SeenSheet(name) for name in looking.unread]
    return schedule, SeenFile((*sheets, *others), "element", _say_version(looking.namespace))


class _Looking(ElementReading):
    """A reading that counts the fields of what it reads, and notes what it does not read."""

    def __init__(self, columns: Iterable[str], wants_further: bool) -> None:
        super().__init__(columns, wants_further)
        self.fields: dict[str, dict[str, Counter[str]]] = {name: {} for name in _READS}
        self.elements: Counter[str] = Counter()
        self.unread: dict[str, None] = {}
        self.namespace = ""

    def start(self, element: "_Element") -> None:
        if not self.namespace and element.getparent() is None and isinstance(element.tag, str):
            self.namespace = element.tag.rpartition("}")[0].removeprefix("{")
        super().start(element)

    def read_activity(self, element: "_Element") -> None:
        self._count("Activity", element)
        super().read_activity(element)

    def read_relation(self, element: "_Element") -> None:
        self._count("Relationship", element)
        super().read_relation(element)

    def read_wbs(self, element: "_Element") -> None:
        self._count("WBS", element)
        super().read_wbs(element)

    def end_project(self, element: "_Element") -> None:
        self._note_unread(element)
        super().end_project(element)

    def forget(self) -> None:
        for element in self.open_elements():
            self._note_unread(element)
        super().forget()

    def _count(self, name: str, element: "_Element") -> None:
        self.elements[name] += 1
        fields = self.fields[name]
        for child in element:
            field = local_name(child.tag)
            if field and not (name == "Activity" and field in _FURTHER):
                kind = kind_of_text(child.text or "") if not len(child) else "elements"
                fields.setdefault(field, Counter())[kind] += 1

    def _note_unread(self, element: "_Element") -> None:
        for child in element:
            name = local_name(child.tag)
            if name not in self.readers and len(child):
                self.unread.setdefault(name)


def _see(name: str, looking: _Looking, read: PmxmlFile, mapping: SourceMapping) -> SeenSheet:
    is_main = name == "Activity"
    looked_for = tuple((field, Use("", words)) for field, words in _READS[name].items())
    if not looking.elements[name]:
        return SeenSheet(name, reads=looked_for, is_absent=True)
    columns: list[SeenColumn] = []
    for field, found in looking.fields[name].items():
        kinds = {kind: number for kind, number in found.items() if kind}
        columns.append(SeenColumn(field, sum(kinds.values()), kinds))
    if is_main:
        codes = ((object_id, title) for object_id, title in read.code_types)
        fields = ((object_id, title) for object_id, title, area in read.field_types if area.strip() == "Activity")
        columns += _further("code", codes, read.assigned.values(), "activity code", mapping)
        columns += _further("udf", fields, read.own_fields.values(), "user defined field", mapping)
    return SeenSheet(name, None, looking.elements[name], tuple(columns), looked_for, has_milestones=is_main)


def _further(
    prefix: str,
    types: Iterable[tuple[str, str]],
    assigned: Iterable[Iterable[tuple[str, str]]],
    what: str,
    mapping: SourceMapping,
) -> Iterator[SeenColumn]:
    """The codes or own fields of activities, by the names that the mapping has for them, or would have."""
    activities = Counter(type_id for told in assigned for type_id, _ in told)
    declared = [column for column in declared_columns(mapping) if is_further(column)]
    for object_id, title in types:
        name = f"{prefix}:{title}"
        told = [column for column in declared if plain(column) == plain(name)]
        number = activities[object_id.strip()]
        yield SeenColumn(told[0] if told else name, number, {"activities": number}, what)


def _say_version(namespace: str) -> str:
    version = _VERSION.search(namespace)
    edition = " Professional" if "P6Professional" in namespace else ""
    said = f"version {version[1]}" if version else "version not told"
    return f"P6{edition} XML, {said}, {f'namespace {namespace}' if namespace else 'without a namespace'}"
