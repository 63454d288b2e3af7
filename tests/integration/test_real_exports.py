"""The real exports and the real master list, against totals that people counted and cells read another way."""

import csv
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from connectors.exports import find_exports
from connectors.guess import guess_mapping
from connectors.p6_spreadsheet import P6Spreadsheet, read_export
from connectors.p6_workbook import read_import_workbook
from connectors.table import read_table
from syncsvc.errors import MappingError, SyncsvcError
from syncsvc.mapping import load_mapping
from syncsvc.model import (
    Basis,
    Field,
    Milestone,
    MilestoneKind,
    Outcome,
    RejectCause,
    Side,
    Snapshot,
    Status,
    by_code,
)
from tests.builders import change

pytestmark = pytest.mark.real

NOW = datetime(2019, 5, 20, 12, tzinfo=UTC)
P6 = load_mapping("p6_spreadsheet")
MASTER = load_mapping("lsst_master_list")


@pytest.fixture(scope="module")
def april(real_data: Path) -> Snapshot:
    return read_export(real_data / "201904-ME.xls", P6, taken_at=NOW)


@pytest.fixture(scope="module")
def february(real_data: Path) -> Snapshot:
    return read_export(real_data / "201802-ME.csv", P6, taken_at=NOW)


@pytest.fixture(scope="module")
def baseline(real_data: Path) -> Snapshot:
    return read_export(real_data / "201803-BL.csv", P6, taken_at=NOW)


@pytest.fixture(scope="module")
def master(real_data: Path) -> Snapshot:
    return read_table(real_data / "master-milestones-2017-08-18.csv", MASTER, taken_at=NOW)


def read_day(text: str) -> date | None:
    """A date as P6 writes it, read the other way round: split, not matched."""
    if not text:
        return None
    month, day, year = (int(part) for part in text.split(" ")[0].split("/"))
    return date(year, month, day)


