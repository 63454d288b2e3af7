"""Two services on one PostgreSQL: one is suspended in the middle of its writes, the other is killed in its own.

The first wakes up past its lease, when the other had long begun anew, and finishes the night as one of its own.
"""

import json
import signal
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from connectors.jira_simulator import JiraSimulator
from syncsvc.demo.story import Fact, write_export
from syncsvc.slots import SlotState
from syncsvc.store import Store
from tests.integration.test_serve import AFTER_THE_NIGHT, DUE, NIGHT, serving, wait_until
from tests.postgresql import Databases
from tests.site import Site

LINKS = 120
LEASE_SECONDS = 4
WEEK = timedelta(days=7)


def put_month(site: Site, month: int, due: date) -> None:
    facts = [Fact(f"M-{number:03}", f"Milestone {number}", due, None, ()) for number in range(LINKS)]
    write_export(site.folder / "exports" / f"2019{month:02}-ME.csv", f"LSST ME 19-{month:02}", facts)


def test_one_is_suspended_and_one_is_killed_and_every_issue_is_written_once(
    tmp_path: Path, postgresql: Databases
) -> None:
    url = postgresql.migrated()
    keys = [f"DM-{number + 1}" for number in range(LINKS)]
    limits = "[limits]\nmax_export_age_days = 0\nmax_change_percent = 100\n"
    with JiraSimulator("cloud") as jira, ExitStack() as stack:
        # A comment would come twice where a write did; one worker, so that a slow answer holds up the whole batch.
        site = Site(
            tmp_path,
            jira,
            tables=f"[store]\nurl = {json.dumps(url)}\n{limits}",
            jira_lines="comment = true\nworkers = 1",
            env={"SYNCSVC_JIRA_TOKEN": "simulator-token", "SYNCSVC_TEST_LEASE_SECONDS": str(LEASE_SECONDS)},
        )
        for key in keys:
            jira.add_issue(key, duedate=DUE.isoformat())
        site.link({f"M-{number:03}": {"jira": key} for number, key in enumerate(keys)})
        put_month(site, 3, DUE)
        assert site.sync().exit_code == 0
        put_month(site, 4, DUE + WEEK)
        jira.forget_requests()

        jira.fault("slow", method="PUT", after=20, seconds=3)
        one = stack.enter_context(serving(site, AFTER_THE_NIGHT, "one"))
        wait_until(lambda: jira.count("PUT") > 20)
        one.process.send_signal(signal.SIGSTOP)
        jira.fault("slow", method="PUT", after=30, seconds=60)
        two = stack.enter_context(serving(site, AFTER_THE_NIGHT, "two"))
        wait_until(lambda: jira.count("PUT") > 51)
        two.process.kill()
        two.process.wait()
        one.process.send_signal(signal.SIGCONT)
        wait_until(lambda: f"night of {NIGHT}: done" in one.log)
        assert one.stop() == 0

        assert jira.count("PUT") == LINKS
        assert {jira.due(key) for key in keys} == {(DUE + WEEK).isoformat()}
        assert {len(jira.comments(key)) for key in keys} == {1}
    assert "Traceback" not in one.log + two.log
    assert one.log.count("begins") == 2
    assert two.log.count("begins") == 1
    store = Store.open(url, now=lambda: datetime.now(UTC))
    (slot,) = store.slots(9)
    ended = [run.exit_code for run in reversed(store.runs(99)) if run.trigger == "nightly"]
    assert (slot.state, slot.attempt, ended) == (SlotState.DONE, 3, [7, None, 0])
    assert store.open_intents() == []
    outcomes = [event.event for event in store.events() if event.event in ("applied", "already")]
    assert outcomes == ["applied"] * LINKS, "each is told once, whoever wrote it"
    store.close()
    postgresql.drop(url)
