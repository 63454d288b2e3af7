"""Nights on which something is wrong with an export or with Jira: what the shell says, and that nothing is written."""

import warnings
import zipfile
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from connectors.jira_simulator import JiraSimulator
from syncsvc.demo.story import Fact, write_export
from tests.p6_large import write_sheets
from tests.site import Site

DUE = date(2019, 6, 3)
CODES = [f"M-{number}" for number in range(1, 7)]


def facts(moved_days: int = 0, codes: list[str] = CODES) -> list[Fact]:
    return [Fact(code, f"Milestone {code}", DUE + timedelta(days=moved_days), None, ()) for code in codes]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Six milestones that agree, read once."""
    with JiraSimulator("cloud") as jira:
        site = Site(tmp_path, jira, tables="[limits]\nmax_export_age_days = 0\nmax_change_percent = 100\n")
        for code in CODES:
            jira.add_issue(code.replace("M-", "DM-"), duedate=DUE.isoformat())
        site.link({code: {"jira": code.replace("M-", "DM-")} for code in CODES})
        write_export(tmp_path / "exports" / "201903-ME.csv", "LSST ME 19-03", facts())
        assert site.sync().exit_code == 0
        yield site


def _truncated(path: Path) -> None:
    write_export(path, "LSST ME 19-04", facts(7))
    path.write_bytes(b"PK\x03\x04" + path.read_bytes()[:100])


def _with_a_far_cell(path: Path) -> None:
    """One cell for which the reading library would ask for more memory than there is, and end the process."""
    write_sheets(path, {"TASK": [["task_code"]]})
    with zipfile.ZipFile(path, "a") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # two parts of one name: the later one counts
        part = archive.read("xl/worksheets/sheet1.xml")
        far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
        archive.writestr("xl/worksheets/sheet1.xml", part.replace(b"</sheetData>", far))


BAD: dict[str, tuple[Callable[[Path], object], int, str]] = {
    "empty": (lambda p: p.write_bytes(b""), 3, "empty"),
    "truncated": (_truncated, 3, "201904-ME"),
    "HTML": (lambda p: p.write_text("<html><body>Sign in</body></html>"), 3, "a web page"),
    "a far cell": (_with_a_far_cell, 3, "reach to XFD1048576"),
    "another table": (lambda p: p.write_text("name,age\nBob,3\n"), 2, "task_code"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_newest_export_that_cannot_be_read_stops_the_night(site: Site, name: str) -> None:
    make, code, words = BAD[name]
    make(site.folder / "exports" / "201904-ME.xls")
    site.jira.edit("DM-1", duedate="2019-09-09")
    site.jira.forget_requests()
    night = site.run("sync", check=code)
    assert words in night.stderr
    assert "201904-ME.xls" in night.stderr
    assert "Traceback" not in night.stderr
    assert len(night.stderr.splitlines()) <= 12
    assert site.jira.count("PUT") == 0
    still = site.run("show", "pmcs:latest", check=0).stdout
    assert "2019-03 ME edition 1" in still


def test_an_older_month_that_arrives_late_is_kept_and_never_planned_from(site: Site) -> None:
    write_export(site.folder / "exports" / "201901-ME.csv", "LSST ME 19-01", facts(-90))
    night = site.run("sync", check=0)
    assert "2019-03 ME edition 1" in night.stdout
    assert site.jira.count("PUT") == 0
    assert "2019-01 ME edition 1" in site.run("show", "pmcs:2019-01", check=0).stdout


def test_a_baseline_project_beside_the_month_end_is_for_comparison_only(site: Site) -> None:
    write_export(site.folder / "exports" / "201904-BL.csv", "LSST BL 19-04", facts(30))
    site.run("sync", check=0)
    assert site.jira.count("PUT") == 0
    assert "2019-04 BL edition 1" in site.run("show", "pmcs:2019-04:BL@1", check=0).stdout


def test_an_export_of_another_project_is_refused_where_the_configuration_names_one(site: Site) -> None:
    """P6 calls the copy of a project "LSST ME 19-04-1", with the same activity ids."""
    site.pmcs_lines = 'kind = "p6_spreadsheet"\nproject = "LSST ME ??-??"'
    site.write_config()
    write_export(site.folder / "exports" / "201904-ME.csv", "LSST ME 19-04-1", facts(7))
    night = site.run("sync", check=3)
    assert "201904-ME.csv: TASK row 3: the WBS id is 'LSST ME 19-04-1.02C.00'" in night.stderr
    assert "another project than LSST ME ??-??" in night.stderr
    assert site.jira.count("PUT") == 0
    write_export(site.folder / "exports" / "201904-ME.csv", "LSST ME 19-04", facts(7))
    site.run("sync", check=0)
    assert site.jira.due("DM-1") == (DUE + timedelta(days=7)).isoformat()


def test_a_project_that_is_named_later_is_asked_of_an_export_that_was_read_before(site: Site) -> None:
    write_export(site.folder / "exports" / "201904-ME.csv", "LSST ME 19-04-1", facts(7))
    site.run("sync", "--mode", "report", check=4)
    site.pmcs_lines = 'kind = "p6_spreadsheet"\nproject = "LSST ME ??-??"'
    site.write_config()
    assert "another project than LSST ME ??-??" in site.run("sync", check=3).stderr
    assert site.jira.count("PUT") == 0


def replace_april(site: Site) -> tuple[Path, bytes]:
    """An export that moves all by a week, and in its place one that moves them by two; where, and the first's bytes."""
    export = site.folder / "exports" / "201904-ME.csv"
    write_export(export, "LSST ME 19-04", facts(7))
    site.run("sync", check=0)
    replaced = export.read_bytes()
    write_export(export, "LSST ME 19-04", facts(14))
    site.run("sync", check=0)
    return export, replaced


