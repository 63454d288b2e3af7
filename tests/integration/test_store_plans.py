"""Plans: kept exactly, one making at a time, approved with waivers, applied once."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from syncsvc.errors import ExitCode, LeaseLost, PlanRefused, UsageError
from syncsvc.model import DriftKind, Field, Hold, Mode, Plan, Violation
from syncsvc.store import Store, StoredPlan, Waiver
from tests.builders import NOON, change, link

DUE = date(2019, 6, 28)
HOLD = Hold("A-2", "DM-2", Field.DUE, DriftKind.BOTH_MOVED, DUE, None, DUE, "both moved", "id-DM-2", True)
PLAN = Plan(
    id="p-3f9c00a1b2",
    mode=Mode.REVIEW,
    changes=(change("DM-1", Field.DUE, None, DUE, code="A-1"),),
    holds=(HOLD,),
    drifts={"in_sync": 41, "owner_moved": 1},
    violations=(Violation("max_shift_days", 500, 400, "A-1 moves by 500 days"), Violation("min_rows", 0, 1, "no rows")),
    warnings=("the export is 101 days old",),
    snapshots={"pmcs": 1, "jira": 2},
    created_at=NOON,
    expires_at=NOON + timedelta(hours=72),
)
LINKS = (link("A-1", "DM-1"), link("A-1", "DM-9", fields=[Field.DUE], offset_days=-45, role="test_plan"))


def save(opened: Any, plan: Plan = PLAN) -> StoredPlan:
    stored: StoredPlan = opened.store.save_plan(opened.lease, opened.run, plan, LINKS)
    return stored


def test_a_plan_reads_back_as_it_was_made(opened: Any) -> None:
    stored = save(opened)
    assert stored == StoredPlan(1, PLAN, LINKS, opened.run, "open")
    assert opened.store.newest_making(PLAN.id) == stored
    assert opened.store.newest_plan() == stored
    assert opened.store.run(opened.run).plan == PLAN.id


def test_the_same_plan_made_again_is_the_same_making_while_it_is_open(opened: Any) -> None:
    first = opened.store.approve_plan(
        save(opened).making, opened.run, actor="anna", waivers={"min_rows": "a small test"}
    )
    opened.clock.move(hours=71)
    later = replace(PLAN, created_at=opened.clock(), expires_at=opened.clock() + timedelta(hours=72))
    run = opened.another_run()
    assert opened.store.save_plan(opened.lease, run, later, LINKS) == first, "its end, approval and waivers stay"
    assert opened.store.run(run).plan == PLAN.id

    opened.clock.move(hours=1)
    again = opened.store.save_plan(opened.lease, run, later, LINKS)
    assert again == StoredPlan(2, later, LINKS, run, "open"), "the first one has ended"
    assert opened.store.newest_making(PLAN.id) == again


def test_a_making_of_before_a_run_does_not_stand_for_the_plan(opened: Any) -> None:
    first, run = save(opened), opened.another_run()
    assert opened.store.save_plan(opened.lease, run, PLAN, LINKS, after_run=opened.run).making == first.making + 1


def test_a_waiver_is_known_by_the_snapshot_once_its_plan_was_applied(opened: Any) -> None:
    making, store = save(opened).making, opened.store
    store.approve_plan(making, opened.run, actor="anna", waivers={"min_rows": "a small test"})
    assert not store.was_waived("min_rows", 1)
    store.begin_applying(opened.lease, opened.run, making)
    store.finish_applying(opened.lease, opened.run, making)
    assert [store.was_waived("min_rows", number) for number in (1, 3)] == [True, False]
    assert not store.was_waived("max_shift_days", 1)


LOST = Violation("max_row_drop_percent", 20, 10, "80 rows after 100")


@pytest.mark.parametrize("other", [{"purpose": "adopt"}, {"violations": (LOST,)}])
def test_another_purpose_or_violation_is_another_making(opened: Any, other: dict[str, Any]) -> None:
    save(opened)
    assert save(opened, replace(PLAN, **other)).making == 2


def test_a_run_of_another_mode_or_an_export_a_day_older_keeps_making_and_approval(opened: Any) -> None:
    old = Violation("max_export_age_days", 101, 100, "old")
    making = save(opened, replace(PLAN, violations=(old,))).making
    opened.store.approve_plan(making, opened.run, actor="anna", waivers={})
    again = save(opened, replace(PLAN, mode=Mode.AUTO, violations=(replace(old, value=102),)))
    assert (again.making, again.approved_by) == (making, "anna")


def test_what_was_applied_is_made_anew(opened: Any) -> None:
    making = save(opened).making
    opened.store.begin_applying(opened.lease, opened.run, making)
    assert save(opened).making == 2
    opened.store.finish_applying(opened.lease, opened.run, making)
    assert opened.store.newest_making(PLAN.id).state == "open"


def test_a_plan_is_named_by_a_beginning_that_fits_only_one(opened: Any) -> None:
    store = opened.store
    first = save(opened)
    save(opened, replace(PLAN, id="p-3f9c77"))
    assert store.newest_making("p-3f9c0") == first
    assert store.newest_making("p-999999") is None
    assert store.newest_making("P-3F9C0") is None
    assert store.newest_making("p-3f9%0") is None
    with pytest.raises(UsageError, match="'p-3f9c' begins more than one plan: p-3f9c00a1b2, p-3f9c77"):
        store.newest_making("p-3f9c")
    with pytest.raises(UsageError, match="'p-3f' is too short to name a plan\nGive its id, or at least 6 characters"):
        store.newest_making("p-3f")
    short = save(opened, replace(PLAN, id="p-3"))
    assert store.newest_making("p-3") == short, "an id in full is never too short"


def test_the_newest_plan_of_a_purpose(opened: Any) -> None:
    sync = save(opened)
    adopt = save(opened, replace(PLAN, id="p-adopted", purpose="adopt"))
    assert opened.store.newest_plan() == adopt
    assert opened.store.newest_plan("sync") == sync
    assert opened.store.newest_plan("undo") is None


def test_approving_keeps_who_and_when_and_waivers_are_added(opened: Any) -> None:
    making = save(opened).making
    approve = opened.store.approve_plan
    stored = approve(making, opened.run, actor="anna", waivers={"max_shift_days": "agreed in the CCB"})
    assert (stored.approved_by, stored.approved_at) == ("anna", NOON)
    opened.clock.move(minutes=1)
    stored = approve(making, opened.run, actor="ben", waivers={"min_rows": "a small test"})
    assert (stored.approved_by, stored.approved_at) == ("anna", NOON)
    assert stored.waivers == (
        Waiver("max_shift_days", "agreed in the CCB", "anna", NOON),
        Waiver("min_rows", "a small test", "ben", NOON + timedelta(minutes=1)),
    )
    assert opened.store.newest_making(PLAN.id) == stored
    assert [(event.actor, event.event, event.detail) for event in opened.store.events()] == [
        ("anna", "approved", PLAN.id),
        ("anna", "waived", "max_shift_days: agreed in the CCB"),
        ("ben", "waived", "min_rows: a small test"),
    ]


def test_a_plan_is_applied_once(opened: Any, open_store: Callable[[], Store]) -> None:
    making, run = save(opened).making, opened.another_run()
    opened.store.begin_applying(opened.lease, run, making)
    assert opened.store.run(run).plan == PLAN.id
    with pytest.raises(PlanRefused, match=f"Plan {PLAN.id} is being applied, or was when its run died") as refused:
        open_store().begin_applying(opened.lease, run, making)
    assert refused.value.exit_code is ExitCode.WAITING
    opened.store.finish_applying(opened.lease, run, making)
    for attempt in (
        lambda: opened.store.begin_applying(opened.lease, run, making),
        lambda: opened.store.approve_plan(making, run, actor="anna", waivers={}),
    ):
        with pytest.raises(PlanRefused, match=f"Plan {PLAN.id} has been applied already"):
            attempt()
    assert opened.store.newest_making(PLAN.id).state == "applied"
    with pytest.raises(ValueError, match="making 1 is not being applied"):
        opened.store.finish_applying(opened.lease, run, making)


def test_a_plan_that_has_ended_is_neither_approved_nor_applied(opened: Any) -> None:
    making = save(opened).making
    opened.clock.move(hours=72)
    for attempt in (
        lambda: opened.store.begin_applying(opened.lease, opened.run, making),
        lambda: opened.store.approve_plan(making, opened.run, actor="anna", waivers={}),
    ):
        with pytest.raises(PlanRefused, match=f"Plan {PLAN.id} ended at 2019-05-04 12:00 UTC"):
            attempt()
    assert opened.store.events() == []


def test_without_the_lease_no_plan_is_kept_or_applied(opened: Any) -> None:
    making = save(opened).making
    opened.store.release_lease(opened.lease)
    with pytest.raises(LeaseLost):
        save(opened, replace(PLAN, id="p-another"))
    with pytest.raises(LeaseLost):
        opened.store.begin_applying(opened.lease, opened.run, making)
    assert opened.store.newest_making(PLAN.id).state == "open"
