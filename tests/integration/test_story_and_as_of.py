"""The story of a milestone and what was believed on a day, by shell, over nights that were really played."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from connectors.jira_simulator import JiraSimulator
from tests.site import ROOT, TOKEN, Site

HEADER = "task_code,status_code,wbs_id,task_name,pred_list,base_end_date,end_date,act_end_date\n"


def row(code: str, due: str, done: str = "", name: str = "") -> str:
    status = "Completed" if done else "Not Started"
    shown = [f"{each[5:7]}/{each[8:]}/{each[:4]} 5:00:00 PM" if each else "" for each in (due, due, done)]
    return f"{code},{status},X ME {{}}.02C,{name or f'Name of {code}'},,{','.join(shown)}\n"


class Played:
    """A site whose months and nights are written by hand; its clock stands until it is set."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.at = datetime(2018, 4, 2, 12, tzinfo=UTC)
        site.now = lambda: self.at

    def put(self, period: str, *rows: str, name: str = "") -> None:
        text = HEADER + "".join(rows).replace("{}", f"{period[2:4]}-{period[5:]}")
        (self.site.folder / "exports" / (name or f"{period[:4]}{period[5:]}-ME.csv")).write_text(text)

    def night(self, *at: int) -> Any:
        self.at = datetime(*at, tzinfo=UTC)  # type: ignore[misc]  # year, month, day, hour, minute
        return self.site.sync()

    def as_of(self, day: str, name: str = "pmcs:latest") -> Any:
        return json.loads(self.site.run("show", name, "--as-of", day, "--format", "json", check=0).stdout)

    def due(self, day: str, name: str = "pmcs:latest") -> str:
        return {one["code"]: one["due"] for one in self.as_of(day, name)["milestones"]}["DM-1"]

    def log(self, code: str) -> str:
        return self.site.run("log", code, check=0).stdout


@contextmanager
def open_site(folder: Path) -> Iterator[Played]:
    with JiraSimulator("cloud", token=TOKEN) as jira:
        jira.add_issue("DM-11", duedate="2018-05-31")
        jira.add_issue("DM-12", duedate="2018-04-16")
        site = Site(folder, jira, tables="[limits]\nmax_change_percent = 100\nmax_export_age_days = 0\n")
        site.link({"DM-1": {"jira": "DM-11", "test_plan": "DM-12", "aka": ["DM-01"]}})
        yield Played(site)


@pytest.fixture
def played(tmp_path: Path) -> Iterator[Played]:
    """A site of its own, after three months."""
    with open_site(tmp_path) as played:
        three_months(played)
        yield played


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    """The same for tests that only look."""
    with open_site(tmp_path_factory.mktemp("seen")) as played:
        three_months(played)
        yield played


def three_months(played: Played) -> None:
    """March and April as they come; May before noon in Los Angeles of the 18th of June."""
    played.put("2018-03", row("DM-01", "2018-05-31"), row("DM-2", "2018-06-29"))
    played.night(2018, 4, 2, 12, 0)
    played.put("2018-04", row("DM-1", "2018-07-31"), row("DM-2", "2018-06-29"))
    played.night(2018, 5, 2, 12, 0)
    played.put("2018-05", row("DM-0", "2018-01-31"), row("DM-1", "2018-08-31"), row("DM-2", "2018-06-29"))
    played.night(2018, 6, 18, 12, 0)


def test_the_story_of_a_milestone_that_moved_twice(seen: Played) -> None:
    story = seen.log("DM-1")
    assert seen.log("DM-01") == story
    said = [" ".join(paragraph.split()) for paragraph in story.split("\n\n")]
    assert said[0] == (
        "DM-1: Name of DM-1 Other codes: DM-01 "
        f"Jira issue DM-11 (due and completion), {seen.site.jira.url}/browse/DM-11 "
        f"Jira issue DM-12 (test plan, due, 45 days before it), {seen.site.jira.url}/browse/DM-12"
    )
    headings = [paragraph.split(" (")[0] for paragraph in said[2:]]
    assert headings[:3] == [
        "2018-04-02 05:00, sources were read and compared",
        "2018-05-02 05:00, sources were read and compared",
        "2018-06-18 05:00, sources were read and compared",
    ]
    first, second, third, now = said[2:]
    assert "PMCS 2018-03 ME edition 1 shows it for the first time: due 2018-05-31 (baseline" in first
    assert "Jira DM-12 is shown for the first time: due 2018-04-16" in first
    assert "PMCS 2018-04 ME edition 1: baseline due moved 61 calendar days later (43 working days)" in second
    assert "Its code was DM-01, and is DM-1 now." in second
    assert second.count("Written to Jira, and read back from there: due of DM-1") == 2
    assert "(read from 201804-ME.csv, TASK row 2" in second or "(read from 201804-ME.csv, TASK row 3" in second
    assert (
        "Jira DM-11: due moved 61 calendar days later (43 working days), from 2018-05-31 to 2018-07-31, as run 2"
        in (third)
    )
    assert now.startswith("Now PMCS 2018-05 ME edition 1 says: due 2018-08-31 (baseline, column base_end_date)")
    assert "Since Jira was read last, run 3 has written due of DM-12: 2018-07-17." in now
    assert "PMCS and DM-12 agree on due, 45 days apart as the link says." in now
    assert "PMCS and DM-11 agree on completion and due." in now


