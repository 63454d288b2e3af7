"""The JSON that scripts rely on: the keys of the contract, ISO dates or null, instants in UTC."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from syncsvc.errors import Problem
from syncsvc.model import (
    DriftKind,
    Field,
    Hold,
    Judgement,
    Mode,
    Outcome,
    Plan,
    Proposal,
    ProposalState,
    Receipt,
    Reject,
    RunResult,
    Side,
    Violation,
)
from syncsvc.shapes import check_shape, hold_shape, instant, plan_shape, pulled_shape, run_shape
from tests.builders import NOON, change, export, issue, milestone, tracked

FEB, APRIL = date(2019, 2, 1), date(2019, 4, 1)
MOVED = replace(change("DM-1", Field.DUE, FEB, APRIL, code="LDM-503-06"), from_column="base_end_date")
HOLD = Hold("M-2", "DM-2", Field.COMPLETED, DriftKind.REPORTED, None, None, None, "why")
PLAN = Plan(
    id="p-0123456789ab",
    mode=Mode.REVIEW,
    changes=(MOVED,),
    holds=(HOLD,),
    drifts={"in_sync": 41, "owner_moved": 2},
    violations=(Violation("max_change_percent", 40.0, 25, "too many"),),
    warnings=("old",),
    snapshots={"pmcs": 3, "jira": 12},
    created_at=datetime(2019, 5, 2, 4, 30, 5, 999, tzinfo=UTC),
    expires_at=datetime(2019, 5, 5, 4, 30, 5, tzinfo=UTC),
)
RUN = RunResult(12, "manual", Mode.AUTO, NOON, NOON + timedelta(minutes=1), 4)

#: Of syncsvc.run/1, as the contract shows it.
RUN_KEYS = {
    "schema", "run", "trigger", "mode", "plan", "started_at", "finished_at", "exit_code", "pulled", "receipts",
    "holds", "violations", "outbox", "report",
}  # fmt: skip


def keys_of(shape: dict[str, Any]) -> set[str]:
    assert json.loads(json.dumps(shape, allow_nan=False)) == shape, "only what JSON has words for"
    return set(shape)


class TestInstants:
    def test_utc_with_z_and_whole_seconds(self) -> None:
        assert instant(PLAN.created_at) == "2019-05-02T04:30:05Z"

    def test_another_zone_is_converted(self) -> None:
        summer = timezone(timedelta(hours=-7))
        assert instant(datetime(2019, 5, 1, 21, 30, tzinfo=summer)) == "2019-05-02T04:30:00Z"


class TestPlan:
    def test_its_keys_are_the_contracts(self) -> None:
        shape = plan_shape(PLAN)
        contract = {"schema", "plan", "mode", "created_at", "expires_at", "snapshots", "changes", "holds", "drifts"}
        assert keys_of(shape) == contract | {"violations", "purpose", "warnings"}
        assert (shape["schema"], shape["plan"], shape["mode"]) == ("syncsvc.plan/1", "p-0123456789ab", "review")
        assert shape["snapshots"] == {"jira": "s12", "pmcs": "s3"}
        assert shape["drifts"] == {"in_sync": 41, "owner_moved": 2}
        assert shape["violations"] == [{"limit": "max_change_percent", "value": 40.0, "allowed": 25, "why": "too many"}]
        assert (shape["purpose"], shape["warnings"]) == ("sync", ["old"])

    def test_a_change(self) -> None:
        assert plan_shape(PLAN)["changes"] == [
            {
                "code": "LDM-503-06",
                "target": "jira",
                "key": "DM-1",
                "field": "due",
                "before": "2019-02-01",
                "after": "2019-04-01",
                "calendar_days": 59,
                "kind": "owner_moved",
                "from_column": "base_end_date",
            }
        ]

    def test_a_change_without_a_date_before_it(self) -> None:
        handed = replace(MOVED, target=Side.PMCS, before=None, seen=None, from_column=None, field=Field.COMPLETED)
        (shape,) = plan_shape(replace(PLAN, changes=(handed,)))["changes"]
        assert (shape["target"], shape["field"]) == ("pmcs", "completed")
        assert {name for name, value in shape.items() if value is None} == {"before", "calendar_days", "from_column"}

    def test_a_completion_is_replaced_where_it_is_held_and_moves_from_what_was_shown(self) -> None:
        shown = replace(MOVED, field=Field.COMPLETED, before=None)
        (shape,) = plan_shape(replace(PLAN, changes=(shown,)))["changes"]
        assert (shape["before"], shape["calendar_days"]) == (None, 59)

    def test_a_hold(self) -> None:
        assert hold_shape(HOLD) == {
            "code": "M-2",
            "key": "DM-2",
            "field": "completed",
            "kind": "reported",
            "owner_value": None,
            "follower_value": None,
            "baseline": None,
            "baseline_known": False,
            "why": "why",
        }
        dated = hold_shape(replace(HOLD, owner_value=APRIL, follower_value=FEB, baseline=FEB, baseline_known=True))
        assert [dated[name] for name in ("owner_value", "follower_value", "baseline", "baseline_known")] == [
            "2019-04-01", "2019-02-01", "2019-02-01", True,
        ]  # fmt: skip

    def test_an_empty_plan_has_every_key(self) -> None:
        empty = plan_shape(replace(PLAN, changes=(), holds=(), drifts={}, violations=(), warnings=(), snapshots={}))
        assert keys_of(empty) == keys_of(plan_shape(PLAN))
        assert (empty["changes"], empty["holds"], empty["drifts"], empty["violations"]) == ([], [], {}, [])


class TestRun:
    def test_a_run_without_a_plan_has_every_key(self) -> None:
        shape = run_shape(RUN)
        assert keys_of(shape) >= RUN_KEYS
        assert (shape["schema"], shape["run"], shape["trigger"], shape["mode"]) == (
            "syncsvc.run/1", 12, "manual", "auto",
        )  # fmt: skip
        assert (shape["started_at"], shape["finished_at"]) == ("2019-05-01T12:00:00Z", "2019-05-01T12:01:00Z")
        assert (shape["plan"], shape["exit_code"]) == (None, 4)
        assert (shape["holds"], shape["changes"], shape["drifts"], shape["violations"]) == (0, 0, {}, [])
        assert (shape["pulled"], shape["receipts"], shape["outbox"], shape["report"]) == ({}, [], [], {})

    def test_a_run_with_a_plan_has_the_same_keys(self) -> None:
        shape = run_shape(replace(RUN, plan=PLAN, problems=("bad.xlsx: unreadable",), report={"html": "/r/12.html"}))
        assert keys_of(shape) == keys_of(run_shape(RUN))
        assert (shape["plan"], shape["holds"], shape["changes"]) == ("p-0123456789ab", 1, 1)
        assert shape["violations"] == plan_shape(PLAN)["violations"]
        assert (shape["problems"], shape["report"]) == (["bad.xlsx: unreadable"], {"html": "/r/12.html"})

    @pytest.mark.parametrize("outcome", Outcome)
    def test_a_receipt(self, outcome: Outcome) -> None:
        shape = run_shape(replace(RUN, receipts=(Receipt(MOVED, outcome),)))
        assert shape["receipts"] == [
            {
                "code": "LDM-503-06",
                "target": "jira",
                "key": "DM-1",
                "field": "due",
                "before": "2019-02-01",
                "after": "2019-04-01",
                "outcome": outcome.value,
                "detail": None,
            }
        ]

    def test_each_import_workbook_is_named_once(self) -> None:
        handed = replace(MOVED, target=Side.PMCS, before=None)
        receipts = (
            Receipt(handed, Outcome.HANDED_OVER, "/outbox/1.xlsx"),
            Receipt(replace(handed, code="M-2"), Outcome.HANDED_OVER, "/outbox/1.xlsx"),
            Receipt(MOVED, Outcome.REFUSED, "/not/a/workbook"),
        )
        assert run_shape(replace(RUN, receipts=receipts))["outbox"] == ["/outbox/1.xlsx"]

    def test_a_proposal_that_changed_its_state(self) -> None:
        landed = Proposal("M-1", "id-1", APRIL, ProposalState.LANDED, APRIL, "DM-1")
        assert run_shape(replace(RUN, proposals=(Judgement(landed, "PMCS shows it"),)))["proposals"] == [
            {"code": "M-1", "key": "DM-1", "value": "2019-04-01", "state": "landed", "detail": "PMCS shows it"}
        ]

    def test_what_was_pulled(self) -> None:
        rejected = Reject("TASK row 9", "M-7", "no date")
        exported = replace(export(milestone("M-1"), milestone("M-2"), rejects=[rejected]), edition=2, id=3)
        why, census_at = "DM-8: Jira answers 500", datetime(2019, 4, 28, 11, 30, tzinfo=UTC)
        seen = replace(
            tracked(issue("DM-1"), missing=["DM-7"], complete=False), why_incomplete=why, census_at=census_at
        )
        shape = run_shape(replace(RUN, pulled={"pmcs": exported, "jira": seen}))
        assert shape["pulled"] == {
            "jira": {
                "milestones": 1,
                "rejects": 0,
                "complete": False,
                "why_incomplete": why,
                "snapshot": None,
                "missing": ["DM-7"],
                "census_at": "2019-04-28T11:30:00Z",
            },
            "pmcs": {
                "milestones": 2,
                "rejects": 1,
                "complete": True,
                "why_incomplete": None,
                "snapshot": "s3",
                "period": "2019-04",
                "kind": "ME",
                "edition": 2,
            },
        }
        assert pulled_shape(replace(exported, complete=False))["complete"] is False


def test_check() -> None:
    assert check_shape([]) == {"schema": "syncsvc.check/1", "problems": []}
    shape = check_shape([Problem("connectors.jira", "no answer", "is the URL right?"), Problem("store", "behind")])
    assert shape["problems"] == [
        {"where": "connectors.jira", "problem": "no answer", "hint": "is the URL right?"},
        {"where": "store", "problem": "behind", "hint": ""},
    ]
