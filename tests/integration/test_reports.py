"""Reports over the store: named snapshots, editions that restate, the report of a night, and the same one again."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.jira_simulator import JiraSimulator
from tests.site import TOKEN, Site

HEADER = "task_code,status_code,wbs_id,task_name,pred_list,base_end_date,end_date,act_end_date\n"


def row(code: str, due: str, done: str = "", name: str = "") -> str:
    status = "Completed" if done else "Not Started"
    shown = [f"{each[5:7]}/{each[8:]}/{each[:4]} 5:00:00 PM" if each else "" for each in (due, due, done)]
    return f"{code},{status},X ME {{}}.02C,{name or f'Name of {code}'},,{','.join(shown)}\n"


class Months:
    """A site whose months are written by hand."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.at = datetime(2019, 4, 2, 12, tzinfo=UTC)
        site.now = lambda: self.at

    def put(self, period: str, *rows: str, name: str = "") -> None:
        year, month = period[2:4], period[5:]
        text = HEADER + "".join(rows).replace("{}", f"{year}-{month}")
        (self.site.folder / "exports" / (name or f"20{year}{month}-ME.csv")).write_text(text)

    def later(self, days: int) -> None:
        self.at += timedelta(days=days)

    def json(self, *arguments: str, check: int = 0) -> Any:
        return json.loads(self.site.run(*arguments, "--format", "json", check=check).stdout)


@pytest.fixture
def months(tmp_path: Path) -> Iterator[Months]:
    with JiraSimulator("cloud", token=TOKEN) as jira:
        jira.add_issue("DM-11", duedate="2019-05-31")
        jira.add_issue("DM-12", duedate="2019-06-28")
        site = Site(tmp_path, jira, tables="[limits]\nmax_change_percent = 100\n")
        site.link({"DM-1": {"jira": "DM-11"}, "DM-2": {"jira": "DM-12", "name": "Kept by hand"}})
        yield Months(site)


def march(months: Months) -> None:
    rows = row("DM-1", "2019-05-31"), row("DM-2", "2019-06-28"), row("DM-3", "2019-03-15", "2019-03-14")
    months.put("2019-03", *rows)


def test_the_first_night_has_a_report_although_there_is_nothing_to_compare_with(months: Months) -> None:
    march(months)
    result = months.site.sync()
    text = Path(result.report["text"]).read_text()
    assert "This is the first export of its kind" in text
    assert "3 on both sides, 0 added, 0 removed" in text
    assert "Nothing differs." in text


def test_a_night_compares_with_the_last_month_there_is_and_says_which(months: Months) -> None:
    march(months)
    months.site.sync()
    months.later(91)
    months.put("2019-06", row("DM-1", "2019-07-31"), row("DM-2", "2019-06-28"), row("DM-3", "2019-03-15", "2019-03-14"))
    months.site.formats = ("text", "json", "html", "xlsx", "md", "tex")
    months.site.write_config()
    result = months.site.sync()
    assert set(result.report) == set(months.site.formats)
    assert sorted(result.report) == sorted(
        Path(path).suffix[1:].replace("txt", "text") for path in result.report.values()
    )
    text = Path(result.report["text"]).read_text()
    assert "Drift: PMCS 2019-03 ME edition 1 -> PMCS 2019-06 ME edition 1" in text
    assert "DM-1  2019-05-31  2019-07-31  61 days late (43)     baseline moved" in text
    assert "Kept by hand" in text
    shape = json.loads(Path(result.report["json"]).read_text())["drift"]
    assert [point["gap"] for point in shape["trend"]["points"]] == [[], ["2019-04", "2019-05"]]
    assert {source["role"] for source in shape["sources"]} == {"before", "after", "jira"}


