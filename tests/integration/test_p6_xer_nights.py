"""Nights and commands over XER exports: what is read, written, handed over, and said of a file that is none."""

import json
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from connectors.jira_simulator import JiraSimulator
from tests.site import COMPLETED_FIELD, Site
from tests.xer_files import Cells, completed, project, relation, schedule, task, wbs, write_xer

CODES = ("LDM-503-06", "DM-AP-1", "DM-AP-2")
DUE = date(2019, 6, 3)


def export(folder: Path, period: str, *tasks: Cells, **main: object) -> Path:
    """An export with these activities instead of the usual ones, all planned somewhere else than in the baseline."""
    usual: dict[object, Cells] = {code: task(at, code, "2019-07-15 17:00") for at, code in enumerate(CODES, start=1)}
    usual |= {each["task_code"]: each for each in tasks}
    named = project(name=f"LSST ME {period[2:]}", last_recalc_date=f"{period}-28 17:00", **main)
    tables = schedule(*usual.values(), relations=[relation(1, 2, 1), relation(2, 3, 1)], PROJECT=[named])
    return write_xer(folder / f"{period}.xer", tables)


def baseline(folder: Path, due: date = DUE) -> Path:
    tasks = [task(at, code, f"{due} 17:00") for at, code in enumerate(CODES, start=1)]
    return write_xer(folder / "baseline.xer", schedule(*tasks, PROJECT=[project(name="LSST BL 18-03")]))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Three milestones with a baseline in a file of its own; Jira shows the same dates, and March has been read."""
    with JiraSimulator("cloud") as jira:
        lines = 'kind = "p6_xer"\nbaseline = "baseline.xer"'
        tables = "[limits]\nmax_export_age_days = 0\nmax_change_percent = 100\n"
        site = Site(tmp_path, jira, completed_field=True, pmcs_lines=lines, tables=tables)
        for at in range(1, 4):
            jira.add_issue(f"DM-{at}", duedate=DUE.isoformat())
        site.link({code: {"jira": f"DM-{at}"} for at, code in enumerate(CODES, start=1)})
        baseline(tmp_path)
        export(tmp_path / "exports", "2019-03")
        assert site.sync().exit_code == 0
        jira.forget_requests()
        yield site


def dues(site: Site) -> list[object]:
    return [site.jira.issue(f"DM-{at}")["duedate"] for at in (1, 2, 3)]


def test_the_dates_of_the_baseline_reach_jira_also_when_only_the_baseline_is_another(site: Site) -> None:
    assert dues(site) == [DUE.isoformat()] * 3
    baseline(site.folder, date(2019, 9, 30))
    assert site.sync().exit_code == 0
    assert dues(site) == ["2019-09-30"] * 3
    shown = json.loads(site.run("show", "pmcs:latest", "--format", "json", check=0).stdout)
    assert (shown["period"], shown["kind"], shown["edition"], shown["data_date"]) == ("2019-03", "ME", 1, "2019-03-28")
    first = shown["milestones"][0]
    assert (first["due_column"], first["due_basis"], first["wbs"]) == ("base_end_date", "baseline", "02C.05")
    site.jira.forget_requests()
    assert site.sync().exit_code == 0
    assert site.jira.count("PUT") == 0


def test_completions_go_both_ways(site: Site) -> None:
    export(site.folder / "exports", "2019-04", completed(2, "DM-AP-1", "2019-04-12 08:00", "2019-07-15 17:00"))
    site.jira.resolve("DM-3", at="2019-04-20T12:00:00.000-0700")
    night = site.sync()
    assert site.jira.issue("DM-2")[COMPLETED_FIELD] == "2019-04-12"
    (workbook,) = night.outbox
    rows = list(openpyxl.load_workbook(workbook)["TASK"].iter_rows(values_only=True))
    assert [str(cell) for cell in rows[2]] == ["DM-AP-2", "Completed", "2019-04-20 17:00:00"]


def test_a_file_that_is_cut_off_stops_the_night_and_the_last_one_stands(site: Site) -> None:
    path = export(site.folder / "exports", "2019-04", task(2, "DM-AP-1", "2020-01-01 17:00"))
    path.write_bytes(path.read_bytes()[:-100])
    site.jira.edit("DM-1", duedate="2019-09-09")
    site.jira.forget_requests()
    night = site.run("sync", check=3)
    assert "2019-04.xer: the file ends in line" in night.stderr
    assert "Traceback" not in night.stderr
    assert len(night.stderr.splitlines()) <= 12
    assert site.jira.count("PUT") == 0
    assert "2019-03 ME edition 1" in site.run("show", "pmcs:latest", check=0).stdout


def test_without_the_baseline_that_the_project_names_dues_are_unseen_and_nothing_is_held_or_written(site: Site) -> None:
    site.pmcs_lines = 'kind = "p6_xer"'
    site.write_config()
    export(site.folder / "exports", "2019-04", sum_base_proj_id=599)
    night = site.run("sync", check=4).stdout
    assert "the baseline of LSST ME 19-04 (sum_base_proj_id 599) is not in the file" in " ".join(night.split())
    assert site.jira.count("PUT") == 0
    plan = json.loads(site.run("plan", "--format", "json", check=0).stdout)
    assert (plan["changes"], plan["holds"]) == ([], [])


def test_check_names_a_baseline_that_is_gone(site: Site) -> None:
    (site.folder / "baseline.xer").unlink()
    found = site.run("check")
    assert found.returncode == 3
    assert "baseline.xer" in found.stdout + found.stderr


def test_a_choice_of_projects_is_for_files_that_hold_several(site: Site) -> None:
    site.pmcs_lines = 'kind = "p6_spreadsheet"\nbaseline_project = "LSST BL *"'
    site.write_config()
    found = site.run("check")
    assert found.returncode == 2
    assert "baseline and baseline_project choose among the projects of a file" in found.stdout + found.stderr


def test_one_file_is_pulled_under_a_period_that_nothing_else_tells(site: Site) -> None:
    tables = schedule(task(1, "LDM-503-06"), PROJECT=[project(name="P", last_recalc_date="")])
    path = write_xer(site.folder / "one.xer", tables)
    assert "which month this export is of cannot be told" in site.run("pull", "--file", str(path), check=2).stderr
    site.run("pull", "--file", str(path), "--period", "2019-02", "--kind", "ME", check=0)
    assert "data date 2019-02-28" in site.run("show", "pmcs:2019-02", check=0).stdout


def release_plan(folder: Path, name: str, due: str, actual: str | None = None) -> Path:
    children: Sequence[Cells] = [task(2, "DM-AP-1", due), task(3, "DM-AP-2", due, wbs_id=10)]
    if actual:
        children = [completed(2, "DM-AP-1", actual, due), children[1]]
    top = task(1, "LDM-503-06", due, task_name="Test report: ComCam readiness")
    tables = schedule(
        top,
        *children,
        relations=[relation(1, 2, 1), relation(2, 3, 1)],
        PROJWBS=[wbs(1, "LSST"), wbs(10, "02C", 1), wbs(11, "05", 10)],
    )
    return write_xer(folder / name, tables, version="23.12")


def test_bare_files_are_shown_compared_and_made_a_release_list_of(site: Site) -> None:
    release_plan(site.folder, "before.dat", "2018-11-30 17:00")
    release_plan(site.folder, "after.xer", "2019-08-30 17:00", "2019-04-12 08:00")
    shown = json.loads(site.run("show", "before.dat", "--format", "json", check=0).stdout)
    assert [(m["code"], m["due"], m["due_basis"], m["where"]) for m in shown["milestones"]] == [
        ("LDM-503-06", "2018-11-30", "planned", "TASK line 18"),
        ("DM-AP-1", "2018-11-30", "planned", "TASK line 19"),
        ("DM-AP-2", "2018-11-30", "planned", "TASK line 20"),
    ]
    drift = json.loads(site.run("drift", "before.dat", "after.xer", "--format", "json", check=0).stdout)
    assert {name: drift["totals"][name] for name in ("both", "slipped", "newly_completed")} == {
        "both": 3,
        "slipped": 3,
        "newly_completed": 1,
    }
    document = json.loads(site.run("document", "after.xer", "--format", "json", check=0).stdout)
    (top,) = document["milestones"]
    assert (top["name"], [child["code"] for child in top["children"]]) == ("ComCam readiness", ["DM-AP-1", "DM-AP-2"])


def test_a_spreadsheet_reader_says_what_to_do_with_an_xer_file(site: Site) -> None:
    release_plan(site.folder, "a.xer", "2018-11-30 17:00")
    told = site.run("show", "a.xer", "--mapping", "p6_spreadsheet", check=3).stderr
    assert "the file is a P6 XER file, not a spreadsheet" in told
