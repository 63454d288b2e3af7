"""From the newest snapshots to a stored plan."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from syncsvc.change_requests import find_requests
from syncsvc.decisions import lay_over, why_ended
from syncsvc.errors import SourceError
from syncsvc.model import (
    Action,
    Change,
    Decision,
    Drift,
    DriftKind,
    Field,
    FieldChange,
    Hold,
    Judgement,
    Link,
    LinkKey,
    Milestone,
    Mode,
    Plan,
    ProposalState,
    Snapshot,
    Status,
)
from syncsvc.plan import Setting, make_adoption, make_plan, make_undo
from syncsvc.proposals import judge_proposals, waiting_words
from syncsvc.reconcile import reconcile
from syncsvc.safety import ExportFacts
from syncsvc.service.doubts import doubts_about, lost_links, restored_store
from syncsvc.service.pulling import newest_of, newest_of_both
from syncsvc.service.session import Session
from syncsvc.service.setup import Setup
from syncsvc.store import StoredPlan


@dataclass(frozen=True, slots=True)
class Picture:
    """Both sides as the store last saw them, and what the truth table says of them.

    What was written since into the follower, and read back, counts as seen: else every write would look like an edit
    of somebody who put the old value back, until the next night reads it.
    """

    owner: Snapshot
    follower: Snapshot
    links: tuple[Link, ...]
    drifts: tuple[Drift, ...]  # with what was decided about them
    undecided: tuple[Drift, ...]  # as the truth table alone says


def look(setup: Setup, newest: Mapping[str, Snapshot | None] | None = None) -> Picture:
    """Reconcile the newest snapshots, for who has read them (by name of connector) those; changes nothing."""
    owner, follower = newest_of_both(setup, newest)
    memory = setup.store.memory(since=follower)
    follower = _with_own_writes(follower, memory.unread)
    links = setup.make_links([milestone.code for milestone in owner.taking_part()])
    undecided = reconcile(owner, follower, links, memory, setup.policy)
    drifts = lay_over(undecided, setup.store.standing_decisions(), setup.today(), setup.policy)
    return Picture(owner, follower, links, drifts, undecided)


def _with_own_writes(follower: Snapshot, written: Mapping[tuple[str, Field], date | None]) -> Snapshot:
    if not written:
        return follower
    issues = {issue_id for issue_id, _ in written}
    seen = tuple(_as_written(each, written) if each.issue_id in issues else each for each in follower.milestones)
    return replace(follower, milestones=seen)


def _as_written(issue: Milestone, written: Mapping[tuple[str, Field], date | None]) -> Milestone:
    for name in Field:
        place = (issue.issue_id or "", name)
        if place not in written:
            continue
        value = written[place]
        if name is Field.DUE:
            issue = replace(issue, due=value)
        elif value is not None or issue.status is not Status.COMPLETED:
            issue = replace(issue, completed=value, completed_held=value)
        # else the date of its resolution counts again, which the next reading says
    return issue


def plan_sync(session: Session, mode: Mode) -> StoredPlan:
    """Settle hand-overs, remember what agrees, and store the plan of what does not."""
    setup, store = session.setup, session.setup.store
    _settle_proposals(session)
    _end_decisions(session)
    picture = look(setup)
    agreed: dict[LinkKey, object] = {
        (d.code, d.issue_id, d.field): d.owner_value
        for d in picture.drifts
        if d.action is Action.RECORD and d.issue_id is not None and d.field is not None
    }
    store.record_baselines(session.lease, session.run, agreed)  # type: ignore[arg-type]
    plan = _doubt(session, make_plan(picture.drifts, _setting(setup, picture, mode)), picture, mode)
    stored = _save(session, plan, picture)
    _note_who_edited(session, store.note_holds(session.lease, session.run, plan.holds))
    session.plan, session.drifts = replace(plan, id=stored.plan.id), picture.drifts
    session.requests = find_requests(
        picture.drifts, picture.links, picture.owner, picture.follower, store.memory().undone
    )
    return stored


def _doubt(session: Session, plan: Plan, picture: Picture, mode: Mode) -> Plan:
    """The plan with what a person has to look at first; one that would write nothing is not in doubt."""
    doubts = doubts_about(session.setup, picture.owner, picture.follower, picture.links, plan.changes)
    lost = lost_links(session.setup, picture.owner, picture.links)
    plan = replace(plan, violations=(*plan.violations, *doubts), warnings=(*plan.warnings, *lost))
    if session.restored is None:
        return plan
    if not plan.changes:
        if mode is not Mode.REPORT and not any(drift.kind is DriftKind.UNSEEN for drift in picture.drifts):
            session.settle_restored()
        return plan
    if mode is Mode.AUTO:
        return replace(plan, violations=(*plan.violations, restored_store(session.restored)))
    return replace(plan, warnings=(*plan.warnings, session.restored.why))


def _save(session: Session, plan: Plan, picture: Picture) -> StoredPlan:
    """Keep a plan. In a store that was put back no making from before that stands for it, nor does its approval."""
    after_run = 0 if session.restored is None else session.restored.known_until
    return session.setup.store.save_plan(session.lease, session.run, plan, picture.links, after_run=after_run)


#: Of so many new holds in one run it is asked who set the date in Jira: Data Center is asked once for each issue.
MOST_ASKED: Final = 200
_EDITED: Final = frozenset({DriftKind.FOLLOWER_EDITED, DriftKind.BOTH_MOVED})


def _note_who_edited(session: Session, begun: Sequence[Hold]) -> None:
    """Keep who set the follower's dates of new holds, for whoever decides them; nobody where it cannot say."""
    edited = [hold for hold in begun if hold.kind in _EDITED and hold.issue_id is not None][:MOST_ASKED]
    named: list[tuple[Hold, FieldChange]] = []
    for field in Field:
        of_field = [hold for hold in edited if hold.field is field]
        with suppress(SourceError):
            changes = session.setup.follower.last_changes(sorted({str(hold.issue_id) for hold in of_field}), field)
            for hold in of_field:
                change = changes.get(str(hold.issue_id))
                if change is not None and change.after == hold.follower_value:  # else it was changed once more
                    named.append((hold, change))
    if named:
        session.setup.store.note_edits(session.lease, session.run, named)


