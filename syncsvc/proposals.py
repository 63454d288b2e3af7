"""What became of completions handed to PMCS: landed, overwritten, not landed, withdrawn, or still pending.

Pure. A hand-over is pending until an export that arrived after it has a data date on or after its day; if PMCS
shows a date earlier, that settles it at once; if Jira takes back or changes what it reported, it is withdrawn.
"""

from collections.abc import Sequence
from dataclasses import replace

from syncsvc.model import Field, Proposal, ProposalState, RejectCause, Snapshot, by_code


def judge_proposals(
    pending: Sequence[Proposal], owner: Snapshot, follower: Snapshot
) -> tuple[tuple[Proposal, str], ...]:
    """Those of the pending whose state changes, each in its new state and with the words for it."""
    owners = by_code(owner.taking_part())
    issues = {m.issue_id or m.code: m for m in follower.milestones}
    unreadable_there = _unreadable_completions(owner)
    unreadable_here = _unreadable_completions(follower)
    judged: list[tuple[Proposal, str]] = []
    for proposal in pending:
        milestone, issue = owners.get(proposal.code), issues.get(proposal.issue_id)
        shown = milestone.completed if milestone else None
        if shown is not None:
            state = ProposalState.LANDED if shown == proposal.value else ProposalState.OVERWRITTEN
            words = f"PMCS shows {shown} for the completion of {proposal.value} handed over {proposal.handed_over_on}"
        elif issue is not None and issue.code not in unreadable_here and issue.completed != proposal.value:
            state = ProposalState.WITHDRAWN
            now = f"now says {issue.completed}" if issue.completed else "no longer says that it is completed"
            words = f"Jira {now}: the completion of {proposal.value} handed over {proposal.handed_over_on} is void"
        elif _proves(owner, proposal) and proposal.code not in unreadable_there:
            state = ProposalState.NOT_LANDED
            words = (
                f"the export with data date {owner.data_date} does not show the completion of {proposal.value} "
                f"handed over {proposal.handed_over_on}"
            )
        else:
            continue
        judged.append((replace(proposal, state=state), words))
    return tuple(judged)


def waiting_words(proposal: Proposal, owner: Snapshot) -> str:
    """What a pending hand-over waits for."""
    newest = f"the newest, of {owner.data_date}, does not" if owner.data_date else "the newest says none"
    if owner.id is not None and owner.id <= proposal.snapshot:
        newest = "none has come since"
    elif owner.data_date is not None and owner.data_date >= proposal.handed_over_on:
        newest = "the newest could not be read completely"
    return (
        f"the completion of {proposal.value} waits for an export whose data date reaches {proposal.handed_over_on}"
        f" ({newest})"
    )


def _proves(owner: Snapshot, proposal: Proposal) -> bool:
    """Whether this export had to show it: complete, arrived after the hand-over, and dated on or after it."""
    return (
        owner.complete
        and (owner.id is None or owner.id > proposal.snapshot)
        and owner.data_date is not None
        and owner.data_date >= proposal.handed_over_on
    )


def _unreadable_completions(snapshot: Snapshot) -> frozenset[str]:
    return frozenset(
        reject.code
        for reject in snapshot.rejects
        if reject.code and reject.cause is not RejectCause.REPEATED and reject.field in (None, Field.COMPLETED.value)
    )
