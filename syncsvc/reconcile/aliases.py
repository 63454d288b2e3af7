"""A milestone that is listed under another code than its own: read as the code it stands for."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

from syncsvc.model import Milestone, Reject, RejectCause, Snapshot


def resolve_aliases(snapshot: Snapshot, aliases: Mapping[str, str]) -> Snapshot:
    """The snapshot with every alias read as the code it stands for.

    A code that then stands there twice counts once where its dates agree; where they differ none of its rows
    is used, and each is a reject of cause duplicate.
    """
    if not any(m.code in aliases for m in snapshot.milestones) and not any(r.code in aliases for r in snapshot.rejects):
        return snapshot
    together: dict[str, list[Milestone]] = defaultdict(list)
    for milestone in snapshot.milestones:
        together[aliases.get(milestone.code, milestone.code)].append(milestone)
    kept: list[Milestone] = []
    rejects = [replace(r, code=aliases.get(r.code, r.code)) if r.code else r for r in snapshot.rejects]
    for code, twins in together.items():
        same = len({(m.due, m.completed, m.forecast) for m in twins}) == 1
        if same:
            kept.append(replace(twins[0], code=code))
        names = ", ".join(f"{m.code} ({m.where})" for m in twins)
        rejects += [
            Reject(
                where=m.where,
                code=code,
                reason=f"one milestone under several codes: {names}; {'the first counts' if same else 'dates differ'}",
                cause=RejectCause.REPEATED if same else RejectCause.DUPLICATE,
                kind=m.kind,
            )
            for m in (twins[1:] if same else twins)
        ]
    return replace(snapshot, milestones=tuple(kept), rejects=tuple(rejects))
