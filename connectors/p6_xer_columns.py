"""Which tables and columns of an XER file are read under a mapping, and what for."""

from collections.abc import Mapping
from typing import Final

from connectors.p6_schedule import declared_columns, plain
from syncsvc.mapping import Mapping as SourceMapping

ENCODING: Final = "cp1252"  # of text that is no UTF-8 and does not say what it is, where the mapping names none

#: The columns that are read of a table whatever the mapping says, and what for.
TABLES: Final[Mapping[str, Mapping[str, str]]] = {
    "PROJECT": {
        "proj_id": "P6's number of the project",
        "proj_short_name": "name of the project",
        "export_flag": "Y: exported",
        "last_recalc_date": "data date",
        "sum_base_proj_id": "its baseline",
        "orig_proj_id": "what it is the baseline of",
    },
    "PROJWBS": {
        "wbs_id": "P6's number of the part of the WBS",
        "parent_wbs_id": "the part above it",
        "wbs_short_name": "name of the part",
        "proj_node_flag": "Y: the project itself",
    },
    "TASK": {
        "task_id": "P6's number of the activity",
        "proj_id": "project of the activity",
        "wbs_id": "part of the WBS",
    },
    "TASKPRED": {
        "pred_task_id": "predecessor of a relation",
        "task_id": "successor of a relation",
        "proj_id": "project of the successor",
        "pred_proj_id": "project of the predecessor",
        "pred_type": "type of a relation",
        "lag_hr_cnt": "lag of a relation",
    },
}
#: The same of activity codes and of own fields, where the mapping names one.
CODE_TABLES: Final[Mapping[str, Mapping[str, str]]] = {
    "ACTVTYPE": {"actv_code_type_id": "P6's number of the code", "actv_code_type": "name of the code"},
    "ACTVCODE": {"actv_code_id": "P6's number of the value", "short_name": "the value"},
    "TASKACTV": {
        "task_id": "the activity",
        "actv_code_type_id": "which code it has",
        "actv_code_id": "which value",
    },
}
FIELD_TABLES: Final[Mapping[str, Mapping[str, str]]] = {
    "UDFTYPE": {
        "udf_type_id": "P6's number of the field",
        "table_name": "what has the field",
        "udf_type_name": "name of the field in a spreadsheet",
        "udf_type_label": "name of the field",
    },
    "UDFVALUE": {
        "udf_type_id": "which field",
        "fk_id": "the activity",
        "udf_date": "the value",
        "udf_number": "the value",
        "udf_text": "the value",
    },
}


def wanted_tables(mapping: SourceMapping) -> dict[str, list[str]]:
    """What is read of a file under a mapping: table -> columns."""
    declared = columns_of(mapping)
    wanted = {name: list(columns) for name, columns in tables_for(mapping).items()}
    wanted["TASK"] = list(dict.fromkeys([*wanted["TASK"], *declared]))
    return wanted


def tables_for(mapping: SourceMapping) -> dict[str, Mapping[str, str]]:
    """The tables that are read under a mapping: of each the columns that no mapping needs to name, and what for."""
    declared = columns_of(mapping)
    has_code, has_own_field = (any(map(is_one, declared)) for is_one in (is_code, is_own_field))
    return {**TABLES, **(CODE_TABLES if has_code else {}), **(FIELD_TABLES if has_own_field else {})}


def columns_of(mapping: SourceMapping) -> list[str]:
    """The columns that a mapping names, in lower case."""
    return list(dict.fromkeys(column.lower() for column in declared_columns(mapping)))


def is_code(column: str) -> bool:
    """Whether a column of a mapping is an activity code."""
    return column.startswith(("actv_code_", "code:"))


def is_own_field(column: str) -> bool:
    """Whether a column of a mapping is a user defined field."""
    return column.startswith(("user_field_", "udf:"))


def is_code_called(column: str, name: str) -> bool:
    """Whether a column of a mapping, in lower case, is the activity code of this name."""
    own = column.removeprefix("code:") if column.startswith("code:") else None
    if own is None and column.startswith("actv_code_"):
        own = column.removeprefix("actv_code_").removesuffix("_id")
    return own is not None and plain(own) == plain(name)


def is_own_field_called(column: str, name: str, label: str) -> bool:
    """Whether a column of a mapping, in lower case, is the user defined field of this name or label."""
    return plain(column.removeprefix("udf:")) == plain(label) if column.startswith("udf:") else name.lower() == column
