"""What an XER export says: projects and stubs, paths, codes, dates by kind and baseline, relations, and bad rows."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors import p6_schedule_export
from connectors.p6_schedule_export import ProjectChoice
from connectors.p6_xer import read_export
from syncsvc.errors import BadExport, MappingError, SourceError, UsageError
from syncsvc.mapping import load_mapping
from syncsvc.model import Basis, Milestone, MilestoneKind, RejectCause, Snapshot, Status, by_code
from tests.site import ROOT
from tests.xer_files import VERSIONS, Cells, completed, project, relation, schedule, task, wbs, write_xer

NOW = datetime(2019, 5, 3, tzinfo=UTC)
MAPPING = load_mapping("p6_xer")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def read(folder: Path, tables: Mapping[str, Sequence[Cells]], name: str = "a.xer", **options: Any) -> Snapshot:
    written = {key: options.pop(key) for key in ("version", "encoding", "newline") if key in options}
    path = write_xer(folder / name, tables, **written)
    return read_export(path, options.pop("mapping", MAPPING), taken_at=NOW, **options)


def milestones(snapshot: Snapshot) -> dict[str, Milestone]:
    return by_code(snapshot.milestones)


def reasons(snapshot: Snapshot) -> list[tuple[str, str | None, str | None, str]]:
    return [(reject.where, reject.code, reject.field, reject.reason) for reject in snapshot.rejects]


def mapping_with(folder: Path, *changes: tuple[str, str]) -> Any:
    text = MAPPING.text
    for found, put in changes:
        assert found in text
        text = text.replace(found, put, 1)
    (folder / "own.toml").write_text(text)
    return load_mapping("own.toml", folder)


# dates, kinds, words


def test_an_activity_is_read_whole(folder: Path) -> None:
    tables = schedule(
        completed(1, "DM-AP-1", "2018-06-27 08:00", task_name="Demonstrate it"),
        task(2, "DM-AP-2", reend_date="2019-08-30 17:00"),
        relations=[relation(1, 1, 2)],
    )
    snapshot = read(folder, tables)
    first, second = snapshot.milestones
    assert first == Milestone(
        code="DM-AP-1",
        name="Demonstrate it",
        kind=MilestoneKind.FINISH_MILESTONE,
        status=Status.COMPLETED,
        wbs="02C.05",
        due=date(2018, 6, 29),
        due_column="target_end_date",
        due_basis=Basis.PLANNED,
        forecast=date(2018, 6, 27),
        completed=date(2018, 6, 27),
        completed_column="act_end_date",
        where="TASK line 18",
        state="Completed",
    )
    assert (second.due, second.forecast, second.completed) == (date(2019, 6, 28), date(2019, 8, 30), None)
    assert (second.status, second.state, second.predecessors) == (Status.NOT_STARTED, "Not Started", ("DM-AP-1",))
    assert (snapshot.period, snapshot.kind, snapshot.data_date) == ("2019-04", "ME", date(2019, 4, 30))
    assert (snapshot.typed, snapshot.complete, snapshot.rejects) == (True, True, ())


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("encoding", "newline"), [("cp1252", "\r\n"), ("utf-8", "\n"), ("utf-16", "\r\n")])
def test_every_version_of_p6_says_the_same(folder: Path, version: str, encoding: str, newline: str) -> None:
    tables = schedule(
        task(1, "A-1", task_name="Größe der Fläche"),
        completed(2, "A-2", "2019-03-29 17:00"),
        task(3, "A-3", task_type="TT_Mile", wbs_id=10),
        task(4, "A-4", task_type="TT_Task", status_code="TK_Active", act_start_date="2019-01-07 08:00"),
        relations=[relation(1, 1, 2), relation(2, 3, 2, pred_type="PR_SS")],
    )
    plain = read(folder, tables)
    other = read(folder, tables, version=version, encoding=encoding, newline=newline)
    assert other.milestones == plain.milestones
    assert [m.status for m in other.milestones] == [
        Status.NOT_STARTED,
        Status.COMPLETED,
        Status.NOT_STARTED,
        Status.IN_PROGRESS,
    ]
    assert milestones(other)["A-2"].predecessors == ("A-1", "A-3")
    assert (other.period, other.data_date, other.rejects) == ("2019-04", date(2019, 4, 30), ())


@pytest.mark.parametrize(
    ("task_type", "kind"),
    [
        ("TT_Mile", MilestoneKind.START_MILESTONE),
        ("TT_FinMile", MilestoneKind.FINISH_MILESTONE),
        ("TT_Task", MilestoneKind.TASK),
        ("TT_Rsrc", MilestoneKind.TASK),
        ("TT_LOE", MilestoneKind.LEVEL_OF_EFFORT),
        ("TT_WBS", MilestoneKind.WBS_SUMMARY),
    ],
)
def test_the_type_says_the_kind(folder: Path, task_type: str, kind: MilestoneKind) -> None:
    assert read(folder, schedule(task(1, "A-1", task_type=task_type))).milestones[0].kind is kind


def test_a_start_milestone_has_its_starts(folder: Path) -> None:
    starts = {"target_start_date": "2019-06-03 08:00", "restart_date": "2019-07-01 08:00"}
    tables = schedule(
        task(1, "S-1", task_type="TT_Mile", **starts),
        completed(2, "S-2", "2018-05-02 08:00", task_type="TT_Mile", act_end_date=""),
    )
    waiting, done = read(folder, tables).milestones
    assert (waiting.due, waiting.due_column, waiting.forecast) == (
        date(2019, 6, 3),
        "target_start_date",
        date(2019, 7, 1),
    )
    assert (done.completed, done.completed_column, done.forecast) == (
        date(2018, 5, 2),
        "act_start_date",
        date(2018, 5, 2),
    )


def test_a_completion_without_a_date_borrows_none_and_is_told(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    (shown,) = read(folder, schedule(completed(1, "A-1", ""))).milestones
    assert (shown.status, shown.completed) == (Status.COMPLETED, None)
    assert caplog.messages == ["a.xer: TASK line 18: A-1 is completed, and no date says when"]


def test_an_actual_date_on_a_row_that_is_not_started_is_no_completion(folder: Path) -> None:
    snapshot = read(folder, schedule(task(1, "A-1", act_end_date="2019-03-29 17:00")))
    assert [(m.due, m.completed) for m in snapshot.milestones] == [(date(2019, 6, 28), None)]
    assert [(where, field) for where, _, field, _ in reasons(snapshot)] == [("TASK line 18", "completed")]


@pytest.mark.parametrize(
    "written", ["2019-06-28", "2019-06-28 17:00", "2019-06-28 17.00", "2019-06-28 17:00:59", " 2019-06-28 00:00 "]
)
def test_a_date_is_a_day_with_a_time_or_without(folder: Path, written: str) -> None:
    assert read(folder, schedule(task(1, "A-1", written))).milestones[0].due == date(2019, 6, 28)


def test_a_date_that_cannot_be_read_is_told_and_the_rest_is_read(folder: Path) -> None:
    snapshot = read(folder, schedule(task(1, "A-1", target_end_date="31.06.2019"), task(2, "A-2")))
    assert reasons(snapshot) == [
        (
            "TASK line 18",
            "A-1",
            "due",
            "due: target_end_date '31.06.2019' is not a date; dates are written YYYY-MM-DD here;"
            " see mapping p6_xer, line 52 (dates.due)",
        )
    ]
    assert (milestones(snapshot)["A-1"].due, milestones(snapshot)["A-2"].due) == (None, date(2019, 6, 28))


def test_a_name_is_one_line_without_control_characters(folder: Path) -> None:
    names = ["over\r\ntwo lines", "with\x7f\x7fP6's own", "\x1b[31mred", 'a ""quoted"" word']
    tables = schedule(*(task(at, f"A-{at}", task_name=name) for at, name in enumerate(names)))
    shown = [m.name for m in read(folder, tables).milestones]
    assert shown == ["over two lines", "with P6's own", "[31mred", 'a "quoted" word']


# projects


def two_projects(*, second_flag: str = "Y", **second: object) -> dict[str, Sequence[Cells]]:
    return schedule(
        task(1, "A-1"),
        task(2, "B-1", proj_id=2, wbs_id=20),
        relations=[relation(1, 2, 1, pred_proj_id=2), relation(2, 1, 2, proj_id=2)],
        PROJECT=[project(), project(2, **{"name": "LSST ME 19-04 B", "export_flag": second_flag, **second})],
        PROJWBS=[wbs(1, "LSST ME 19-04"), wbs(10, "02C", 1), wbs(11, "05", 10), wbs(20, "B", proj_id=2)],
    )


def test_all_exported_projects_are_read(folder: Path) -> None:
    assert list(milestones(read(folder, two_projects()))) == ["A-1", "B-1"]


@pytest.mark.parametrize("flag", ["", "N"])
def test_a_project_that_only_lends_an_end_is_not_read_but_its_ids_are_known(folder: Path, flag: str) -> None:
    snapshot = read(folder, two_projects(second_flag=flag))
    (shown,) = snapshot.milestones
    assert (shown.code, shown.predecessors) == ("A-1", ("B-1",))
    assert snapshot.rejects == ()


@pytest.mark.parametrize(("pattern", "codes"), [("LSST ME 19-04", ["A-1"]), ("*b", ["B-1"]), ("L*", ["A-1", "B-1"])])
def test_the_configuration_chooses_projects_by_name(folder: Path, pattern: str, codes: list[str]) -> None:
    assert list(milestones(read(folder, two_projects(), choice=ProjectChoice(project=pattern)))) == codes


def test_a_project_that_is_not_there_is_an_error_that_names_those_that_are(folder: Path) -> None:
    with pytest.raises(SourceError, match=r"a\.xer: no project in it is called X\*; there are LSST ME 19-04, LSST"):
        read(folder, two_projects(), choice=ProjectChoice(project="X*"))


def test_a_code_of_two_projects_with_different_dates_is_used_for_none(folder: Path) -> None:
    tables = two_projects()
    tables["TASK"] = [task(1, "A-1"), task(2, "A-1", "2019-07-31", proj_id=2)]
    snapshot = read(folder, tables)
    assert snapshot.milestones == ()
    assert [reject.cause for reject in snapshot.rejects] == [RejectCause.DUPLICATE] * 2


def test_projects_whose_names_tell_different_kinds_need_a_word_from_the_caller(folder: Path) -> None:
    tables = two_projects(proj_short_name="LSST BL 19-04")
    with pytest.raises(UsageError, match=r"kind is ME.*PROJECT line 8 says BL"):
        read(folder, tables)
    assert list(milestones(read(folder, tables, kind="ME"))) == ["A-1"]
    assert list(milestones(read(folder, tables, name="2019-04-BL.xer"))) == ["B-1"]


def test_a_file_of_another_program_without_projects_is_read(folder: Path) -> None:
    tables = {"TASK": [task(1, "A-1")]}
    snapshot = read(folder, tables, name="2019-04-ME.xer")
    assert [(m.code, m.wbs) for m in snapshot.milestones] == [("A-1", None)]
    assert (snapshot.period, snapshot.data_date) == ("2019-04", date(2019, 4, 30))


def test_an_activity_of_a_project_that_is_not_in_the_file_is_told(folder: Path) -> None:
    snapshot = read(folder, schedule(task(1, "A-1"), task(2, "A-2", proj_id=9)))
    assert reasons(snapshot) == [("TASK line 19", "A-2", None, "proj_id '9' is no project of the file")]


# period and data date


def test_the_data_date_tells_the_period_where_no_name_does(folder: Path) -> None:
    snapshot = read(folder, schedule(task(1, "A-1"), PROJECT=[project(name="P", last_recalc_date="2019-03-15 00:00")]))
    assert (snapshot.period, snapshot.kind, snapshot.data_date) == ("2019-03", None, date(2019, 3, 15))


def test_a_data_date_on_the_first_closes_the_month_before(folder: Path) -> None:
    tables = schedule(task(1, "A-1"), PROJECT=[project(name="LSST ME 18-12", last_recalc_date="2019-01-01 00:00")])
    assert (read(folder, tables).period, read(folder, tables).data_date) == ("2018-12", date(2019, 1, 1))
    tables["PROJECT"] = [project(name="P", last_recalc_date="2019-01-01 00:00")]
    assert read(folder, tables).period == "2019-01"


def test_a_data_date_of_another_month_than_the_names_is_an_error(folder: Path) -> None:
    with pytest.raises(UsageError, match=r"its names say that its period is 2019-05, but its data date is 2019-04-30"):
        read(folder, schedule(task(1, "A-1"), PROJECT=[project(name="P")]), name="2019-05.xer")
    with pytest.raises(UsageError, match=r"is 2019-05, but its data date is 2019-04-30"):
        read(folder, schedule(task(1, "A-1"), PROJECT=[project(name="P")]), period="2019-05")


def test_a_data_date_that_cannot_be_read_is_told_and_the_end_of_the_period_counts(folder: Path) -> None:
    snapshot = read(folder, schedule(task(1, "A-1"), PROJECT=[project(last_recalc_date="soon")]))
    assert snapshot.data_date == date(2019, 4, 30)
    ((where, code, field, reason),) = reasons(snapshot)
    assert (where, code, field) == ("PROJECT line 7", None, "data_date")
    assert reason.startswith("data date: last_recalc_date 'soon' is not a date")


# WBS


def test_the_wbs_is_the_path_below_the_project(folder: Path) -> None:
    nodes = [wbs(1, "P"), wbs(2, "02C", 1), wbs(3, "05", 2), wbs(4, "lost", 77), wbs(5, "a", 6), wbs(6, "b", 5)]
    tables = schedule(*(task(at, f"A-{at}", wbs_id=at) for at in range(1, 8)), PROJWBS=nodes)
    assert [m.wbs for m in read(folder, tables).milestones] == [None, "02C", "02C.05", "lost", "b.a", "b", None]


@pytest.mark.parametrize("order", [1, -1])
def test_a_wbs_without_an_end_is_refused(folder: Path, order: int) -> None:
    nodes = [wbs(1, "P"), *(wbs(at, str(at), at - 1) for at in range(2, 103))][::order]
    with pytest.raises(BadExport, match=r"a\.xer: table PROJWBS: the WBS has more than 100 levels"):
        read(folder, schedule(task(1, "A-1", wbs_id=99), PROJWBS=nodes))
    nodes.remove(wbs(102, "102", 101))
    assert read(folder, schedule(task(1, "A-1", wbs_id=101), PROJWBS=nodes)).milestones[0].wbs == ".".join(
        str(at) for at in range(2, 102)
    )


def test_a_file_without_a_wbs_is_read(folder: Path) -> None:
    tables = {name: rows for name, rows in schedule(task(1, "A-1")).items() if name != "PROJWBS"}
    assert read(folder, tables).milestones[0].wbs is None


# activity codes and own fields


@pytest.mark.parametrize(
    ("level", "jira"),
    [("actv_code_level_of_plan_id", "user_field_859"), ("code:Level of plan", "udf:Promised")],
)
def test_codes_and_own_fields_are_columns_where_the_mapping_names_them(folder: Path, level: str, jira: str) -> None:
    own = mapping_with(
        folder,
        ('wbs = "wbs_id"', f'wbs = "wbs_id"\nlevel = "{level}"'),
        ("due = [\n", f'due = [\n    {{ column = "{jira}", basis = "baseline" }},\n'),
    )
    types = [
        {"udf_type_id": 7, "table_name": "TASK", "udf_type_name": "user_field_859", "udf_type_label": "Promised"},
        {"udf_type_id": 8, "table_name": "PROJWBS", "udf_type_name": "user_field_859", "udf_type_label": "Promised"},
    ]
    tables = schedule(
        task(1, "A-1"),
        task(2, "A-2"),
        ACTVTYPE=[
            {"actv_code_type_id": 3, "actv_code_type": "Level of Plan"},
            {"actv_code_type_id": 4, "actv_code_type": "Team"},
        ],
        ACTVCODE=[
            {"actv_code_id": 31, "actv_code_type_id": 3, "short_name": "2"},
            {"actv_code_id": 41, "actv_code_type_id": 4, "short_name": "9"},
        ],
        TASKACTV=[
            {"task_id": 1, "actv_code_type_id": 3, "actv_code_id": 31},
            {"task_id": 1, "actv_code_type_id": 4, "actv_code_id": 41},
        ],
        UDFTYPE=types,
        UDFVALUE=[
            {"udf_type_id": 8, "fk_id": 1, "udf_date": "2020-01-01 00:00"},
            {"udf_type_id": 7, "fk_id": 1, "udf_date": "2019-05-31 00:00"},
        ],
    )
    first, second = read(folder, tables, mapping=own).milestones
    assert (first.level, first.due, first.due_column) == (2, date(2019, 5, 31), jira)
    assert (second.level, second.due_column) == (None, "target_end_date")


# baselines


def with_baseline(**main: object) -> dict[str, Sequence[Cells]]:
    """A project, and beside it the one that was its plan a year ago."""
    return schedule(
        task(1, "A-1"),
        task(2, "S-1", task_type="TT_Mile"),
        task(3, "NEW"),
        task(11, "A-1", "2018-09-28 17:00", proj_id=2, early_end_date="2018-10-05 17:00"),
        task(12, "S-1", "2018-09-03 08:00", proj_id=2, task_type="TT_Mile"),
        PROJECT=[project(**main), project(2, "LSST BL 18-03", last_recalc_date="2018-03-01 00:00")],
    )


def dues(snapshot: Snapshot) -> dict[str, tuple[date | None, str | None, Basis | None]]:
    return {m.code: (m.due, m.due_column, m.due_basis) for m in snapshot.milestones}


BASELINE_DUES = {
    "A-1": (date(2018, 9, 28), "base_end_date", Basis.BASELINE),
    "S-1": (date(2018, 9, 3), "base_start_date", Basis.BASELINE),
    "NEW": (None, None, None),
}


def test_a_baseline_that_the_project_names_gives_the_dues(folder: Path) -> None:
    snapshot = read(folder, with_baseline(sum_base_proj_id=2))
    assert dues(snapshot) == BASELINE_DUES
    assert snapshot.rejects == ()
    assert (snapshot.kind, snapshot.period) == ("ME", "2019-04")


def test_a_baseline_that_the_configuration_names_gives_the_dues(folder: Path) -> None:
    assert dues(read(folder, with_baseline(), choice=ProjectChoice(baseline_project="LSST BL *"))) == BASELINE_DUES


def baseline_file(folder: Path, **first: object) -> Path:
    tables = schedule(
        task(11, "A-1", "2018-09-28 17:00", early_end_date="2018-10-05 17:00", **first),
        task(12, "S-1", "2018-09-03 08:00", task_type="TT_Mile"),
        PROJECT=[project(1, "LSST BL 18-03", last_recalc_date="2018-03-01 00:00")],
    )
    return write_xer(folder / "baseline.xer", tables)


def test_a_baseline_in_a_file_of_its_own_gives_the_dues(folder: Path) -> None:
    tables = schedule(
        task(1, "A-1"), task(2, "S-1", task_type="TT_Mile"), task(3, "NEW"), PROJECT=[project(sum_base_proj_id=599)]
    )
    choice = ProjectChoice(baseline=baseline_file(folder))
    snapshot = read(folder, tables, choice=choice)
    assert dues(snapshot) == BASELINE_DUES
    assert snapshot.rejects == ()


def test_another_baseline_is_another_reading_of_the_same_bytes(folder: Path) -> None:
    choice = ProjectChoice(baseline=baseline_file(folder))
    first = read(folder, schedule(task(1, "A-1")), choice=choice)
    baseline_file(folder, target_end_date="2018-11-30 17:00")
    second = read(folder, schedule(task(1, "A-1")), choice=choice)
    plain = read(folder, schedule(task(1, "A-1")))
    assert first.sha256 == second.sha256 == plain.sha256
    assert len({first.mapping_sha256, second.mapping_sha256, plain.mapping_sha256}) == 3
    assert plain.mapping_sha256 == MAPPING.sha256


def test_the_mapping_says_which_dates_of_a_baseline_count(folder: Path) -> None:
    own = mapping_with(folder, ('finish = ["target_end_date"]', 'finish = ["act_end_date", "early_end_date"]'))
    snapshot = read(folder, with_baseline(sum_base_proj_id=2), mapping=own)
    assert milestones(snapshot)["A-1"].due == date(2018, 10, 5)


def test_a_baseline_that_is_named_and_not_in_the_file_leaves_the_dues_unseen(folder: Path) -> None:
    tables = schedule(task(1, "A-1"), task(2, "T-1", task_type="TT_Task"), PROJECT=[project(sum_base_proj_id=599)])
    snapshot = read(folder, tables)
    assert dues(snapshot) == {"A-1": (None, None, None), "T-1": (None, None, None)}
    assert reasons(snapshot) == [
        (
            "TASK line 18",
            "A-1",
            "due",
            "due: the baseline of LSST ME 19-04 (sum_base_proj_id 599) is not in the file",
        )
    ]
    assert milestones(snapshot)["A-1"].forecast == date(2019, 6, 28)


def test_a_baseline_that_is_configured_and_not_there_is_an_error(folder: Path) -> None:
    with pytest.raises(SourceError, match=r"a\.xer: no project in it is called X; there are LSST BL 18-03"):
        read(folder, with_baseline(), choice=ProjectChoice(project="LSST ME*", baseline_project="X"))
    with pytest.raises(SourceError, match=r"gone\.xer"):
        read(folder, schedule(task(1, "A-1")), choice=ProjectChoice(baseline=folder / "gone.xer"))
    two = write_xer(folder / "two.xer", two_projects())
    with pytest.raises(
        SourceError, match=r"two\.xer: more than one project in it can be the baseline of LSST ME 19-04"
    ):
        read(folder, schedule(task(1, "A-1")), choice=ProjectChoice(baseline=two))


def test_a_code_that_the_baseline_has_twice_has_no_due(folder: Path) -> None:
    tables = with_baseline(sum_base_proj_id=2)
    tables["TASK"] = [*tables["TASK"], task(13, "A-1", "2018-12-31", proj_id=2)]
    snapshot = read(folder, tables)
    assert milestones(snapshot)["A-1"].due is None
    assert [reject.reason.partition("; see ")[0] for reject in snapshot.rejects] == [
        "due: base_end_date '2018-09-28 17:00 or 2018-12-31' is not a date; dates are written YYYY-MM-DD here"
    ]


def test_the_copy_of_a_project_that_is_its_baseline_is_not_read_as_a_schedule(folder: Path) -> None:
    tables = with_baseline()
    tables["PROJECT"] = [project(), project(2, "LSST ME 19-04 - B1", orig_proj_id=1)]
    assert list(milestones(read(folder, tables))) == ["A-1", "S-1", "NEW"]


def test_an_export_of_a_baseline_promises_its_own_dates(folder: Path) -> None:
    tables = schedule(task(1, "A-1"), PROJECT=[project(name="LSST BL 19-04", last_recalc_date="2018-11-30 17:00")])
    snapshot = read(folder, tables)
    assert dues(snapshot) == {"A-1": (date(2019, 6, 28), "target_end_date", Basis.BASELINE)}
    assert snapshot.milestones[0].forecast is None
    assert (snapshot.kind, snapshot.period, snapshot.data_date) == ("BL", "2019-04", date(2018, 11, 30))


# relations


def test_predecessors_are_unique_and_sorted(folder: Path) -> None:
    relations = [relation(1, 3, 1), relation(2, 2, 1), relation(3, 3, 1, pred_type="PR_FF1"), relation(4, 1, 3)]
    snapshot = read(folder, schedule(task(1, "A"), task(2, "B"), task(3, "C"), relations=relations))
    assert {m.code: m.predecessors for m in snapshot.milestones} == {"A": ("B", "C"), "B": (), "C": ("A",)}


def test_a_relation_that_says_nothing_is_told_and_the_activity_is_kept(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    relations = [relation(1, 404, 1), relation(2, 1, 405), relation(3, 1, 1), relation(4, 2, 1)]
    snapshot = read(folder, schedule(task(1, "A"), task(2, "B"), relations=relations))
    assert caplog.messages == [
        "a.xer: TASKPRED line 22: pred_task_id '404', before A, is no activity of the file; the relation is left out",
        "a.xer: TASKPRED line 23: task_id '405' is no activity of the file; the relation is left out",
        "a.xer: TASKPRED line 24: A comes before itself; the relation is left out",
    ]
    assert milestones(snapshot)["A"].predecessors == ("B",)
    assert snapshot.rejects == ()


def test_relations_to_projects_that_were_not_exported_are_no_fault(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    relations = [relation(1, 404, 1, pred_proj_id=9), relation(2, 1, 405, proj_id=9)]
    snapshot = read(folder, schedule(task(1, "A"), relations=relations))
    assert (snapshot.milestones[0].predecessors, snapshot.rejects, caplog.messages) == ((), (), [])


def test_a_file_without_relations_is_read(folder: Path) -> None:
    tables = {name: rows for name, rows in schedule(task(1, "A")).items() if name != "TASKPRED"}
    assert read(folder, tables).milestones[0].predecessors == ()


# bad files


def test_a_file_without_activities_is_refused(folder: Path) -> None:
    tables = {name: rows for name, rows in schedule().items() if name != "TASK"}
    with pytest.raises(BadExport, match=r"a\.xer: there is no table TASK.*its tables are CURRTYPE, PROJECT, CALENDAR"):
        read(folder, tables)


@pytest.mark.parametrize(
    ("column", "line"),
    [("task_code", "columns.code"), ("status_code", "columns.status"), ("task_type", "columns.kind")],
)
def test_a_column_that_is_missing_is_named_with_the_line_of_the_mapping(folder: Path, column: str, line: str) -> None:
    path = write_xer(folder / "a.xer", schedule(task(1, "A")))
    path.write_bytes(path.read_bytes().replace(f"\t{column}\t".encode(), b"\tsomething_else\t"))
    with pytest.raises(
        MappingError, match=rf"a\.xer: table TASK has no column {column}, which mapping p6_xer, line \d+ \({line}\)"
    ):
        read_export(path, MAPPING, taken_at=NOW)


def test_a_row_with_too_many_cells_is_told_and_not_used(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    relations = [relation(1, 1, 2, lag_hr_cnt="0\t")]
    snapshot = read(folder, schedule(task(1, "A", task_name="a\tb"), task(2, "B"), relations=relations))
    assert [(m.code, m.predecessors) for m in snapshot.milestones] == [("B", ())]
    ((where, code, field, reason),) = reasons(snapshot)
    assert (where, code, field) == ("TASK line 18", "A", None)
    (remark,) = caplog.messages
    assert remark.startswith("a.xer: TASKPRED line 22: the row has 12 cells under 11 headings")
    assert reason.endswith("so they may be shifted")


def test_a_circle_is_one_only_within_a_project(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Ids are unique in one project only: A before B here and B before A there is no circle."""
    projects = [project(), project(2, "LSST ME 19-04b")]
    tasks = [task(1, "A"), task(2, "B"), task(3, "A", proj_id=2), task(4, "B", proj_id=2)]
    ends = {"proj_id": 2, "pred_proj_id": 2}
    relations = [relation(1, 1, 2), relation(2, 4, 3, **ends)]
    read(folder, schedule(*tasks, PROJECT=projects, relations=relations))
    both = "share ids of activities; `project` in the configuration says which are read"
    assert caplog.messages == [f"a.xer: the projects LSST ME 19-04, LSST ME 19-04b: {both}"]
    caplog.clear()
    read(folder, schedule(*tasks, PROJECT=projects, relations=[*relations, relation(3, 3, 4, **ends)]))
    assert "a.xer: TASKPRED lines 26, 27: relations go in a circle: A before B before A" in caplog.messages


