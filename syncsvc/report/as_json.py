"""The JSON that scripts rely on: contract.md names every key. Values in, plain dictionaries out."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from syncsvc.compare import Comparison, DriftReport, End, SidedReject, Unseen
from syncsvc.model import Milestone, Reject, Snapshot
from syncsvc.release_list import ListedMilestone, Override, ReleaseList


def as_json(shape: Mapping[str, Any]) -> str:
    """One of the shapes below as text, ending in a line break."""
    return json.dumps(shape, ensure_ascii=False, indent=1) + "\n"


def drift_shape(report: DriftReport) -> dict[str, Any]:
    """syncsvc.drift/1"""
    return {
        "schema": "syncsvc.drift/1",
        "before": _compared(report.before),
        "after": _compared(report.after),
        "totals": report.totals.counts(),
        "milestones": [_comparison(comparison) for comparison in report.milestones],
        "unseen": [_unseen(unseen) for unseen in report.unseen],
        "rejects": [_sided_reject(reject) for reject in report.rejects],
    }


def snapshot_shape(snapshot: Snapshot, *, all_rows: bool = False) -> dict[str, Any]:
    """syncsvc.snapshot/1: the milestones, or with `all_rows` every row that was read."""
    shown = snapshot.milestones if all_rows else snapshot.taking_part()
    return {
        "schema": "syncsvc.snapshot/1",
        **_facts(snapshot),
        "complete": snapshot.complete,
        "taken_at": _instant(snapshot.taken_at),
        "milestones": [_milestone(milestone) for milestone in shown],
        "rejects": [_reject(reject) for reject in snapshot.rejects],
        "missing": list(snapshot.missing),
    }


def release_list_shape(release_list: ReleaseList) -> dict[str, Any]:
    """syncsvc.document/1"""
    snapshot = release_list.snapshot
    return {
        "schema": "syncsvc.document/1",
        "snapshot": {
            **_facts(snapshot),
            "complete": snapshot.complete,
            "taken_at": _instant(snapshot.taken_at),
        },
        "milestones": [
            {**_listed(milestone), "children": [_listed(child) for child in milestone.children]}
            for milestone in release_list.milestones
        ],
        "overrides": [_override(override) for override in release_list.overrides],
    }


def _facts(snapshot: Snapshot) -> dict[str, Any]:
    return {
        "side": snapshot.side.value,
        "source": snapshot.source,
        "sha256": snapshot.sha256,
        "period": snapshot.period,
        "kind": snapshot.kind,
        "edition": snapshot.edition,
        "data_date": _day(snapshot.data_date),
    }


def _compared(snapshot: Snapshot) -> dict[str, Any]:
    return {
        **_facts(snapshot),
        "complete": snapshot.complete,
        "milestones": len(snapshot.taking_part()),
    }


def _comparison(comparison: Comparison) -> dict[str, Any]:
    due, completed, forecast = comparison.due, comparison.completed, comparison.forecast
    return {
        "code": comparison.code,
        "before_code": comparison.before_code,
        "presence": comparison.presence.value,
        "name": comparison.name,
        "before_name": comparison.before_name,
        "name_change": _word(comparison.name_change),
        "due": {
            "before": _day(due.before),
            "after": _day(due.after),
            "calendar_days": due.calendar_days,
            "working_days": due.working_days,
            "direction": _word(due.direction),
            "before_column": due.before_column,
            "after_column": due.after_column,
        },
        "completed": {
            "before": _day(completed.before),
            "after": _day(completed.after),
            "change": _word(comparison.completion),
        },
        "forecast": {"before": _day(forecast.before), "after": _day(forecast.after)},
        "wbs": {"before": comparison.wbs.before, "after": comparison.wbs.after, "changed": comparison.wbs_changed},
    }


def _unseen(unseen: Unseen) -> dict[str, Any]:
    present = End.AFTER if unseen.absent_from is End.BEFORE else End.BEFORE
    return {
        "code": unseen.milestone.code,
        "name": unseen.milestone.name,
        "seen": present.value,
        "due": _day(unseen.milestone.due),
        "completed": _day(unseen.milestone.completed),
        "why": unseen.why,
    }


def _sided_reject(sided: SidedReject) -> dict[str, Any]:
    reject = sided.reject
    return {
        "side": sided.end.value,
        "where": reject.where,
        "code": reject.code,
        "field": reject.field,
        "reason": reject.reason,
    }


def _milestone(milestone: Milestone) -> dict[str, Any]:
    return {
        "code": milestone.code,
        "name": milestone.name,
        "kind": milestone.kind.value,
        "status": milestone.status.value,
        "wbs": milestone.wbs,
        "level": milestone.level,
        "due": _day(milestone.due),
        "due_column": milestone.due_column,
        "due_basis": _word(milestone.due_basis),
        "forecast": _day(milestone.forecast),
        "completed": _day(milestone.completed),
        "completed_column": milestone.completed_column,
        "predecessors": list(milestone.predecessors),
        "where": milestone.where,
        "url": milestone.url,
        "state": milestone.state,
    }


def _reject(reject: Reject) -> dict[str, Any]:
    return {
        "where": reject.where,
        "code": reject.code,
        "kind": reject.kind.value,
        "field": reject.field,
        "reason": reject.reason,
    }


def _listed(milestone: ListedMilestone) -> dict[str, Any]:
    return {
        "code": milestone.code,
        "name": milestone.name,
        "due": _day(milestone.due),
        "completed": _day(milestone.completed),
    }


def _override(override: Override) -> dict[str, Any]:
    return {
        "code": override.code,
        "field": override.field.value,
        "shown": _day(override.shown),
        "annotated": override.annotated.isoformat(),
    }


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")


def _word(value: str | None) -> str | None:
    return None if value is None else str(value)
