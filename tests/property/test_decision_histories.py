"""Random histories in review mode: whatever is decided, edited and run, nothing is written that nobody approved.

A person's yes is for one link, field and pair of values. It may come late, when the values have changed long ago; it
may be taken back; it is used once. A run in review mode writes nothing by itself.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from connectors.memory_far_side import Killed
from syncsvc.decisions import Asked
from syncsvc.errors import SyncsvcError
from syncsvc.model import Action, Change, Decision, Drift, Field, Mode, Outcome, Side, Verdict
from syncsvc.service import Service, look
from tests.builders import milestone
from tests.property.test_histories import DAYS, MAYBE, RecordingTracker, Site, codes, keys


@dataclass(frozen=True)
class Write:
    """One field of one issue from one value to another."""

    issue_id: str
    field: Field
    before: date | None
    after: date | None


class TellingTracker(RecordingTracker):
    """Notes what each date that arrives replaces."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[Write] = []

    def put(self, issue_id: str, dates: Mapping[Field, date | None]) -> None:
        issue = self.issues[issue_id]
        for name, day in dates.items():
            before = issue.due if name is Field.DUE else issue.actual
            self.writes.append(Write(issue_id, name, before, day))
        super().put(issue_id, dates)


def written_by(change: Change) -> Write:
    return Write(change.issue_id, change.field, change.before, change.after)


