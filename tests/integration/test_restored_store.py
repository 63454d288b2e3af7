"""A store that is put back to a backup: what people did since is not undone by a night that does not know of it."""

import re
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from connectors.jira_simulator import JiraSimulator
from syncsvc.demo.story import Fact, write_export
from syncsvc.run_mark import RunMark, RunMarks
from tests.site import Site

MAY, JUNE = date(2019, 5, 6), date(2019, 6, 3)


def put_month(site: Site, month: int, due: date) -> None:
    facts = [Fact(f"M-{n}", f"Milestone {n}", due, None, ()) for n in (1, 2)]
    write_export(site.folder / "exports" / f"2019{month:02}-ME.csv", f"LSST ME 19-{month:02}", facts)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Both milestones moved and were written since the backup; a team put the first one back."""
    with JiraSimulator("cloud") as jira:
        site = Site(tmp_path, jira)
        for number in (1, 2):
            jira.add_issue(f"DM-{number}", duedate=MAY.isoformat())
        site.link({f"M-{number}": {"jira": f"DM-{number}"} for number in (1, 2)})
        put_month(site, 3, MAY)
        assert site.sync().exit_code == 0
        site.run("db", "backup", "-o", "last-week", check=0)
        put_month(site, 4, JUNE)
        assert site.sync().exit_code == 0
        jira.edit("DM-1", duedate=MAY.isoformat())
        assert site.sync().exit_code == 4  # it is held
        for part in tmp_path.glob("syncsvc.db*"):
            part.unlink()
        shutil.copy(tmp_path / "last-week", tmp_path / "syncsvc.db")
        yield site


def test_the_next_night_writes_nothing_until_a_person_has_looked(site: Site) -> None:
    for _ in range(4):  # also once it has made as many runs as it had lost
        night = site.run("sync", check=5)
        assert "restored_store 3, allowed 1: there were runs up to 3, and the store knew those up to 1" in " ".join(
            night.stdout.split()
        )
        assert site.jira.due("DM-1") == MAY.isoformat()
    plan = re.search(r"p-[0-9a-f]{12}", night.stdout)
    assert plan is not None
    site.run("apply", plan[0], "--yes", check=5)
    site.run("approve", plan[0], "--waive", "restored_store", "--reason", "the team agreed to June", check=0)
    site.run("apply", plan[0], "--yes", check=0)
    assert site.jira.due("DM-1") == JUNE.isoformat()
    put_month(site, 5, MAY)
    site.run("sync", check=0)
    assert site.jira.due("DM-1") == MAY.isoformat()


def test_what_a_team_put_back_is_rejected_and_the_nights_go_on(site: Site) -> None:
    site.run("sync", check=5)
    site.run("review", "reject", "M-1", "--reason", "the team put it back", check=0)
    site.run("sync", check=0)
    assert (site.jira.due("DM-1"), site.jira.due("DM-2")) == (MAY.isoformat(), JUNE.isoformat())


def test_in_review_mode_the_plan_says_so(site: Site) -> None:
    site.mode = "review"
    site.write_config()
    assert "there were runs up to 3" in site.run("sync", check=4).stdout


def test_a_mark_remembers_what_was_lost_until_somebody_has_looked(tmp_path: Path) -> None:
    marks = RunMarks(tmp_path / "reports")

    def begin(store: str, run: int) -> RunMark:
        mark = marks.next(store, run)
        marks.keep(store, mark)
        return mark

    assert [begin("a", run) for run in (1, 2, 9)] == [RunMark(1), RunMark(2), RunMark(9)]
    assert begin("a", 3) == RunMark(3, 9, 2)
    assert begin("a", 10) == RunMark(10, 9, 2)
    assert begin("a", 2) == RunMark(2, 10, 1)  # put back once more
    assert begin("b", 1) == RunMark(1)
    marks.keep("a", RunMark(2))
    assert begin("a", 3) == RunMark(3)
    for path in marks.folder.iterdir():
        path.write_text("[]")
    assert begin("a", 1) == RunMark(1)


def test_a_mark_that_cannot_be_kept_is_heeded_all_the_same(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(RunMarks, "keep", full)
    night = site.run("sync", check=5)
    assert "the last run cannot be noted" in night.stderr
    assert site.jira.due("DM-1") == MAY.isoformat()
