"""The P6 spreadsheet connector: which export is the newest, what cannot be read, what is handed over."""

import os
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from connectors.p6_spreadsheet import P6Spreadsheet
from connectors.p6_workbook import read_import_workbook
from syncsvc.connector import Connector, fingerprint
from syncsvc.errors import BadExport, ExitCode, MappingError, SourceError, UsageError
from syncsvc.mapping import load_mapping
from syncsvc.model import Change, Field, Outcome, Side
from tests.builders import change
from tests.p6_files import activity, table_of, write_csv, write_xlsx

NOW = datetime(2019, 5, 20, 12, tzinfo=UTC)
MARCH, APRIL, MAY = (date(2019, month, 15) for month in (3, 4, 5))
DUE = "5/15/2019 5:00:00 PM"


@pytest.fixture
def exports(tmp_path: Path) -> Path:
    (tmp_path / "exports").mkdir()
    return tmp_path / "exports"


@pytest.fixture
def make(tmp_path: Path, exports: Path) -> Callable[..., P6Spreadsheet]:
    def make(**settings: Any) -> P6Spreadsheet:
        mapping = load_mapping("p6_spreadsheet")
        settings = {"exports": exports, "outbox": tmp_path / "outbox", "now": lambda: NOW, **settings}
        return P6Spreadsheet("schedule", mapping, **settings)

    return make


@pytest.fixture
def connector(make: Callable[..., P6Spreadsheet]) -> P6Spreadsheet:
    return make()


def completion(code: str, after: date | None, before: date | None = None) -> Change:
    return change(f"DM-{code}", Field.COMPLETED, before, after, code=code, target=Side.PMCS)


def outcomes(connector: P6Spreadsheet, *changes: Change) -> dict[str, tuple[Outcome, str]]:
    return {r.change.code: (r.outcome, r.detail or "") for r in connector.apply(changes)}


# pulling


def test_it_is_a_connector(connector: P6Spreadsheet) -> None:
    assert isinstance(connector, Connector)


def test_exports_come_in_order_of_the_period_they_are_of(exports: Path, connector: P6Spreadsheet) -> None:
    write_csv(exports / "201904-ME.csv", activity("A-1", end_date=DUE))
    write_csv(exports / "201903-BL.csv", activity("A-1", end_date=DUE))
    write_csv(exports / "newest.csv", activity("A-1", wbs_id="LSST ME 19-02.1", end_date=DUE))
    pulled = connector.pull((), {})
    assert [(s.period, s.kind, s.connector) for s in pulled.snapshots] == [
        ("2019-02", "ME", "schedule"),
        ("2019-03", "BL", "schedule"),
        ("2019-04", "ME", "schedule"),
    ]


def test_an_export_that_names_no_kind_counts_as_the_one_that_is_planned_from(
    exports: Path, make: Callable[..., P6Spreadsheet]
) -> None:
    write_csv(exports / "201903.csv", activity("A-1", end_date=DUE))
    assert [s.kind for s in make().pull((), {}).snapshots] == ["ME"]
    (baseline,) = make(plan_from="BL").pull((), {}).snapshots
    assert (baseline.kind, baseline.milestones[0].due_basis) == ("BL", "baseline")


def test_what_changed_since_is_brought_again(exports: Path, connector: P6Spreadsheet) -> None:
    export = write_csv(exports / "201904-ME.csv", activity("A-1", end_date=DUE))
    seen = {snapshot.source: fingerprint(snapshot) for snapshot in connector.pull((), {}).snapshots}
    assert list(seen) == [str(export)]
    assert connector.pull((), seen).snapshots == ()
    write_csv(export, activity("A-1", end_date="6/15/2019"))
    assert len(connector.pull((), seen).snapshots) == 1
    write_csv(export, activity("A-1", end_date=DUE))
    assert connector.pull((), {str(export): f"{seen[str(export)].split(':')[0]}:another mapping"}).snapshots


@pytest.mark.parametrize("name", ["201904-ME.xls", "201904.xls", "latest.xls", "201903-ME-v2.xls"])
def test_the_newest_export_must_be_readable(exports: Path, connector: P6Spreadsheet, name: str) -> None:
    write_csv(exports / "201903-ME.csv", activity("A-1", end_date=DUE))
    (exports / name).write_bytes(b"%PDF-1.7")
    with pytest.raises(BadExport, match=f"{name}: the file is a PDF document"):
        connector.pull((), {})


