"""What syncsvc does, as use cases. Each one is a run: it takes the lease, has a row in the store, and ends."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from syncsvc.decisions import Asked, Refusal, is_decidable
from syncsvc.errors import ExitCode, PlanRefused, UsageError, worst
from syncsvc.link_list import LinkList
from syncsvc.model import (
    Action,
    Decision,
    Drift,
    DriftKind,
    Field,
    FieldChange,
    Limits,
    Mode,
    Narrative,
    Outcome,
    Plan,
    Receipt,
    RunResult,
    Snapshot,
    Undo,
)
from syncsvc.narratives import repeats
from syncsvc.plan import is_rejected
from syncsvc.service.applying import apply_plan, look_if_applicable, refuse_if_restored, require_open
from syncsvc.service.deciding import take_decisions
from syncsvc.service.doubts import DOUBTS, restored_store
from syncsvc.service.linking import (
    LinkTaken,
    Suggestions,
    accept_link,
    find_suggestions,
    look_at_links,
    refuse_link,
)
from syncsvc.service.planning import Picture, list_hand_overs, look, plan_adoption, plan_sync
from syncsvc.service.pulling import bring_up_to_date, keep_snapshot, newest_of_all, newest_owner, pull_all
from syncsvc.service.session import Session, open_session
from syncsvc.service.settling import settle_intents
from syncsvc.service.setup import Setup
from syncsvc.service.undoing import make_undo_plan, withdraw_hand_overs
from syncsvc.shapes import run_shape
from syncsvc.slots import SlotClaim
from syncsvc.store import StoredPlan

__all__ = ["LinkTaken", "Picture", "Service", "Setup", "Suggestions", "exit_code_of", "look", "newest_of_all"]


@dataclass(frozen=True, slots=True)
class Service:
    """The use cases over one setup, in the name of one actor."""

    setup: Setup
    actor: str
    trigger: str = "manual"

    def pull(self, names: Collection[str] = (), *, census: bool = False) -> RunResult:
        """Bring new exports and what Jira shows into the store: of the connectors named, or of all.

        With `census` Jira is read whole, and not only what can have changed.
        """
        with self._session("pull") as session:
            session.census = census
            pull_all(session, names)
            return _finish(session, [ExitCode.DONE, *_codes_of_unread(session)])

    def keep(self, export: Snapshot) -> RunResult:
        """Bring one export that was read by itself into the store."""
        with self._session("pull") as session:
            keep_snapshot(session, export)
            return _finish(session, [ExitCode.DONE])

    def plan(self) -> tuple[RunResult, StoredPlan]:
        """Make and store the plan of what both sides ask for now."""
        with self._session("plan") as session:
            settle_intents(session)
            bring_up_to_date(session, self.setup.owner, self.setup.follower)
            stored = plan_sync(session, self.setup.mode)
            return _finish(session, [ExitCode.DONE]), stored

    def adopt(self, codes: Collection[str], field: Field | None) -> tuple[RunResult, StoredPlan, tuple[str, ...]]:
        """Make and store a plan that gives the owner's values to the follower; and say what it cannot take."""
        with self._session("adopt") as session:
            bring_up_to_date(session, self.setup.owner, self.setup.follower)
            stored, refused = plan_adoption(session, codes, field)
            return _finish(session, [ExitCode.DONE]), stored, refused

    def approve(self, plan_id: str, waivers: Mapping[str, str]) -> StoredPlan:
        """Say yes to the newest making of a plan, and perhaps waive limits, each with a reason."""
        stored = self.stored_plan(plan_id)
        broken = {violation.limit for violation in stored.plan.violations}
        unknown = sorted(set(waivers) - {*Limits.__slots__, *DOUBTS})
        if unknown:
            known = (*Limits.__slots__, *sorted(DOUBTS))
            raise UsageError(f"no limit is called {', '.join(unknown)}", f"There are: {', '.join(known)}.")
        pointless = sorted(set(waivers) - broken)
        if pointless:
            raise UsageError(
                f"plan {stored.plan.id} does not break {', '.join(pointless)}",
                f"It breaks: {', '.join(sorted(broken)) or 'no limit'}. A waiver names a violation of this plan.",
            )
        require_open(stored, self.setup.now())
        if self.setup.policy.four_eyes:
            self._require_other_author(stored)
        with self._session("approve") as session:
            approved = self.setup.store.approve_plan(
                stored.making, session.run, actor=self.actor, waivers=dict(waivers)
            )
            session.plan = stored.plan
            _finish(session, [ExitCode.DONE])
            return approved

    def _require_other_author(self, stored: StoredPlan) -> None:
        """Four eyes: who made a plan, or decided one of its rows, does not approve it."""
        maker = self.setup.store.run(stored.run)
        authors = {maker.actor} if maker is not None else set()
        rows = {change.link_key for change in stored.plan.changes}
        authors |= {d.actor for d in self.setup.store.standing_decisions() if d.link_key in rows}
        if self.actor in authors:
            raise PlanRefused(
                f"plan {stored.plan.id} was made by {self.actor}, or rows of it were decided by {self.actor}",
                "[review] approver_is_not_author asks for the yes of another person.",
            )

    def apply(self, plan_id: str) -> RunResult:
        """Write what an approved plan says, after settling what earlier runs left open."""
        if self.setup.mode is Mode.REPORT:
            raise UsageError(
                "[nightly] mode is report: nothing is ever written",
                "Set it to review or auto in the configuration to apply plans.",
            )
        with self._session("apply") as session:
            settle_intents(session)
            bring_up_to_date(session, self.setup.owner)
            stored = self.stored_plan(plan_id)
            refuse_if_restored(session, stored)
            session.plan = stored.plan
            restored = session.restored if stored.plan.purpose == "sync" else None
            doubts = [restored_store(restored)] if restored is not None and self.setup.mode is Mode.AUTO else []
            picture = look_if_applicable(session.setup, stored, unattended=False, further=doubts)
            # What the plan holds is in the plan; a link that is gone or unseen is not, and waits all the same.
            session.drifts = tuple(d for d in picture.drifts if d.kind in (DriftKind.GONE, DriftKind.UNSEEN))
            if stored.plan.undoes is not None:  # first: once the plan has been applied nobody would come back to it
                withdraw_hand_overs(session, stored.plan.undoes)
            apply_plan(session, stored, picture)
            if restored is not None:
                session.settle_restored()
            return self._report(session, [ExitCode.DONE])

    def rows(self) -> tuple[Drift, ...]:
        """What can be decided, and what was: holds, changes and gone links as the store last saw both sides."""
        picture = look(self.setup)
        decidable = {drift.link_key for drift in picture.undecided if is_decidable(drift)}
        return tuple(drift for drift in picture.drifts if drift.link_key in decidable)

    def decide(self, asked: Sequence[Asked]) -> tuple[list[Decision], list[Refusal], StoredPlan]:
        """Take decisions about rows that still are what was seen, and make the plan that follows from them."""
        with self._session("decide") as session:
            bring_up_to_date(session, self.setup.owner, self.setup.follower)
            taken, refused = take_decisions(session, asked)
            stored = plan_sync(session, self.setup.mode)
            _finish(session, [ExitCode.DONE])
            return taken, refused, stored

    def links(self) -> LinkList:
        """Every link as the store last saw its two ends, and the milestones without one."""
        return look_at_links(self.setup)

    def suggest_links(self, prefixes: Sequence[str] = ()) -> Suggestions:
        """Candidates for milestones without a link; nothing is linked by it."""
        return find_suggestions(self.setup, prefixes)

    def accept_link(self, code: str, key: str, role: str = "completion") -> LinkTaken:
        """Link a milestone to an issue, in the name of the actor."""
        with self._session("link") as session:
            taken = accept_link(session, code, key, role)
            _finish(session, [ExitCode.DONE])
            return taken

    def refuse_link(self, code: str, key: str, reason: str) -> LinkTaken:
        """Say that a pair of milestone and issue is no link, in the name of the actor."""
        with self._session("link") as session:
            taken = refuse_link(session, code, key, reason)
            _finish(session, [ExitCode.DONE])
            return taken

    def undo(self, run: int) -> Undo:
        """Make and store the plan that takes back what a run wrote."""
        with self._session("undo") as session:
            settle_intents(session)
            bring_up_to_date(session, self.setup.owner, self.setup.follower)
            undo = make_undo_plan(session, run)
            _finish(session, [ExitCode.DONE])
            return undo

    def narrate(self, narratives: Sequence[Narrative]) -> list[str]:
        """Keep narratives of milestones and months; a warning for each that repeats the month before word by word."""
        with self._session("narrate") as session:
            known = self.setup.store.narratives()
            for narrative in narratives:
                self.setup.store.keep_narrative(session.lease, session.run, narrative)
            _finish(session, [ExitCode.DONE])
        return [words for narrative in narratives if (words := repeats(narrative, known))]

    def names(self) -> dict[str, str]:
        """Code -> name of every milestone of the newest export."""
        return {milestone.code: milestone.name for milestone in newest_owner(self.setup).taking_part()}

    def newest_period(self) -> str:
        """The month of the newest export."""
        period = newest_owner(self.setup).period
        if period is None:
            raise UsageError("the newest export says no month", "Name one with --period 2019-04.")
        return period

    def sync(self, mode: Mode | None = None, *, slot: SlotClaim | None = None, census: bool = False) -> RunResult:
        """What the night does: settle, pull (with `census` all of Jira), plan, apply what may be applied, report.

        With the claim of a `slot` it is the run of that night; LeaseLost where another took the slot over.
        """
        mode = mode or self.setup.mode
        with self._session("sync", mode) as session:
            session.census = census
            if slot is not None:
                self.setup.store.begin_slot_run(slot, session.run)
            settle_intents(session)
            pull_all(session)
            stored = plan_sync(session, mode)
            codes: list[ExitCode] = []
            if stored.plan.violations:
                codes.append(ExitCode.LIMITS)
            elif mode is Mode.AUTO and stored.plan.changes:
                picture = look_if_applicable(session.setup, stored, unattended=True)
                apply_plan(session, stored, picture, unattended=True)
            return self._report(session, codes)

    def stored_plan(self, plan_id: str) -> StoredPlan:
        """The newest making of a plan."""
        stored = self.setup.store.newest_making(plan_id)
        if stored is None:
            raise UsageError(f"no plan {plan_id} is stored", "`syncsvc plan` makes one and prints its id.")
        return stored

    def _session(self, use_case: str, mode: Mode | None = None) -> AbstractContextManager[Session]:
        trigger = self.trigger if use_case == "sync" else use_case
        mode = mode or self.setup.mode
        return open_session(self.setup.for_mode(mode), trigger=trigger, mode=mode, actor=self.actor)

    def _list_requests(self, session: Session) -> None:
        """Leave the list of due dates that teams propose; one that cannot be written is a problem of the run."""
        if self.setup.list_requests is None or not session.requests:
            return

        def who(issues: Collection[str]) -> Mapping[str, FieldChange]:
            return self.setup.follower.last_changes(issues, Field.DUE)

        try:
            session.request_files = self.setup.list_requests(session.requests, newest_owner(self.setup), who)
        except OSError as error:
            session.problems.append(f"The list of proposed due dates could not be written: {_told(error)}")

    def _report(self, session: Session, codes: list[ExitCode]) -> RunResult:
        codes = [*codes, exit_code_of(session.plan, session.receipts, session.drifts), *_codes_of_unread(session)]
        session.hand_overs = list_hand_overs(self.setup)
        self._list_requests(session)
        if self.setup.write_report is not None:
            try:
                session.report = self.setup.write_report(session.result(worst(codes)))
            except OSError as error:  # what was written stays written: a full disk must not hide it
                session.problems.append(f"The report could not be written: {_told(error)}")
        return _finish(session, codes)


