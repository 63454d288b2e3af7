"""The service as a process of its own, by another clock: nights caught up, stopped in the middle, shared and missed."""

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.jira_simulator import JiraSimulator
from syncsvc.demo.story import Fact, write_export
from syncsvc.model import Mode
from tests.integration.test_kills import end_lease
from tests.integration.test_store_slots import end_leases
from tests.site import Site, run_command
from tests.web.browser import form_of

DUE = date(2019, 6, 3)
LINKS = 150  # two batches
AFTER_THE_NIGHT = "2019-05-02T12:00:00+00:00"  # half an hour after 04:30 in Los Angeles
NIGHT = "2019-05-02"


@dataclass
class Serving:
    """A service that was started, and its log."""

    process: subprocess.Popen[str]
    log_file: Path

    @property
    def log(self) -> str:
        return self.log_file.read_text()

    def stop(self, number: int = signal.SIGTERM, *, within_seconds: float = 30) -> int:
        self.process.send_signal(number)
        return self.process.wait(timeout=within_seconds)


@contextmanager
def serving(site: Site, at: str = AFTER_THE_NIGHT, name: str = "serve") -> Iterator[Serving]:
    """A service, killed at the end whatever happens."""
    command = [sys.executable, str(Path(__file__).parent / "clocked.py"), at, "serve"]
    log_file = site.folder / f"{name}.log"
    with log_file.open("a") as log:
        process = subprocess.Popen(command, env=site.environment(), cwd=site.folder, stdout=log, stderr=log, text=True)
    try:
        yield Serving(process, log_file)
    finally:
        process.kill()
        process.wait()