@pytest.mark.parametrize("name", ["201903-ME.xls", "201905-BL.xls", "201904-ME.csv"])
def test_an_older_export_or_another_kind_is_a_problem(exports: Path, connector: P6Spreadsheet, name: str) -> None:
    write_csv(exports / "201904-ME-v2.csv", activity("A-1", end_date=DUE))
    (exports / name).write_bytes(b"%PDF-1.7")
    pulled = connector.pull((), {})
    assert len(pulled.snapshots) == 1
    (problem,) = pulled.problems
    assert problem.where == str(exports / name)
    assert "PDF" in problem.problem
    assert problem.hint
    assert problem.exit_code is ExitCode.SOURCE


def test_an_older_export_without_a_column_is_a_problem_too(exports: Path, connector: P6Spreadsheet) -> None:
    (exports / "201903-ME.csv").write_text("task_code\nA-1\n")
    write_csv(exports / "201904-ME.csv", activity("A-1", end_date=DUE))
    (problem,) = connector.pull((), {}).problems
    assert (problem.exit_code, "has no column status_code" in problem.problem) == (ExitCode.USAGE, True)
    (exports / "201904-ME.csv").unlink()
    with pytest.raises(MappingError):
        connector.pull((), {})


def test_without_a_period_it_says_how_to_tell_it(exports: Path, connector: P6Spreadsheet) -> None:
    export = write_csv(exports / "latest.csv", activity("A-1", end_date=DUE))
    with pytest.raises(UsageError, match="which month this export is of cannot be told") as caught:
        connector.pull((), {})
    assert "2019-04-ME.csv" in caught.value.hint
    assert "pull --file latest.csv --period 2019-04 --kind ME" in caught.value.hint
    assert connector.check()[0].exit_code is ExitCode.USAGE
    snapshot = connector.read_file(export, "2019-04", "ME")
    assert (snapshot.period, snapshot.kind, snapshot.connector) == ("2019-04", "ME", "schedule")


def test_one_file_is_a_source_as_well(exports: Path, make: Callable[..., P6Spreadsheet]) -> None:
    export = write_csv(exports / "201904-ME.csv", activity("A-1", end_date=DUE))
    connector = make(exports=export)
    assert [s.source for s in connector.pull((), {}).snapshots] == [str(export)]
    assert connector.read(["A-1"]).period == "2019-04"


# reading


def test_reading_takes_the_newest_edition_of_the_kind_that_is_planned_from(
    exports: Path, connector: P6Spreadsheet
) -> None:
    for name, day in (("201903-ME", "1/1/2020"), ("201904-ME", "2/1/2020"), ("201904-ME-2", "3/1/2020")):
        write_csv(exports / f"{name}.csv", activity("A-1", end_date=day), activity("A-2", end_date=day))
    write_csv(exports / "201905-BL.csv", activity("A-1", end_date="4/1/2020"))
    snapshot = connector.read(["A-1", "A-404"])
    assert [(m.code, m.due) for m in snapshot.milestones] == [("A-1", date(2020, 3, 1))]


def test_reading_looks_into_files_whose_names_tell_nothing(exports: Path, connector: P6Spreadsheet) -> None:
    write_csv(exports / "201904-ME.csv", activity("A-1", end_date=DUE))
    write_csv(exports / "a.csv", activity("A-1", wbs_id="LSST ME 19-05.1", end_date="6/1/2020"))
    write_csv(exports / "b.csv", activity("A-1", wbs_id="LSST BL 19-06.1", end_date="7/1/2020"))
    write_csv(exports / "c.csv", activity("A-1", wbs_id="LSST ME 19-03.1", end_date="8/1/2020"))
    assert connector.read(["A-1"]).period == "2019-05"


def test_reading_sees_what_became_of_a_file_since(exports: Path, connector: P6Spreadsheet) -> None:
    export = write_csv(exports / "201904-ME.csv", activity("A-1", end_date=DUE))
    assert connector.read(["A-1"]).milestones[0].due == MAY
    assert connector.read(["A-1"]).milestones[0].due == MAY
    write_csv(export, activity("A-1", end_date="6/15/2019"))
    assert connector.read(["A-1"]).milestones[0].due == date(2019, 6, 15)


def test_without_an_export_of_that_kind_there_is_nothing_to_read(exports: Path, connector: P6Spreadsheet) -> None:
    write_csv(exports / "201904-BL.csv", activity("A-1", end_date=DUE))
    with pytest.raises(SourceError, match="there is no export of kind ME"):
        connector.read(["A-1"])
    assert connector.pull((), {}).problems == ()


# handing over


