"""What persons decided, laid over what the truth table says. Pure.

A decision is bound to the owner's and the follower's value that were seen. While both stand it stands, night after
night; once one of them changes it means nothing any more, and the row is asked about again.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from syncsvc.model import Action, Decision, Drift, DriftKind, Field, LinkKey, Policy, Verdict

#: What has to be mended before the owner's value can be written, by kind, and how.
MEND_FIRST: Final[Mapping[DriftKind, str]] = {
    DriftKind.AMBIGUOUS: "ambiguous: mend the doubled id or the links first",
    DriftKind.FOREIGN_PROJECT: "outside `projects`: add the project to the configuration, or mend the link",
    DriftKind.UNSEEN: "not seen: read both sides completely first (`syncsvc pull`), and mend the rejected row",
    DriftKind.GONE: "gone on one side: mend the link, or bring the milestone or issue back",
    DriftKind.IMPLAUSIBLE: "implausible: mend the status or the date where it is wrong",
    DriftKind.OWNER_BLANK: "PMCS has no date, and a blank is never written: give it one, or clear Jira's",
}
_DECIDABLE: Final = frozenset({Action.HOLD, Action.WRITE, Action.PROPOSE})


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person says about one row, with the two values that were seen when it was said.

    `where` is where it was said, for the answer: "sheet Decisions row 12", or the row's id. `instead_of` is the id of
    the decision that was seen to stand, 0 for none: another one taken meanwhile is not replaced. None does not look.
    """

    code: str
    key: str
    field: Field
    owner_value: date | None
    follower_value: date | None
    verdict: Verdict
    reason: str = ""
    until: date | None = None
    where: str = ""
    instead_of: int | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """What was asked and not taken, and why."""

    asked: Asked
    why: str


def lay_over(drifts: Sequence[Drift], decisions: Iterable[Decision], today: date, policy: Policy) -> tuple[Drift, ...]:
    """The drifts with what was decided about them: approved holds are written, rejected and held rows wait no more.

    `decisions` in the order in which they were taken: of two about the same field of a link the later one counts.
    """
    newest: dict[LinkKey, Decision] = {decision.link_key: decision for decision in decisions}
    return tuple(_decide(drift, newest, today, policy) for drift in drifts)


def is_decidable(drift: Drift) -> bool:
    """Whether there is anything to decide: a hold, a change, or a link that is gone."""
    return drift.link_key is not None and (drift.action in _DECIDABLE or drift.kind is DriftKind.GONE)


def why_not_approved(drift: Drift, policy: Policy) -> str:
    """Why the owner's value of a hold cannot be written, and what to do instead; "" where it can be."""
    if drift.action in (Action.WRITE, Action.PROPOSE) or drift.kind is DriftKind.REPORTED:
        return ""
    if drift.kind in MEND_FIRST:
        return MEND_FIRST[drift.kind]
    if drift.owner_value is None:
        return "PMCS has no date, and a blank is never written; reject it to leave Jira as it is"
    if drift.field not in policy.writable:
        return "Jira has no field for it: configure `completed_field`"
    return ""


def why_ended(decision: Decision, drift: Drift | None, today: date) -> str:
    """Why a decision means nothing any more, or "" while it stands; what was not seen ends none."""
    if drift is None:
        return "the link is no longer there"
    if drift.kind is DriftKind.UNSEEN:
        return ""
    if decision.owner_value != drift.owner_value:
        return "PMCS has another date now"
    if decision.follower_value != drift.follower_value:
        return "Jira has another date now"
    if decision.verdict is Verdict.HOLD and not stands_for(decision, drift, today):
        return "the day has come"
    return ""


def stands_for(decision: Decision, drift: Drift, today: date) -> bool:
    """Whether a decision still means this drift: both values as they were, and a day that has not come."""
    if (decision.owner_value, decision.follower_value) != (drift.owner_value, drift.follower_value):
        return False
    return decision.verdict is not Verdict.HOLD or (decision.until is not None and today < decision.until)


def _decide(drift: Drift, newest: Mapping[LinkKey, Decision], today: date, policy: Policy) -> Drift:
    if not is_decidable(drift) or drift.link_key is None:
        return drift
    decision = newest.get(drift.link_key)
    if decision is None or not stands_for(decision, drift, today):
        return drift
    if decision.verdict is Verdict.APPROVE:
        if why_not_approved(drift, policy):
            return drift
        if drift.action is Action.HOLD and policy.four_eyes and decision.seconded_by is None:
            return replace(
                drift, decision=decision, why=f"{drift.why}; {_said(decision)}, a second person has to agree"
            )
        if drift.action is not Action.HOLD:
            return replace(drift, decision=decision)
        action = Action.PROPOSE if drift.kind is DriftKind.REPORTED else Action.WRITE
        return replace(drift, action=action, decision=decision)
    words = f"{drift.why}; {_said(decision)}"
    return replace(drift, action=Action.REPORT, decision=decision, why=words)


def why_decided_already(asked: Asked, standing: Decision | None) -> str:
    """Who decided a row after it was shown to who asks now; "" where nobody did."""
    if asked.instead_of is None or standing is None or standing.id == asked.instead_of:
        return ""
    verb = {Verdict.APPROVE: "approved", Verdict.REJECT: "rejected", Verdict.HOLD: "put off"}[standing.verdict]
    until = f" until {standing.until}" if standing.until else ""
    reason = f" ({standing.reason})" if standing.reason else ""
    return (
        f"{standing.actor} {verb} it{until} at {standing.at:%Y-%m-%d %H:%M} UTC, after it was shown to you{reason}; "
        "decide it once more if you mean otherwise"
    )


def _said(decision: Decision) -> str:
    on = f"by {decision.actor} on {decision.at:%Y-%m-%d}"
    reason = f": {decision.reason}" if decision.reason else ""
    if decision.verdict is Verdict.HOLD:
        return f"held until {decision.until} {on}{reason}"
    return f"{'approved' if decision.verdict is Verdict.APPROVE else 'rejected'} {on}{reason}"


def row_id(drift: Drift) -> str:
    """`r-` and 8 hex digits of link, field and both values: another value makes it another row."""
    link_key = drift.link_key
    if link_key is None:
        raise ValueError(f"{drift.code}: what has no link has no row")
    text = json.dumps([*link_key, str(drift.owner_value), str(drift.follower_value)])
    return "r-" + hashlib.sha256(text.encode()).hexdigest()[:8]
