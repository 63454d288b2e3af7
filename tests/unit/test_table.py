"""Milestone lists that a mapping describes, as the published side."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from connectors.table import read_table
from syncsvc.errors import MappingError
from syncsvc.mapping import Mapping, load_mapping
from syncsvc.model import Basis, MilestoneKind, RejectCause, Side, Status
from tests.p6_files import write_xlsx

NOW = datetime(2019, 5, 20, 12, tzinfo=UTC)
MASTER = load_mapping("lsst_master_list")

OWN = """
description = "a list"
format = "table"
side = "published"
sheet = "Plan"
required = ["code", "due", "completed"]
[columns]
code = "Id"
kind = "Type"
[kinds]
"finish" = "finish_milestone"
[dates]
formats = ["D.M.YYYY"]
due = [{ column = "Due", basis = "planned" }]
completed = [{ column = "Done" }]
"""


@pytest.fixture
def own(tmp_path: Path) -> Mapping:
    (tmp_path / "own.toml").write_text(OWN)
    return load_mapping("own.toml", tmp_path)


def test_the_master_list(tmp_path: Path) -> None:
    path = tmp_path / "master-milestones-2017-08-18.csv"
    path.write_text(
        "Milestone ID,Level,Team,Target Date,Prerequisites,Description\n"
        'LDM-503-1,2,,2017-11-30,"DM-DAX-2, DM-DAX-1, Auth system [NCSA?]",Science Platform\n'
        "DM-NCSA-13,3,NCSA,2018-11-30,,Header Writing\n"
        "DM-NCSA-13,3,NCSA,2018-11-30,,Archiving\n"
        "DM-STAFF,x,,soon,,Staffing\n"
    )
    snapshot = read_table(path, MASTER, taken_at=NOW)
    assert (snapshot.side, snapshot.period, snapshot.kind, snapshot.data_date) == (
        Side.PUBLISHED,
        "2017-08",
        None,
        None,
    )
    first, second, third = snapshot.milestones
    assert (first.code, first.level, first.name, first.where) == ("LDM-503-1", 2, "Science Platform", "row 2")
    assert (first.due, first.due_column, first.due_basis) == (date(2017, 11, 30), "Target Date", Basis.PLANNED)
    assert (first.kind, first.status, first.completed) == (MilestoneKind.UNKNOWN, Status.UNKNOWN, None)
    assert first.predecessors == ("DM-DAX-1", "DM-DAX-2")
    assert (second.code, second.name) == ("DM-NCSA-13", "Header Writing")
    assert (third.code, third.level, third.due) == ("DM-STAFF", None, None)
    unread, repeated = sorted(snapshot.rejects, key=lambda reject: reject.where, reverse=True)
    assert (repeated.where, repeated.cause) == ("row 4", RejectCause.REPEATED)
    assert "'Header Writing'" in repeated.reason
    assert "'Archiving'" in repeated.reason
    assert (unread.where, unread.field) == ("row 5", "due")


def test_a_list_of_ones_own_in_a_workbook(tmp_path: Path, own: Mapping) -> None:
    rows = [
        ["Id", "Type", "Due", "Done"],
        ["A-1", "Finish", "30.4.2019", ""],
        ["A-2", "finish", "1.5.2019", "2.5.2019"],
    ]
    snapshot = read_table(write_xlsx(tmp_path / "list.xlsx", {"Notes": [], "Plan": rows}), own, taken_at=NOW)
    assert [(m.code, m.kind, m.due, m.completed, m.status, m.where) for m in snapshot.milestones] == [
        ("A-1", MilestoneKind.FINISH_MILESTONE, date(2019, 4, 30), None, Status.UNKNOWN, "Plan row 2"),
        ("A-2", MilestoneKind.FINISH_MILESTONE, date(2019, 5, 1), date(2019, 5, 2), Status.COMPLETED, "Plan row 3"),
    ]
    assert snapshot.period is None


def test_the_first_sheet_is_read_where_none_is_named(tmp_path: Path) -> None:
    rows = [["Milestone ID", "Target Date"], ["A-1", "2019-04-30"]]
    snapshot = read_table(write_xlsx(tmp_path / "x.xlsx", {"List": rows, "Other": []}), MASTER, taken_at=NOW)
    assert [m.where for m in snapshot.milestones] == ["row 2"]


def test_a_missing_column_names_the_mapping(tmp_path: Path, own: Mapping) -> None:
    path = write_xlsx(tmp_path / "x.xlsx", {"Plan": [["Id", "Type", "Due"]]})
    with pytest.raises(MappingError, match=r"x\.xlsx: sheet Plan has no column Done, which mapping own, line 15"):
        read_table(path, own, taken_at=NOW)


def test_a_mapping_for_exports_reads_no_list(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="files of format p6_spreadsheet, not table"):
        read_table(tmp_path / "x.csv", load_mapping("p6_spreadsheet"), taken_at=NOW)
