"""Drifts become a plan: what would be written, what waits, and an id that comes from its content.

Pure. The nightly run, the shell and the workbook share this one value; nobody works it out again.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from syncsvc.decisions import MEND_FIRST
from syncsvc.model import (
    Action,
    Change,
    Drift,
    DriftKind,
    Field,
    Hold,
    Limits,
    Link,
    Mode,
    Plan,
    Side,
    Verdict,
)
from syncsvc.safety import ExportFacts, find_violations, find_warnings


@dataclass(frozen=True, slots=True)
class Setting:
    """What a plan is made under: what its id is computed from beside changes and holds, and what it is stamped with."""

    links: tuple[Link, ...]
    limits: Limits
    mode: Mode
    export: ExportFacts
    snapshots: Mapping[str, int]
    today: date
    created_at: datetime
    expires_at: datetime


def make_plan(drifts: Sequence[Drift], setting: Setting) -> Plan:
    """The plan of a sync: changes and holds in order of code, key and field, with every violation of the limits."""
    changes = tuple(change for drift in drifts if (change := _change(drift)) is not None)
    return _plan("sync", changes, _holds(drifts), drifts, setting)


def make_adoption(
    drifts: Sequence[Drift], setting: Setting, codes: Collection[str], field: Field | None, writable: Collection[Field]
) -> tuple[Plan, tuple[str, ...]]:
    """A plan that gives the owner's value to the follower where a person says so, and what it cannot take.

    Without codes: the first contacts that nobody rejected or put off. With codes: any hold of these whose owner has a
    value. What was rejected or put off, and what has to be mended first, is refused with what to do instead.
    """
    wanted = [d for d in drifts if d.field is not None and field in (None, d.field) and (not codes or d.code in codes)]
    adopted: list[Drift] = []
    refused: list[str] = []
    for drift in wanted:
        if not codes and (drift.kind is not DriftKind.FIRST_CONTACT or is_rejected(drift)):
            continue
        reason = _why_not_adopted(drift, writable)
        if reason is None:
            adopted.append(drift)
        elif reason and (codes or drift.action is Action.HOLD):
            refused.append(f"{drift.code} {drift.key} {drift.field}: {reason}")
    known = {d.code for d in drifts}
    refused += [f"{code}: no milestone or link has this code" for code in sorted(set(codes) - known)]
    changes = tuple(_written(drift, DriftKind.ADOPTED) for drift in adopted)
    settled = {(d.code, d.key, d.field) for d in adopted}
    left = [d for d in drifts if (d.code, d.key, d.field) not in settled]
    return _plan("adopt", changes, _holds(left), drifts, setting), tuple(refused)


def make_undo(changes: Sequence[Change], drifts: Sequence[Drift], setting: Setting, of_run: int) -> Plan:
    """A plan of its own that takes writes of a run back; the holds there are stay what they are."""
    return replace(_plan(f"undo {of_run}", tuple(changes), _holds(drifts), drifts, setting), undoes=of_run)


def is_rejected(drift: Drift | None) -> bool:
    """Whether a person said that it is to be left as it is, for good or for now."""
    return drift is not None and drift.decision is not None and drift.decision.verdict is not Verdict.APPROVE


def still_wanted(change: Change, drift: Drift | None) -> bool:
    """Whether a plan made now would say the same of a stored change; only an undo is not the owner's value.

    A hold that has come since waits for a person, whatever an older plan says, and a completion that is pending is
    not handed over again. What was adopted is a person's word: it stands over holds, save those to be mended first.
    """
    if change.kind is DriftKind.UNDONE:
        return True
    if drift is None:
        return False
    if change.target is Side.PMCS:
        return drift.action is Action.PROPOSE and drift.follower_value == change.after
    if is_rejected(drift):
        return False
    if change.kind is DriftKind.ADOPTED:
        stands = drift.kind not in MEND_FIRST
    else:
        stands = drift.action is Action.WRITE or drift.kind is DriftKind.IN_SYNC
    return stands and drift.owner_value == change.after


def plan_id(
    changes: Sequence[Change], holds: Sequence[Hold], links: Sequence[Link], limits: Limits, purpose: str
) -> str:
    """`p-` and 12 hex digits of the content: the same changes, holds, links and limits give the same id."""
    content = {
        "purpose": purpose,
        "changes": sorted(
            [c.code, c.target, c.key, c.issue_id, c.field, str(c.before), str(c.after), str(c.seen), c.kind]
            for c in changes
        ),
        "holds": sorted(
            [
                h.code,
                h.key,
                h.field,
                h.kind,
                str(h.owner_value),
                str(h.follower_value),
                str(h.baseline) if h.baseline_known else "unknown",
            ]
            for h in holds
        ),
        "links": sorted([k.code, k.key, sorted(k.fields), k.offset_days] for k in links),
        # 25, the default, and 25.0, as a configuration gives it, are one limit
        "limits": {name: float(getattr(limits, name)) for name in sorted(limits.__slots__)},
    }
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return "p-" + hashlib.sha256(text.encode()).hexdigest()[:12]


def _why_not_adopted(drift: Drift, writable: Collection[Field]) -> str | None:
    """None: it can be; "": there is nothing to adopt; else what to do instead."""
    if drift.kind in MEND_FIRST:
        return MEND_FIRST[drift.kind]
    if drift.kind in (DriftKind.IN_SYNC, DriftKind.REPORTED, DriftKind.UNLINKED) or drift.action is Action.WRITE:
        return ""
    if drift.decision is not None and is_rejected(drift):
        said = "rejected it" if drift.decision.verdict is Verdict.REJECT else f"put it off until {drift.decision.until}"
        return f"{drift.decision.actor} {said}: to write it all the same, syncsvc review approve {drift.code}"
    if drift.owner_value is None:
        return "PMCS has no date, and a blank is never written"
    if drift.field not in writable:
        return "Jira has no field for it: configure `completed_field`"
    return None


def _change(drift: Drift) -> Change | None:
    if drift.action is Action.WRITE:
        # what is written although the table holds it is a person's word
        return _written(drift, drift.kind if drift.hold_kind is None else DriftKind.ADOPTED)
    if drift.action is Action.PROPOSE:
        return replace(
            _written(drift, drift.kind),
            target=Side.PMCS,
            before=None,
            after=drift.follower_value,
            seen=None,
            from_column=None,
        )
    return None


def _written(drift: Drift, kind: DriftKind) -> Change:
    if drift.key is None or drift.issue_id is None or drift.field is None:
        raise ValueError(f"{drift.code}: what was not seen cannot be written")
    return Change(
        code=drift.code,
        target=Side.JIRA,
        key=drift.key,
        issue_id=drift.issue_id,
        field=drift.field,
        before=drift.held,
        after=drift.owner_value,
        kind=kind,
        seen=drift.follower_value,
        from_column=drift.from_column,
    )


def _holds(drifts: Sequence[Drift]) -> tuple[Hold, ...]:
    return tuple(
        Hold(
            code=drift.code,
            key=drift.key or "",
            field=drift.field or Field.DUE,
            kind=drift.hold_kind or drift.kind,
            owner_value=drift.owner_value,
            follower_value=drift.follower_value,
            baseline=drift.baseline,
            why=drift.why,
            issue_id=drift.issue_id,
            baseline_known=drift.baseline_known,
        )
        for drift in drifts
        if drift.action is Action.HOLD
    )


def _plan(
    purpose: str, changes: tuple[Change, ...], holds: tuple[Hold, ...], drifts: Sequence[Drift], setting: Setting
) -> Plan:
    links_seen = len({(d.code, d.issue_id) for d in drifts if d.seen_on_both})
    return Plan(
        id=plan_id(changes, holds, setting.links, setting.limits, purpose),
        mode=setting.mode,
        changes=changes,
        holds=holds,
        drifts=dict(sorted(Counter(str(d.kind) for d in drifts).items())),
        violations=find_violations(changes, links_seen, setting.export, setting.limits, setting.today),
        warnings=find_warnings(changes, setting.export, setting.limits, setting.today),
        snapshots=dict(setting.snapshots),
        created_at=setting.created_at,
        expires_at=setting.expires_at,
        purpose=purpose,
    )
