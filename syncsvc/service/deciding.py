"""Take decisions about rows: each only if both values are still the ones that were seen."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import date

from syncsvc.decisions import Asked, Refusal, is_decidable, why_decided_already, why_not_approved
from syncsvc.errors import SourceError
from syncsvc.model import Decision, Drift, DriftKind, Field, FieldChange, Verdict
from syncsvc.service.planning import Picture, look
from syncsvc.service.session import Session

_Changes = Mapping[tuple[str, Field], FieldChange]


def take_decisions(session: Session, asked: Sequence[Asked]) -> tuple[list[Decision], list[Refusal]]:
    """Keep what can be kept, all in one transaction, and say of the rest why not.

    Both sides are expected to have been brought up to date: a row that has changed since it was seen is refused.
    """
    setup = session.setup
    picture = look(setup)
    drifts = {(d.code, d.key, d.field): d for d in picture.undecided if d.link_key is not None}
    changes = _who_changed(session, asked, drifts)
    standing = {each.link_key: each for each in setup.store.standing_decisions()}
    taken: list[Decision] = []
    refused: list[Refusal] = []
    for each in asked:
        drift = drifts.get((each.code, each.key, each.field))
        why = _why_not(session, each, drift, picture, changes)
        if not why and drift is not None and drift.link_key is not None:
            why = why_decided_already(each, standing.get(drift.link_key))
        if why or drift is None:
            refused.append(Refusal(each, why))
            continue
        decision = Decision(
            code=each.code,
            key=each.key,
            issue=drift.issue_id or each.key,
            field=each.field,
            verdict=each.verdict,
            owner_value=each.owner_value,
            follower_value=each.follower_value,
            actor=session.actor,
            at=setup.now(),
            reason=each.reason,
            until=each.until,
        )
        taken.append(decision)
    return setup.store.keep_decisions(session.lease, session.run, taken), refused


def _why_not(session: Session, asked: Asked, drift: Drift | None, picture: Picture, changes: _Changes) -> str:
    if drift is None:
        return f"{asked.code} and {asked.key} are not linked any more"
    if asked.verdict is not Verdict.APPROVE and not asked.reason.strip():
        return f"say why it is {'rejected' if asked.verdict is Verdict.REJECT else 'put off'}: a reason is missing"
    if asked.verdict is Verdict.HOLD and (asked.until is None or asked.until <= session.setup.today()):
        return "say until which day it is to wait; the day must lie in the future"
    if drift.kind is DriftKind.UNSEEN:
        return f"it cannot be seen now: {drift.why}"
    if moved := _what_moved(asked, drift, picture, changes):
        return f"{moved}; the decision was for {_said(asked.follower_value)} -> {_said(asked.owner_value)}"
    if not is_decidable(drift):
        return (
            "nothing waits there any more: both sides agree"
            if drift.kind is DriftKind.IN_SYNC
            else (f"nothing waits there: {drift.why}")
        )
    return why_not_approved(drift, session.setup.policy) if asked.verdict is Verdict.APPROVE else ""


def _what_moved(asked: Asked, drift: Drift, picture: Picture, changes: _Changes) -> str:
    moved = []
    if drift.follower_value != asked.follower_value:
        change = changes.get((drift.issue_id or "", asked.field))
        who = (
            f" at {change.at:%Y-%m-%d %H:%M} UTC by {change.actor}"
            if change and change.after == drift.follower_value
            else ""
        )
        moved.append(f"{asked.key} was set to {_said(drift.follower_value)} in Jira{who}")
    if drift.owner_value != asked.owner_value:
        export = " ".join(filter(None, (picture.owner.period, picture.owner.kind)))
        moved.append(f"PMCS says {_said(drift.owner_value)} since {export or 'its newest export'}")
    return " and ".join(moved)


def _who_changed(
    session: Session, asked: Collection[Asked], drifts: Mapping[tuple[str, str | None, Field | None], Drift]
) -> _Changes:
    """Who set what differs from what was seen; where Jira cannot say, the refusal does without."""
    found: dict[tuple[str, Field], FieldChange] = {}
    for field in Field:
        issues = {
            drift.issue_id
            for each in asked
            if each.field is field
            and (drift := drifts.get((each.code, each.key, each.field))) is not None
            and drift.issue_id is not None
            and drift.follower_value != each.follower_value
        }
        if issues:
            with suppress(SourceError):
                changes = session.setup.follower.last_changes(sorted(issues), field)
                found |= {(issue, field): change for issue, change in changes.items()}
    return found


def _said(day: date | None) -> str:
    return "no date" if day is None else day.isoformat()