def test_each_kind_of_milestone_gets_a_workbook_of_its_own(exports: Path, connector: P6Spreadsheet) -> None:
    rows = [activity("F-1", end_date=DUE), activity("S-1", start_date=DUE), activity("F-2", end_date=DUE)]
    settings = [["user_data"], ["UserSettings Do Not Edit"], ["DurationQtyType=QT_Hour"]]
    write_xlsx(exports / "201904-ME.xlsx", {"TASK": table_of(rows), "USERDATA": settings})
    batch = [completion("F-1", MARCH), completion("S-1", APRIL), completion("F-2", APRIL)]
    done = outcomes(connector, *batch)
    assert {outcome for outcome, _ in done.values()} == {Outcome.HANDED_OVER}
    finish, start = Path(done["F-1"][1]), Path(done["S-1"][1])
    assert (done["F-2"][1], finish.name[-12:], start.name[-11:]) == (str(finish), "-finish.xlsx", "-start.xlsx")
    assert read_import_workbook(finish) == {"F-1": MARCH, "F-2": APRIL}
    assert read_import_workbook(start) == {"S-1": APRIL}
    book = openpyxl.load_workbook(finish)
    assert book["TASK"]["C3"].value == datetime.fromisoformat("2019-03-15 17:00")
    assert [row[0].value for row in book["USERDATA"].iter_rows()] == [row[0] for row in settings]
    assert openpyxl.load_workbook(start)["TASK"]["C3"].value == datetime.fromisoformat("2019-04-15 08:00")
    assert connector.delivered(batch) == "; ".join(sorted([str(finish), str(start)]))


@pytest.mark.parametrize(
    ("asked", "outcome", "said"),
    [
        (completion("A-404", MARCH), Outcome.REFUSED, "A-404 is not in 201904-ME.csv; importing it would make a new"),
        (completion("A-1", None), Outcome.REFUSED, "cannot be taken out of P6"),
        (
            completion("A-1", MAY),
            Outcome.REFUSED,
            "2019-05-15 is later than the data date of 201904-ME.csv, 2019-04-30",
        ),
        (
            completion("BOTH", MARCH),
            Outcome.REFUSED,
            "BOTH is no milestone in 201904-ME.csv, as far as that can be told",
        ),
        (completion("TWICE", MARCH), Outcome.REFUSED, "TWICE is listed 2 times with different dates"),
        (completion("BAD", MARCH), Outcome.REFUSED, "completed: act_end_date 'soon' is not a date"),
        (completion("DONE", MARCH), Outcome.ALREADY, "201904-ME.csv shows it"),
        (completion("DONE", APRIL), Outcome.STALE, "201904-ME.csv shows 2019-03-15"),
        (completion("A-1", MARCH, APRIL), Outcome.STALE, "201904-ME.csv shows no completion"),
    ],
)
def test_what_is_not_handed_over_says_why(
    tmp_path: Path, exports: Path, connector: P6Spreadsheet, asked: Change, outcome: Outcome, said: str
) -> None:
    write_csv(
        exports / "201904-ME.csv",
        activity("A-1", end_date=DUE),
        activity("BOTH", start_date=DUE, end_date=DUE),
        activity("TWICE", end_date=DUE),
        activity("TWICE", end_date="6/1/2019"),
        activity("BAD", end_date=DUE, act_end_date="soon"),
        activity("DONE", status_code="Completed", act_end_date="3/15/2019"),
    )
    done, why = outcomes(connector, asked)[asked.code]
    assert (done, said in why) == (outcome, True), why
    assert not (tmp_path / "outbox").exists()
    assert connector.delivered([asked]) is None


def test_a_field_that_cannot_be_read_elsewhere_keeps_nothing_from_being_handed_over(
    exports: Path, connector: P6Spreadsheet
) -> None:
    write_csv(exports / "201904-ME.csv", activity("A-1", end_date="soon"))
    assert outcomes(connector, completion("A-1", MARCH))["A-1"][0] is Outcome.HANDED_OVER


def test_two_issues_that_report_one_completion_are_one_row(exports: Path, connector: P6Spreadsheet) -> None:
    write_csv(exports / "201904-ME.csv", activity("A-1", end_date=DUE))
    same = [change(key, Field.COMPLETED, None, MARCH, code="A-1", target=Side.PMCS) for key in ("DM-1", "DM-2")]
    receipts = list(connector.apply(same))
    assert [receipt.outcome for receipt in receipts] == [Outcome.HANDED_OVER] * 2
    assert read_import_workbook(Path(receipts[0].detail or "")) == {"A-1": MARCH}