def wait_until(holds: Callable[[], object], seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, "it never came to that"
        time.sleep(0.02)


def clocked(site: Site, at: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """One command by a clock that begins at that instant."""
    behind = datetime.now(UTC) - datetime.fromisoformat(at)
    return run_command(arguments, env=site.environment(), folder=site.folder, now=lambda: datetime.now(UTC) - behind)


def schedule(site: Site, at: str = AFTER_THE_NIGHT) -> dict[str, Any]:
    """What `syncsvc schedule show` says."""
    done = clocked(site, at, "schedule", "show", "--format", "json")
    assert done.returncode == 0, done.stderr
    shown: dict[str, Any] = json.loads(done.stdout)
    return shown


def night(site: Site) -> dict[str, Any] | None:
    """The newest night of the ledger."""
    return next(iter(schedule(site)["nights"]), None)


def nightly_runs(site: Site) -> list[tuple[int | None, str, Mode | None]]:
    store = site.wiring().open_store()
    try:
        return [(r.exit_code, r.actor, r.mode) for r in reversed(store.runs(99)) if r.trigger == "nightly"]
    finally:
        store.close()


def put_month(site: Site, month: int, moved_days: int) -> None:
    facts = [Fact(f"M-{n:03}", f"Milestone {n}", DUE + timedelta(days=moved_days), None, ()) for n in range(LINKS)]
    write_export(site.folder / "exports" / f"2019{month:02}-ME.csv", f"LSST ME 19-{month:02}", facts)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A site that agreed in March and was moved by a week in April."""
    with JiraSimulator("cloud") as jira:
        site = Site(tmp_path, jira, tables="[limits]\nmax_export_age_days = 0\nmax_change_percent = 100\n")
        for number in range(LINKS):
            jira.add_issue(f"DM-{number + 1}", duedate=DUE.isoformat())
        site.link({f"M-{number:03}": {"jira": f"DM-{number + 1}"} for number in range(LINKS)})
        put_month(site, 3, 0)
        assert site.sync().exit_code == 0
        put_month(site, 4, 7)
        jira.forget_requests()
        yield site


def moved(site: Site) -> list[int]:
    """Of each issue, how often it was written."""
    return [len(site.jira.changelog(f"DM-{number + 1}")) for number in range(LINKS)]


def test_stopped_in_the_middle_of_a_batch_it_records_that_batch_and_the_next_start_does_the_rest(site: Site) -> None:
    """The pages answer while it writes, and their port is given back."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    site.web_lines = f"port = {port}"
    site.write_config()
    site.jira.fault("slow", method="PUT", after=20, seconds=3)
    with serving(site) as service:
        wait_until(lambda: "the review pages are at" in service.log)
        wait_until(lambda: site.jira.count("PUT") > 20)
        for page in ("healthz", "sign-in"):
            assert httpx.get(f"http://127.0.0.1:{port}/{page}", timeout=10).status_code == 200
        assert service.stop() == 0
        assert "SIGTERM: no further batch" in service.log
        assert "Traceback" not in service.log
    with closing(socket.socket()) as again:
        again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        again.bind(("127.0.0.1", port))
    assert sorted(moved(site)) == [0] * 50 + [1] * 100
    store = site.wiring().open_store()
    assert store.open_intents() == []
    last = store.latest_run()
    store.close()
    assert last is not None
    assert last.body is not None
    outcomes = [receipt["outcome"] for receipt in last.body["receipts"]]
    assert (outcomes.count("applied"), outcomes.count("not_tried"), last.exit_code) == (100, 50, 6)
    stopped = night(site)
    assert stopped is not None
    assert (stopped["night"], stopped["state"], stopped["tries"]) == (NIGHT, "due", 1)

    with serving(site) as service:
        wait_until(lambda: f"night of {NIGHT}: done" in service.log)
        assert service.stop(signal.SIGINT) == 0
    assert moved(site) == [1] * LINKS
    assert nightly_runs(site) == [(6, "scheduler", Mode.AUTO), (0, "scheduler", Mode.AUTO)]
    # The same night from a timer finds it done.
    timer = clocked(site, AFTER_THE_NIGHT, "sync", "--nightly")
    assert (timer.returncode, timer.stdout) == (0, "")
    assert f"The night of {NIGHT} was done by run" in timer.stderr
    assert len(nightly_runs(site)) == 2


def test_a_signal_that_reaches_another_thread_stops_it_too(site: Site) -> None:
    with serving(site) as service:
        wait_until(lambda: f"night of {NIGHT}: done" in service.log)
        process = service.process.pid
        others = [int(each) for each in os.listdir(f"/proc/{process}/task") if int(each) != process]
        assert others
        ctypes.CDLL(None, use_errno=True).tgkill(process, others[0], signal.SIGTERM)
        assert service.process.wait(timeout=30) == 0


def test_of_two_services_on_one_store_one_runs_the_night(site: Site) -> None:
    with serving(site, name="one") as one, serving(site, name="two") as two:
        wait_until(lambda: f"night of {NIGHT}: done" in one.log + two.log)
        assert one.stop() == 0
        assert two.stop() == 0
    assert (one.log + two.log).count("begins") == 1
    assert moved(site) == [1] * LINKS
    assert nightly_runs(site) == [(0, "scheduler", Mode.AUTO)]


def test_a_killed_night_is_taken_over_when_its_lease_has_ended(site: Site) -> None:
    site.jira.fault("slow", method="PUT", after=20, seconds=60)
    with serving(site) as service:
        wait_until(lambda: site.jira.count("PUT") > 20)
        service.process.kill()
        service.process.wait()
    site.jira.forget_faults()
    end_lease(site)
    timer = clocked(site, AFTER_THE_NIGHT, "sync", "--nightly")
    assert timer.returncode == 7, timer.stderr
    assert "is being run by" in timer.stderr
    end_leases(f"sqlite:///{site.folder / 'syncsvc.db'}")
    timer = clocked(site, AFTER_THE_NIGHT, "sync", "--nightly", "--format", "json")
    assert timer.returncode == 0, timer.stderr
    run = json.loads(timer.stdout)
    assert (run["trigger"], run["exit_code"]) == ("nightly", 0)
    assert Path(run["report"]["text"]).is_file()
    assert moved(site) == [1] * LINKS
    taken = night(site)
    assert taken is not None
    assert (taken["state"], taken["tries"], taken["run"]) == ("done", 2, run["run"])


def test_what_was_begun_on_a_page_and_killed_is_finished_by_the_next_run(site: Site) -> None:
    """Whoever pressed the button sees how far it is until then."""
    evening = "2019-05-03T03:00:00+00:00"  # too late for a night: what runs was asked for on a page
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    site.web_lines = f"port = {port}"
    site.write_config()
    token = site.run("user", "add", "anna", "--role", "controller", check=0).stdout.split()[-1]
    site.jira.fault("slow", method="PUT", after=120, seconds=60)  # in the second batch
    address = f"http://127.0.0.1:{port}"
    with (
        httpx.Client(base_url=address, follow_redirects=True, timeout=30) as browser,
        serving(site, evening) as service,
    ):
        wait_until(lambda: "the review pages are at" in service.log)
        page = browser.post("/sign-in", data={"token": token, "next": "/plan"})
        made = browser.post("/plan", data=form_of(page.text, "/plan"))
        there = f"{made.url.path}/apply"
        running = browser.post(there, data=form_of(made.text, there))
        assert running.url.path.startswith("/runs/")
        assert "Running:" in running.text
        wait_until(lambda: site.jira.count("PUT") > 120)
        assert "<strong>Running:</strong> 100 of 150 written. 50 more are being" in browser.get(running.url).text
        service.process.kill()
        service.process.wait()
    site.jira.forget_faults()
    end_lease(site)
    after = site.sync()
    assert (after.exit_code, len(after.settled)) == (0, 50)
    assert moved(site) == [1] * LINKS


def test_a_night_that_comes_due_while_it_serves_is_run(site: Site) -> None:
    """At 04:29:58 by its clock; the night before is twenty-four hours ago and is not caught up."""
    with serving(site, "2019-05-02T11:29:56+00:00") as service:
        wait_until(lambda: "serving; the next night is 2019-05-02, due 2019-05-02 11:30 UTC" in service.log)
        assert "begins" not in service.log
        wait_until(lambda: f"night of {NIGHT}: done" in service.log)
        assert service.stop() == 0
    assert [each["night"] for each in schedule(site)["nights"]] == [NIGHT]


def test_started_long_after_a_night_it_waits_for_the_next_and_a_person_may_run_it(site: Site) -> None:
    evening = "2019-05-03T03:00:00+00:00"  # 15.5 hours later
    with serving(site, evening) as service:
        wait_until(lambda: "serving" in service.log)
        assert service.stop() == 0
    assert nightly_runs(site) == []
    assert schedule(site, evening)["last_due"] == {
        "night": NIGHT,
        "due_at": "2019-05-02T11:30:00Z",
        "standing": "too_late",
    }
    timer = clocked(site, evening, "sync", "--nightly")
    assert timer.returncode == 4
    assert "longer ago than [nightly] catch_up_hours" in timer.stderr
    asked = clocked(site, evening, "schedule", "run-now")
    assert asked.returncode == 0, asked.stderr
    assert nightly_runs(site) == [(0, "scheduler", Mode.AUTO)]
    assert clocked(site, evening, "schedule", "run-now").returncode == 0
    assert len(nightly_runs(site)) == 1
    shown = clocked(site, evening, "schedule", "show").stdout
    assert "2019-05-03 04:30 PDT" in shown
    assert "Done." in shown


def test_a_jira_that_is_down_and_a_configuration_that_broke_do_not_end_it(site: Site) -> None:
    """It goes on, and the ledger says why a night was put off or failed."""
    good, url = site.config.read_text(), site.jira.url
    site.config.write_text(good.replace(url, "http://127.0.0.1:9"))
    with serving(site) as service:
        wait_until(lambda: f"night of {NIGHT}: put off" in service.log)
        site.config.write_text(good + "\n[nonsense]\n")
        end_leases(f"sqlite:///{site.folder / 'syncsvc.db'}")
        wait_until(lambda: f"night of {NIGHT}: failed, exit 2" in service.log)
        assert service.process.poll() is None
        assert service.stop() == 0
        assert "Traceback" not in service.log
    site.config.write_text(good)
    failed = night(site)
    assert failed is not None
    assert (failed["state"], failed["exit_code"], failed["tries"]) == ("failed", 2, 2)
    assert "nonsense" in failed["detail"]
    timer = clocked(site, AFTER_THE_NIGHT, "sync", "--nightly")
    assert timer.returncode == 4
    assert "schedule run-now" in timer.stderr
    assert clocked(site, AFTER_THE_NIGHT, "schedule", "run-now").returncode == 0


def test_nightly_takes_no_mode(site: Site) -> None:
    refused = clocked(site, AFTER_THE_NIGHT, "sync", "--nightly", "--mode", "auto")
    assert refused.returncode == 2
    assert "--nightly runs in [nightly] mode" in refused.stderr