def test_a_team_edit_its_decision_and_an_undo_are_in_the_story(played: Played) -> None:
    site = played.site
    site.jira.edit("DM-11", author="A. Lead", duedate="2018-09-14")
    played.night(2018, 6, 19, 12, 0)
    story = played.log("DM-1")
    assert "Held for a person: due of DM-11, Jira 2018-09-14, PMCS 2018-08-31." in story
    assert "differ about due: Jira says 2018-09-14, 14 calendar days later (10 working days)" in " ".join(story.split())
    site.run("review", "reject", "DM-1", "--reason", "the team needs the time", check=0)
    words = " ".join(played.log("DM-1").split())
    assert "rejected due of DM-11 (Jira 2018-09-14, PMCS 2018-08-31): the team needs the time." in words
    undone = site.run("undo", "3", check=0).stdout
    plan = next(word for word in undone.replace(":", " ").split() if word.startswith("p-"))
    site.run("apply", plan, "--yes")
    words = " ".join(played.log("DM-1").split())
    assert "due of DM-12, 2018-07-17 -> 2018-06-16" in words
    assert "because what run 3 wrote was taken back." in words


def test_a_link_that_was_accepted_is_in_the_story_with_its_issue(played: Played) -> None:
    played.site.jira.add_issue("DM-13", summary="Name of DM-2", duedate="2018-06-29")
    assert "No Jira issue is linked to it." in played.log("DM-2")
    played.site.run("links", "accept", "DM-2", "DM-13")
    played.site.sync()
    words = " ".join(played.log("DM-2").split())
    assert "Jira issue DM-13 (due and completion)" in words
    assert "accepted the suggested link to DM-13" in words
    assert "Jira DM-13 is shown for the first time: due 2018-06-29" in words


def test_its_events_are_those_of_the_audit_and_those_that_were_seen(seen: Played) -> None:
    told = json.loads(seen.site.run("log", "DM-1", "--format", "json", check=0).stdout)["events"]
    every = json.loads(seen.site.run("log", "--format", "json", check=0).stdout)["events"]
    audit = [each for each in every if each["code"] == "DM-1"]
    assert [each for each in told if "snapshot" not in each] == sorted(audit, key=told.index)
    seen = [(e["event"], e["key"], e["field"], e["after"], e["run"]) for e in told if "snapshot" in e]
    assert ("moved", None, "due", "2018-07-31", 2) in seen
    assert ("moved", "DM-12", "due", "2018-06-16", 3) in seen
    assert all(each["at"] <= following["at"] for each, following in pairwise(told))


def test_what_nothing_is_known_of_is_said(seen: Played) -> None:
    nothing = seen.site.run("log", "DM-404", check=0)
    assert nothing.stdout == ""
    assert "Nothing is known of DM-404." in nothing.stderr
    shape = json.loads(seen.site.run("log", "DM-404", "--format", "json", check=0).stdout)
    assert shape == {"schema": "syncsvc.log/1", "events": []}


def test_runs_are_listed_with_how_they_ended(seen: Played) -> None:
    listed = seen.site.run("log", check=0).stdout
    assert "Runs" in listed
    assert "done, nothing waits" in listed
    of_one = json.loads(seen.site.run("log", "--run", "2", "--format", "json", check=0).stdout)
    assert {each["run"] for each in of_one["events"]} == {2}
    assert [(each["run"], each["exit_code"]) for each in of_one["runs"]] == [(2, 0)]
    assert "There is no run 99." in seen.site.run("log", "--run", "99", check=2).stderr