def test_projects_without_activities_are_no_export(folder: Path) -> None:
    with pytest.raises(BadExport, match="there are no activities in LSST ME 19-04, so there is nothing"):
        read(folder, schedule())
    with pytest.raises(BadExport, match="there are no activities in the file"):
        read(folder, {name: rows for name, rows in schedule().items() if name != "PROJECT"})


def test_projects_of_different_months_point_to_the_choice(folder: Path) -> None:
    projects = [project(), project(2, "OTHER", last_recalc_date="2019-05-31 17:00")]
    with pytest.raises(UsageError) as caught:
        read(folder, schedule(task(1, "A"), task(2, "B", proj_id=2), PROJECT=projects))
    assert caught.value.message == "a.xer: its names say that its period is 2019-04, but its data date is 2019-05-31."
    assert "`project` in the configuration" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ({"TASK": [task(1, "A"), task(1, "B")]}, "TASK line 19: task_id '1' is B here and A in line 18"),
        ({"PROJECT": [project(), project()]}, "PROJECT line 8: proj_id '1' stands in PROJECT line 7 already"),
        ({"PROJWBS": [wbs(1, "P"), wbs(11, "a", 1), wbs(11, "b", 1)]}, "PROJWBS line 15: wbs_id '11' is listed twice"),
        ({"PROJECT": [project(name="a\tb")]}, "PROJECT line 7: the row has"),
    ],
)
def test_a_file_whose_ids_or_projects_say_nothing_is_refused(
    folder: Path, tables: Mapping[str, Sequence[Cells]], said: str
) -> None:
    with pytest.raises(BadExport) as caught:
        read(folder, {**schedule(task(1, "A")), **tables})
    assert str(caught.value).startswith(f"a.xer: {said}")


