"""Writes: what is told before and after, and what the memory learns from each outcome."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from syncsvc.model import Change, DriftKind, Field, Mode, Outcome, Plan, Proposal, ProposalState, Receipt, Side
from syncsvc.store import OpenIntent, SoFar
from tests.builders import NOON, change, export, issue, milestone, tracked

MAY, JUNE, JULY = date(2019, 5, 31), date(2019, 6, 28), date(2019, 7, 31)
CLOSING = [outcome for outcome in Outcome if outcome not in (Outcome.UNKNOWN, Outcome.HANDED_OVER)]
WRITE = change("DM-1", Field.DUE, MAY, JUNE, code="A-1")
REPORT = change("DM-1", Field.COMPLETED, None, MAY, code="A-1", target=Side.PMCS, kind=DriftKind.REPORTED)


@pytest.fixture
def making(opened: Any) -> int:
    plan = Plan("p-1234567890", Mode.AUTO, (), (), {}, (), (), {}, NOON, NOON.replace(year=2020))
    stored = opened.store.save_plan(opened.lease, opened.run, plan, [])
    opened.store.begin_applying(opened.lease, opened.run, stored.making)
    return int(stored.making)


def write(opened: Any, making: int, what: Change, outcome: Outcome, **more: Any) -> int:
    """An intent and its receipt, as the service commits them."""
    (intent,) = opened.store.commit_intents(opened.lease, opened.run, making, [what])
    day = {"handed_over_on": more.pop("handed_over_on", None)}
    opened.store.commit_receipts(opened.lease, opened.run, [(intent, Receipt(what, outcome, **more))], **day)
    return int(intent)


def told(opened: Any) -> list[tuple[Any, ...]]:
    return [(event.event, event.code, event.key, event.detail, event.intent) for event in opened.store.events()]


def test_intents_are_told_and_open_until_an_outcome_closes_them(opened: Any, making: int) -> None:
    changes = [replace(WRITE, from_column="base_end_date", seen=None), REPORT, change("DM-2", Field.DUE, None, JULY)]
    intents = opened.store.commit_intents(opened.lease, opened.run, making, changes)
    assert opened.store.open_intents() == [
        OpenIntent(intent, each, opened.run, NOON, making) for intent, each in zip(intents, changes, strict=True)
    ]
    assert told(opened) == [
        ("intent", "A-1", "DM-1", "owner_moved, from base_end_date", None),
        ("intent", "A-1", "DM-1", "reported", None),
        ("intent", "M-DM-2", "DM-2", "owner_moved", None),
    ]
    first = opened.store.events("A-1")[0]
    assert (first.at, first.run, first.actor) == (NOON, opened.run, "scheduler")
    assert (first.issue_id, first.field, first.before, first.after) == ("id-DM-1", Field.DUE, MAY, JUNE)

    receipt = Receipt(changes[0], Outcome.REFUSED, "the field is not on the screen")
    opened.store.commit_receipts(opened.lease, opened.run, [(intents[0], receipt)])
    assert [each.id for each in opened.store.open_intents()] == intents[1:]
    assert told(opened)[-1] == ("refused", "A-1", "DM-1", "the field is not on the screen", intents[0])


@pytest.mark.parametrize("outcome", CLOSING)
def test_an_intent_is_closed_once(opened: Any, making: int, outcome: Outcome) -> None:
    intent = write(opened, making, WRITE, outcome)
    before = opened.store.events()
    for second in (Outcome.FAILED, Outcome.UNKNOWN):
        with pytest.raises(ValueError, match=f"closed already, or closed twice: intents {intent}"):
            opened.store.commit_receipts(opened.lease, opened.run, [(intent, Receipt(WRITE, second))])
    assert opened.store.events() == before
    assert opened.store.open_intents() == []


def test_how_far_a_run_is_counts_its_own_writes_alone(opened: Any, making: int) -> None:
    settled, *own = opened.store.commit_intents(
        opened.lease, opened.run, making, [WRITE, *(change(f"DM-{n}", Field.DUE, None, JULY) for n in range(2, 5))]
    )
    assert opened.store.written_so_far(opened.run) == SoFar(4, {})
    later = opened.store.begin_run(trigger="apply", mode=Mode.AUTO, actor="anna")
    told = [(settled, Receipt(WRITE, Outcome.APPLIED)), (None, Receipt(REPORT, Outcome.STALE))]
    opened.store.commit_receipts(opened.lease, later, told)
    assert opened.store.written_so_far(later) == SoFar(0, {Outcome.STALE: 1})
    for intent, outcome in zip(own, (Outcome.APPLIED, Outcome.UNKNOWN), strict=False):
        opened.store.commit_receipts(opened.lease, opened.run, [(intent, Receipt(WRITE, outcome))])
    # of the first one the later run knows what became of it
    assert opened.store.written_so_far(opened.run) == SoFar(2, {Outcome.APPLIED: 1, Outcome.UNKNOWN: 1})


def test_an_intent_is_not_closed_twice_in_one_go(opened: Any, making: int) -> None:
    (intent,) = opened.store.commit_intents(opened.lease, opened.run, making, [WRITE])
    receipts = [(intent, Receipt(WRITE, outcome)) for outcome in (Outcome.FAILED, Outcome.APPLIED)]
    with pytest.raises(ValueError, match="closed twice"):
        opened.store.commit_receipts(opened.lease, opened.run, receipts)
    assert len(opened.store.open_intents()) == 1


def test_unknown_leaves_the_intent_open_for_a_later_run_to_settle(opened: Any, making: int) -> None:
    intent = write(opened, making, WRITE, Outcome.UNKNOWN, detail="no answer")
    assert [each.id for each in opened.store.open_intents()] == [intent]
    later = opened.another_run(actor="anna")
    settled = Receipt(WRITE, Outcome.APPLIED, "settled later: the value is there", confirmed=True)
    opened.store.commit_receipts(opened.lease, later, [(intent, settled)])
    assert opened.store.open_intents() == []
    assert [(event.event, event.run, event.actor, event.intent) for event in opened.store.events()] == [
        ("intent", opened.run, "scheduler", None),
        ("unknown", opened.run, "scheduler", intent),
        ("applied", later, "anna", intent),
    ]
    assert opened.store.memory().baselines == {WRITE.link_key: JUNE}


def test_what_was_never_tried_has_a_receipt_without_an_intent(opened: Any) -> None:
    receipts = [
        (None, Receipt(WRITE, Outcome.STALE, "asks for something else")),
        (None, Receipt(REPORT, Outcome.REFUSED)),
    ]
    opened.store.commit_receipts(opened.lease, opened.run, receipts)
    assert told(opened) == [
        ("stale", "A-1", "DM-1", "asks for something else", None),
        ("refused", "A-1", "DM-1", None, None),
    ]
    assert opened.store.events(run=opened.run) == opened.store.events()
    assert opened.store.events(run=99) == []


@pytest.mark.parametrize("outcome", Outcome)
@pytest.mark.parametrize("confirmed", [True, False])
def test_what_the_memory_learns_from_an_outcome(opened: Any, making: int, outcome: Outcome, confirmed: bool) -> None:
    if outcome is Outcome.HANDED_OVER:
        write(opened, making, REPORT, outcome, handed_over_on=MAY, confirmed=confirmed)
    else:
        write(opened, making, WRITE, outcome, confirmed=confirmed)
    memory = opened.store.memory()
    read_back = confirmed and outcome in (Outcome.APPLIED, Outcome.ALREADY)
    assert memory.baselines == ({WRITE.link_key: JUNE} if read_back else {})
    assert memory.written == ({WRITE.link_key: {JUNE}} if outcome is Outcome.APPLIED else {})
    assert memory.undone == {}
    assert list(memory.proposals) == ([("A-1", "id-DM-1")] if outcome is Outcome.HANDED_OVER else [])


def test_every_value_that_was_ever_written_is_kept(opened: Any, making: int) -> None:
    for value in (JUNE, JULY, JUNE, None):
        write(opened, making, replace(WRITE, after=value), Outcome.APPLIED, confirmed=True)
    assert opened.store.memory().written == {WRITE.link_key: {JUNE, JULY}}
    assert opened.store.memory().baselines == {WRITE.link_key: None}, "known, and blank"


@pytest.mark.parametrize("back_to", [MAY, None])
def test_an_undo_leaves_the_baseline_and_is_remembered_until_the_next_write(
    opened: Any, making: int, back_to: date | None
) -> None:
    write(opened, making, WRITE, Outcome.APPLIED, confirmed=True)
    undo = replace(WRITE, before=JUNE, after=back_to, kind=DriftKind.UNDONE)
    write(opened, making, undo, Outcome.FAILED)
    assert opened.store.memory().undone == {}
    write(opened, making, undo, Outcome.APPLIED, confirmed=True)
    memory = opened.store.memory()
    assert memory.baselines == {WRITE.link_key: JUNE}
    assert memory.undone == {WRITE.link_key: back_to}

    write(opened, making, replace(WRITE, after=JULY), Outcome.STALE)
    write(opened, making, change("DM-2", Field.DUE, None, JULY), Outcome.APPLIED, confirmed=True)
    assert opened.store.memory().undone == {WRITE.link_key: back_to}
    write(opened, making, replace(WRITE, after=JULY), Outcome.APPLIED, confirmed=True)
    assert opened.store.memory().undone == {}
    assert opened.store.memory().baselines[WRITE.link_key] == JULY


def test_a_hand_over_is_pending_and_replaces_an_older_one(opened: Any, making: int) -> None:
    newest = opened.save(export(milestone("A-1"))).id
    opened.save(tracked(issue("DM-1", completed=MAY)))
    write(opened, making, REPORT, Outcome.HANDED_OVER, handed_over_on=JUNE, detail="/outbox/a.xlsx")
    first = Proposal("A-1", "id-DM-1", MAY, ProposalState.PENDING, JUNE, "DM-1", newest, 1)
    assert opened.store.pending_proposals() == [first]

    other = change("DM-2", Field.COMPLETED, None, MAY, code="A-1", target=Side.PMCS)
    write(opened, making, other, Outcome.HANDED_OVER, handed_over_on=JULY)
    write(opened, making, replace(REPORT, after=JUNE), Outcome.HANDED_OVER, handed_over_on=JULY)
    withdrawn = replace(first, state=ProposalState.WITHDRAWN)
    second = Proposal("A-1", "id-DM-1", JUNE, ProposalState.PENDING, JULY, "DM-1", newest, 3)
    assert opened.store.memory().proposals["A-1", "id-DM-1"] == (withdrawn, second), "oldest first"
    assert [each.id for each in opened.store.pending_proposals()] == [2, 3]
    assert told(opened)[-1] == ("withdrawn", "A-1", "DM-1", "another completion was handed over", None)
    assert opened.store.memory().baselines == {}, "nobody has read it back"


def test_a_hand_over_settled_later_goes_by_the_exports_of_its_own_time(opened: Any, making: int) -> None:
    newest = opened.save(export(milestone("A-1"))).id
    (intent,) = opened.store.commit_intents(opened.lease, opened.run, making, [REPORT])
    later = opened.another_run()
    opened.store.save_snapshot(opened.lease, later, export(milestone("A-1"), period="2019-05"))
    receipt = Receipt(REPORT, Outcome.HANDED_OVER, "/outbox/a.xlsx")
    opened.store.commit_receipts(opened.lease, later, [(intent, receipt)], handed_over_on=JUNE)
    assert [each.snapshot for each in opened.store.pending_proposals()] == [newest]


def test_a_hand_over_before_any_export_was_kept(opened: Any, making: int) -> None:
    write(opened, making, REPORT, Outcome.HANDED_OVER, handed_over_on=JUNE)
    assert [each.snapshot for each in opened.store.pending_proposals()] == [0]


@pytest.mark.parametrize("wrong", [{"handed_over_on": None}, {"what": replace(REPORT, after=None)}, {"what": WRITE}])
def test_only_a_completion_on_a_day_is_handed_over(opened: Any, making: int, wrong: dict[str, Any]) -> None:
    receipt = {"what": REPORT, "handed_over_on": JUNE, **wrong}
    with pytest.raises(ValueError, match="only completions are handed over"):
        write(opened, making, outcome=Outcome.HANDED_OVER, **receipt)
    assert opened.store.pending_proposals() == []
    assert len(opened.store.open_intents()) == 1


def test_a_batch_is_told_in_its_order(opened: Any, making: int) -> None:
    changes = [change(f"DM-{n}", Field.DUE, None, JUNE) for n in range(250)]
    intents = opened.store.commit_intents(opened.lease, opened.run, making, changes)
    assert intents == sorted(intents)
    assert [event.key for event in opened.store.events()] == [each.key for each in changes]
    receipts = [
        (intent, Receipt(each, Outcome.APPLIED, confirmed=True)) for intent, each in zip(intents, changes, strict=True)
    ]
    opened.store.commit_receipts(opened.lease, opened.run, receipts)
    assert len(opened.store.memory().baselines) == 250
    assert [event.intent for event in opened.store.events(after_id=intents[-1])] == intents


def test_the_next_reading_begins_with_the_last_complete_one_and_what_was_written_after_it(
    opened: Any, making: int
) -> None:
    hour = timedelta(hours=1)
    known = tracked(issue("DM-1", MAY), missing=["DM-9"], moved={"DM-2": "DLP-2"})
    assert opened.store.last_reading("jira") is None
    opened.save(known)  # of a tracker that does not tell its clock
    assert opened.store.last_reading("jira") is None
    write(opened, making, WRITE, Outcome.APPLIED)

    run = opened.another_run()
    complete = replace(known, read_at=NOON, census_at=NOON - hour)
    kept = opened.store.save_snapshot(opened.lease, run, complete)
    assert opened.store.last_reading("jira") == (kept, frozenset())
    later = opened.another_run()
    for of_run, key in ((run, "DM-2"), (later, "DM-3")):
        said = change(key, Field.DUE, MAY, JUNE)
        opened.store.commit_intents(opened.lease, of_run, making, [said])
    bad = replace(complete, complete=False, why_incomplete="DM-4: Jira answers 500", read_at=NOON + hour)
    kept_bad = opened.store.save_snapshot(opened.lease, later, bad)
    assert opened.store.last_reading("jira") == (kept, {"id-DM-2", "id-DM-3"})
    assert opened.store.newest_snapshot("jira") == kept_bad
    assert (kept_bad.why_incomplete, kept_bad.read_at) == ("DM-4: Jira answers 500", NOON + hour)
    assert opened.store.last_reading("another") is None
