"""Random histories over the connectors in memory: whatever happens on either side, and however runs end.

Held all along: a follower is never given what its owner does not hold; report mode writes nothing; nothing is called
gone on an incomplete snapshot; intents and outcomes pair up; a clean run leaves nothing to write; no completion is
handed over twice.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from connectors.memory import MemorySchedule, MemoryTracker
from connectors.memory_far_side import FarSchedule, FarTracker, Fault, Killed
from syncsvc.errors import ExitCode, SourceError, SyncsvcError
from syncsvc.model import (
    Action,
    DriftKind,
    Field,
    Limits,
    Milestone,
    Mode,
    Outcome,
    Policy,
    Receipt,
    RunResult,
    Side,
    Status,
)
from syncsvc.service import Service, Setup
from syncsvc.store import Store
from tests.builders import link, milestone

CODES = ("A", "B", "C")
KEYS = ("DM-1", "DM-2", "DM-3", "DM-4")
LINKS = (
    link("A", "DM-1"),
    link("B", "DM-2"),
    link("C", "DM-3"),
    link("A", "DM-4", fields=[Field.DUE], offset_days=-45, role="test_plan"),
)
WIDE = Limits(max_changes=10**6, max_change_percent=100, max_shift_days=10**6, max_export_age_days=0, min_rows=0,
              max_row_drop_percent=100)  # fmt: skip
DAYS = st.sampled_from([date(2019, month, 15) for month in (1, 2, 3, 4)])
MAYBE = st.none() | DAYS
codes, keys = st.sampled_from(CODES), st.sampled_from(KEYS)
CLOSING = set(Outcome) - {Outcome.UNKNOWN}


class RecordingTracker(FarTracker):
    """Notes every date that arrives, and when."""

    def __init__(self) -> None:
        super().__init__()
        self.arrived: list[tuple[str, Field, date | None]] = []

    def put(self, issue_id: str, dates: Mapping[Field, date | None]) -> None:
        self.arrived += [(issue_id, name, day) for name, day in dates.items()]
        super().put(issue_id, dates)


class Site(RuleBasedStateMachine):
    """Both sides, what people do there and what goes wrong; what syncsvc does with it is in the classes below."""

    tracker: RecordingTracker
    mode = Mode.AUTO
    policy = Policy(projects=frozenset({"DM"}), writable=frozenset(Field))

    def make_tracker(self) -> RecordingTracker:
        return RecordingTracker()

    def open_store(self) -> Store:
        return Store.open("sqlite://", now=lambda: self.at)

    @initialize(due=MAYBE, jira=MAYBE)
    def begin(self, due: date | None, jira: date | None) -> None:
        self.at = datetime(2019, 5, 2, 4, 30, tzinfo=UTC)
        self.month = 4
        self.tracker, self.schedule = self.make_tracker(), FarSchedule()
        self.ids = {key: self.tracker.add(key, due=jira) for key in KEYS}
        self.plan_side: dict[str, Milestone] = {code: milestone(code, due) for code in CODES}
        self.store = self.open_store()
        self.setup = Setup.of(
            MemorySchedule(self.schedule),
            MemoryTracker(self.tracker),
            store=self.store,
            make_links=lambda _: LINKS,
            policy=self.policy,
            limits=WIDE,
            mode=self.mode,
            time_zone=UTC,
            now=lambda: self.at,
        )
        self.service = Service(self.setup, "history")
        self.armed = False
        self.exported()

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()

    # what people do -----------------------------------------------------------------------------------------

    @rule(code=codes, due=MAYBE)
    def schedule_moves(self, code: str, due: date | None) -> None:
        self.plan_side[code] = replace(milestone(code, due), completed=self.plan_side[code].completed)

    @rule(code=codes, completed=MAYBE, without_date=st.booleans())
    def schedule_completes(self, code: str, completed: date | None, without_date: bool) -> None:
        status = Status.COMPLETED if completed or without_date else Status.NOT_STARTED
        self.plan_side[code] = milestone(code, self.plan_side[code].due, completed, status=status)

    @rule()
    def exported(self) -> None:
        self.schedule.add_export(f"2019-{self.month:02}", list(self.plan_side.values()))

    @precondition(lambda self: self.month < 12)
    @rule()
    def a_month_passes(self) -> None:
        self.month += 1
        self.at += timedelta(days=31)
        self.exported()

    @rule(code=codes)
    def code_doubled_in_an_export(self, code: str) -> None:
        twin = replace(self.plan_side[code], due=date(2018, 1, 1))
        self.schedule.add_export(f"2019-{self.month:02}", [*self.plan_side.values(), twin])

    @rule(key=keys, due=MAYBE)
    def team_moves(self, key: str, due: date | None) -> None:
        if self.tracker.find(key):
            self.tracker.edit(key, due=due)

    @rule(key=keys, resolved=MAYBE)
    def team_closes_or_reopens(self, key: str, resolved: date | None) -> None:
        if self.tracker.find(key):
            self.tracker.edit(key, resolved=resolved)

    @rule(key=keys, actual=MAYBE)
    def team_fills_the_completion(self, key: str, actual: date | None) -> None:
        if self.tracker.find(key):
            self.tracker.edit(key, actual=actual)

    @rule(key=st.sampled_from(KEYS[2:]))
    def issue_deleted(self, key: str) -> None:
        if self.tracker.find(key):
            self.tracker.delete(key)

    @rule(key=keys)
    def issue_moved_away(self, key: str) -> None:
        if self.tracker.find(key) and key == "DM-2":
            self.tracker.move(key, "IT-2")

    # what goes wrong ----------------------------------------------------------------------------------------

    @rule(key=keys, fault=st.sampled_from(Fault))
    def next_write_goes_wrong(self, key: str, fault: Fault) -> None:
        if self.tracker.find(key):
            self.tracker.fail_next_write(key, fault)
            self.armed = True

    @rule(fault=st.sampled_from([Fault.FAILS, Fault.KILLED_BEFORE, Fault.KILLED_AFTER]))
    def next_hand_over_goes_wrong(self, fault: Fault) -> None:
        self.schedule.fail_next_hand_over(fault)
        self.armed = True

    @rule()
    def jira_goes_away(self) -> None:
        self.tracker.go_away()

    @rule(key=keys)
    def jira_leaves_a_key_out(self, key: str) -> None:
        self.tracker.withhold(key)

    @rule()
    def all_is_well_again(self) -> None:
        self.tracker.come_back()
        self.tracker.withheld.clear()
        self.tracker.faults.clear()
        self.schedule.fault = None
        self.armed = False

    # what holds whatever syncsvc does -----------------------------------------------------------------------

    @invariant()
    def intents_and_outcomes_pair_up(self) -> None:
        events = self.store.events()
        intents = {event.id for event in events if event.event == "intent"}
        closed = Counter(event.intent for event in events if event.intent and event.event in CLOSING)
        assert set(closed) <= intents
        assert not closed or max(closed.values()) == 1
        assert {intent.id for intent in self.store.open_intents()} == intents - set(closed)

    @invariant()
    def no_completion_is_pending_twice(self) -> None:
        pending = Counter((p.code, p.issue_id) for p in self.store.pending_proposals())
        assert not pending or max(pending.values()) == 1

    @invariant()
    def only_completions_are_handed_over(self) -> None:
        for batch in self.schedule.outbox.values():
            assert all(c.target is Side.PMCS and c.field is Field.COMPLETED and c.after for c in batch)


class Histories(Site):
    """Nights in every mode, and adoptions."""

    @rule(mode=st.sampled_from(Mode))
    def a_night(self, mode: Mode) -> None:
        self.run(lambda: self.service.sync(mode), mode)

    @rule(code=st.none() | codes)
    def adopted(self, code: str | None) -> None:
        def adopt() -> RunResult:
            _, stored, _ = self.service.adopt([code] if code else [], None)
            return self.service.apply(stored.plan.id)

        self.run(adopt, Mode.AUTO)

    def run(self, use, mode: Mode) -> None:  # type: ignore[no-untyped-def]
        self.at += timedelta(minutes=1)
        arrived, handed = len(self.tracker.arrived), len(self.schedule.outbox)
        result: RunResult | None = None
        try:
            result = use()
        except Killed:
            return
        except SourceError:
            assert len(self.tracker.arrived) == arrived
            return
        except SyncsvcError:
            return
        finally:
            self.only_what_the_owner_holds(self.tracker.arrived[arrived:])
        if mode is Mode.REPORT:
            assert len(self.tracker.arrived) == arrived
            assert len(self.schedule.outbox) == handed
        if result.trigger == "manual":
            self.nothing_gone_on_an_incomplete_snapshot(result)
        self.receipts_match(result)
        if mode is Mode.AUTO and result.exit_code in (ExitCode.DONE, ExitCode.WAITING) and not self.armed:
            self.nothing_is_left(result)

    def only_what_the_owner_holds(self, arrived: list[tuple[str, Field, date | None]]) -> None:
        """Against the newest export of the store: never a blank, and never anything the owner does not say."""
        newest = self.store.newest_snapshot("pmcs", kind="ME")
        if not arrived:
            return
        assert newest is not None
        shown = {m.code: m for m in newest.milestones}
        for issue_id, name, day in arrived:
            wanted = {
                shown[k.code].value(name) + timedelta(days=k.offset_days if name is Field.DUE else 0)  # type: ignore[operator]
                for k in LINKS
                if self.ids[k.key] == issue_id and k.code in shown and shown[k.code].value(name)
            }
            assert day in wanted, f"{issue_id} {name}: {day} was written, the owner holds {wanted}"

    def nothing_gone_on_an_incomplete_snapshot(self, result: RunResult) -> None:
        if not result.pulled["jira"].complete:
            assert not [d for d in result.drifts if d.kind is DriftKind.GONE and d.code in self.plan_side]

    def receipts_match(self, result: RunResult) -> None:
        """One receipt for each change of a plan that was applied, and confirmed ones are really there."""
        if result.receipts:
            assert result.plan is not None
            assert Counter(r.change for r in result.receipts) == Counter(result.plan.changes)
        for receipt in result.receipts:
            if receipt.outcome is Outcome.APPLIED:
                assert receipt.confirmed
                self.is_there(receipt)

    def is_there(self, receipt: Receipt) -> None:
        issue = self.tracker.issues[receipt.change.issue_id]
        held = issue.due if receipt.change.field is Field.DUE else issue.actual
        assert held == receipt.change.after

    def nothing_is_left(self, result: RunResult) -> None:
        """What a clean run could write it has written: planning again asks for none of it."""
        if any(r.outcome is not Outcome.APPLIED and r.outcome is not Outcome.HANDED_OVER for r in result.receipts):
            return
        if self.tracker.is_away:
            return
        again = self.service.sync(Mode.REPORT)
        assert again.plan is not None
        written = {(r.change.code, r.change.key, r.change.field) for r in result.receipts}
        left = [c for c in again.plan.changes if result.trigger == "manual" or (c.code, c.key, c.field) in written]
        assert not left
        assert not [d for d in again.drifts if d.action is Action.WRITE and (d.code, d.key, d.field) in written]


TestHistories = Histories.TestCase
TestHistories.settings = settings(settings.get_profile("dev"), max_examples=60, stateful_step_count=30, deadline=None)
