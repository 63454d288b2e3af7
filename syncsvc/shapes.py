"""The JSON shapes of plans and runs that scripts rely on. Pure: model values in, plain dictionaries out."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from syncsvc.errors import Problem
from syncsvc.model import Change, Hold, Plan, Receipt, RunResult, Side, Snapshot, Violation


def instant(at: datetime) -> str:
    """UTC with Z, whole seconds."""
    return at.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def plan_shape(plan: Plan) -> dict[str, Any]:
    """syncsvc.plan/1"""
    return {
        "schema": "syncsvc.plan/1",
        "plan": plan.id,
        "purpose": plan.purpose,
        "mode": plan.mode.value,
        "created_at": instant(plan.created_at),
        "expires_at": instant(plan.expires_at),
        "snapshots": {name: f"s{snapshot}" for name, snapshot in sorted(plan.snapshots.items())},
        "changes": [_change(change) for change in plan.changes],
        "holds": [hold_shape(hold) for hold in plan.holds],
        "drifts": dict(plan.drifts),
        "violations": [_violation(violation) for violation in plan.violations],
        "warnings": list(plan.warnings),
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "code": change.code,
        "target": change.target.value,
        "key": change.key,
        "field": change.field.value,
        "before": _day(change.before),
        "after": _day(change.after),
        "calendar_days": change.calendar_days,
        "kind": change.kind.value,
        "from_column": change.from_column,
    }


def hold_shape(hold: Hold) -> dict[str, Any]:
    """One hold, as in syncsvc.plan/1."""
    return {
        "code": hold.code,
        "key": hold.key,
        "field": hold.field.value,
        "kind": hold.kind.value,
        "owner_value": _day(hold.owner_value),
        "follower_value": _day(hold.follower_value),
        "baseline": _day(hold.baseline),
        "baseline_known": hold.baseline_known,
        "why": hold.why,
    }


def _violation(violation: Violation) -> dict[str, Any]:
    return {
        "limit": violation.limit,
        "value": violation.value,
        "allowed": violation.allowed,
        "why": violation.why,
    }


def _receipt(receipt: Receipt) -> dict[str, Any]:
    change = receipt.change
    return {
        "code": change.code,
        "target": change.target.value,
        "key": change.key,
        "field": change.field.value,
        "before": _day(change.before),
        "after": _day(change.after),
        "outcome": receipt.outcome.value,
        "detail": receipt.detail,
    }


def pulled_shape(snapshot: Snapshot) -> dict[str, Any]:
    """One source of a run: how many milestones, rejects, and whether it was read completely."""
    shape: dict[str, Any] = {
        "milestones": len(snapshot.taking_part()),
        "rejects": len(snapshot.rejects),
        "complete": snapshot.complete,
        "why_incomplete": snapshot.why_incomplete or None,
        "snapshot": None if snapshot.id is None else f"s{snapshot.id}",
    }
    if snapshot.side is Side.JIRA:
        shape["missing"] = list(snapshot.missing)
        shape["census_at"] = None if snapshot.census_at is None else instant(snapshot.census_at)
    else:
        shape |= {"period": snapshot.period, "kind": snapshot.kind, "edition": snapshot.edition}
    return shape


def run_shape(result: RunResult) -> dict[str, Any]:
    """syncsvc.run/1"""
    plan = result.plan
    return {
        "schema": "syncsvc.run/1",
        "run": result.run,
        "trigger": result.trigger,
        "mode": result.mode.value,
        "plan": plan.id if plan else None,
        "started_at": instant(result.started_at),
        "finished_at": instant(result.finished_at),
        "exit_code": result.exit_code,
        "pulled": {name: pulled_shape(snapshot) for name, snapshot in sorted(result.pulled.items())},
        "receipts": [_receipt(receipt) for receipt in result.receipts],
        "changes": len(plan.changes) if plan else 0,
        "holds": len(plan.holds) if plan else 0,
        "drifts": dict(plan.drifts) if plan else {},
        "violations": [_violation(violation) for violation in plan.violations] if plan else [],
        "proposals": [
            {
                "code": judged.proposal.code,
                "key": judged.proposal.key,
                "value": _day(judged.proposal.value),
                "state": judged.proposal.state.value,
                "detail": judged.words,
            }
            for judged in result.proposals
        ],
        "problems": list(result.problems),
        "outbox": list(result.outbox),
        "report": dict(result.report),
        "rate_limit": {"waits": result.waits, "seconds": result.waited_seconds},
    }


def check_shape(problems: Sequence[Problem]) -> dict[str, Any]:
    """syncsvc.check/1"""
    return {
        "schema": "syncsvc.check/1",
        "problems": [{"where": p.where, "problem": p.problem, "hint": p.hint} for p in problems],
    }