def test_two_completions_of_one_milestone_are_refused(exports: Path, connector: P6Spreadsheet) -> None:
    write_csv(exports / "201904-ME.csv", activity("A-1", end_date=DUE))
    receipts = list(connector.apply([completion("A-1", MARCH), completion("A-1", APRIL)]))
    assert {(receipt.outcome, receipt.detail) for receipt in receipts} == {
        (Outcome.REFUSED, "A-1 has two dates in one batch")
    }


def test_the_name_depends_on_the_rows_alone(exports: Path, make: Callable[..., P6Spreadsheet]) -> None:
    write_csv(exports / "201904-ME.csv", activity("A-1", end_date=DUE), activity("A-2", end_date=DUE))
    batch = [completion("A-1", MARCH), completion("A-2", APRIL)]
    first = outcomes(make(), *batch)["A-1"][1]
    inode = Path(first).stat().st_ino
    assert outcomes(make(), *reversed(batch), completion("A-404", MARCH))["A-1"][1] == first
    assert Path(first).stat().st_ino == inode  # it was not written again


def test_a_due_date_in_the_batch_is_no_second_completion(exports: Path, connector: P6Spreadsheet) -> None:
    write_csv(exports / "201904-ME.csv", activity("A-1", end_date=DUE), activity("A-1", end_date=DUE))
    due = change("DM-1", Field.DUE, MAY, APRIL, code="A-1", target=Side.PMCS)
    twice = [completion("A-1", MARCH)] * 2
    receipts = [(r.change.field, r.outcome) for r in connector.apply([due, *twice])]
    assert sorted(receipts) == [
        (Field.COMPLETED, Outcome.HANDED_OVER),
        (Field.COMPLETED, Outcome.HANDED_OVER),
        (Field.DUE, Outcome.REFUSED),
    ]


def test_a_workbook_that_was_damaged_since_is_written_again(exports: Path, connector: P6Spreadsheet) -> None:
    write_csv(exports / "201904-ME.csv", activity("A-1", end_date=DUE))
    path = Path(outcomes(connector, completion("A-1", MARCH))["A-1"][1])
    content = path.read_bytes()
    path.write_bytes(content[:100])
    assert connector.delivered([completion("A-1", MARCH)]) is None
    outcomes(connector, completion("A-1", MARCH))
    assert path.read_bytes() == content


def test_the_rest_of_a_batch_is_found_after_some_receipts_were_kept(exports: Path, connector: P6Spreadsheet) -> None:
    write_csv(exports / "201904-ME.csv", *(activity(code, end_date=DUE) for code in ("A-1", "A-2", "A-3")))
    batch = [completion("A-1", MARCH), completion("A-2", APRIL)]
    path = outcomes(connector, *batch)["A-1"][1]
    assert connector.delivered(batch[1:]) == path
    assert connector.delivered([*batch, completion("A-3", MARCH)]) is None


def test_what_was_handed_over_is_found_without_the_exports(exports: Path, connector: P6Spreadsheet) -> None:
    export = write_csv(exports / "201904-ME.csv", activity("A-1", end_date=DUE))
    path = outcomes(connector, completion("A-1", MARCH))["A-1"][1]
    export.unlink()
    assert connector.delivered([completion("A-1", MARCH)]) == path


def test_an_outbox_that_cannot_be_written_to_fails_in_words(
    tmp_path: Path, exports: Path, connector: P6Spreadsheet
) -> None:
    write_csv(exports / "201904-ME.csv", activity("A-1", end_date=DUE))
    (tmp_path / "outbox").touch()
    (problem,) = connector.check()
    assert (problem.where, "is not a folder" in problem.problem) == ("connectors.schedule.outbox", True)
    outcome, why = outcomes(connector, completion("A-1", MARCH))["A-1"]
    assert (outcome, "outbox" in why) == (Outcome.FAILED, True)


def test_check_names_an_outbox_without_permission(
    tmp_path: Path, exports: Path, connector: P6Spreadsheet, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_csv(exports / "201904-ME.csv", activity("A-1", end_date=DUE))
    assert connector.check() == []
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert [problem.problem for problem in connector.check()] == [f"{tmp_path} cannot be written to"]


def test_check_names_what_is_wrong_with_the_exports(exports: Path, connector: P6Spreadsheet) -> None:
    (problem,) = connector.check()
    assert problem.where == "connectors.schedule.exports"
    assert "has no export in it" in problem.problem
    assert problem.exit_code is ExitCode.SOURCE
