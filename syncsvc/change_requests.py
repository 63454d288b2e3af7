"""Due dates that teams propose by editing Jira, as requests to change the schedule. Pure.

P6 calculates due dates and imports none, so they go to change control as a list; PMCS stays their owner.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, timedelta

from syncsvc.model import (
    Action,
    ChangeRequest,
    Drift,
    DriftKind,
    Field,
    Link,
    LinkKey,
    Snapshot,
    by_code,
)
from syncsvc.names import order_of_code


def find_requests(
    drifts: Iterable[Drift],
    links: Collection[Link],
    owner: Snapshot,
    follower: Snapshot,
    undone: Mapping[LinkKey, date | None],
) -> tuple[ChangeRequest, ...]:
    """The dates proposed by those holds that are the follower's edit alone, in order of code.

    Not among them: a test plan's date (it follows from its milestone), a date that was taken out of Jira, the value
    that an undo put back, and what a person has rejected or settled. A link's days are taken off again, so that every
    date is the milestone's own.
    """
    milestones = by_code(owner.taking_part())
    by_key = {(link.code, follower.moved.get(link.key, link.key)): link for link in links}
    found: list[ChangeRequest] = []
    for drift in drifts:
        link = by_key.get((drift.code, drift.key or ""))
        milestone = milestones.get(drift.code)
        if not _is_proposal(drift, undone) or drift.follower_value is None or link is None or milestone is None:
            continue
        if link.role == "test_plan":
            continue
        try:
            proposed = drift.follower_value - timedelta(days=link.offset_days)
        except OverflowError:
            continue  # an offset beyond the calendar names no day
        found.append(
            ChangeRequest(
                code=drift.code,
                key=drift.key or "",
                issue_id=drift.issue_id or "",
                name=milestone.name,
                due=milestone.due,
                due_column=milestone.due_column,
                due_basis=milestone.due_basis,
                proposed=proposed,
                offset_days=link.offset_days,
            )
        )
    return tuple(sorted(found, key=lambda each: (order_of_code(each.code), each.key)))


def _is_proposal(drift: Drift, undone: Mapping[LinkKey, date | None]) -> bool:
    is_edit = drift.kind is DriftKind.FOLLOWER_EDITED and drift.hold_kind is DriftKind.FOLLOWER_EDITED
    if drift.field is not Field.DUE or drift.action is not Action.HOLD or not is_edit:
        return False
    key = drift.link_key
    return key is None or key not in undone or undone[key] != drift.follower_value
