"""The process is killed in the middle of a night, or two runs meet: nothing is lost, written twice or said twice."""

import signal
import sqlite3
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path

import pytest

from connectors.jira_simulator import JiraSimulator
from syncsvc.demo.story import Fact, write_export
from syncsvc.errors import LeaseHeld, SourceError
from syncsvc.store import Store
from tests.site import Site

LINKS = 40
DUE = date(2019, 6, 3)
LIMITS = "[limits]\nmax_export_age_days = 0\nmax_change_percent = 100\n"


def put_month(site: Site, month: int, moved_days: int) -> None:
    facts = [Fact(f"M-{n:03}", f"Milestone {n}", DUE + timedelta(days=moved_days), None, ()) for n in range(LINKS)]
    write_export(site.folder / "exports" / f"2019{month:02}-ME.csv", f"LSST ME 19-{month:02}", facts)


def make_site(folder: Path, jira: JiraSimulator) -> Site:
    site = Site(folder, jira, tables=LIMITS, jira_lines="comment = true")
    for number in range(LINKS):
        jira.add_issue(f"DM-{number + 1}", duedate=DUE.isoformat())
    site.link({f"M-{number:03}": {"jira": f"DM-{number + 1}"} for number in range(LINKS)})
    put_month(site, 3, 0)
    assert site.sync().exit_code == 0
    put_month(site, 4, 7)
    return site


def start_sync(site: Site) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", "from syncsvc.cli import main; main()", "sync", "--format", "json"]
    return subprocess.Popen(command, env=site.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for_writes(jira: JiraSimulator, count: int) -> None:
    until = time.monotonic() + 30
    while jira.count("PUT") < count:
        assert time.monotonic() < until, "the run never came to write"
        time.sleep(0.005)


def end_lease(site: Site) -> None:
    """What ninety seconds of waiting would bring about."""
    with sqlite3.connect(site.folder / "syncsvc.db") as store:
        store.execute("UPDATE lease SET until_seconds = 0")


@pytest.mark.parametrize("writes", [1, 9, 23, LINKS])
def test_a_killed_night_is_finished_by_the_next_one(tmp_path: Path, writes: int) -> None:
    with JiraSimulator("cloud", latency_seconds=0.03) as jira:
        site = make_site(tmp_path, jira)
        jira.forget_requests()
        # One answer that does not come keeps the run where it is until it is killed, however slow the machine.
        if writes < LINKS:
            jira.fault("slow", method="PUT", after=writes - 1, seconds=60)
        else:
            jira.fault("slow", method="POST", path="bulkfetch", after=2, seconds=60)  # the read-back
        process = start_sync(site)
        wait_for_writes(jira, writes)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        jira.forget_faults()

        with pytest.raises(LeaseHeld, match="until"):
            site.sync()
        end_lease(site)
        next_night = site.sync()
        assert next_night.exit_code == 0
        assert next_night.settled
        wanted = (DUE + timedelta(days=7)).isoformat()
        for number in range(LINKS):
            key = f"DM-{number + 1}"
            assert jira.due(key) == wanted
            assert len(jira.comments(key)) == 1, key
            assert len(jira.changelog(key)) == 1, key

        jira.forget_requests()
        quiet = site.sync()
        assert quiet.exit_code == 0
        assert quiet.settled == ()
        assert jira.count("PUT") == 0


def test_of_two_runs_at_once_the_second_says_so_and_leaves(tmp_path: Path) -> None:
    with JiraSimulator("cloud", latency_seconds=0.05) as jira:
        site = make_site(tmp_path, jira)
        jira.fault("slow", method="PUT", after=2, seconds=3)
        first = start_sync(site)
        try:
            wait_for_writes(jira, 3)
            second = site.run("sync", check=7)
            assert second.stderr.startswith("syncsvc: Another run holds the lease: ")
            assert "Traceback" not in second.stderr
            _, errors = first.communicate(timeout=60)
        finally:
            first.kill()
            first.communicate()
        assert first.returncode == 0, errors
        assert all(len(jira.comments(f"DM-{number + 1}")) == 1 for number in range(LINKS))


def test_a_store_that_fails_in_the_middle_of_the_writes_does_not_say_that_nothing_was_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise SourceError("The store cannot be used: database or disk is full", "Look at the disk.")

    with JiraSimulator("cloud") as jira:
        site = make_site(tmp_path, jira)
        with monkeypatch.context() as disk:
            for name in ("commit_receipts", "finish_run", "release_lease"):
                disk.setattr(Store, name, full)
            night = site.run("sync", check=6)
        assert jira.count("PUT") == LINKS
        assert "database or disk is full, after writing had begun" in night.stderr
        assert f"Up to {LINKS} dates may have been written" in night.stderr
        assert "Nothing was written" not in night.stderr
        end_lease(site)
        assert len(site.sync().settled) == LINKS
        assert all(len(jira.changelog(f"DM-{number + 1}")) == 1 for number in range(LINKS))
