"""What waits and what was decided about it, for a terminal and for programs."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from syncsvc.decisions import Refusal, row_id
from syncsvc.model import Action, Decision, Drift, DriftKind, Narrative, Verdict
from syncsvc.report.holds import HOLDS
from syncsvc.report.layout import Column, Page, Tone, wrap
from syncsvc.report.words import counted, day
from syncsvc.review_answers import RowRefusal

VERDICTS: Mapping[Verdict, str] = {
    Verdict.APPROVE: "approved",
    Verdict.REJECT: "rejected",
    Verdict.HOLD: "put off",
}


def rows_text(rows: Sequence[Drift], names: Mapping[str, str], page: Page) -> str:
    """Rows to decide, those that wait first and by kind, and below them what was decided and still stands."""
    open_rows = [row for row in rows if row.decision is None]
    decided = [row for row in rows if row.decision is not None]
    sections: list[list[str]] = []
    for kind in _KINDS:
        of_kind = sorted((row for row in open_rows if _kind(row) is kind), key=lambda row: -abs(_days(row) or 0))
        if of_kind:
            sections.append(_of_kind(kind, of_kind, names, page))
    if decided:
        sections.append(_decided(decided, names, page))
    if not sections:
        return "Nothing waits for a decision.\n"
    if open_rows:
        sections.append(["Decide: syncsvc review approve|reject|hold ROW..., by row, by code, or all of a kind."])
    return "\n\n".join("\n".join(section) for section in sections) + "\n"


def taken_text(taken: Sequence[Decision], refused: Sequence[Refusal | RowRefusal], page: Page) -> str:
    """What was taken, and what was not with its reason."""
    lines = []
    for verdict, words in VERDICTS.items():
        of_verdict = [decision for decision in taken if decision.verdict is verdict]
        if of_verdict:
            lines.append(page.heading(f"{words.capitalize()} ({len(of_verdict)})"))
            columns = [Column("code"), Column("issue"), Column("field"), Column("Jira"), Column("PMCS"), Column("why")]
            lines += page.table(
                columns,
                [[d.code, d.key, d.field, day(d.follower_value), day(d.owner_value), _reason(d)] for d in of_verdict],
            )
            lines.append("")
    if refused:
        lines.append(page.tint(f"Not taken ({len(refused)})", Tone.ALERT))
        for refusal in refused:
            asked = refusal.asked if isinstance(refusal, Refusal) else refusal
            what = " ".join(filter(None, (asked.code, asked.key, asked.field)))
            place = ", ".join(filter(None, (asked.where, what)))
            lines += wrap(f"{place}: {refusal.why}", page.columns, "  ", "      ")
        lines.append("")
    return "\n".join(lines) or "Nothing was asked.\n"


def rows_shape(rows: Sequence[Drift], names: Mapping[str, str]) -> dict[str, Any]:
    """syncsvc.review/1"""
    return {
        "schema": "syncsvc.review/1",
        "rows": [
            {
                "row": row_id(row),
                "code": row.code,
                "name": names.get(row.code, ""),
                "key": row.key,
                "field": row.field.value if row.field else None,
                "kind": _kind(row).value,
                "waits": row.decision is None,
                "owner_value": _iso(row.owner_value),
                "follower_value": _iso(row.follower_value),
                "baseline": _iso(row.baseline),
                "why": row.why,
                "decision": None if row.decision is None else decision_shape(row.decision),
            }
            for row in rows
        ],
    }


def decision_shape(decision: Decision) -> dict[str, Any]:
    """One decision."""
    return {
        "code": decision.code,
        "key": decision.key,
        "field": decision.field.value,
        "verdict": decision.verdict.value,
        "owner_value": _iso(decision.owner_value),
        "follower_value": _iso(decision.follower_value),
        "reason": decision.reason,
        "until": _iso(decision.until),
        "actor": decision.actor,
        "seconded_by": decision.seconded_by,
    }


def narratives_text(narratives: Sequence[Narrative], page: Page) -> str:
    """The narratives that were kept."""
    columns = [Column("code"), Column("month"), Column("why"), Column("corrective action")]
    table = page.table(columns, [[each.code, each.period, each.why, each.action] for each in narratives])
    return "\n".join([page.heading(f"Narratives kept ({len(narratives)})"), *table, "", ""])


def taken_shape(
    taken: Sequence[Decision],
    refused: Sequence[Refusal | RowRefusal],
    plan: str | None,
    narratives: Sequence[Narrative] = (),
) -> dict[str, Any]:
    """syncsvc.decided/1"""
    return {
        "schema": "syncsvc.decided/1",
        "plan": plan,
        "taken": [decision_shape(decision) for decision in taken],
        "refused": [_refusal_shape(refusal) for refusal in refused],
        "narratives": [
            {"code": each.code, "period": each.period, "why": each.why, "action": each.action} for each in narratives
        ],
    }


def _refusal_shape(refusal: Refusal | RowRefusal) -> dict[str, str]:
    asked = refusal.asked if isinstance(refusal, Refusal) else refusal
    return {"where": asked.where, "code": asked.code, "key": asked.key, "field": str(asked.field), "why": refusal.why}


#: Holds in the order in which they deserve attention, then what is going to be written.
_KINDS = (*HOLDS, DriftKind.GONE, DriftKind.OWNER_MOVED, DriftKind.REPORTED)


def _kind(row: Drift) -> DriftKind:
    return row.hold_kind or row.kind


def _of_kind(kind: DriftKind, rows: Sequence[Drift], names: Mapping[str, str], page: Page) -> list[str]:
    writes = all(row.action in (Action.WRITE, Action.PROPOSE) for row in rows)
    lines = [page.heading(f"{kind.replace('_', ' ')} ({len(rows):,}){', to be written' if writes else ''}")]
    if kind in HOLDS and not writes:
        lines += wrap(f"{HOLDS[kind].means}.", page.columns, "  ", "  ")
    columns = [
        Column("row"), Column("code"), Column("issue"), Column("field"), Column("Jira"), Column("PMCS"), Column("name"),
    ]  # fmt: skip
    return [*lines, *page.table(columns, [[row_id(row), *_values(row), names.get(row.code, "")] for row in rows])]


def _decided(rows: Sequence[Drift], names: Mapping[str, str], page: Page) -> list[str]:
    columns = [
        Column("row"), Column("code"), Column("issue"), Column("field"), Column("Jira"), Column("PMCS"),
        Column("decided"), Column("why"),
    ]  # fmt: skip
    table = page.table(
        columns,
        [
            [row_id(row), *_values(row), f"{VERDICTS[d.verdict]} by {d.actor}", _reason(d)]
            for row in rows
            if (d := row.decision) is not None
        ],
    )
    return [page.heading(f"Decided, and still so ({counted(len(rows), 'row')})"), *table]


def _values(row: Drift) -> list[str]:
    field = row.field.value if row.field else ""
    return [row.code, row.key or "", field, day(row.follower_value, "no date"), day(row.owner_value, "no date")]


def _reason(decision: Decision) -> str:
    until = f"until {decision.until}" if decision.until else ""
    second = f"agreed by {decision.seconded_by}" if decision.seconded_by else ""
    return ", ".join(filter(None, (until, decision.reason, second)))


def _days(row: Drift) -> int | None:
    if row.owner_value is None or row.follower_value is None:
        return None
    return (row.owner_value - row.follower_value).days


def _iso(value: date | None) -> str | None:
    return None if value is None else value.isoformat()