def test_what_the_final_edition_restates_is_told_apart_from_what_moved(months: Months) -> None:
    march(months)
    months.site.sync()
    months.later(30)
    april = [row("DM-1", "2019-06-14"), row("DM-2", "2019-06-28"), row("DM-3", "2019-03-15", "2019-03-14")]
    months.put("2019-04", *april)
    months.site.sync()
    months.later(20)
    final = [row("DM-1", "2019-07-31"), row("DM-2", "2019-06-21"), row("DM-3", "2019-03-15", "2019-03-20")]
    months.put("2019-04", *final, name="201904-ME-final.csv")
    result = months.site.sync()

    again = months.json("drift", "pmcs:2019-04@1", "pmcs:2019-04@2")
    restated = [
        (one["code"], cause["aspect"], cause["before"], cause["after"])
        for one in again["milestones"]
        for cause in one["causes"]
        if cause["aspect"] != "forecast"
    ]
    assert restated == [
        ("DM-1", "due", "2019-06-14", "2019-07-31"),
        ("DM-2", "due", "2019-06-28", "2019-06-21"),
        ("DM-3", "completed", "2019-03-14", "2019-03-20"),
    ]
    assert all(cause["cause"] == "restated" for one in again["milestones"] for cause in one["causes"])

    drift = json.loads(Path(result.report["json"]).read_text())["drift"]
    (moved,) = [one for one in drift["milestones"] if one["code"] == "DM-1"]
    steps = [(each["cause"], each["calendar_days"]) for each in moved["causes"] if each["aspect"] == "due"]
    assert steps == [("baseline_moved", 14), ("restated", 47)]
    assert moved["due"]["calendar_days"] == 61
    (restatement,) = drift["restatements"]
    assert [one["code"] for one in restatement["milestones"]] == ["DM-1", "DM-2", "DM-3"]
    assert "Restated since it was first reported: PMCS 2019-04 ME edition 1 to edition 2" in (
        Path(result.report["text"]).read_text()
    )


def test_pulling_the_same_bytes_again_makes_no_edition(months: Months) -> None:
    march(months)
    months.site.sync()
    text = (months.site.folder / "exports" / "201903-ME.csv").read_text()
    (months.site.folder / "exports" / "201903-ME-copy.csv").write_text(text)
    months.site.sync()
    assert months.json("show", "pmcs:latest")["edition"] == 1


@pytest.mark.parametrize("form", ["text", "json", "html"])
def test_a_past_report_is_rendered_again_with_the_values_it_had(months: Months, form: str) -> None:
    """Whatever has happened since: later editions and months, other links, another Jira."""
    march(months)
    months.site.sync()
    months.later(30)
    months.put("2019-04", row("DM-1", "2019-07-31"), row("DM-2", "2019-06-28"))
    run = months.site.sync().run
    before = months.site.run("report", str(run), "--format", form, check=0).stdout
    months.later(30)
    months.put("2019-04", row("DM-1", "2019-08-30"), row("DM-2", "2019-06-28"), name="201904-ME-final.csv")
    months.put("2019-05", row("DM-1", "2019-09-30"))
    months.site.jira.edit("DM-12", duedate="2019-12-31")
    months.site.link({"DM-1": {"jira": "DM-12"}})
    months.site.sync()
    assert months.site.run("report", str(run), "--format", form, check=0).stdout == before
    newest = months.site.run("report", "--format", form, check=0).stdout
    assert newest != before
    assert "2019-05" in newest


