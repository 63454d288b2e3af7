"""Write what a plan says: intents before, receipts after, never in a transaction across the network."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Final

from syncsvc.connector import Connector
from syncsvc.errors import LimitsExceeded, PlanRefused, Problem, SourceError
from syncsvc.model import Change, Drift, DriftKind, LinkKey, Mode, Outcome, Receipt, Side, Verdict, Violation, by_code
from syncsvc.plan import is_rejected, still_wanted
from syncsvc.safety import find_violations, is_worse
from syncsvc.service.doubts import doubts_about
from syncsvc.service.planning import Picture, export_facts, look
from syncsvc.service.session import Session
from syncsvc.service.setup import Setup
from syncsvc.store import StoredPlan

BATCH_WRITES = 100
_UNUSABLE: Final = "an earlier batch showed that nothing can be written now"


def require_open(stored: StoredPlan, now: datetime) -> None:
    """PlanRefused for a plan that was applied, wholly or in part, or has ended."""
    plan = stored.plan
    if stored.state == "applied":
        raise PlanRefused(f"plan {plan.id} was applied already", "Each plan is applied once. Make a new one.")
    if stored.state == "applying":
        raise PlanRefused(
            f"plan {plan.id} is being applied, or was when its run died",
            "What that run wrote is in the log; of what is left make a new one: syncsvc plan",
        )
    if now >= plan.expires_at:
        raise PlanRefused(f"plan {plan.id} ended at {plan.expires_at:%Y-%m-%d %H:%M} UTC")


def look_if_applicable(
    setup: Setup, stored: StoredPlan, *, unattended: bool, further: Sequence[Violation] = ()
) -> Picture:
    """The newest picture, where this plan may be applied to it; raises with the reason where it may not.

    `further` are violations that the plan and the export cannot show, to be waived like the others.

    An `unattended` run needs no approval, and no waiver lets it pass a violation. In review mode a plan that was not
    approved as a whole can be applied for the rows that were approved one by one.
    """
    plan = stored.plan
    require_open(stored, setup.now())
    picture = look(setup)
    drifts = _drift_of(picture)
    allowed = [c for c in plan.changes if _is_approved(setup, stored, c, drifts, unattended=unattended)]
    if setup.mode is Mode.REVIEW and not unattended and stored.approved_by is None and not allowed:
        raise PlanRefused(
            f"plan {plan.id} is not approved, and none of its rows is",
            f"Nothing was written. Look at it, then: syncsvc approve {plan.id}, or decide its rows: syncsvc review",
        )
    wanted = [change for change in allowed if still_wanted(change, drifts.get(change.link_key))]
    if plan.changes and not wanted:
        raise PlanRefused(f"plan {plan.id} is stale: the newest snapshots ask for none of its changes any more")
    links_seen = len({(d.code, d.issue_id) for d in picture.drifts if d.seen_on_both})
    violations = find_violations(wanted, links_seen, export_facts(setup, picture.owner), setup.limits, setup.today())
    if plan.purpose == "sync" and wanted:
        violations = (
            *violations,
            *doubts_about(setup, picture.owner, picture.follower, picture.links, wanted),
            *further,
        )
    waived = set() if unattended else {waiver.limit for waiver in stored.waivers}
    seen_by_person = {violation.limit: violation for violation in plan.violations}
    standing = [v for v in violations if v.limit not in waived or is_worse(v, seen_by_person.get(v.limit))]
    if standing:
        raise LimitsExceeded(
            f"plan {plan.id} breaks {len(standing)} of the safety limits",
            problems=[Problem(f"limits.{v.limit}", f"{v.why} (allowed: {v.allowed:g})") for v in standing],
        )
    return picture


def refuse_if_restored(session: Session, stored: StoredPlan) -> None:
    """PlanRefused for a plan from before the store was put back: it may have been applied, and taken back, since."""
    restored = session.restored
    if restored is not None and stored.run <= restored.known_until:
        raise PlanRefused(
            f"plan {stored.plan.id} was made before the store was put back to a backup: {restored.why}",
            "Nothing was written. Make it again with `syncsvc plan` (or adopt, or undo), and look at it.",
        )


def apply_plan(session: Session, stored: StoredPlan, picture: Picture, *, unattended: bool = False) -> None:
    """Write the changes of a plan that may be applied; receipts gather in the session. What nobody approved stays.

    `picture` stays true while the lease is ours, and no intent is committed once it is not.
    """
    setup, store = session.setup, session.setup.store
    drifts = _drift_of(picture)
    allowed = [
        change for change in stored.plan.changes if _is_approved(setup, stored, change, drifts, unattended=unattended)
    ]
    store.begin_applying(session.lease, session.run, stored.making, to_write=len(allowed))
    session.plan = stored.plan
    usable, why = True, ""
    before = len(session.receipts)

    def tell() -> None:
        setup.progress("writing", len(session.receipts) - before, len(allowed))

    for side, batch in _batches(allowed):
        if usable and setup.stopping():
            usable, why = False, "syncsvc was told to stop before this was begun"
        if usable:
            tell()
            usable = _write_batch(session, stored, setup.writers[side], batch, drifts, tell)
            why = _UNUSABLE
        else:
            _keep(session, [(None, Receipt(change, Outcome.NOT_TRIED, why)) for change in batch])
    if allowed:
        tell()
    store.finish_applying(session.lease, session.run, stored.making)


def _is_approved(
    setup: Setup, stored: StoredPlan, change: Change, drifts: Mapping[LinkKey, Drift], *, unattended: bool
) -> bool:
    """In review mode a person's yes: to the whole plan, or to this row with just these values."""
    if setup.mode is not Mode.REVIEW or unattended or stored.approved_by is not None:
        return True
    drift = drifts.get(change.link_key)
    if drift is None or drift.decision is None or drift.decision.verdict is not Verdict.APPROVE:
        return False
    meant = drift.follower_value if change.target is Side.PMCS else drift.owner_value
    return change.kind is not DriftKind.UNDONE and change.after == meant


