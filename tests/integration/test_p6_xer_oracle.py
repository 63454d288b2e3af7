"""XER files of every version and make, against MPXJ: on every activity both must see the same, or say why not."""

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from connectors.p6_schedule_export import ProjectChoice
from connectors.p6_xer import read_export
from syncsvc.mapping import load_mapping
from syncsvc.model import Snapshot, by_code
from tests.mpxj_oracle import SeenProject, ask_mpxj, compare
from tests.xer_files import VERSIONS, Cells, project, relation, schedule, task, wbs, write_xer

pytestmark = pytest.mark.usefixtures("mpxj")

MAPPING = load_mapping("p6_xer")
ACTIVITIES = 120
KINDS = ("TT_FinMile", "TT_Task", "TT_Mile", "TT_FinMile", "TT_Rsrc", "TT_LOE", "TT_WBS")
DATA_DATE = date(2019, 4, 30)
NAMES = ("Größe der Fläche prüfen", "Test report: ComCam “ready”", 'Filter of 5""', "50 % done, d'après", "Ænima")


def _schedule(chance: random.Random, *, proj_id: int = 1, first: int = 1) -> dict[str, Sequence[Cells]]:
    """Activities of each kind and status with dates that all differ, below a WBS of three levels."""
    tasks = [_activity(chance, first + at, proj_id) for at in range(ACTIVITIES)]
    relations = [
        relation(
            first * 1000 + at,
            first + chance.randrange(ACTIVITIES),
            first + chance.randrange(ACTIVITIES),
            proj_id=proj_id,
            pred_proj_id=proj_id,
            pred_type=chance.choice(("PR_FS", "PR_SS", "PR_FF", "PR_SF", "PR_FF1")),
        )
        for at in range(3 * ACTIVITIES)
    ]
    relations = [each for each in relations if each["task_id"] != each["pred_task_id"]]
    root = 100 * proj_id
    nodes = [wbs(root, f"LSST ME 19-04 {proj_id}", "", proj_id)]
    nodes += [wbs(root + at, f"{at:02}C", root + at // 3, proj_id) for at in range(1, 9)]
    return schedule(
        *tasks,
        relations=relations,
        PROJECT=[project(proj_id, name=f"LSST ME 19-04 {proj_id}")],
        PROJWBS=nodes,
    )


def _activity(chance: random.Random, number: int, proj_id: int) -> Cells:
    def day(first: date, last: date, hour: str) -> str:
        return f"{first + timedelta(days=chance.randrange((last - first).days))} {hour}"

    kind = chance.choice(KINDS)
    is_milestone = kind in ("TT_Mile", "TT_FinMile")
    status = chance.choice(
        ("TK_NotStart", "TK_Complete") if is_milestone else ("TK_NotStart", "TK_Active", "TK_Complete")
    )
    future = (DATA_DATE, date(2022, 1, 1))
    past = (date(2017, 1, 1), DATA_DATE)
    start, finish = sorted((day(*future, "08:00"), day(*future, "17:00")))
    dates = {"restart_date": start, "reend_date": finish, "early_start_date": start, "early_end_date": finish}
    if status != "TK_NotStart":
        begun, ended = sorted((day(*past, "08:00"), day(*past, "17:00")))
        dates["act_start_date"] = begun
        if status == "TK_Complete":
            dates |= {"act_end_date": ended, "restart_date": "", "reend_date": ""}
    if is_milestone:
        moments = [name for name, value in dates.items() if value]
        ours = "17:00" if kind == "TT_FinMile" else "08:00"
        actual, forecast = day(*past, ours), day(*future, ours)
        dates |= {name: actual if name.startswith("act") else forecast for name in moments}
    planned = day(date(2017, 1, 1), date(2022, 1, 1), "17:00")
    return task(
        number,
        f"{'LDM-503' if is_milestone else 'DM'}-{number:04}",
        planned,
        proj_id=proj_id,
        wbs_id=100 * proj_id + chance.randrange(9),
        task_name=f"{chance.choice(NAMES)} {number}",
        task_type=kind,
        status_code=status,
        target_drtn_hr_cnt=0 if is_milestone else 80,
        **dates,
    )


def _read(path: Path, choice: ProjectChoice | None = None) -> Snapshot:
    return read_export(path, MAPPING, taken_at=datetime(2019, 5, 3, tzinfo=UTC), choice=choice)


@pytest.fixture(scope="module")
def variants(tmp_path_factory: pytest.TempPathFactory, mpxj: None) -> dict[str, tuple[Path, list[SeenProject]]]:
    """Files as P6 writes them, by what is special, each with what MPXJ sees in it."""
    folder = tmp_path_factory.mktemp("variants")
    files = {
        version: write_xer(folder / f"{version}.xer", _schedule(random.Random(version)), version=version)
        for version in VERSIONS
    }
    plain = _schedule(random.Random(1))
    files["unix"] = write_xer(folder / "unix.xer", plain, newline="\n")
    files["utf-8"] = write_xer(folder / "utf8.xer", plain, encoding="utf-8-sig")
    files["utf-16"] = write_xer(folder / "utf16.xer", plain, encoding="utf-16")
    memo = {"memo_id": 1, "task_id": 1, "task_memo": "first\r\n\r\nsecond\tline"}
    files["other tables"] = write_xer(folder / "tables.xer", {"MEMOTYPE": [], **plain, "TASKMEMO": [memo]})
    return dict(zip(files, zip(files.values(), ask_mpxj(*files.values()), strict=True), strict=True))


@pytest.mark.parametrize("variant", [*VERSIONS, "unix", "utf-8", "utf-16", "other tables"])
def test_every_activity_is_the_same(variant: str, variants: dict[str, tuple[Path, list[SeenProject]]]) -> None:
    path, (seen,) = variants[variant]
    snapshot = _read(path)
    assert (len(snapshot.milestones), snapshot.rejects) == (ACTIVITIES, ())
    compare(snapshot, seen)


#: MPXJ keeps a relation to another project apart from those of the project; to us it is one like the others.
ACROSS = ("DM-1000 predecessors: ('DM-1106', 'DM-2000', 'LDM-503-1108') and ('DM-1106', 'LDM-503-1108')",)


def _projects(folder: Path, second_flag: str) -> tuple[Path, list[SeenProject]]:
    """Two projects with a relation between them; the second exported, or only there for its end."""
    one, two = (_schedule(random.Random(number), proj_id=number, first=1000 * number) for number in (1, 2))
    tables = {name: [*one[name], *two[name]] for name in ("PROJECT", "PROJWBS", "TASK")}
    tables["PROJECT"][1] = {**tables["PROJECT"][1], "export_flag": second_flag}
    across = relation(1, 2000, 1000, pred_proj_id=2)
    tables["TASKPRED"] = [*one["TASKPRED"], *two["TASKPRED"], across]
    path = write_xer(folder / f"two{second_flag}.xer", {**one, **tables})
    return path, ask_mpxj(path)[0]


def test_each_of_several_projects_is_the_same(tmp_path: Path) -> None:
    path, seen = _projects(tmp_path, "Y")
    assert [each.name for each in seen] == ["LSST ME 19-04 1", "LSST ME 19-04 2"]
    whole = _read(path)
    for each, but in zip(seen, (ACROSS, ()), strict=True):
        snapshot = _read(path, ProjectChoice(project=each.name))
        ours = by_code(snapshot.milestones)
        assert [m for m in whole.milestones if m.code in ours] == list(snapshot.milestones)
        compare(snapshot, each, but=but)


def test_a_stub_is_known_by_its_end_only(tmp_path: Path) -> None:
    path, seen = _projects(tmp_path, "")
    compare(_read(path), next(each for each in seen if each.name == "LSST ME 19-04 1"), but=ACROSS)


def test_the_dates_of_a_baseline_are_the_same(tmp_path: Path) -> None:
    tables = _schedule(random.Random(1))
    now = write_xer(tmp_path / "now.xer", tables)
    planned = {"target_start_date": "2016-03-01 08:00", "target_end_date": "2016-11-30 17:00"}
    tables["TASK"] = [{**each, **planned} for each in tables["TASK"][::2]]  # half of them are new since
    then = write_xer(tmp_path / "then.xer", {**tables, "TASKPRED": []})
    ((seen,),) = ask_mpxj(now, baseline=then)
    snapshot = _read(now, ProjectChoice(baseline=then))
    assert len([m for m in snapshot.milestones if m.due and m.due_column in ("base_start_date", "base_end_date")]) == 60
    compare(snapshot, seen, "baseline_")


def test_what_differs_is_meant(tmp_path: Path) -> None:
    """MPXJ loses the rest of a row that has a line break in it, and lets an activity be its own predecessor."""
    tables = schedule(task(1, "A-1", task_name="over\r\ntwo lines"), task(2, "A-2"), relations=[relation(1, 2, 2)])
    path = write_xer(tmp_path / "a.xer", tables)
    ((seen,),) = ask_mpxj(path)
    snapshot = _read(path)
    shown = by_code(snapshot.milestones)["A-1"]
    assert (shown.name, shown.due, shown.forecast) == ("over two lines", date(2019, 6, 28), date(2019, 6, 28))
    compare(
        snapshot,
        seen,
        but=[
            "A-1 name: over two lines and over",
            "A-1 current: 2019-06-28 and None",
            "A-1 due: 2019-06-28 and None",
            "A-2 predecessors: () and ('A-2',)",
        ],
    )