def test_narratives_stand_in_the_report_as_they_stood_when_it_was_made(months: Months) -> None:
    march(months)
    months.site.sync()
    months.later(30)
    months.put("2019-04", row("DM-1", "2019-07-31"), row("DM-2", "2019-08-30"))
    run = months.site.sync().run
    before = months.site.run("report", str(run), check=0).stdout
    assert "0 narratives given, 2 missing." in before
    months.site.run("review", "narrate", "DM-1", "--why", "late delivery", "--action", "buy", check=0)
    again = months.site.sync()
    text = Path(again.report["text"]).read_text()
    assert "1 narrative given, 1 missing." in text
    assert "late delivery" in text
    assert "late delivery" in months.site.run("drift", "pmcs:2019-03", "pmcs:2019-04", check=0).stdout
    assert months.site.run("report", str(run), check=0).stdout == before
    months.site.run("review", "narrate", "DM-1", "--why", "a strike", check=0)
    assert "a strike" not in months.site.run("report", str(again.run), check=0).stdout
    assert "a strike" in months.site.run("drift", "pmcs:2019-03", "pmcs:2019-04", check=0).stdout
    months.later(30)
    months.put("2019-05", row("DM-1", "2019-10-31"), row("DM-2", "2019-08-30"))
    months.site.sync()
    months.site.run("review", "narrate", "DM-1", "--why", "A  strike", check=0)
    shape = months.json("drift", "pmcs:2019-04", "pmcs:2019-05")
    (narrated,) = [one["narrative"] for one in shape["milestones"] if one["code"] == "DM-1"]
    assert (narrated["why"], narrated["repeats"]) == ("A  strike", "2019-04")
    assert months.json("drift", "pmcs:2019-03", "pmcs:2019-04")["narratives"]["given"] == ["DM-1"]


def test_reports_that_are_not_there_are_said_in_words(months: Months) -> None:
    march(months)
    assert "No run has left a report yet." in months.site.run("report", check=2).stderr
    months.site.run("pull", check=0)
    assert "There is no run 77." in months.site.run("report", "77", check=2).stderr
    assert "Run 1 left no report" in months.site.run("report", "1", check=2).stderr


def test_a_folder_that_cannot_be_written_hides_nothing_that_was_done(months: Months) -> None:
    march(months)
    (months.site.folder / "reports").rmdir()
    (months.site.folder / "reports").write_text("not a folder")
    result = months.site.sync()
    folder = months.site.folder / "reports"
    assert f"The report could not be written: {folder.parent}: File exists" in result.problems
    assert f"report.folder: {folder} is not a folder" in months.site.run("check", check=2).stdout
    assert result.plan is not None


def test_sides_beside_each_other_by_name(months: Months) -> None:
    march(months)
    months.site.sync()
    months.site.jira.edit("DM-12", duedate="2019-07-05")
    months.site.run("pull", check=0)
    shape = months.json("drift", "--sides", "pmcs,jira")
    assert [one["code"] for one in shape["milestones"] if one["differs"]] == ["DM-2"]
    (differing,) = [one for one in shape["milestones"] if one["differs"]]
    assert (differing["name"], differing["due"]["odd_one_out"], differing["due"]["calendar_days"]) == (
        "Kept by hand",
        "jira",
        7,
    )
    assert months.site.run("drift", "--sides", "pmcs,jira", "--exit-code", check=4).stdout.startswith("Drift between")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--sides", "pmcs"], "--sides needs two or three different sides"),
        (["--sides", "pmcs,pmcs"], "--sides needs two or three different sides"),
        (["--sides", "pmcs,published"], "published is neither a side that is configured"),
        (["--sides", "pmcs,jira", "pmcs:latest"], "--sides stands instead of BEFORE and AFTER"),
        (["--sides", "pmcs,jira", "--format", "tex"], "--sides has no format tex"),
        (["pmcs:latest"], "Two snapshots are compared."),
        ([], "Two snapshots are compared."),
        (["pmcs:latest", "pmcs:2019-13"], "no snapshot is called pmcs:2019-13"),
        (["pmcs:latest", "pmcs:2019-04@2"], "no snapshot is called pmcs:2019-04@2"),
    ],
)
def test_what_cannot_be_compared_is_said_in_words(months: Months, arguments: list[str], words: str) -> None:
    march(months)
    months.site.sync()
    failed = months.site.run("drift", *arguments, check=2)
    assert words in failed.stderr
    assert "Traceback" not in failed.stderr