def _batches(changes: Sequence[Change]) -> Iterator[tuple[Side, list[Change]]]:
    """Tracker writes in batches that keep an issue's fields together, then the hand-over in one piece."""
    to_tracker = sorted((c for c in changes if c.target is Side.JIRA), key=lambda c: (c.issue_id, c.field))
    batch: list[Change] = []
    for _, of_one_issue in groupby(to_tracker, key=lambda c: c.issue_id):
        together = list(of_one_issue)
        if batch and len(batch) + len(together) > BATCH_WRITES:
            yield Side.JIRA, batch
            batch = []
        batch += together
    if batch:
        yield Side.JIRA, batch
    handed_over = [c for c in changes if c.target is Side.PMCS]
    if handed_over:
        yield Side.PMCS, handed_over


def _write_batch(
    session: Session,
    stored: StoredPlan,
    connector: Connector,
    batch: Sequence[Change],
    drifts: Mapping[LinkKey, Drift],
    tell: Callable[[], None],
) -> bool:
    """One batch, of which `tell` is called as receipts come; False when the connector turned out to be unusable."""
    store = session.setup.store
    tried: list[Change] = []
    agreed: list[Change] = []
    untried: list[tuple[int | None, Receipt]] = []
    for change in batch:
        drift = drifts.get(change.link_key)
        reason = _why_not(connector, change, drift)
        if reason is not None:
            untried.append((None, Receipt(change, *reason)))
        elif drift is not None and drift.kind is DriftKind.IN_SYNC and change.kind is not DriftKind.UNDONE:
            agreed.append(change)
        else:
            tried.append(change)
    _keep(session, untried)
    if agreed and not _see_agreed(session, agreed):
        _keep(session, [(None, Receipt(change, Outcome.NOT_TRIED, _UNUSABLE)) for change in tried])
        return False
    if not tried:
        return True
    intents = dict(zip(tried, store.commit_intents(session.lease, session.run, stored.making, tried), strict=True))
    session.intended += len(tried)
    left, usable = set(tried), True
    handed_over: list[tuple[int | None, Receipt]] = []
    try:
        for receipt in connector.apply(tried, session.watch.in_time):
            left.discard(receipt.change)
            if connector.confirms:
                _keep(session, [(intents[receipt.change], receipt)])
                tell()
            else:
                handed_over.append((intents[receipt.change], receipt))
    except SourceError as error:
        usable = False
        begun = len(left) < len(tried)
        outcome = Outcome.UNKNOWN if begun else Outcome.NOT_TRIED
        _keep(session, [(intents[c], Receipt(c, outcome, error.message)) for c in tried if c in left])
        session.problems.append(str(error))
        left.clear()
    # A hand-over is one workbook: its receipts belong together, so that it is never handed over in part.
    _keep(session, handed_over)
    _keep(session, [(intents[c], Receipt(c, Outcome.UNKNOWN, "no receipt came for it")) for c in tried if c in left])
    return usable


def _see_agreed(session: Session, changes: Sequence[Change]) -> bool:
    """Look at what both sides were seen to agree on after the plan was made; False where Jira cannot be read.

    There is nothing left to write: an issue that holds the date of before again was set back after that, by a person
    or by an undo, and a plan that is older than that has no say in it.
    """
    try:
        seen = session.setup.follower.read(sorted({change.key for change in changes}))
    except SourceError as error:
        _keep(session, [(None, Receipt(change, Outcome.NOT_TRIED, error.message)) for change in changes])
        session.problems.append(str(error))
        return False
    issues = by_code(seen.milestones)
    receipts = []
    for change in changes:
        issue = issues.get(seen.moved.get(change.key, change.key))
        if issue is not None and issue.issue_id == change.issue_id and issue.value(change.field) == change.after:
            receipts.append(Receipt(change, Outcome.ALREADY, confirmed=True))
        else:
            why = f"both sides agreed on {change.after} since this was planned, and Jira was changed after that"
            receipts.append(Receipt(change, Outcome.STALE, why))
    _keep(session, [(None, receipt) for receipt in receipts])
    return True


def _why_not(connector: Connector, change: Change, drift: Drift | None) -> tuple[Outcome, str] | None:
    if change.field not in connector.writes:
        return Outcome.REFUSED, f"{connector.name} cannot write {change.field}"
    if change.kind is not DriftKind.UNDONE and is_rejected(drift):
        return Outcome.STALE, "somebody has rejected it or put it off"
    if not still_wanted(change, drift):
        return Outcome.STALE, "the newest snapshots ask for something else now"
    return None


def _drift_of(picture: Picture) -> dict[LinkKey, Drift]:
    return {(d.code, d.issue_id, d.field): d for d in picture.drifts if d.issue_id is not None and d.field is not None}


def _keep(session: Session, receipts: Sequence[tuple[int | None, Receipt]]) -> None:
    if not receipts:
        return
    today = session.setup.today()
    session.setup.store.commit_receipts(session.lease, session.run, receipts, handed_over_on=today)
    session.receipts += [receipt for _, receipt in receipts]