def exit_code_of(plan: Plan | None, receipts: list[Receipt], drifts: tuple[Drift, ...]) -> ExitCode:
    """6 when a write went wrong; 4 when something waits; else 0."""
    trouble = {Outcome.REFUSED, Outcome.FAILED, Outcome.UNKNOWN, Outcome.NOT_TRIED}
    if any(receipt.outcome in trouble for receipt in receipts):
        return ExitCode.WRITES
    written = {receipt.change for receipt in receipts if receipt.outcome is not Outcome.STALE}
    waits = (
        (plan is not None and bool(plan.holds))
        or any(change not in written for change in (plan.changes if plan else ()))
        or any(receipt.outcome is Outcome.STALE for receipt in receipts)
        or any(_waits(drift) for drift in drifts)
    )
    return ExitCode.WAITING if waits else ExitCode.DONE


def _waits(drift: Drift) -> bool:
    if drift.action is Action.HOLD:
        return True
    return drift.kind in (DriftKind.GONE, DriftKind.UNSEEN) and not is_rejected(drift)


def _codes_of_unread(session: Session) -> list[ExitCode]:
    """How a run ends without a side that no plan needs: as for any source, which also says that nothing was written;
    where something was, 4, since that source waits to be mended.
    """
    return [ExitCode.WAITING] if session.unread and session.receipts else session.unread


def _told(error: OSError) -> str:
    """Where and why, without the number and the name of the file that would have been renamed."""
    return f"{Path(error.filename).parent}: {error.strerror}" if error.filename and error.strerror else str(error)


def _finish(session: Session, codes: list[ExitCode]) -> RunResult:
    result = session.result(worst(codes))
    session.setup.store.finish_run(session.run, exit_code=result.exit_code, body=run_shape(result))
    return result