def rows_of(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Number and cells of each row, with no code of ours."""
    if path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file))
    else:
        with path.open("rb") as file:
            sheet = CalamineWorkbook.from_filelike(file).get_sheet_by_name("TASK")
            rows = [[str(cell) for cell in row] for row in sheet.to_python()]
    for number, cells in enumerate(rows, start=1):
        if number > 2:
            yield number, dict(zip(rows[0], cells, strict=True))


def test_april_2019_has_the_totals_that_were_counted(april: Snapshot) -> None:
    assert (april.side, april.period, april.kind, april.data_date) == (Side.PMCS, "2019-04", "ME", date(2019, 4, 30))
    assert (april.rows, len(april.milestones), april.rejects, april.typed) == (386, 386, (), False)
    kinds = Counter(m.kind for m in april.milestones)
    assert kinds == {MilestoneKind.FINISH_MILESTONE: 368, MilestoneKind.START_MILESTONE: 18}
    assert Counter(m.completed_column for m in april.milestones if m.completed) == {
        "act_end_date": 224,
        "start_date": 7,
    }
    assert Counter(m.status for m in april.milestones) == {Status.COMPLETED: 231, Status.NOT_STARTED: 155}
    assert Counter((m.due_column, m.due_basis) for m in april.milestones) == {
        ("base_end_date", Basis.BASELINE): 368,
        ("start_date", Basis.FORECAST): 18,
    }
    assert all(m.forecast for m in april.milestones)
    assert sum(len(m.predecessors) for m in april.milestones) == 1640


def test_february_2018_has_the_totals_that_were_counted(february: Snapshot) -> None:
    assert (february.period, february.kind, len(february.milestones)) == ("2018-02", "ME", 402)
    assert february.rejects == ()
    assert Counter(m.completed_column for m in february.milestones if m.completed) == {
        "act_end_date": 170,
        "start_date": 5,
    }
    forecasts = [m.kind for m in february.milestones if m.forecast]
    assert set(forecasts) == {MilestoneKind.START_MILESTONE}  # this export has no column of current finishes


def test_the_baseline_project_of_march_2018(baseline: Snapshot) -> None:
    assert (baseline.period, baseline.kind, len(baseline.milestones)) == ("2018-03", "BL", 391)
    assert Counter((m.due_column, m.due_basis) for m in baseline.milestones) == {
        ("end_date", Basis.BASELINE): 375,
        ("start_date", Basis.BASELINE): 16,
    }
    assert not [m for m in baseline.milestones if m.forecast or m.completed]
    shown = by_code(baseline.milestones)["DM-AP-1"]
    assert (shown.due, shown.due_column) == (date(2017, 8, 31), "end_date")


@pytest.mark.parametrize("name", ["201904-ME.xls", "201802-ME.csv", "201803-BL.csv"])
def test_every_row_says_what_its_cells_say(real_data: Path, name: str) -> None:
    snapshot = read_export(real_data / name, P6, taken_at=NOW)
    shown = by_code(snapshot.milestones)
    for number, cells in rows_of(real_data / name):
        milestone = shown.pop(cells["task_code"])
        start, finish, baseline, actual = (
            read_day(cells.get(column, "")) for column in ("start_date", "end_date", "base_end_date", "act_end_date")
        )
        assert milestone.where == f"TASK row {number}"
        assert milestone.name == cells["task_name"].strip()
        assert milestone.state == cells["status_code"]
        assert (milestone.wbs or "") == cells["wbs_id"].split(".", 1)[1]
        assert milestone.due == (baseline or finish or start)
        if snapshot.kind == "ME":
            assert milestone.forecast == (
                finish or (start if milestone.kind is MilestoneKind.START_MILESTONE else None)
            )
        is_completed = cells["status_code"] == "Completed"
        assert milestone.completed == (actual or (start if is_completed and not (finish or baseline) else None))
        listed = {code.strip() for code in cells.get("pred_list", "").split(",")} - {""}
        assert listed <= set(milestone.predecessors)
    assert not shown


def test_relations_are_joined_by_id_alone(real_data: Path, april: Snapshot) -> None:
    with (real_data / "201904-ME.xls").open("rb") as file:
        rows = CalamineWorkbook.from_filelike(file).get_sheet_by_name("TASKPRED").to_python()
    before, after = rows[0].index("pred_task_id"), rows[0].index("task_id")
    pairs = {(str(row[after]), str(row[before])) for row in rows[2:]}
    expected = {(m.code, code) for m in april.milestones for code in m.predecessors}
    assert expected == {(code, earlier) for code, earlier in pairs if code in by_code(april.milestones)}
    for m in april.milestones:
        assert list(m.predecessors) == sorted(set(m.predecessors))


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("LSST-1520", Milestone("LSST-1520", due=date(2021, 7, 16), forecast=date(2021, 10, 1), where="TASK row 3")),
        ("LSST-1510", Milestone("LSST-1510", due=date(2021, 2, 2), forecast=date(2021, 2, 2), where="TASK row 4")),
        (
            "LDM-503-06",
            Milestone("LDM-503-06", due=date(2019, 8, 30), forecast=date(2019, 11, 11), where="TASK row 207"),
        ),
        ("DM-STAFF", Milestone("DM-STAFF", due=date(2019, 12, 2), forecast=date(2019, 12, 2), where="TASK row 225")),
        (
            "LDM-503-01",
            Milestone(
                "LDM-503-01",
                due=date(2017, 11, 30),
                forecast=date(2018, 5, 30),
                completed=date(2018, 5, 30),
                where="TASK row 202",
            ),
        ),
        (
            "S19S",
            Milestone(
                "S19S",
                due=date(2018, 12, 1),
                forecast=date(2018, 12, 1),
                completed=date(2018, 12, 1),
                where="TASK row 186",
            ),
        ),
    ],
)
def test_rows_that_people_looked_at(april: Snapshot, code: str, expected: Milestone) -> None:
    shown = by_code(april.milestones)[code]
    assert (shown.due, shown.forecast, shown.completed, shown.where) == (
        expected.due,
        expected.forecast,
        expected.completed,
        expected.where,
    )


def test_the_master_list(master: Snapshot, baseline: Snapshot) -> None:
    assert (master.side, master.period, master.kind) == (Side.PUBLISHED, "2017-08", None)
    assert (master.rows, len(master.milestones)) == (150, 149)
    (reject,) = master.rejects
    assert (reject.where, reject.code, reject.cause) == ("row 68", "DM-NCSA-13", RejectCause.REPEATED)
    assert "Header Writing Service for Spectrograph use case." in reject.reason
    assert "Spectrograph Archiving Service." in reject.reason
    assert Counter(m.level for m in master.milestones) == {3: 125, 2: 24}
    renumbered = {m.code: MASTER.renumber(m.code) for m in master.milestones}
    assert sum(code != known_as for code, known_as in renumbered.items()) == 10
    assert set(renumbered.values()) <= set(by_code(baseline.milestones))


def test_mappings_are_guessed_from_the_headers(real_data: Path) -> None:
    guessed = {}
    for path in sorted(real_data.iterdir()):
        try:
            guessed[path.name] = guess_mapping(path)
        except MappingError:
            guessed[path.name] = ""
    assert {name: mapping for name, mapping in guessed.items() if mapping} == {
        "201802-ME.csv": "p6_spreadsheet",
        "201803-BL.csv": "p6_spreadsheet",
        "201904-ME.xls": "p6_spreadsheet",
        "LDM-564-2019-05-20.txt": "ldm564",
        "master-milestones-2017-08-18.csv": "lsst_master_list",
    }


def test_the_real_folder_as_a_source(real_data: Path, tmp_path: Path) -> None:
    connector = P6Spreadsheet("pmcs", P6, real_data, outbox=tmp_path, now=lambda: NOW)
    pulled = connector.pull((), {})
    assert [(s.period, s.kind) for s in pulled.snapshots] == [("2018-02", "ME"), ("2018-03", "BL"), ("2019-04", "ME")]
    (problem,) = pulled.problems  # the master list lies in the same folder, and is no export
    assert problem.where.endswith("master-milestones-2017-08-18.csv")
    assert "has no column task_code" in problem.problem
    assert connector.read(["DM-AP-7"]).milestones[0].completed == date(2018, 6, 29)
    assert connector.check() == []


def test_a_completion_for_the_real_export_goes_back_with_its_settings(real_data: Path, tmp_path: Path) -> None:
    connector = P6Spreadsheet("pmcs", P6, real_data / "201904-ME.xls", outbox=tmp_path, now=lambda: NOW)
    reported = change("DM-1", Field.COMPLETED, None, date(2019, 4, 26), code="DM-SUIT-10", target=Side.PMCS)
    (receipt,) = connector.apply([reported])
    assert receipt.outcome is Outcome.HANDED_OVER
    workbook = Path(receipt.detail or "")
    assert read_import_workbook(workbook) == {"DM-SUIT-10": date(2019, 4, 26)}
    with workbook.open("rb") as file:
        settings = CalamineWorkbook.from_filelike(file).get_sheet_by_name("USERDATA").to_python()
    with (real_data / "201904-ME.xls").open("rb") as file:
        original = CalamineWorkbook.from_filelike(file).get_sheet_by_name("USERDATA").to_python()
    assert settings == original


@pytest.mark.parametrize("share", [0.001, 0.1, 0.4, 0.8, 0.99])
@pytest.mark.parametrize("name", ["201904-ME.xls", "201802-ME.csv"])
def test_a_real_export_that_was_cut_off_is_refused(real_data: Path, tmp_path: Path, name: str, share: float) -> None:
    content = (real_data / name).read_bytes()
    cut = tmp_path / name
    cut.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(SyncsvcError) as caught:
        read_export(cut, P6, taken_at=NOW)
    assert name in caught.value.message


def test_a_damaged_address_in_the_real_export_does_not_take_the_memory(real_data: Path, tmp_path: Path) -> None:
    content = bytearray((real_data / "201904-ME.xls").read_bytes())
    cell = b"\xfd\x00\x0a\x00"  # a cell with a shared text: then its row and its column, two bytes each
    content[content.rindex(cell + (14_039).to_bytes(2, "little")) + 7] = 0xFF
    damaged = tmp_path / "201904-ME.xls"
    damaged.write_bytes(content)
    with pytest.raises(SyncsvcError, match="takes more memory than any export should"):
        read_export(damaged, P6, taken_at=NOW)


def test_the_exports_are_in_order(real_data: Path) -> None:
    assert [file.period for file in find_exports(real_data, P6)] == ["2017-08", "2018-02", "2018-03", "2019-04"]
