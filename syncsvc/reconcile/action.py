"""What is done about a case: what its row of the truth table says, where the configuration lets it."""

from typing import Final, NamedTuple

from syncsvc.model import Action, DriftKind, Field, FirstContact, FollowerEdit, Policy, ProposalState
from syncsvc.reconcile.case import Case
from syncsvc.reconcile.truth_table import Row

#: Without a Jira field for completions these cannot be settled in Jira: they are said, and do not wait for anybody.
_NEEDS_COMPLETED_FIELD: Final = frozenset(
    {DriftKind.OWNER_MOVED, DriftKind.FIRST_CONTACT, DriftKind.FOLLOWER_EDITED, DriftKind.BOTH_MOVED}
)
#: These are written instead of held where `follower_edit` or `first_contact` say so.
_CONFIGURABLE: Final = frozenset({DriftKind.FOLLOWER_EDITED, DriftKind.FIRST_CONTACT})


class Doing(NamedTuple):
    """What is done. `hold_kind` is a kind of hold of its own, `remark` is added to the why."""

    action: Action
    remark: str = ""
    hold_kind: DriftKind | None = None
    waits: bool = False  # by itself: nobody is asked


_BY_ITSELF: Final = {action: Doing(action) for action in Action}


def choose_action(row: Row, c: Case, policy: Policy) -> Doing:
    """What is done about a case that this row decides."""
    if row.default is Action.PROPOSE:
        return _propose(c, policy)
    if row.kind in _NEEDS_COMPLETED_FIELD and c.completed and Field.COMPLETED not in policy.writable:
        return Doing(Action.REPORT, "Jira has no field for it (`completed_field` is not configured)")
    if row.default is not Action.WRITE and not (row.kind in _CONFIGURABLE and _lets_write(row.kind, c, policy)):
        return _BY_ITSELF[row.default]
    if c.field is Field.DUE and c.owner is not None and c.owner.due_basis not in policy.write_basis:
        basis = c.owner.due_basis.value if c.owner.due_basis else "unknown"
        column = c.owner.due_column or "?"
        return Doing(Action.HOLD, f"{column} is a {basis} date, which is not in `write_basis`", DriftKind.BASIS)
    return _BY_ITSELF[Action.WRITE]


def _lets_write(kind: DriftKind, c: Case, policy: Policy) -> bool:
    if c.completed or c.o is None:
        return False
    if kind is DriftKind.FOLLOWER_EDITED:
        return policy.follower_edit is FollowerEdit.RESTORE and not c.undone
    return policy.first_contact is FirstContact.OWNER or (policy.first_contact is FirstContact.FILL and c.f is None)


def _propose(c: Case, policy: Policy) -> Doing:
    if not policy.report_to_owner:
        return Doing(Action.REPORT, "`report_to_owner` is off, so PMCS is not told")
    last = c.proposals[-1] if c.proposals else None
    if last is not None and last.state is ProposalState.PENDING and last.value == c.f:
        return Doing(Action.REPORT, f"handed over on {last.handed_over_on}, not yet in an export", waits=True)
    if c.f is not None and (c.data_date is None or c.f > c.data_date):
        return Doing(Action.REPORT, f"waits for an export whose data date has reached {c.f}", waits=True)
    if c.undone:
        return Doing(Action.HOLD, "handing it over was taken back")
    return Doing(Action.PROPOSE, "to be handed to PMCS")
