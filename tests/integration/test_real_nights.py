"""Three nights with the real exports of February 2018 and April 2019 against a Jira over HTTP, both flavours.

What the nights have to bring about is worked out here from the files themselves, by a reader of its own.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from syncsvc.model import Outcome, RunResult
from tests.real_nights import (
    EDITED_TOO,
    HAND_EDITED_QUIETLY,
    QUIET_DAY,
    REPORTED,
    Nights,
    april_arrives,
    as_text,
    open_nights,
)
from tests.site import COMPLETED_FIELD

pytestmark = pytest.mark.real


@pytest.fixture(params=["cloud", "data-center"])
def flavour(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=[False, True], ids=["resolution", "completed_field"])
def completed_field(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def nights(tmp_path: Path, real_data: Path, flavour: str, completed_field: bool) -> Iterator[Nights]:
    with open_nights(tmp_path, real_data, flavour, completed_field=completed_field) as nights:
        yield nights


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

    april_arrives(nights, real_data)
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
            assert jira.due(key) == as_text(row.due - timedelta(days=45) if plan else row.due)
        else:
            assert jira.issue(key)[COMPLETED_FIELD] == as_text(row.completed)
    touched = {key for _, key, field in written(second) if field == "due"}
    assert {k: jira.due(k) for k in before if k not in touched} == {k: d for k, d in before.items() if k not in touched}

    held = holds(second)
    plan_starts = {(c, "due") for c in starts}
    assert held["basis"] == plan_starts
    assert held["follower_edited"] == {(HAND_EDITED_QUIETLY, "due")}
    assert held["both_moved"] == {(EDITED_TOO, "due")}
    assert held["history_rewritten"] == {("DMTC-8100-2090", "completed")}
    assert set(held) == {"basis", "follower_edited", "both_moved", "history_rewritten"}
    assert jira.due(nights.keys[HAND_EDITED_QUIETLY]) == QUIET_DAY

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
    assert len(list((site.folder / "outbox").glob("syncsvc-completions-*.xlsx"))) == 1
