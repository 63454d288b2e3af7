"""Three nights with the real exports of February 2018 and April 2019 against a Jira over HTTP, both flavours.

What the nights have to bring about is worked out here from the files themselves, by a reader of its own.
"""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from connectors.jira_simulator import JiraSimulator
from syncsvc.model import Outcome, RunResult
from tests.site import COMPLETED_FIELD, Site

pytestmark = pytest.mark.real

RAISED = "[limits]\nmax_export_age_days = 0\nmax_change_percent = 100\nmax_shift_days = 1000\nmax_changes = 1000\n"
HAND_EDITED_QUIETLY = "DM-AP-8"  # due unmoved between the months
EDITED_TOO = "DM-DRP-10"  # due moved, +707 days
REPORTED = "LDM-503-17"  # not complete in April 2019


@dataclass
class Row:
    due: date | None
    basis: str
    completed: date | None
    start: bool


def _day(text: str) -> date | None:
    return datetime.strptime(text.split(" ")[0], "%m/%d/%Y").date() if text else None  # noqa: DTZ007  # a civil day


def read_rows(path: Path) -> dict[str, Row]:
    """Code -> what counts, read without any of syncsvc."""
    if path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as lines:
            cells = list(csv.reader(lines))
    else:
        with path.open("rb") as file:
            sheet = CalamineWorkbook.from_filelike(file).get_sheet_by_name("TASK")
            cells = [[str(cell) for cell in row] for row in sheet.iter_rows()]
    names = cells[0]
    rows = {}
    for line in cells[2:]:
        cell = dict(zip(names, line, strict=False))
        finish = cell.get("base_end_date") or cell.get("end_date")
        start = not finish
        completed = cell["act_end_date"] or (cell["start_date"] if cell["status_code"] == "Completed" and start else "")
        basis = "baseline" if cell.get("base_end_date") else "forecast"
        rows[cell["task_code"]] = Row(_day(finish or cell["start_date"]), basis, _day(completed), start)
    return rows


@dataclass
class Nights:
    site: Site
    february: dict[str, Row]
    april: dict[str, Row]
    keys: dict[str, str]  # code -> completion issue
    plans: dict[str, str]  # code -> test-plan issue


