"""What is in an XER file, whether or not a mapping names it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO, Final

from connectors.cell import kinds_of_texts
from connectors.p6_schedule import declared_columns
from connectors.p6_xer_columns import (
    CODE_TABLES,
    ENCODING,
    FIELD_TABLES,
    is_code_called,
    is_own_field_called,
    tables_for,
    wanted_tables,
)
from connectors.p6_xer_schedule import XerSchedule
from connectors.p6_xer_tables import XerFile, read_tables
from syncsvc.mapping import Mapping as SourceMapping
from syncsvc.mapping_check import SeenColumn, SeenFile, SeenSheet, Use

#: How many columns of a table are counted at once: those of all would fill the memory.
_AT_ONCE: Final = 30


def look_at_xer(file: BinaryIO, source: str, mapping: SourceMapping) -> tuple[XerSchedule, SeenFile]:
    """The projects of a file, and its tables with their columns. Raises as `open_xer` does."""
    encoding = mapping.encoding or ENCODING
    wanted = {name: list(columns) for name, columns in (*CODE_TABLES.items(), *FIELD_TABLES.items())}
    read = read_tables(file, source, encoding, wanted | wanted_tables(mapping))
    schedule = XerSchedule(read, source, mapping)
    looked_for = tables_for(mapping)
    kinds: dict[str, dict[str, dict[str, int]]] = {name: {} for name in looked_for}
    names = {name: read.tables[name].names if name in read.tables else [] for name in looked_for}
    for columns in _in_turn(names):
        file.seek(0)
        tables = read_tables(file, source, encoding, columns).tables
        for name, table in tables.items():
            kinds[name] |= {column: kinds_of_texts(table.cells(column)) for column in columns[name]}
    in_order = sorted(looked_for, key=lambda name: name != "TASK")
    sheets = [_see(name, read, kinds[name], looked_for[name], mapping) for name in in_order]
    others = [SeenSheet(name, line) for name, line in read.table_names.items() if name not in looked_for]
    return schedule, SeenFile((*sheets, *others), "table", f"P6 XER, version {read.version or 'not told'}")


def _in_turn(columns: Mapping[str, Sequence[str]]) -> Iterator[dict[str, list[str]]]:
    """A few columns of each table at a time, until all had their turn; one that is there twice has none."""
    longest = max(map(len, columns.values()), default=0)
    for at in range(0, longest, _AT_ONCE):
        yield {
            name: [column for column in names[at : at + _AT_ONCE] if names.count(column) == 1]
            for name, names in columns.items()
        }


def _see(
    name: str, read: XerFile, kinds: Mapping[str, Mapping[str, int]], reads: Mapping[str, str], mapping: SourceMapping
) -> SeenSheet:
    is_main = name == "TASK"
    looked_for = tuple((column, Use("", words)) for column, words in reads.items())
    if name not in read.table_names:
        return SeenSheet(name, reads=looked_for, is_absent=True)
    columns = [SeenColumn(column, sum(found.values()), found) for column, found in kinds.items()]
    if is_main:
        columns += [*_codes(read, mapping), *_own_fields(read, mapping)]
    rows = len(read.tables[name].lines)
    return SeenSheet(name, read.table_names[name], rows, tuple(columns), looked_for, has_milestones=is_main)


def _codes(read: XerFile, mapping: SourceMapping) -> Iterator[SeenColumn]:
    """The activity codes that the file has, by the names that the mapping has for them, or would have."""
    if "ACTVTYPE" not in read.tables:
        return
    types, assigned = read.tables["ACTVTYPE"], read.tables.get("TASKACTV")
    activities = Counter(assigned.cells("actv_code_type_id")) if assigned else Counter()
    for type_id, name in zip(types.cells("actv_code_type_id"), types.cells("actv_code_type"), strict=True):
        told = [column for column in declared_columns(mapping) if is_code_called(column.lower(), name)]
        yield _further(told or [f"code:{name}"], activities[type_id], "activity code")


def _own_fields(read: XerFile, mapping: SourceMapping) -> Iterator[SeenColumn]:
    """The same of user defined fields of activities."""
    if "UDFTYPE" not in read.tables:
        return
    types, values = read.tables["UDFTYPE"], read.tables.get("UDFVALUE")
    activities = Counter(values.cells("udf_type_id")) if values else Counter()
    for type_id, table, name, label in zip(*(types.cells(each) for each in FIELD_TABLES["UDFTYPE"]), strict=True):
        if table.upper() == "TASK":
            told = [column for column in declared_columns(mapping) if is_own_field_called(column.lower(), name, label)]
            yield _further(told or [f"udf:{label}"], activities[type_id], "user defined field")


def _further(names: Sequence[str], activities: int, what: str) -> SeenColumn:
    return SeenColumn(names[0], activities, {"activities": activities}, what)
