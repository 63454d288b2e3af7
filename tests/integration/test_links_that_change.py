"""Links that somebody changes, or that are cut while their file is written: no night writes from that by itself."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from connectors.jira_simulator import JiraSimulator
from syncsvc.demo.story import Fact, write_export
from tests.site import Site

DUE = date(2019, 6, 3)
EARLIER = (DUE - timedelta(days=45)).isoformat()


def link(site: Site, offset: str) -> None:
    lines = ['[milestones.M-1]\njira = "DM-1"', '[milestones.M-2]\njira = "DM-2"']
    lines.append(f'[[milestones.M-2.also]]\njira = "DM-3"\nfields = ["due"]\noffset_days = {offset}')
    (site.folder / "links.toml").write_text("\n".join(lines))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Two milestones, and an issue 45 days before the second; all agree."""
    with JiraSimulator("cloud") as jira:
        site = Site(tmp_path, jira)
        for key, due in (("DM-1", DUE.isoformat()), ("DM-2", DUE.isoformat()), ("DM-3", EARLIER)):
            jira.add_issue(key, duedate=due)
        facts = [Fact(f"M-{n}", f"Milestone {n}", DUE, None, ()) for n in (1, 2)]
        write_export(tmp_path / "exports" / "201903-ME.csv", "LSST ME 19-03", facts)
        link(site, "-45")
        assert site.sync().exit_code == 0
        yield site


def test_dates_that_move_by_another_offset_are_looked_at_by_a_person(site: Site) -> None:
    link(site, "-4")
    for _ in range(2):
        night = site.run("sync", check=5)
        assert "changed_offset 1, allowed 0" in night.stdout
        assert "M-2 DM-3 from -45 to -4" in " ".join(night.stdout.split())
    assert site.jira.due("DM-3") == EARLIER
    plan = next(word for word in night.stdout.split() if word.startswith("p-"))
    site.run("apply", plan, "--yes", check=5)
    site.run("approve", plan, "--waive", "changed_offset", "--reason", "four days are meant", check=0)
    site.run("apply", plan, "--yes", check=0)
    assert site.jira.due("DM-3") == (DUE - timedelta(days=4)).isoformat()
    site.run("sync", check=0)


def test_an_empty_links_file_is_no_quiet_night(site: Site) -> None:
    (site.folder / "links.toml").write_text("")
    for _ in range(2):
        night = site.run("sync", check=2)
        assert "3 of the 3 links of the last plan are there no more: M-1 DM-1, M-2 DM-2, M-2 DM-3" in night.stderr
    (site.folder / "links.toml").write_text('[milestones.M-1]\njira = "DM-1"')
    assert "2 of the 3 links of the last plan are there no more" in site.run("sync", check=0).stdout
    assert "no more" not in site.run("sync", check=0).stdout


def test_links_that_a_person_ended_are_not_missed(site: Site) -> None:
    (site.folder / "links.toml").write_text("")
    assert "syncsvc links refuse CODE KEY" in " ".join(site.run("sync", check=2).stderr.split())
    for code, key in (("M-1", "DM-1"), ("M-2", "DM-2")):
        site.run("links", "refuse", code, key, "--reason", "the pilot is over", check=0)
    assert "1 of the 3 links of the last plan are there no more: M-2 DM-3" in site.run("sync", check=2).stderr
    site.run("links", "refuse", "M-2", "DM-3", "--reason", "the pilot is over", check=0)
    assert "no more" not in site.run("sync", check=0).stdout


def test_the_last_link_that_was_accepted_may_be_refused(site: Site) -> None:
    (site.folder / "links.toml").write_text('[milestones.M-1]\njira = "DM-1"')
    site.run("sync", check=0)
    (site.folder / "links.toml").write_text("")
    site.run("links", "accept", "M-1", "DM-1", check=0)
    site.run("sync", check=0)
    site.run("links", "refuse", "M-1", "DM-1", "--reason", "another team has it", check=0)
    site.run("sync", check=0)