@pytest.fixture(params=["cloud", "data-center"])
def flavour(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=[False, True], ids=["resolution", "completed_field"])
def completed_field(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def nights(tmp_path: Path, real_data: Path, flavour: str, completed_field: bool) -> Iterator[Nights]:
    """Links for the codes common to both months, test plans for the annotated ones, Jira as in February."""
    february, april = read_rows(real_data / "201802-ME.csv"), read_rows(real_data / "201904-ME.xls")
    common = sorted(set(february) & set(april))
    annotated = json.loads((real_data / "annotations-2019-05.json").read_text())
    keys = {code: f"DM-{number}" for number, code in enumerate(common, start=1000)}
    plans = {code: f"DM-{number}" for number, code in enumerate((c for c in common if c in annotated), start=5000)}
    assert len(common) == 365
    assert plans
    with JiraSimulator(flavour) as jira:
        site = Site(tmp_path, jira, completed_field=completed_field, tables=RAISED)
        for code, key in keys.items():
            row = february[code]
            done = row.completed is not None
            resolved = f"{row.completed}T12:00:00.000-0800" if done else None
            fields = {COMPLETED_FIELD: str(row.completed)} if done and completed_field else {}
            jira.add_issue(key, duedate=_text(row.due), done=done, resolutiondate=resolved, fields=fields)
        for code, key in plans.items():
            due = february[code].due
            jira.add_issue(key, duedate=_text(due and due - timedelta(days=45)))
        site.link({c: {"jira": k, **({"test_plan": plans[c]} if c in plans else {})} for c, k in keys.items()})
        site.put_export(real_data / "201802-ME.csv")
        yield Nights(site, february, april, keys, plans)


def _text(day: date | None) -> str | None:
    return day.isoformat() if day else None


def written(result: RunResult) -> list[tuple[str, str, str]]:
    return sorted((r.change.code, r.change.key, str(r.change.field)) for r in result.receipts if r.outcome == "applied")


def holds(result: RunResult) -> dict[str, set[tuple[str, str]]]:
    assert result.plan is not None
    by_kind: dict[str, set[tuple[str, str]]] = {}
    for hold in result.plan.holds:
        by_kind.setdefault(str(hold.kind), set()).add((hold.code, str(hold.field)))
    return by_kind


def test_three_nights(nights: Nights, real_data: Path, completed_field: bool) -> None:
    site, jira = nights.site, nights.site.jira

    first = site.sync()
    assert jira.count("PUT") == 0
    assert first.plan is not None
    assert not first.plan.changes
    assert first.exit_code == 0, first.plan.holds

    site.put_export(real_data / "201904-ME.xls")
    quiet_day, also_day = "2025-01-15", "2025-02-17"
    jira.edit(nights.keys[HAND_EDITED_QUIETLY], author="A. Person", duedate=quiet_day)
    jira.edit(nights.keys[EDITED_TOO], author="A. Person", duedate=also_day)
    jira.resolve(nights.keys[REPORTED], at="2019-04-12T10:00:00.000-0700")
    if completed_field:
        jira.edit(nights.keys[REPORTED], author="A. Person", **{COMPLETED_FIELD: "2019-04-12"})
    before = {key: jira.due(key) for key in [*nights.keys.values(), *nights.plans.values()]}

    second = site.sync()

    moved = {c for c in nights.keys if nights.february[c].due != nights.april[c].due}
    starts = {c for c in moved if nights.april[c].basis != "baseline"}
    assert (len(moved), len(starts)) == (97, 3)
    due_writes = {(c, nights.keys[c], "due") for c in moved - starts - {EDITED_TOO}}
    due_writes |= {(c, nights.plans[c], "due") for c in (moved - starts) & set(nights.plans)}
    completed_writes = set()
    if completed_field:
        newly = {c for c in nights.keys if nights.april[c].completed and not nights.february[c].completed}
        assert (len(newly), sum(nights.april[c].start for c in newly)) == (56, 2)
        completed_writes = {(c, nights.keys[c], "completed") for c in newly}
    assert written(second) == sorted(due_writes | completed_writes)
    assert all(r.confirmed for r in second.receipts if r.outcome is Outcome.APPLIED)
    for code, key, field in written(second):
        row, plan = nights.april[code], key == nights.plans.get(code)
        if field == "due":
            assert row.due is not None
            assert jira.due(key) == _text(row.due - timedelta(days=45) if plan else row.due)
        else:
            assert jira.issue(key)[COMPLETED_FIELD] == _text(row.completed)
    touched = {key for _, key, field in written(second) if field == "due"}
    assert {k: jira.due(k) for k in before if k not in touched} == {k: d for k, d in before.items() if k not in touched}

    held = holds(second)
    plan_starts = {(c, "due") for c in starts}
    assert held["basis"] == plan_starts
    assert held["follower_edited"] == {(HAND_EDITED_QUIETLY, "due")}
    assert held["both_moved"] == {(EDITED_TOO, "due")}
    assert held["history_rewritten"] == {("DMTC-8100-2090", "completed")}
    assert set(held) == {"basis", "follower_edited", "both_moved", "history_rewritten"}
    assert jira.due(nights.keys[HAND_EDITED_QUIETLY]) == quiet_day

    handed = [r for r in second.receipts if r.outcome is Outcome.HANDED_OVER]
    assert [(r.change.code, r.change.after) for r in handed] == [(REPORTED, date(2019, 4, 12))]
    assert len(second.outbox) == 1
    with Path(second.outbox[0]).open("rb") as file:
        sheet = CalamineWorkbook.from_filelike(file).get_sheet_by_name("TASK").to_python()
    assert sheet[0] == ["task_code", "status_code", "act_end_date"]
    assert [row[0] for row in sheet[2:]] == [REPORTED]
    assert second.exit_code == 4

    jira.forget_requests()
    third = site.sync()
    assert jira.count("PUT") == 0
    assert third.receipts == ()
    assert third.exit_code == 4
    assert len(list((site.folder / "outbox").glob("*.xlsx"))) == 1