def test_a_copy_of_a_replaced_export_is_looked_at_by_a_person_before_it_counts(site: Site) -> None:
    exports = site.folder / "exports"
    first, replaced = replace_april(site)
    corrected, seven, fourteen = (first.read_bytes(), *((DUE + timedelta(days=n)).isoformat() for n in (7, 14)))
    (exports / "201904-ME-superseded.csv").write_bytes(replaced)
    night = site.run("sync", check=5)
    assert "older_edition 1, allowed 2" in night.stdout
    assert site.jira.due("DM-1") == fourteen
    plan = next(word for word in night.stdout.split() if word.startswith("p-"))
    site.run("apply", plan, "--yes", check=5)
    site.jira.edit("DM-1", duedate=seven)
    (exports / "201904-ME-again.csv").write_bytes(corrected)
    assert "older_edition" not in site.run("sync", check=4).stdout
    (exports / "201904-ME-again.csv").write_bytes(replaced)  # in place of the newer one it is meant
    site.run("sync", check=0)
    assert site.jira.due("DM-2") == seven


def test_a_copy_that_a_person_let_count_is_not_asked_about_again(site: Site) -> None:
    first, meant = replace_april(site)
    first.with_name("201904-ME-as-agreed.csv").write_bytes(meant)
    plan = next(word for word in site.run("sync", check=5).stdout.split() if word.startswith("p-"))
    site.run("approve", plan, "--waive", "older_edition", "--reason", "the board took the week back", check=0)
    site.run("apply", plan, "--yes", check=0)
    site.jira.edit("DM-1", duedate=(DUE + timedelta(days=14)).isoformat())
    assert "older_edition" not in site.run("adopt", "M-1", check=0).stdout
    site.run("review", "approve", "M-1", "--reason", "as agreed", check=0)
    site.run("sync", check=0)
    assert site.jira.due("DM-1") == (DUE + timedelta(days=7)).isoformat()


def test_last_months_file_under_this_months_name(site: Site) -> None:
    write_export(site.folder / "exports" / "201904-ME.csv", "LSST ME 19-03", facts(9))
    night = site.run("sync", check=2)
    assert "2019-03" in night.stderr
    assert "2019-04" in night.stderr
    assert site.jira.count("PUT") == 0


def test_a_code_twice_with_different_dates_is_held(site: Site) -> None:
    doubled = [*facts(7), Fact("M-1", "Milestone M-1 again", DUE + timedelta(days=99), None, ())]
    write_export(site.folder / "exports" / "201904-ME.csv", "LSST ME 19-04", doubled)
    night = site.run("sync", check=4)
    assert "ambiguous" in night.stdout
    assert site.jira.due("DM-1") == DUE.isoformat()
    assert site.jira.due("DM-2") == (DUE + timedelta(days=7)).isoformat()