def plan_adoption(session: Session, codes: Collection[str], field: Field | None) -> tuple[StoredPlan, tuple[str, ...]]:
    """A plan that gives the owner's values to the follower where a person says so, and what it cannot take."""
    setup = session.setup
    picture = look(setup)
    resolved = [setup.aliases.get(code, code) for code in codes]
    setting = _setting(setup, picture, setup.mode)
    plan, refused = make_adoption(picture.drifts, setting, resolved, field, setup.policy.writable)
    stored = _save(session, plan, picture)
    session.plan, session.drifts = plan, picture.drifts
    return stored, refused


def export_facts(setup: Setup, owner: Snapshot) -> ExportFacts:
    """What the limits look at in the newest export."""
    previous = setup.store.previous_rows(owner.id) if owner.id is not None else None
    return ExportFacts(owner.rows, previous, owner.data_date, owner.source)


def _setting(setup: Setup, picture: Picture, mode: Mode) -> Setting:
    snapshots = {
        name: snapshot.id
        for name, snapshot in ((setup.owner.name, picture.owner), (setup.follower.name, picture.follower))
        if snapshot.id is not None
    }
    created_at = setup.now()
    return Setting(
        links=picture.links,
        limits=setup.limits,
        mode=mode,
        export=export_facts(setup, picture.owner),
        snapshots=snapshots,
        today=setup.today(),
        created_at=created_at,
        expires_at=created_at + timedelta(hours=setup.plan_hours),
    )


def plan_undo(session: Session, of_run: int, changes: Sequence[Change]) -> StoredPlan:
    """Store the plan that takes these writes of a run back."""
    setup = session.setup
    picture = look(setup)
    plan = make_undo(changes, picture.drifts, _setting(setup, picture, setup.mode), of_run)
    stored = _save(session, plan, picture)
    session.plan = replace(plan, id=stored.plan.id)
    return stored


def _end_decisions(session: Session) -> None:
    """A decision whose values have changed, or whose day has come, never comes back."""
    setup = session.setup
    standing = setup.store.standing_decisions()
    if not standing:
        return
    drifts = {drift.link_key: drift for drift in look(setup).undecided}
    ended: dict[str, list[Decision]] = defaultdict(list)
    for decision in standing:
        if why := why_ended(decision, drifts.get(decision.link_key), setup.today()):
            ended[why].append(decision)
    for why, decisions in ended.items():
        setup.store.end_decisions(session.lease, session.run, decisions, why)


def list_hand_overs(setup: Setup) -> tuple[Judgement, ...]:
    """What became of hand-overs since the newest export came, and what each pending one waits for."""
    owner = newest_of(setup, setup.owner)
    if owner is None or owner.id is None:
        return ()
    judged = setup.store.judged_since(setup.store.run_of(owner.id) or 0)
    pending = [Judgement(each, waiting_words(each, owner)) for each in setup.store.pending_proposals()]
    return (*judged, *pending)


def _settle_proposals(session: Session) -> None:
    setup = session.setup
    pending = setup.store.pending_proposals()
    if not pending:
        return
    for proposal, words in judge_proposals(pending, *newest_of_both(setup)):
        if proposal.id is not None and proposal.state is not ProposalState.PENDING:
            setup.store.settle_proposal(session.lease, session.run, proposal.id, proposal.state, words)
            session.proposals.append(Judgement(proposal, words))
