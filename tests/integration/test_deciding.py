"""Every kind of hold has a way out, and none comes back the next night once it is settled."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from connectors.memory import MemorySchedule, MemoryTracker
from connectors.memory_far_side import FarSchedule, FarTracker
from syncsvc.decisions import Asked, Refusal
from syncsvc.errors import ExitCode, PlanRefused
from syncsvc.model import (
    Basis,
    Decision,
    Drift,
    DriftKind,
    Field,
    Limits,
    Link,
    Milestone,
    MilestoneKind,
    Mode,
    Policy,
    RunResult,
    Status,
    Verdict,
)
from syncsvc.service import Service, Setup
from syncsvc.store import Store
from tests.builders import link, milestone

MARCH, APRIL, MAY, JUNE = date(2019, 3, 15), date(2019, 4, 15), date(2019, 5, 31), date(2019, 6, 28)
WIDE = Limits(max_changes=10**6, max_change_percent=100, max_shift_days=10**6, max_export_age_days=0, min_rows=0,
              max_row_drop_percent=100)  # fmt: skip


@dataclass
class Desk:
    """One milestone A linked to DM-1, a schedule and a tracker, and what a controller does."""

    store: Store
    schedule: FarSchedule = field(default_factory=FarSchedule)
    tracker: FarTracker = field(default_factory=FarTracker)
    links: tuple[Link, ...] = (link("A", "DM-1"),)
    mode: Mode = Mode.AUTO
    four_eyes: bool = False
    at: datetime = datetime(2019, 5, 2, 4, 30, tzinfo=UTC)
    month: int = 3

    def export(self, *milestones: Milestone) -> None:
        self.month += 1
        self.schedule.add_export(f"2019-{self.month:02}", list(milestones))

    def service(self, actor: str = "controller") -> Service:
        policy = Policy(
            projects=frozenset({"DM"}), writable=frozenset(Field), write_basis=frozenset({Basis.BASELINE}),
            four_eyes=self.four_eyes,
        )  # fmt: skip
        setup = Setup.of(
            MemorySchedule(self.schedule),
            MemoryTracker(self.tracker),
            store=self.store,
            make_links=lambda _: self.links,
            policy=policy,
            limits=WIDE,
            mode=self.mode,
            time_zone=UTC,
            now=lambda: self.at,
        )
        return Service(setup, actor)

    def night(self) -> RunResult:
        self.at += timedelta(days=1)
        return self.service("nightly").sync()

    def rows(self) -> tuple[Drift, ...]:
        return self.service().rows()

    def decide(
        self,
        row: Drift,
        verdict: Verdict,
        actor: str = "controller",
        *,
        until: date | None = None,
        reason: str = "said so",
    ) -> tuple[list[Decision], list[Refusal], Any]:
        assert row.key is not None
        assert row.field is not None
        self.at += timedelta(minutes=1)
        asked = Asked(row.code, row.key, row.field, row.owner_value, row.follower_value, verdict, reason, until)
        return self.service(actor).decide([asked])

    def due(self) -> date | None:
        issue = self.tracker.find("DM-1")
        assert issue is not None
        return issue.due


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk(Store.open("sqlite://", now=lambda: desk.at))
    yield desk
    desk.store.close()


def agree(desk: Desk, due: date | None = MAY, done: date | None = None) -> None:
    """A night on which both sides say the same."""
    desk.tracker.add("DM-1", due=due, actual=done, resolved=done)
    desk.export(milestone("A", due, done))
    assert desk.night().exit_code is ExitCode.DONE or desk.night().exit_code == 0


def first_contact(desk: Desk) -> None:
    desk.tracker.add("DM-1", due=JUNE)
    desk.export(milestone("A", MAY))


def follower_edited(desk: Desk) -> None:
    agree(desk)
    desk.tracker.edit("DM-1", due=JUNE)


def both_moved(desk: Desk) -> None:
    agree(desk)
    desk.tracker.edit("DM-1", due=JUNE)
    desk.export(milestone("A", date(2019, 7, 31)))


def history_rewritten(desk: Desk) -> None:
    agree(desk, MAY, MARCH)
    desk.export(milestone("A", MAY, date(2019, 3, 20)))


def basis(desk: Desk) -> None:
    agree(desk)
    moved = milestone("A", JUNE, basis=Basis.FORECAST, kind=MilestoneKind.START_MILESTONE)
    desk.export(moved)


def owner_blank(desk: Desk) -> None:
    agree(desk)
    desk.export(milestone("A"))


def implausible(desk: Desk) -> None:
    agree(desk)
    desk.export(milestone("A", MAY, status=Status.COMPLETED))


def ambiguous(desk: Desk) -> None:
    agree(desk)
    desk.export(milestone("A", MAY), replace(milestone("A", JUNE), where="TASK row 9"))


def foreign_project(desk: Desk) -> None:
    agree(desk)
    desk.tracker.move("DM-1", "IT-1")


def gone(desk: Desk) -> None:
    agree(desk)
    desk.export(milestone("B", MAY))


APPROVABLE = (first_contact, follower_edited, both_moved, history_rewritten, basis)
MENDED_ELSEWHERE = (owner_blank, implausible, ambiguous, foreign_project, gone)


def kind_of(row: Drift) -> DriftKind:
    return row.hold_kind or row.kind


@pytest.mark.parametrize("happens", APPROVABLE, ids=lambda case: case.__name__)
def test_what_pmcs_says_is_written_once_somebody_approves_it(desk: Desk, happens: Any) -> None:
    happens(desk)
    assert desk.night().exit_code == ExitCode.WAITING
    (row,) = [row for row in desk.rows() if row.decision is None]
    assert kind_of(row) == happens.__name__
    taken, refused, _ = desk.decide(row, Verdict.APPROVE)
    assert (len(taken), refused) == (1, [])
    assert desk.night().exit_code == ExitCode.DONE
    quiet = desk.night()
    assert (quiet.exit_code, quiet.receipts) == (ExitCode.DONE, ())
    assert desk.rows() == ()


@pytest.mark.parametrize("happens", APPROVABLE + MENDED_ELSEWHERE, ids=lambda case: case.__name__)
def test_what_is_rejected_stays_and_is_not_asked_again(desk: Desk, happens: Any) -> None:
    happens(desk)
    assert desk.night().exit_code == ExitCode.WAITING
    before = desk.tracker.issues.copy()
    for row in [row for row in desk.rows() if row.decision is None]:
        taken, refused, _ = desk.decide(row, Verdict.REJECT)
        assert (len(taken), refused) == (1, [])
    for _ in range(3):
        night = desk.night()
        assert (night.exit_code, night.receipts) == (ExitCode.DONE, ())
    assert desk.tracker.issues == before
    assert all(row.decision is not None for row in desk.rows())


TO_MEND = {
    "owner_blank": "PMCS has no date, and a blank is never written: give it one, or clear Jira's",
    "implausible": "implausible: mend the status or the date where it is wrong",
    "ambiguous": "ambiguous: mend the doubled id or the links first",
    "foreign_project": "outside `projects`: add the project to the configuration, or mend the link",
    "gone": "gone on one side: mend the link, or bring the milestone or issue back",
}


@pytest.mark.parametrize("happens", MENDED_ELSEWHERE, ids=lambda case: case.__name__)
def test_what_has_to_be_mended_first_cannot_be_approved_and_says_what_to_mend(desk: Desk, happens: Any) -> None:
    happens(desk)
    desk.night()
    row = next(row for row in desk.rows() if kind_of(row) == happens.__name__)
    taken, (refusal,), _ = desk.decide(row, Verdict.APPROVE)
    assert taken == []
    assert refusal.why == TO_MEND[happens.__name__]


def test_a_rejected_row_is_asked_about_again_when_a_value_changes(desk: Desk) -> None:
    follower_edited(desk)
    desk.night()
    desk.decide(desk.rows()[0], Verdict.REJECT)
    assert desk.night().exit_code == ExitCode.DONE
    desk.tracker.edit("DM-1", due=APRIL)
    assert desk.night().exit_code == ExitCode.WAITING
    desk.tracker.edit("DM-1", due=JUNE)  # back to what was rejected: another edit, another question
    assert desk.night().exit_code == ExitCode.WAITING


def test_what_was_put_off_waits_until_its_day(desk: Desk) -> None:
    follower_edited(desk)
    desk.night()
    until = (desk.at + timedelta(days=3)).date()
    desk.decide(desk.rows()[0], Verdict.HOLD, until=until)
    codes = [desk.night().exit_code for _ in range(4)]
    assert codes == [ExitCode.DONE, ExitCode.DONE, ExitCode.WAITING, ExitCode.WAITING]


@pytest.mark.parametrize(
    ("verdict", "until", "reason", "words"),
    [
        (Verdict.REJECT, None, " ", "a reason is missing"),
        (Verdict.HOLD, None, "later", "until which day"),
        (Verdict.HOLD, date(2019, 5, 1), "later", "must lie in the future"),
    ],
)
def test_a_decision_that_says_too_little_is_not_taken(
    desk: Desk, verdict: Verdict, until: date | None, reason: str, words: str
) -> None:
    follower_edited(desk)
    desk.night()
    taken, (refusal,), _ = desk.decide(desk.rows()[0], verdict, until=until, reason=reason)
    assert taken == []
    assert words in refusal.why


def test_a_row_that_changed_since_it_was_seen_is_refused_with_both_values(desk: Desk) -> None:
    follower_edited(desk)
    desk.night()
    (row,) = desk.rows()
    desk.tracker.edit("DM-1", due=APRIL)
    _, (refusal,), _ = desk.decide(row, Verdict.APPROVE)
    assert refusal.why == ("DM-1 was set to 2019-04-15 in Jira; the decision was for 2019-06-28 -> 2019-05-31")
    assert desk.due() == APRIL


def test_a_planned_change_can_be_rejected_and_put_off(desk: Desk) -> None:
    agree(desk)
    desk.mode = Mode.REVIEW
    desk.export(milestone("A", JUNE))
    desk.night()
    (row,) = desk.rows()
    assert row.kind is DriftKind.OWNER_MOVED
    _, _, stored = desk.decide(row, Verdict.REJECT)
    assert stored.plan.changes == ()
    desk.mode = Mode.AUTO
    assert desk.night().receipts == ()
    assert desk.due() == MAY


def test_in_review_mode_only_what_was_approved_is_written(desk: Desk) -> None:
    desk.links = (link("A", "DM-1"), link("B", "DM-2"))
    desk.tracker.add("DM-1", due=MAY)
    desk.tracker.add("DM-2", due=MAY)
    desk.export(milestone("A", MAY), milestone("B", MAY))
    desk.night()
    desk.mode = Mode.REVIEW
    desk.export(milestone("A", JUNE), milestone("B", JUNE))
    night = desk.night()
    assert night.plan is not None
    with pytest.raises(PlanRefused, match="not approved, and none of its rows is"):
        desk.service().apply(night.plan.id)
    _, _, stored = desk.decide(desk.rows()[0], Verdict.APPROVE)
    result = desk.service().apply(stored.plan.id)
    assert [(receipt.change.key, receipt.outcome) for receipt in result.receipts] == [("DM-1", "applied")]
    assert result.exit_code == ExitCode.WAITING
    assert desk.night().exit_code == ExitCode.WAITING


def test_what_an_approval_wrote_is_not_written_again_over_an_edit(desk: Desk) -> None:
    """The very edit that was approved away comes back: that is another one, and it is held."""
    follower_edited(desk)
    desk.night()
    desk.decide(desk.rows()[0], Verdict.APPROVE)
    desk.night()
    assert desk.due() == MAY
    desk.tracker.edit("DM-1", due=JUNE)
    assert desk.night().exit_code == ExitCode.WAITING
    assert desk.due() == JUNE


def test_four_eyes(desk: Desk) -> None:
    desk.four_eyes = True
    follower_edited(desk)
    desk.night()
    (row,) = desk.rows()
    desk.decide(row, Verdict.APPROVE, "anna")
    assert desk.night().exit_code == ExitCode.WAITING
    assert desk.due() == JUNE
    desk.decide(row, Verdict.APPROVE, "anna")
    assert desk.night().exit_code == ExitCode.WAITING
    (decision,), _, _ = desk.decide(row, Verdict.APPROVE, "ben")
    assert (decision.actor, decision.seconded_by) == ("anna", "ben")
    assert desk.night().exit_code == ExitCode.DONE
    assert desk.due() == MAY


def test_four_eyes_nobody_approves_a_plan_of_his_own(desk: Desk) -> None:
    desk.four_eyes, desk.mode = True, Mode.REVIEW
    agree(desk)
    desk.export(milestone("A", JUNE))
    _, stored = desk.service("anna").plan()
    with pytest.raises(PlanRefused, match="made by anna"):
        desk.service("anna").approve(stored.plan.id, {})
    desk.service("ben").approve(stored.plan.id, {})
    desk.service("anna").apply(stored.plan.id)
    assert desk.due() == JUNE


def test_every_decision_is_in_the_audit_with_its_end(desk: Desk) -> None:
    follower_edited(desk)
    desk.night()
    (row,) = desk.rows()
    desk.decide(row, Verdict.REJECT, "anna", reason="the team is right")
    desk.tracker.edit("DM-1", due=APRIL)
    desk.night()
    told = [(e.event, e.actor, e.before, e.after, e.detail) for e in desk.store.events("A") if e.event != "baseline"]
    assert ("rejected", "anna", JUNE, MAY, "the team is right") in told
    assert ("decision_ended", "nightly", JUNE, MAY, "Jira has another date now") in told