def test_as_of_is_what_had_arrived_by_the_end_of_the_day_at_the_site(played: Played) -> None:
    """The third export came at 05:00 of the 18th there; a fourth at 23:59 and a fifth at midnight."""
    played.put("2018-05", row("DM-1", "2018-09-28"), name="201805-ME-final.csv")
    played.night(2018, 6, 19, 6, 59)  # 23:59 of the 18th at the site
    played.put("2018-05", row("DM-1", "2018-10-31"), name="201805-ME-final-2.csv")
    played.night(2018, 6, 19, 7, 0)  # the 19th begins there
    assert [played.due(f"2018-06-{number}") for number in (17, 18, 19)] == ["2018-07-31", "2018-09-28", "2018-10-31"]
    assert played.as_of("2018-06-18")["edition"] == 2
    assert played.due("2018-06-18", "pmcs:2018-04") == "2018-07-31"
    assert played.due("2018-06-18", "pmcs:2018-05@1") == "2018-08-31"
    shown = " ".join(played.site.run("show", "pmcs:latest", "--as-of", "2018-06-18", check=0).stdout.split())
    assert "as of the end of 2018-06-18 (America/Los_Angeles): snapshot s" in shown
    assert "taken 2018-06-18 23:59 by run 4 (manual, by tester)" in shown
    assert "TASK row" in played.site.run("show", "pmcs:latest", "--as-of", "2018-06-18", check=0).stdout
    jira = played.as_of("2018-06-18", "jira:latest")
    assert jira["run"] == 4
    assert {one["code"] for one in jira["milestones"]} == {"DM-11", "DM-12"}


def test_as_of_agrees_with_the_snapshots_of_that_day(seen: Played) -> None:
    for day, snapshot in (("2018-04-02", "s1"), ("2018-05-02", "s3"), ("2018-06-18", "s5")):
        then = seen.as_of(day)
        assert then.pop("as_of") == day
        assert then.pop("snapshot") == snapshot
        then.pop("run")
        assert then == json.loads(seen.site.run("show", snapshot, "--format", "json", check=0).stdout)


def test_an_older_month_that_arrives_late_is_never_what_was_believed(played: Played) -> None:
    played.put("2018-02", row("DM-1", "2018-01-31"))
    played.night(2018, 6, 20, 12, 0)
    assert played.due("2018-06-20") == "2018-08-31"
    assert played.due("2018-06-20", "pmcs:2018-02") == "2018-01-31"
    late = played.site.run("show", "pmcs:2018-02", "--as-of", "2018-06-19", check=2)
    assert "nothing that is called pmcs:2018-02 had arrived by the end of 2018-06-19" in late.stderr
    assert "taken 2018-06-20 05:00" in late.stderr
    assert "an older month that arrived late" not in played.log("DM-2")  # it does not stand there
    assert "PMCS 2018-02 ME edition 1, an older month that arrived late, says due 2018-01-31" in " ".join(
        played.log("DM-1").split()
    )


def test_a_file_that_was_read_again_is_believed_as_it_was_read_then(played: Played) -> None:
    site = played.site
    mapping = (ROOT / "mappings" / "p6_spreadsheet.toml").read_text()
    own = mapping.replace('"base_end_date", basis = "baseline"', '"base_end_date", basis = "planned"')
    assert own != mapping
    (site.folder / "own.toml").write_text(own)
    site.config.write_text(
        site.config.read_text().replace('exports = "exports"', 'exports = "exports"\nmapping = "own.toml"')
    )
    played.at = datetime(2018, 6, 20, 12, tzinfo=UTC)
    site.run("pull", "pmcs", check=0)
    before, after = played.as_of("2018-06-19"), json.loads(site.run("show", "pmcs:latest", "--format", "json").stdout)
    assert (before["period"], before["edition"]) == (after["period"], after["edition"]) == ("2018-05", 1)
    assert before["milestones"] != after["milestones"]
    assert before["snapshot"] == "s5"
    words = " ".join(played.log("DM-1").split())
    assert "PMCS 2018-05 ME edition 1 was read again, as the same file under another mapping" in words


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["pmcs:latest", "--as-of", "2018-04-01"], "The first of it came later: s1, taken 2018-04-02 05:00."),
        (["jira:latest", "--as-of", "2018-04-01"], "nothing that is called jira:latest had arrived"),
        (["s5", "--as-of", "2018-05-05"], "nothing that is called s5 had arrived by the end of 2018-05-05"),
        (["pmcs:2017-01", "--as-of", "2018-05-05"], "no snapshot is called pmcs:2017-01"),
        (["exports/201803-ME.csv", "--as-of", "2018-05-05"], "--as-of is for what is stored"),
        (["pmcs:latest", "--as-of", "2018-06"], "Invalid value for '--as-of'"),
        (["pmcs:latest", "--as-of", "9999-12-31"], "9999-12-31 is no day that can be looked at"),
        (["pmcs:latest", "--as-of", "2018-05-05", "--mapping", "ldm564"], "no mapping can be named for it"),
    ],
)
def test_what_cannot_be_shown_as_of_a_day_is_said_in_words(seen: Played, arguments: list[str], words: str) -> None:
    failed = seen.site.run("show", *arguments, check=2)
    assert words in failed.stderr
    assert "Traceback" not in failed.stderr
    assert failed.stdout == ""