def test_half_the_rows_gone_is_stopped_by_the_limits(site: Site) -> None:
    write_export(site.folder / "exports" / "201904-ME.csv", "LSST ME 19-04", facts(7, CODES[:3]))
    night = site.run("sync", check=5)
    assert "max_row_drop_percent 50" in night.stdout
    assert site.jira.count("PUT") == 0


def test_jira_that_is_down_ends_the_night_before_anything_is_planned(site: Site) -> None:
    write_export(site.folder / "exports" / "201904-ME.csv", "LSST ME 19-04", facts(7))
    site.jira.stop()
    night = site.run("sync", check=3)
    assert "Traceback" not in night.stderr
    assert "127.0.0.1" in night.stderr


def test_a_refused_token_is_said_in_plain_words(site: Site) -> None:
    site.env["SYNCSVC_JIRA_TOKEN"] = "wrong-token-marker"
    night = site.run("sync", check=3)
    assert "token" in night.stderr
    assert "wrong-token-marker" not in night.stderr + night.stdout


def test_a_deleted_issue_is_gone_and_its_milestone_goes_on_the_report(site: Site) -> None:
    site.jira.delete("DM-3")
    write_export(site.folder / "exports" / "201904-ME.csv", "LSST ME 19-04", facts(7))
    night = site.run("sync", check=4)
    assert "Gone (1)" in night.stdout
    assert "M-3 DM-3" in night.stdout
    assert site.jira.due("DM-2") == (DUE + timedelta(days=7)).isoformat()


def test_a_gone_link_waits_after_an_apply_too(site: Site) -> None:
    site.mode = "review"
    site.write_config()
    site.jira.delete("DM-3")
    write_export(site.folder / "exports" / "201904-ME.csv", "LSST ME 19-04", facts(7))
    site.run("sync", check=4)
    plan = next(word for word in site.run("plan", check=0).stdout.split() if word.startswith("p-"))
    site.run("approve", plan, check=0)
    done = site.run("apply", plan, "--yes", check=4)
    assert "Gone (1)" in done.stdout
    assert "Written (5)" in done.stdout


def test_one_issue_that_refuses_does_not_stop_the_others(site: Site) -> None:
    site.jira.forbid("DM-2")
    site.jira.not_on_screen("DM-4", "duedate")
    write_export(site.folder / "exports" / "201904-ME.csv", "LSST ME 19-04", facts(7))
    night = site.run("sync", check=6)
    assert "Not written (2)" in night.stdout
    assert "screen" in night.stdout
    assert site.jira.count("PUT") == len(CODES)
    moved = [code for code in CODES if site.jira.due(code.replace("M-", "DM-")) != DUE.isoformat()]
    assert moved == ["M-1", "M-3", "M-5", "M-6"]


@pytest.mark.parametrize("between", ["a hand edit", "a new edition", "another link"])
def test_what_changes_between_plan_and_apply_is_stale(site: Site, between: str) -> None:
    site.mode = "review"
    site.write_config()
    write_export(site.folder / "exports" / "201904-ME.csv", "LSST ME 19-04", facts(7))
    site.run("sync", check=4)
    plan = next(word for word in site.run("plan", check=0).stdout.split() if word.startswith("p-"))
    site.run("approve", plan, check=0)
    if between == "a hand edit":
        site.jira.edit("DM-1", duedate="2019-12-24")
        expected, kept = 4, "2019-12-24"
    elif between == "a new edition":
        edited = [*facts(7, CODES[1:]), Fact("M-1", "Milestone M-1", DUE + timedelta(days=14), None, ())]
        write_export(site.folder / "exports" / "201904-ME.csv", "LSST ME 19-04", edited)
        site.run("pull", check=0)
        expected, kept = 4, DUE.isoformat()
    else:
        site.link({code: {"jira": code.replace("M-", "DM-")} for code in CODES[1:]})
        expected, kept = 4, DUE.isoformat()
    done = site.run("apply", plan, "--yes", check=expected)
    assert "changed meanwhile" in done.stdout
    assert site.jira.due("DM-1") == kept
    assert site.jira.due("DM-2") == (DUE + timedelta(days=7)).isoformat()
