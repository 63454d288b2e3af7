"""`syncsvc links` over a simulated Jira: suggested, accepted, listed, taking part in a night, refused."""

import json
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.jira_simulator import JiraSimulator
from syncsvc.demo.story import Fact, write_export
from syncsvc.errors import SourceError, UsageError
from syncsvc.model import DriftKind, Field
from syncsvc.service import Service
from tests.site import Site

DUE, OTHER = date(2019, 6, 28), date(2019, 5, 31)
P6_CODE = "customfield_10200"
MILESTONES = {
    "DM-AP-7": "Alert distribution validated with ZTF",
    "DM-AP-8": "Difference imaging on DECam data",
    "LDM-503-06": "DM ComCam interface verification readiness",
    "LDM-503-07": "Camera data processing",
    "DLP-33": "Camera data ready to be processed",
}
NEVER = datetime(2019, 5, 2, 23, 30, tzinfo=UTC)


@pytest.fixture(params=["cloud", "data-center"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    """Five milestones, one of them linked by the file and one by its code, and issues that may be the others'."""
    with JiraSimulator(request.param) as jira:
        jira.add_field(P6_CODE, "P6 code", type="string")
        jira.add_issue("DM-1", summary="LDM-503-06 readiness", duedate=OTHER.isoformat())
        jira.add_issue("DM-2", summary="Validate alert distribution with ZTF")
        jira.add_issue("DM-3", summary="whatever", fields={P6_CODE: "DM-AP-8"})
        jira.add_issue("DM-4", summary="Camera data processing", duedate=DUE.isoformat())
        jira.add_issue("DLP-33", summary="Camera data", duedate=DUE.isoformat())
        jira.add_issue("IT-1", summary="Alert distribution validated with ZTF")
        site = Site(
            tmp_path,
            jira,
            projects=("DM", "DLP"),
            tables="[limits]\nmax_export_age_days = 0\nmax_change_percent = 100\n",
            now=lambda: NEVER,
        )
        config = site.config.read_text()
        links = '[links]\ncode_is_key = ["DLP"]\ncode_field = "P6 code"\n'
        site.config.write_text(config.replace("[links]\n", links))
        site.link({"LDM-503-07": {"jira": "DM-4"}})
        facts = [Fact(code, name, DUE, None, ()) for code, name in MILESTONES.items()]
        write_export(site.folder / "exports" / "201904-ME.csv", "LSST ME 19-04", facts)
        site.sync()
        yield site


def read(site: Site, *arguments: str, code: int = 0) -> Any:
    return json.loads(site.run("links", *arguments, "--format", "json", check=code).stdout)


def accept(site: Site, code: str, key: str, role: str = "completion", *, by: str = "C. Troller") -> tuple[str, ...]:
    service = site.service(by)
    try:
        return service.accept_link(code, key, role).warnings
    finally:
        service.setup.close()


def refuse(site: Site, code: str, key: str, reason: str = "another one") -> None:
    service = site.service("C. Troller")
    try:
        service.refuse_link(code, key, reason)
    finally:
        service.setup.close()


def suggested(site: Site, *arguments: str) -> dict[str, list[tuple[str, str]]]:
    shape = read(site, "suggest", *arguments)
    return {one["code"]: [(c["key"], c["by"]) for c in one["candidates"]] for one in shape["milestones"]}


def test_candidates_come_by_field_by_code_and_by_name(site: Site) -> None:
    before = site.jira.count("PUT")
    assert suggested(site) == {
        "DM-AP-7": [("DM-2", "name")],
        "DM-AP-8": [("DM-3", "code_field")],
        "LDM-503-06": [("DM-1", "code_in_name")],
    }
    assert site.jira.count("PUT") == before
    assert site.service().setup.make_links(MILESTONES)[0].code == "DLP-33"  # nothing is linked by it
    assert suggested(site, "--code", "DM-AP-", "--code", "XY").keys() == {"DM-AP-7", "DM-AP-8"}
    words = site.run("links", "suggest", check=0).stdout
    assert "1.00  DM-3  whatever" in words
    assert "its field for codes holds DM-AP-8" in words
    assert "5 of 5 words" not in words
    assert "Nothing is linked." in words
    assert site.run("links", "suggest", "--code", "XY", check=2).stderr.startswith("syncsvc: no milestone without")


def test_an_accepted_link_takes_part_like_one_of_the_file(site: Site) -> None:
    taken = read(site, "accept", "LDM-503-06", "dm-1")
    assert (taken["code"], taken["key"], taken["accepted"], taken["role"]) == ("LDM-503-06", "DM-1", True, "completion")
    assert taken["jira"]["name"] == "LDM-503-06 readiness"
    result = site.sync()
    assert [(d.key, d.kind) for d in result.drifts if d.code == "LDM-503-06" and d.field is Field.DUE] == [
        ("DM-1", DriftKind.FIRST_CONTACT)
    ]
    service = site.service()
    try:
        _, adopted, _ = service.adopt(["LDM-503-06"], None)
        assert service.apply(adopted.plan.id).exit_code == 0
    finally:
        service.setup.close()
    assert site.jira.due("DM-1") == DUE.isoformat()
    assert "LDM-503-06" not in suggested(site)
    report = json.loads(Path(result.report["json"]).read_text())["drift"]
    assert ("LDM-503-06", "DM-1") in {(point["code"], point["key"]) for point in report["open_points"]}
    beside = json.loads(site.run("drift", "--sides", "pmcs,jira", "--format", "json", check=0).stdout)
    for sides in (report["sides"], beside):
        assert [row["keys"] for row in sides["milestones"] if row["code"] == "LDM-503-06"] == [["DM-1"]]


def test_the_list_says_where_each_link_comes_from_and_how_it_stands(site: Site) -> None:
    accept(site, "LDM-503-06", "DM-1", "test_plan")
    listed = read(site, "list", "--unlinked")
    links = {link["code"]: link for link in listed["links"]}
    assert {code: link["declared"] for code, link in links.items()} == {
        "DLP-33": "config: links.code_is_key",
        "LDM-503-06": "accepted by C. Troller on 2019-05-02",
        "LDM-503-07": "links.toml: milestones.LDM-503-07.jira",
    }
    made = links["LDM-503-06"]
    assert (made["role"], made["fields"], made["offset_days"]) == ("test_plan", ["due"], -45)
    assert (made["jira"], made["flags"]) == (None, ["jira_unseen"])
    known = links["LDM-503-07"]
    assert (known["pmcs"]["name"], known["jira"]["name"], known["flags"]) == (
        "Camera data processing",
        "Camera data processing",
        [],
    )
    assert (listed["unlinked"], [m["code"] for m in listed["unlinked_milestones"]]) == (2, ["DM-AP-7", "DM-AP-8"])
    words = site.run("links", "list", check=0).stdout
    assert "LDM-503-06 -> DM-1  due, 45 days before  [test_plan]" in words
    assert "from  accepted by C. Troller on 2019-05-02" in words
    assert "! not seen in Jira yet" in words
    assert "2 milestones of the newest export without a link; --unlinked lists them." in words
    assert "DM-AP-7" in site.run("links", "list", "--unlinked", check=0).stdout


def test_the_list_flags_what_is_gone_foreign_moved_or_doubled(site: Site) -> None:
    site.jira.add_issue("DM-5")
    site.jira.delete("DM-5")
    site.jira.move("DM-2", "DLP-9")
    site.link(
        {
            "LDM-503-07": {"jira": "DM-5"},
            "LDM-503-06": {"jira": "IT-1"},
            "DM-AP-7": {"jira": "DM-2"},
            "DM-AP-8": {"jira": "DM-3"},
            "GONE-1": {"jira": "DM-3"},
        }
    )
    service = site.service()
    try:
        service.pull()
    finally:
        service.setup.close()
    flags = {link["code"]: link["flags"] for link in read(site, "list")["links"]}
    assert flags == {
        "LDM-503-07": ["jira_gone"],
        "LDM-503-06": ["foreign_project"],
        "DM-AP-7": ["moved"],
        "DM-AP-8": ["ambiguous"],
        "GONE-1": ["pmcs_gone", "ambiguous"],
        "DLP-33": [],
    }
    words = site.run("links", "list", check=0).stdout
    assert "! moved to DLP-9" in words
    assert "! outside `projects`" in words


def test_what_is_refused_is_not_suggested_again_and_an_acceptance_can_be_taken_back(site: Site) -> None:
    refuse(site, "DM-AP-7", "DM-2", "that is the prototype")
    assert suggested(site)["DM-AP-7"] == []
    accept(site, "DM-AP-8", "DM-3")
    assert "DM-AP-8" not in suggested(site)
    refuse(site, "DM-AP-8", "DM-3")
    assert suggested(site)["DM-AP-8"] == []
    assert "DM-AP-8" not in {link["code"] for link in read(site, "list")["links"]}
    accept(site, "DM-AP-7", "DM-2")  # a change of mind: the last word counts
    assert "DM-AP-7" in {link["code"] for link in read(site, "list")["links"]}
    told = json.loads(site.run("log", "DM-AP-7", "--format", "json", check=0).stdout)["events"]
    said = [(e["event"], e["key"], e["actor"], e["detail"]) for e in told if e["event"].startswith("link_")]
    assert said == [
        ("link_refused", "DM-2", "C. Troller", "that is the prototype"),
        ("link_accepted", "DM-2", "C. Troller", "completion"),
    ]


@pytest.mark.parametrize(
    ("code", "key", "said"),
    [
        ("DM-AP-7", "IT-1", "IT-1 is outside `projects` \\(DLP, DM\\)"),
        ("DM-AP-7", "DM-404", "Jira does not show DM-404"),
        ("DM-AP-7", "DM 1", "DM 1 is no Jira key"),
        ("DM-AP-7x", "DM-1", "DM-AP-7x is not in the newest export \\(2019-04 ME\\)"),
        ("LDM-503-07", "DM-4", "LDM-503-07 and DM-4 are linked already: links.toml"),
        ("DLP-33", "DLP-33", "are linked already: config"),
    ],
)
def test_what_cannot_be_a_link_is_not_accepted(site: Site, code: str, key: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        accept(site, code, key)
    assert caught.value.hint
    assert len(read(site, "list")["links"]) == 2


def test_a_jira_that_is_away_accepts_nothing(site: Site) -> None:
    site.jira.fault("status", status=500, times=1000)
    with pytest.raises(SourceError):
        accept(site, "DM-AP-7", "DM-2")
    site.jira.forget_faults()
    assert len(read(site, "list")["links"]) == 2


def test_what_a_new_link_meets_is_a_warning(site: Site) -> None:
    assert accept(site, "DM-AP-7", "DM-4") == (
        "DM-4 gets its due date from LDM-503-07 too (links.toml: milestones.LDM-503-07.jira): "
        "both are held as ambiguous",
        "DM-4 gets its completed date from LDM-503-07 too (links.toml: milestones.LDM-503-07.jira): "
        "both are held as ambiguous",
    )
    result = site.sync()
    assert {d.kind for d in result.drifts if d.key == "DM-4"} == {DriftKind.AMBIGUOUS}
    assert accept(site, "LDM-503-07", "DM-2") == (
        "LDM-503-07 drives DM-4 too (links.toml: milestones.LDM-503-07.jira)",
    )
    site.jira.move("DM-3", "DLP-9")
    assert accept(site, "DM-AP-8", "DM-3") == ("DM-3 is DLP-9 now; the link is to DLP-9",)
    site.jira.move("DM-1", "IT-9")
    with pytest.raises(UsageError, match="DM-1 is IT-9 now, which is outside"):
        accept(site, "LDM-503-06", "DM-1")


def test_what_the_file_says_of_a_pair_stands(site: Site) -> None:
    accept(site, "DM-AP-7", "DM-2", "test_plan")
    site.link({"DM-AP-7": {"jira": "DM-2"}})
    (link,) = [link for link in read(site, "list")["links"] if link["code"] == "DM-AP-7"]
    assert (link["role"], link["accepted"]) == ("completion", False)
    with pytest.raises(UsageError, match=r"linked by links\.toml: milestones\.DM-AP-7\.jira") as caught:
        refuse(site, "DM-AP-7", "DM-2")
    assert "Take the link out there" in caught.value.hint


def test_a_reason_and_a_known_milestone_are_needed_to_refuse(site: Site) -> None:
    assert "a reason is missing" in site.run("links", "refuse", "DM-AP-7", "DM-2", check=2).stderr
    with pytest.raises(UsageError) as caught:
        refuse(site, "DM-AP-77", "DM-2")
    assert "Near it are: DM-AP-7" in caught.value.hint


def test_a_role_may_be_changed_by_accepting_again(site: Site) -> None:
    accept(site, "DM-AP-7", "DM-2")
    with pytest.raises(UsageError, match=r"linked already: accepted by C\. Troller"):
        accept(site, "DM-AP-7", "DM-2")
    accept(site, "DM-AP-7", "DM-2", "test_plan", by="Another")
    (link,) = [link for link in read(site, "list")["links"] if link["code"] == "DM-AP-7"]
    assert (link["role"], link["declared"]) == ("test_plan", "accepted by Another on 2019-05-02")


def test_an_accepted_link_outside_the_projects_of_today_is_a_problem_for_check(site: Site) -> None:
    accept(site, "DM-AP-7", "DLP-33", "test_plan")
    site.config.write_text(site.config.read_text().replace('projects = ["DM", "DLP"]', 'projects = ["DM"]'))
    problems = json.loads(site.run("check", "--format", "json").stdout)["problems"]
    assert [p["where"] for p in problems if "outside `projects`" in p["problem"]] == [
        "accepted by C. Troller on 2019-05-02"
    ]


def test_before_the_first_export_it_lists_what_is_declared(tmp_path: Path) -> None:
    with JiraSimulator("cloud") as jira:
        site = Site(tmp_path, jira)
        site.link({"M-1": {"jira": "DM-1"}})
        (link,) = read(site, "list")["links"]
        assert (link["flags"], link["pmcs"]) == (["pmcs_unseen", "jira_unseen"], None)
        assert "No export was read yet" in site.run("links", "list", check=0).stdout
        assert "no export of kind ME has been read" in site.run("links", "suggest", check=3).stderr


def test_a_tracker_that_cannot_be_searched_says_so(site: Site) -> None:
    setup = replace(site.service().setup, find_candidates=None)
    with pytest.raises(UsageError, match="cannot be searched"):
        Service(setup, "tester").suggest_links()
    setup.close()


def test_an_import_never_writes_over_a_file_unasked(site: Site) -> None:
    (site.folder / "local.yaml").write_text("DM-AP-7: {jira: DM-2, jira_testplan: IT-1, comment: why}\n")
    done = site.run("links", "import", "local.yaml", check=0)
    assert tomllib.loads(done.stdout) == {"milestones": {"DM-AP-7": {"jira": "DM-2"}}}
    assert "DM-AP-7 jira_testplan IT-1: project IT is not configured" in done.stderr
    assert "A links file has no place for: comment (1)." in done.stderr
    kept = (site.folder / "links.toml").read_text()
    assert "is there already" in site.run("links", "import", "local.yaml", "-o", "links.toml", check=2).stderr
    assert (site.folder / "links.toml").read_text() == kept
    told = read(site, "import", "local.yaml", "-o", "links.toml", "--force")
    assert (told["written"], told["toml"]) == (str(site.folder / "links.toml"), None)
    assert told["taken"] == {"milestones": 1, "jira": 1, "test_plan": 0, "aka": 0, "name": 0}
    assert [one["value"] for one in told["left_out"]] == ["IT-1"]
    assert told["in_other_links_files"] == []
    assert "DM-AP-7" in {link["code"] for link in read(site, "list")["links"]}
    again = read(site, "import", "local.yaml")
    assert "milestones" in again["toml"]
    assert again["in_other_links_files"] == ["DM-AP-7"]
    words = site.run("links", "import", "local.yaml", check=0).stderr
    assert "In a configured links file already (1): DM-AP-7." in words
