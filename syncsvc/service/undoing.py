"""Take back what a run wrote, where it still stands; say of the rest what has become of it."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import date

from syncsvc.errors import SourceError, UsageError
from syncsvc.model import Change, DriftKind, Field, FieldChange, Milestone, ProposalState, Side, Undo, WrittenValue
from syncsvc.service.planning import plan_undo
from syncsvc.service.pulling import newest_follower
from syncsvc.service.session import Session


def make_undo_plan(session: Session, run: int) -> Undo:
    """The plan of the reverse of what a run wrote. UsageError for a run that is not there or wrote nothing."""
    setup = session.setup
    if setup.store.run(run) is None:
        raise UsageError(f"there is no run {run}", "`syncsvc log` lists the runs.")
    written = setup.store.written_by(run)
    proposals = setup.store.proposals_of(run)
    if not written and not proposals:
        raise UsageError(f"run {run} wrote nothing", "There is nothing to take back.")
    follower = newest_follower(setup)
    issues = {issue.issue_id: issue for issue in follower.milestones if issue.issue_id is not None}
    changes: list[Change] = []
    changed: list[tuple[WrittenValue, Milestone]] = []
    left: list[tuple[WrittenValue, str]] = []
    for value in written:
        issue = issues.get(value.issue_id)
        if issue is None:
            left.append((value, f"{value.key} is not there or not visible any more"))
        elif issue.held(value.field) != value.after:
            changed.append((value, issue))
        else:
            changes.append(_reverse(value, issue))
    left += _who_changed(session, changed)
    return Undo(
        run=run,
        plan=plan_undo(session, run, changes).plan,
        left=tuple(left),
        pending=tuple(p for p in proposals if p.state is ProposalState.PENDING),
        landed=tuple(p for p in proposals if p.state is ProposalState.LANDED),
    )


def withdraw_hand_overs(session: Session, of_run: int) -> None:
    """Withdraw what that run handed over and what is not in the schedule yet."""
    store = session.setup.store
    for proposal in store.proposals_of(of_run):
        if proposal.state is ProposalState.PENDING and proposal.id is not None:
            words = f"run {of_run} was taken back"
            withdrawn = ProposalState.WITHDRAWN
            store.settle_proposal(session.lease, session.run, proposal.id, withdrawn, words, undone=True)


def _reverse(value: WrittenValue, issue: Milestone) -> Change:
    return Change(
        code=value.code,
        target=Side.JIRA,
        key=issue.code,
        issue_id=value.issue_id,
        field=value.field,
        before=value.after,
        after=value.before,
        kind=DriftKind.UNDONE,
        seen=issue.value(value.field),
    )


def _who_changed(session: Session, changed: Sequence[tuple[WrittenValue, Milestone]]) -> list[tuple[WrittenValue, str]]:
    found: dict[tuple[str, Field], FieldChange] = {}
    for name in Field:
        ids = sorted({value.issue_id for value, _ in changed if value.field is name})
        if ids:
            with suppress(SourceError):
                changes = session.setup.follower.last_changes(ids, name)
                found |= {(issue_id, name): change for issue_id, change in changes.items()}
    said = []
    for value, issue in changed:
        change = found.get((value.issue_id, value.field))
        is_it = change is not None and change.after == issue.held(value.field)  # else somebody changed it once more
        who = f" by {change.actor} at {change.at:%Y-%m-%d %H:%M} UTC" if change and is_it else ""
        said.append((value, f"{issue.code} was set to {_said(issue.held(value.field))} since{who}"))
    return said


def _said(day: date | None) -> str:
    return "no date" if day is None else day.isoformat()
