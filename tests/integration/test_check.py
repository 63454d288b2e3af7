"""`syncsvc check`: everything that is wrong, at once, each with its place and what to do."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.jira_simulator import JiraSimulator
from syncsvc.demo.story import read_milestones, write_export
from tests.site import Site


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with JiraSimulator("cloud") as jira:
        site = Site(tmp_path, jira)
        jira.add_issue("DM-1", summary="so that there is a project")
        write_export(tmp_path / "exports" / "201904-ME.csv", "LSST ME 19-04", read_milestones())
        yield site


def problems(site: Site, code: int) -> dict[str, str]:
    shown = json.loads(site.run("check", "--format", "json", check=code).stdout)
    assert shown["schema"] == "syncsvc.check/1"
    return {each["where"]: each["problem"] + " " + each["hint"] for each in shown["problems"]}


def test_all_is_well(site: Site) -> None:
    assert problems(site, 0) == {}
    assert site.run("check", check=0).stdout == "Everything is in order.\n"


def test_a_link_outside_the_projects(site: Site) -> None:
    site.link({"LDM-503-06": {"jira": "IT-7"}})
    found = problems(site, 4)
    assert ["links.toml" in where and "LDM-503-06" in where for where in found] == [True]


def test_several_things_at_once(site: Site) -> None:
    site.env["SYNCSVC_JIRA_TOKEN"] = "wrong-token-marker"
    for export in (site.folder / "exports").iterdir():
        export.unlink()
    site.link({"LDM-503-06": {"jira": "IT-7"}})
    found = problems(site, 3)
    assert len(found) == 3
    assert any("token" in words for words in found.values())
    assert "wrong-token-marker" not in json.dumps(found)


def test_a_side_that_would_not_be_read(site: Site) -> None:
    site.tables = '[connectors.plan]\nkind = "published"\npath = "plan.txt"\nmapping = "p6_spreadsheet"\n'
    site.write_config()
    (site.folder / "plan.txt").touch()
    assert "connectors.plan" in "".join(problems(site, 2))
    assert "connectors.plan" in site.run("sync", check=2).stderr


def test_a_missing_permission(site: Site) -> None:
    site.jira.permissions["DM"] = {"EDIT_ISSUES": True, "SCHEDULE_ISSUES": False, "BROWSE_PROJECTS": True}
    found = problems(site, 3)
    assert "SCHEDULE_ISSUES" in " ".join(found.values())