def test_an_activity_that_is_listed_twice_counts_once(folder: Path) -> None:
    snapshot = read(folder, schedule(task(1, "A"), task(1, "A")))
    assert [m.where for m in snapshot.milestones] == ["TASK line 18"]
    assert [reject.cause for reject in snapshot.rejects] == [RejectCause.REPEATED]


def test_a_mapping_for_other_files_is_refused(folder: Path) -> None:
    with pytest.raises(MappingError, match="describes files of format p6_spreadsheet, not p6_xer"):
        read(folder, schedule(task(1, "A")), mapping=load_mapping("p6_spreadsheet"))


def test_a_file_that_is_cut_off_gives_nothing(folder: Path) -> None:
    path = write_xer(folder / "a.xer", schedule(task(1, "A"), task(2, "B")))
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(BadExport, match="cut off"):
        read_export(path, MAPPING, taken_at=NOW)


# the worker


def test_a_large_file_is_read_in_a_worker_and_says_the_same(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def in_this_process(*arguments: object) -> None:
        raise AssertionError("a large file was read in this process")

    choice = ProjectChoice(baseline=baseline_file(folder))
    tables = schedule(task(1, "A-1"), task(2, "B", "soon"), relations=[relation(1, 2, 1), relation(2, 9, 1)])
    here = read(folder, tables, choice=choice)
    monkeypatch.setattr(p6_schedule_export, "_SMALL_BYTES", 100)
    monkeypatch.setattr(p6_schedule_export.io, "BytesIO", in_this_process)
    there = read(folder, tables, choice=choice)
    assert there == here
    assert len(there.rejects) == 1
    (folder / "a.xer").write_bytes((folder / "a.xer").read_bytes()[:-9])
    with pytest.raises(BadExport, match=r"a\.xer: .*cut off"):
        read_export(folder / "a.xer", MAPPING, taken_at=NOW)


def test_its_worker_starts_without_what_reads_workbooks() -> None:
    """Every night starts one for each export: what it loads is what a night waits for."""
    loads = "import sys, connectors.p6_schedule_reading, connectors.p6_xer_schedule; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", loads], check=True, capture_output=True, text=True, cwd=ROOT)
    assert "connectors.row" in done.stdout.split()
    assert not {"connectors.sheet", "connectors.package", "lxml", "openpyxl"} & {*done.stdout.split()}
