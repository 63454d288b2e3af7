"""What differs between owner and follower of every link, who moved, and what is to be done about it. Pure.

Both sides are paired into cases (`pairing`), one for each link and field (`case`); the first row of `truth_table` that
matches a case decides it, and `action` says what is done. `aliases` are read before.
"""

from collections.abc import Sequence

from syncsvc.model import Action, Drift, DriftKind, Field, Link, Memory, Policy, Snapshot
from syncsvc.reconcile.action import choose_action
from syncsvc.reconcile.aliases import resolve_aliases
from syncsvc.reconcile.case import Case
from syncsvc.reconcile.pairing import owner_value, pair
from syncsvc.reconcile.truth_table import TABLE, find_row

__all__ = ["TABLE", "owner_value", "reconcile", "resolve_aliases"]


def reconcile(
    owner: Snapshot, follower: Snapshot, links: Sequence[Link], memory: Memory, policy: Policy
) -> tuple[Drift, ...]:
    """Every link and field through the truth table, then every milestone of the owner that has no link.

    Ordered by code, key and field. `owner` has its aliases resolved already (`resolve_aliases`).
    """
    drifts = [_decide(case, policy) for case in pair(owner, follower, links, memory, policy)]
    linked = {link.code for link in links}
    drifts += [
        Drift(m.code, DriftKind.UNLINKED, Action.REPORT, why="no link names a Jira issue for it")
        for m in owner.taking_part()
        if m.code not in linked
    ]
    return tuple(sorted(drifts, key=lambda d: (d.code, d.key or "", d.field or "")))


def _decide(case: Case, policy: Policy) -> Drift:
    row, why = find_row(case)
    owner, follower, name = case.owner, case.follower, case.field
    doing = choose_action(row, case, policy)
    return Drift(
        code=case.link.code,
        kind=row.kind,
        action=doing.action,
        key=case.current_key,
        issue_id=(follower.issue_id or follower.code) if follower else None,
        field=name,
        owner_value=case.o,
        follower_value=case.f,
        held=follower.held(name) if follower else None,
        baseline=case.b,
        baseline_known=case.b_known,
        why=f"{why}; {doing.remark}" if doing.remark else why,
        hold_kind=(doing.hold_kind or row.kind) if doing.action is Action.HOLD else None,
        from_column=owner.column(name) if owner else None,
        basis=owner.due_basis if owner and name is Field.DUE else None,
        waits=doing.waits,
        seen_on_both=owner is not None and follower is not None,
    )