class Reviewed(Site):
    """`allowed` holds every write that a person said yes to, and that was not made yet."""

    mode = Mode.REVIEW
    tracker: TellingTracker

    # Other histories look at these; here they would only leave less to decide.
    code_doubled_in_an_export = issue_deleted = issue_moved_away = a_month_passes = schedule_completes = None
    jira_goes_away = jira_leaves_a_key_out = next_hand_over_goes_wrong = schedule_moves = None
    team_closes_or_reopens = team_fills_the_completion = None

    def make_tracker(self) -> RecordingTracker:
        self.allowed: set[Write] = set()
        self.seen: list[Drift] = []
        self.plans: list[str] = []
        self.runs: list[int] = []
        return TellingTracker()

    def service_of(self, actor: str) -> Service:
        return Service(self.setup, actor)

    # what syncsvc does --------------------------------------------------------------------------------------

    @rule(code=codes, due=DAYS)
    def an_export_that_moves_a_date_is_looked_at(self, code: str, due: date) -> None:
        self.plan_side[code] = milestone(code, due)
        self.schedule.add_export(f"2019-{self.month:02}", list(self.plan_side.values()))
        self.a_night(Mode.REVIEW)
        self.somebody_looks()

    @rule(key=keys, due=MAYBE)
    def a_date_set_by_the_team_is_looked_at(self, key: str, due: date | None) -> None:
        self.tracker.edit(key, due=due)
        self.a_night(Mode.REVIEW)
        self.somebody_looks()

    @precondition(lambda self: self.seen)
    @rule(number=st.integers(0, 11), who=st.sampled_from("AB"))
    def somebody_approves_and_applies(self, number: int, who: str) -> None:
        self.somebody_decides(number, Verdict.APPROVE, 1, who)
        if self.plans:
            self.applied(self.plans[-1])

    @rule(mode=st.sampled_from([Mode.REVIEW, Mode.REPORT]))
    def a_night(self, mode: Mode) -> None:
        before, handed = len(self.tracker.writes), len(self.schedule.outbox)
        result = self.run(lambda: self.service.sync(mode))
        assert (len(self.tracker.writes), len(self.schedule.outbox)) == (before, handed)
        if result is not None and result.plan is not None:
            self.plans.append(result.plan.id)

    @rule()
    def somebody_looks(self) -> None:
        """What is seen now may be decided much later."""
        try:
            self.seen = list(self.service.rows())
        except SyncsvcError:
            return

    @precondition(lambda self: self.seen)
    @rule(
        number=st.integers(0, 11), verdict=st.sampled_from(Verdict), days=st.integers(1, 40), who=st.sampled_from("AB")
    )
    def somebody_decides(self, number: int, verdict: Verdict, days: int, who: str) -> None:
        row = self.seen[number % len(self.seen)]
        assert row.key is not None
        assert row.field is not None
        until = self.at.date() + timedelta(days=days) if verdict is Verdict.HOLD else None
        asked = Asked(row.code, row.key, row.field, row.owner_value, row.follower_value, verdict, f"said {who}", until)
        answer = self.run(lambda: self.service_of(who).decide([asked]))
        if answer is None:
            return
        taken, _, stored = answer
        self.plans.append(stored.plan.id)
        for decision in taken:
            assert (decision.owner_value, decision.follower_value) == (row.owner_value, row.follower_value)
            for write in {w for w in self.allowed if (w.issue_id, w.field) == (decision.issue, decision.field)}:
                self.allowed.discard(write)  # the last word counts
            if decision.verdict is Verdict.APPROVE and decision.owner_value is not None and self.counts(decision):
                self.allow(decision.issue, decision.field, decision.owner_value)

    def counts(self, decision: Decision) -> bool:
        """Whether one yes is enough."""
        return True

    def allow(self, issue_id: str, name: Field, after: date | None) -> None:
        issue = self.tracker.issues.get(issue_id)
        if issue is not None:
            held = issue.due if name is Field.DUE else issue.actual
            self.allowed.add(Write(issue_id, name, held, after))

    @precondition(lambda self: self.plans)
    @rule(number=st.integers(0, 5))
    def somebody_approves_a_plan(self, number: int) -> None:
        stored = self.run(lambda: self.service_of("C").approve(self.plans[-1 - number % len(self.plans)], {}))
        if stored is not None:
            self.allowed |= {written_by(change) for change in stored.plan.changes if change.target is Side.JIRA}

    @precondition(lambda self: self.plans)
    @rule(number=st.integers(0, 5))
    def somebody_applies_a_plan(self, number: int) -> None:
        self.applied(self.plans[-1 - number % len(self.plans)])

    @precondition(lambda self: self.runs)
    @rule(number=st.integers(0, 3), approved=st.booleans())
    def somebody_takes_a_run_back(self, number: int, approved: bool) -> None:
        undo = self.run(lambda: self.service.undo(self.runs[-1 - number % len(self.runs)]))
        if undo is None:
            return
        written = {change.after: change for change in undo.plan.changes}
        assert all(change.target is Side.JIRA for change in written.values())
        self.plans.append(undo.plan.id)
        if approved:
            self.somebody_approves_a_plan(0)
            self.applied(undo.plan.id)

    def applied(self, plan: str) -> None:
        """Every write that arrives was allowed, with just these two values, and each yes is used once."""
        before = len(self.tracker.writes)
        result = self.run(lambda: self.service.apply(plan))
        for write in self.tracker.writes[before:]:
            assert write in self.allowed, f"{write} was made, allowed were {self.allowed}"
        if result is None:
            return
        self.runs.append(result.run)
        done = {Outcome.APPLIED, Outcome.ALREADY}
        self.allowed -= {written_by(each.change) for each in result.receipts if each.outcome in done}

    def run(self, use: Callable[[], Any]) -> Any:
        self.at += timedelta(minutes=1)
        before = len(self.tracker.writes)
        try:
            return use()
        except (Killed, SyncsvcError):
            return None
        finally:
            for write in self.tracker.writes[before:]:
                assert write in self.allowed, f"{write} was made, allowed were {self.allowed}"


class FourEyes(Reviewed):
    """A hold is written only when two persons said yes to the same values, and no maker approves his own plan."""

    policy = replace(Site.policy, four_eyes=True)

    def counts(self, decision: Decision) -> bool:
        undecided = {drift.link_key: drift for drift in look(self.setup).undecided}
        is_held = undecided[decision.link_key].action is Action.HOLD
        assert decision.seconded_by != decision.actor
        return decision.seconded_by is not None or not is_held


TestReviewed, TestFourEyes = Reviewed.TestCase, FourEyes.TestCase
TestReviewed.settings = settings(settings.get_profile("dev"), max_examples=40, stateful_step_count=25, deadline=None)
TestFourEyes.settings = settings(settings.get_profile("dev"), max_examples=25, stateful_step_count=25, deadline=None)
