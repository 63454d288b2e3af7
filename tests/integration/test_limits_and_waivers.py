"""The real night under the default limits: stopped before its first write, and let through limit by limit."""

import json
from pathlib import Path

import pytest

from connectors.jira_simulator import JiraSimulator
from tests.real_nights import read_rows
from tests.site import Site

pytestmark = pytest.mark.real


def test_every_limit_is_named_and_each_waived_with_a_reason(tmp_path: Path, real_data: Path) -> None:
    february, april = read_rows(real_data / "201802-ME.csv"), read_rows(real_data / "201904-ME.xls")
    common = sorted(set(february) & set(april))
    with JiraSimulator("cloud") as jira:
        site = Site(tmp_path, jira, mode="auto", tables="")
        keys = {code: f"DM-{number}" for number, code in enumerate(common, start=1)}
        for code, key in keys.items():
            row = february[code]
            done = row.completed is not None
            at = f"{row.completed}T12:00:00.000-0800" if done else None
            jira.add_issue(key, duedate=str(row.due) if row.due else None, done=done, resolutiondate=at)
        site.link({code: {"jira": key} for code, key in keys.items()})
        site.put_export(real_data / "201802-ME.csv")
        assert site.sync().exit_code == 0
        site.put_export(real_data / "201904-ME.xls")

        stopped = json.loads(site.run("sync", "--format", "json", check=5).stdout)
        assert {v["limit"] for v in stopped["violations"]} == {
            "max_change_percent",
            "max_shift_days",
            "max_export_age_days",
        }
        assert stopped["receipts"] == []
        assert jira.count("PUT") == 0
        plan = stopped["plan"]

        shown = json.loads(site.run("plan", "--format", "json", check=0).stdout)
        assert shown["plan"] == plan
        assert len(shown["changes"]) == 94

        refused = site.run("apply", plan, "--yes", check=5)
        for limit in ("max_change_percent", "max_shift_days", "max_export_age_days"):
            assert limit in refused.stderr
        site.run("approve", plan, "--waive", "max_change_percent", "--reason", "replan CCB-42", check=0)
        assert "max_change_percent" not in site.run("apply", plan, "--yes", check=5).stderr
        assert jira.count("PUT") == 0

        unknown = site.run("approve", plan, "--waive", "max_changes", "--reason", "no", check=2)
        assert "does not break max_changes" in unknown.stderr
        site.run("approve", plan, "--waive", "max_shift_days", check=2)
        site.run(
            "approve", plan, "--waive", "max_shift_days", "--reason", "replan", "--waive", "max_export_age_days",
            "--reason", "history is replayed", check=0,
        )  # fmt: skip
        applied = json.loads(site.run("apply", plan, "--yes", "--format", "json", check=4).stdout)
        assert [r["outcome"] for r in applied["receipts"]] == ["applied"] * 94
        assert jira.count("PUT") == 94

        again = site.run("apply", plan, "--yes", check=4)
        assert "was applied already" in again.stderr
        assert jira.count("PUT") == 94

        events = json.loads(site.run("log", "--format", "json", check=0).stdout)["events"]
        waived = {(e["detail"], e["run"] is not None) for e in events if e["event"] == "waived"}
        assert {detail for detail, _ in waived} == {
            "max_change_percent: replan CCB-42",
            "max_shift_days: replan",
            "max_export_age_days: history is replayed",
        }
        assert all(in_run for _, in_run in waived)
