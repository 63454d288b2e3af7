"""What taking back a run comes to, beside its plan: what stands otherwise now, and what was handed to PMCS."""

from collections.abc import Sequence
from typing import Any

from syncsvc.model import Proposal, Undo
from syncsvc.report.layout import Column, Page, Tone
from syncsvc.report.words import counted, day


def undo_text(undo: Undo, page: Page) -> str:
    """For a terminal; the plan itself is printed below it."""
    lines = [page.heading(f"Taking back run {undo.run}: {counted(len(undo.plan.changes), 'date')} can go back")]
    if undo.left:
        lines += ["", page.tint(f"Left alone, because they stand otherwise now ({len(undo.left)})", Tone.ALERT)]
        columns = [Column("code"), Column("issue"), Column("field"), Column("we wrote"), Column("now")]
        rows = [[value.code, value.key, value.field, day(value.after), why] for value, why in undo.left]
        lines += page.table(columns, rows)
    lines += _proposals(undo.pending, page, "Handed to PMCS and not there yet: withdrawn when the plan is applied")
    lines += _proposals(undo.landed, page, "In the schedule already: to be taken back there by hand")
    return "\n".join(lines) + "\n"


def undo_shape(undo: Undo) -> dict[str, Any]:
    """syncsvc.undo/1"""
    return {
        "schema": "syncsvc.undo/1",
        "run": undo.run,
        "plan": undo.plan.id,
        "changes": len(undo.plan.changes),
        "left": [
            {
                "code": value.code,
                "key": value.key,
                "field": value.field.value,
                "wrote": day(value.after, "") or None,
                "why": why,
            }
            for value, why in undo.left
        ],
        "withdrawn": [_proposal(each) for each in undo.pending],
        "landed": [_proposal(each) for each in undo.landed],
    }


def _proposals(proposals: Sequence[Proposal], page: Page, heading: str) -> list[str]:
    if not proposals:
        return []
    columns = [Column("code"), Column("issue"), Column("completed")]
    rows = [[each.code, each.key, day(each.value)] for each in proposals]
    return ["", page.heading(f"{heading} ({len(proposals)})"), *page.table(columns, rows)]


def _proposal(proposal: Proposal) -> dict[str, Any]:
    return {"code": proposal.code, "key": proposal.key, "completed": proposal.value.isoformat()}
