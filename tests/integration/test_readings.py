"""Nights in which Jira is asked only for what can have changed: what they cost, what they say, what a census finds."""

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from connectors.jira_simulator import JiraSimulator
from syncsvc.connector import ReadOnly
from syncsvc.demo.story import Fact, write_export
from syncsvc.model import DriftKind, Mode, RunResult
from syncsvc.report import as_json
from syncsvc.service import Service
from syncsvc.shapes import run_shape
from tests.integration.conftest import Clock
from tests.site import Site

#: Just more than are read whole every night.
LINKS = {"cloud": 201, "data-center": 401}
DUE = date(2019, 6, 3)
MOVED = DUE + timedelta(days=7)
FIRST = datetime(2019, 5, 1, 11, 30, tzinfo=UTC)
LIMITS = "[limits]\nmax_export_age_days = 0\nmax_change_percent = 100\n"


def links_of(site: Site) -> int:
    return LINKS[site.jira.flavour]


def put_export(site: Site, name: str, moved: int) -> None:
    facts = [
        Fact(f"M-{at:03}", f"Milestone {at}", MOVED if at < moved else DUE, None, ()) for at in range(links_of(site))
    ]
    write_export(site.folder / "exports" / f"20{name}-ME.csv", f"LSST ME {name[:2]}-{name[2:]}", facts)


@pytest.fixture
def flavour() -> str:
    return "cloud"


@pytest.fixture
def site(flavour: str, tmp_path: Path, clock: Clock) -> Iterator[Site]:
    """Many links that agree, read once."""
    clock.at = FIRST - timedelta(days=30)
    with JiraSimulator(flavour, now=clock) as jira:
        site = Site(tmp_path, jira, tables=LIMITS, now=clock)
        for at in range(links_of(site)):
            jira.add_issue(f"DM-{at + 1}", duedate=DUE.isoformat())
        site.link({f"M-{at:03}": {"jira": f"DM-{at + 1}"} for at in range(links_of(site))})
        put_export(site, "1903", moved=0)
        clock.at = FIRST
        assert site.sync().exit_code == 0
        yield site


def night(site: Site, clock: Clock) -> RunResult:
    clock.move(days=1)
    site.jira.forget_requests()
    return site.sync()


def kinds(result: RunResult) -> dict[str | None, DriftKind]:
    return {drift.key: drift.kind for drift in result.drifts if drift.kind is not DriftKind.IN_SYNC}


@pytest.mark.parametrize("flavour", ["cloud", "data-center"])
def test_what_quiet_and_busy_nights_ask_for(site: Site, clock: Clock) -> None:
    assert night(site, clock).exit_code == 0
    assert [request.path.split("/")[4] for request in site.jira.requests] == ["myself", "search"]

    put_export(site, "1904", moved=101)
    busy = night(site, clock)
    assert (busy.exit_code, len(busy.receipts), site.jira.count("PUT")) == (0, 101, 101)
    # what was written is read again itself: two requests of Cloud, one of Data Center
    assert night(site, clock).exit_code == 0
    assert site.jira.count() == (4 if site.jira.is_cloud else 3)
    assert night(site, clock).exit_code == 0
    assert site.jira.count() == 2


def test_a_run_says_how_much_of_jira_was_read(site: Site, clock: Clock) -> None:
    clock.move(days=1)
    pulled = json.loads(site.run("pull", "--format", "json", check=0).stdout)["pulled"]["jira"]
    assert (pulled["complete"], pulled["why_incomplete"], pulled["census_at"]) == (True, None, "2019-05-01T11:30:00Z")
    site.jira.forget_requests()
    assert "201 issues, COMPLETE (http" in site.run("pull", "jira", "--census", check=0).stdout
    assert site.jira.count() == 4
    clock.move(days=6)
    said = " ".join(site.run("pull", check=0).stdout.split())
    assert "201 issues, COMPLETE: read what has changed; all was last read 2019-05-02 11:30 UTC (http" in said
    clock.move(days=1)
    assert "201 issues, COMPLETE (http" in site.run("pull", check=0).stdout
    assert "Leave out --census" in site.run("sync", "--nightly", "--census", check=2).stderr
    assert "Leave out --file or --census" in site.run("pull", "--file", "x.csv", "--census", check=2).stderr


def test_a_plan_made_right_after_writes_is_not_fooled_by_a_lagging_index(site: Site, clock: Clock) -> None:
    put_export(site, "1904", moved=3)
    site.jira.stale_search(3600)
    assert len(night(site, clock).receipts) == 3
    clock.move(minutes=1)
    again = site.sync()
    assert (again.exit_code, kinds(again), again.plan and again.plan.changes) == (0, {}, ())


def test_what_is_gone_is_said_by_a_census_and_what_was_edited_the_next_night(site: Site, clock: Clock) -> None:
    clock.move(hours=3)
    site.jira.edit("DM-7", duedate="2019-09-09")
    site.jira.delete("DM-8")
    first = night(site, clock)
    assert (kinds(first), first.exit_code) == ({"DM-7": DriftKind.FOLLOWER_EDITED}, 4)
    both = {"DM-7": DriftKind.FOLLOWER_EDITED, "DM-8": DriftKind.GONE}
    service = site.service()
    try:
        assert kinds(service.sync(census=True)) == both
    finally:
        service.setup.close()
    assert kinds(night(site, clock)) == both


def test_on_an_incomplete_night_nothing_is_gone_and_it_is_said_why(
    site: Site, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    put_export(site, "1904", moved=2)
    site.jira.delete("DM-8")
    site.jira.fault("status", path="/issue/DM-9$", status=500, times=1000)
    site.jira.bulk_error("DM-9")
    wiring = site.wiring()
    jira = wiring.jira()
    jira._transport._sleep = lambda seconds: None
    setup = replace(wiring.setup(), follower=ReadOnly(jira))
    clock.move(days=1)
    try:
        with caplog.at_level(logging.INFO, "syncsvc.pull"):
            result = Service(setup, "tester").sync(Mode.REPORT, census=True)
    finally:
        setup.close()
        jira.close()
    said = result.pulled["jira"]
    assert not said.complete
    assert "DM-9: http" in said.why_incomplete
    assert "500" in said.why_incomplete
    assert said.missing == ("DM-8",)
    assert {key: kind for key, kind in kinds(result).items() if kind is not DriftKind.OWNER_MOVED} == {
        "DM-8": DriftKind.UNSEEN,
        "DM-9": DriftKind.UNSEEN,
    }
    assert result.exit_code == 4
    pulled = json.loads(as_json.as_json(run_shape(result)))["pulled"]["jira"]
    assert (pulled["complete"], pulled["why_incomplete"]) == (False, said.why_incomplete)
    told = {
        record.levelname: record.getMessage() for record in caplog.records if record.getMessage().startswith("jira")
    }
    assert told["WARNING"].startswith("jira: INCOMPLETE: DM-9: http")

    site.jira.forget_faults()
    site.jira._known("DM-9").bulk_error = None
    after = night(site, clock)  # begins with the last complete reading
    assert after.pulled["jira"].census_at == FIRST
    assert {key: kind for key, kind in kinds(after).items() if kind is not DriftKind.OWNER_MOVED} == {}
