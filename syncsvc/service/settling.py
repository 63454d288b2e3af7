"""Find out how writes of earlier runs ended whose outcome nobody wrote down."""

from collections import defaultdict
from collections.abc import Sequence

from syncsvc.model import Milestone, Outcome, Receipt, Settled, Side, Snapshot
from syncsvc.service.session import Session
from syncsvc.store import OpenIntent


def settle_intents(session: Session) -> None:
    """Close every intent whose end can be told now; one that cannot stays open for the next run.

    Raises the connector's own error when the target cannot be reached.
    """
    open_intents = session.setup.store.open_intents()
    _settle_in_tracker(session, [i for i in open_intents if i.change.target is Side.JIRA])
    _settle_hand_overs(session, [i for i in open_intents if i.change.target is Side.PMCS])


def _settle_in_tracker(session: Session, intents: Sequence[OpenIntent]) -> None:
    if not intents:
        return
    follower = session.setup.follower
    seen = follower.read(sorted({intent.change.key for intent in intents}))
    for intent in intents:
        change, issue = intent.change, _issue(seen, intent.change.key)
        if issue is None or issue.held(change.field) != change.after:
            # A bulk read may lag behind a write: look at the issue itself before judging.
            seen_alone = follower.read([change.key])
            issue = _issue(seen_alone, change.key)
            if issue is None and not seen_alone.complete:
                continue
        if issue is None:
            outcome, words = Outcome.STALE, f"settled later: {change.key} is not there or not visible any more"
        elif issue.held(change.field) == change.after:
            outcome, words = Outcome.APPLIED, "settled later: the value is there"
        elif issue.held(change.field) == change.before:
            outcome, words = Outcome.NOT_TRIED, "settled later: the value from before is still there"
        else:
            now = issue.held(change.field) or "no date"
            outcome, words = Outcome.STALE, f"settled later: Jira holds {now}, neither the value before nor after"
        _close(session, intent, Receipt(change, outcome, words, confirmed=outcome is Outcome.APPLIED))


def _settle_hand_overs(session: Session, intents: Sequence[OpenIntent]) -> None:
    by_run: dict[int, list[OpenIntent]] = defaultdict(list)
    for intent in intents:
        by_run[intent.run].append(intent)
    for batch in by_run.values():
        place = session.setup.owner.delivered([intent.change for intent in batch])
        for intent in batch:
            if place is None:
                receipt = Receipt(intent.change, Outcome.NOT_TRIED, "settled later: no workbook was written")
            else:
                receipt = Receipt(intent.change, Outcome.HANDED_OVER, place)
            _close(session, intent, receipt)


def _close(session: Session, intent: OpenIntent, receipt: Receipt) -> None:
    setup = session.setup
    handed_over_on = intent.at.astimezone(setup.time_zone).date() if receipt.outcome is Outcome.HANDED_OVER else None
    setup.store.commit_receipts(session.lease, session.run, [(intent.id, receipt)], handed_over_on=handed_over_on)
    session.settled.append(Settled(intent.change, receipt.outcome, receipt.detail or ""))


def _issue(seen: Snapshot, key: str) -> Milestone | None:
    current = seen.moved.get(key, key)
    return next((m for m in seen.milestones if m.code == current), None)
