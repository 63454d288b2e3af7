"""A whole night on PostgreSQL, as one on SQLite: pulled, planned, written, read back, reported; then a quiet one."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from connectors.jira_simulator import JiraSimulator
from syncsvc.demo.story import read_milestones, write_export
from syncsvc.errors import ExitCode
from syncsvc.model import Outcome
from tests.postgresql import Databases
from tests.site import Site


def test_a_night_on_postgresql(tmp_path: Path, postgresql: Databases) -> None:
    url = postgresql.empty()
    with JiraSimulator("cloud") as jira:
        tables = f"[store]\nurl = {json.dumps(url)}\n[limits]\nmax_export_age_days = 0\n"
        site = Site(tmp_path, jira, tables=tables)
        milestones = [each for each in read_milestones() if each.due is not None][:3]
        site.link({each.code: {"jira": f"DM-{number}"} for number, each in enumerate(milestones, 1)})
        for each in milestones:
            jira.add_issue(f"DM-{milestones.index(each) + 1}", duedate=each.due.isoformat())
        write_export(tmp_path / "exports" / "201903-ME.csv", "LSST ME 19-03", milestones)
        assert site.run("sync", check=None).returncode == ExitCode.SCHEMA
        site.run("db", "upgrade", check=0)
        first = site.sync()
        assert (first.receipts, len(first.pulled["jira"].milestones)) == ((), 3)
        assert site.run("db", "check").stdout.endswith("is whole.\n")
        assert Path(first.report["text"]).is_file()
        moved = [replace(each, due=each.due + timedelta(days=7)) for each in milestones]
        write_export(tmp_path / "exports" / "201904-ME.csv", "LSST ME 19-04", moved)
        busy = site.sync()
        assert [each.outcome for each in busy.receipts] == [Outcome.APPLIED] * 3
        assert [jira.issue(f"DM-{n}")["duedate"] for n in (1, 2, 3)] == [m.due.isoformat() for m in moved]
        quiet = site.sync()
        assert (quiet.receipts, quiet.exit_code) == ((), first.exit_code)
        again = json.loads(site.run("report", str(quiet.run), "--format", "json").stdout)
        assert again
    postgresql.drop(url)
