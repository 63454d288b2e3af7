"""The JSON that scripts rely on: contract.md names every key. Values in, plain dictionaries out."""

import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, date, datetime
from typing import Any

from syncsvc.causes import Attribution, Difference
from syncsvc.checks import Check
from syncsvc.compare import Comparison, DriftReport, End, Presence, SidedReject, Unseen
from syncsvc.model import Field, Milestone, Reject, Snapshot
from syncsvc.month_report import Counts, MonthReport, OpenPoint, Row, Source
from syncsvc.release_list import ListedMilestone, Override, ReleaseList
from syncsvc.sides import SidesReport, Standing
from syncsvc.trend import Trend


def as_json(shape: Mapping[str, Any]) -> str:
    """One of the shapes below as text, ending in a line break."""
    return json.dumps(shape, ensure_ascii=False, indent=1) + "\n"


def drift_shape(report: MonthReport) -> dict[str, Any]:
    """syncsvc.drift/1"""
    drift = report.drift
    return {
        "schema": "syncsvc.drift/1",
        "before": _compared(drift.before),
        "after": _compared(drift.after),
        "totals": drift.totals.counts(),
        "counts": _counts(report.counts),
        "change_record": report.change_record,
        "open_points": [_open_point(point) for point in report.open_points],
        "milestones": [{**_comparison(row.comparison), **_standing_of(row)} for row in report.rows],
        "unseen": [_unseen(unseen) for unseen in drift.unseen],
        "rejects": [_sided_reject(reject) for reject in drift.rejects],
        "causes": _causes(report.attribution),
        "restatements": [_restatement(restatement) for restatement in report.restatements],
        "sides": None if report.sides is None else sides_shape(report.sides),
        "checks": [_check(check) for check in report.checks],
        "narratives": {
            "narrative_days": report.rules.narrative_days,
            "given": [row.code for row in report.narrated],
            "missing": [row.code for row in report.not_narrated],
        },
        "trend": _trend(report.trend),
        "overrides": [_override(override) for override in report.overrides],
        "sources": [_source(source) for source in report.sources],
    }


def sides_shape(report: SidesReport) -> dict[str, Any]:
    """syncsvc.sides/1: every milestone that a side shows, with what each side says and which is the odd one out."""
    return {
        "schema": "syncsvc.sides/1",
        "snapshots": {side.value: _compared(snapshot) for side, snapshot in report.snapshots.items()},
        "compared": report.compared,
        "totals": {name.value: report.counts(name) for name in Field},
        "milestones": [
            {
                "code": row.code,
                "name": row.name,
                "keys": list(row.keys),
                "differs": row.differs,
                "due": _standing(row.due),
                "completed": _standing(row.completed),
            }
            for row in report.rows
        ],
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


def _counts(counts: Counts) -> dict[str, Any]:
    return {each.name: getattr(counts, each.name) for each in fields(counts)}


def _open_point(decision: OpenPoint) -> dict[str, Any]:
    return {
        "code": decision.code,
        "name": decision.name,
        "question": decision.question.value,
        "hold": _word(decision.hold),
        "key": decision.key,
        "field": _word(decision.field),
        "before": _day(decision.before),
        "after": _day(decision.after),
        "calendar_days": decision.calendar_days,
        "why": decision.why,
    }


def _standing_of(row: Row) -> dict[str, Any]:
    """What a report adds to a comparison: how the milestone stands, and why it differs."""
    against = row.against_due
    return {
        "light": row.light.value,
        "level": row.level,
        "keys": list(row.keys),
        "against_due": {"calendar_days": against.calendar_days, "working_days": against.working_days},
        "causes": [_difference(difference) for difference in row.differences],
        "narrative": _narrated(row),
    }


def _narrated(row: Row) -> dict[str, Any] | None:
    """The narrative of the month; its words are null where it is due and missing."""
    told = row.narrated
    if told is None:
        return None
    narrative = told.narrative
    return {
        "required": told.required,
        "period": narrative.period if narrative else None,
        "why": narrative.why if narrative else None,
        "action": narrative.action or None if narrative else None,
        "actor": narrative.actor if narrative else None,
        "at": _instant(narrative.at) if narrative and narrative.at else None,
        "repeats": told.repeats,
    }


def _causes(attribution: Attribution) -> dict[str, Any]:
    return {
        "chain": [_compared(snapshot) for snapshot in attribution.chain],
        "differences": len(attribution.differences),
        "counts": [
            {
                "aspect": each.aspect.value,
                "cause": each.cause.value,
                "differences": each.differences,
                "slipped": each.slipped,
                "pulled_in": each.pulled_in,
            }
            for each in attribution.counts()
        ],
    }


def _difference(difference: Difference) -> dict[str, Any]:
    return {
        "aspect": difference.aspect.value,
        "cause": difference.cause.value,
        "before": _day_or_text(difference.before),
        "after": _day_or_text(difference.after),
        "calendar_days": difference.calendar_days,
        "step": difference.step,
    }


def _restatement(report: DriftReport) -> dict[str, Any]:
    """What a later edition says otherwise: only the milestones that differ."""
    return {
        "before": _compared(report.before),
        "after": _compared(report.after),
        "totals": report.totals.counts(),
        "milestones": [
            _comparison(one)
            for one in report.milestones
            if one.presence is not Presence.BOTH
            or any(move.before != move.after for move in (one.due, one.completed, one.forecast))
        ],
    }


def _standing(standing: Standing) -> dict[str, Any]:
    return {
        **{side.value: {"date": _day(each.value), "why_not": each.why_not} for side, each in standing.dates.items()},
        "agreement": standing.agreement.value,
        "odd_one_out": _word(standing.odd_one_out),
        "calendar_days": standing.calendar_days,
        "working_days": standing.working_days,
    }


def _check(check: Check) -> dict[str, Any]:
    return {
        "name": check.name,
        "title": check.title,
        "rule": check.rule,
        "base": None if check.why_not else check.base,
        "base_words": check.base_words,
        "count": None if check.why_not else len(check.findings),
        "why_not": check.why_not,
        "findings": [{"code": each.code, "name": each.name, "words": each.words} for each in check.findings],
    }


def _trend(trend: Trend) -> dict[str, Any]:
    """Points and the burn-down; `dues` of a milestone has one place for each point."""
    return {
        "points": [
            {
                "period": point.period,
                "kind": point.kind,
                "edition": point.edition,
                "on": _day(point.on),
                "newest": point.newest,
                "gap": list(point.gap),
            }
            for point in trend.points
        ],
        "milestones": [
            {
                "code": line.code,
                "dues": [_day(due) for due in line.dues],
                "rebaselined": list(line.rebaselined),
                "completed_at": line.completed_at,
            }
            for line in trend.lines
        ],
        "burn_down": [
            {
                "on": _day(point.on),
                "period": point.period,
                "total": point.total,
                "completed": point.completed,
                "due": point.due,
            }
            for point in trend.burn_down
        ],
    }


def _source(source: Source) -> dict[str, Any]:
    snapshot = source.snapshot
    return {
        "role": source.role,
        **_compared(snapshot),
        "connector": snapshot.connector,
        "snapshot": snapshot.id,
        "taken_at": _instant(snapshot.taken_at),
        "rows": snapshot.rows,
        "rejects": len(snapshot.rejects),
    }


def _day_or_text(value: date | str | None) -> str | None:
    return _day(value) if isinstance(value, date) else value


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
