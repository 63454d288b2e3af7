"""What persons say is kept: decisions, links they accepted, narratives; and what a run wrote, to take it back."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from syncsvc.errors import LeaseLost
from syncsvc.model import (
    Decision,
    Field,
    LinkWord,
    Mode,
    Narrative,
    Outcome,
    Plan,
    Receipt,
    Side,
    Verdict,
    WrittenValue,
)
from tests.builders import NOON, change

MAY, JUNE, JULY = date(2019, 5, 31), date(2019, 6, 28), date(2019, 7, 31)


def decision(verdict: Verdict = Verdict.APPROVE, actor: str = "anna", **more: Any) -> Decision:
    values = {"owner_value": JUNE, "follower_value": MAY, "reason": "agreed"} | more
    return Decision("A-1", "DM-1", "id-DM-1", Field.DUE, verdict, actor=actor, at=NOON, **values)


def keep(opened: Any, *decisions: Decision) -> list[Decision]:
    return list(opened.store.keep_decisions(opened.lease, opened.run, decisions))


def told(opened: Any) -> list[tuple[str, str | None]]:
    return [(event.event, event.detail) for event in opened.store.events()]


def test_a_decision_reads_back_whole_and_is_told(opened: Any) -> None:
    (kept,) = keep(opened, decision(Verdict.HOLD, until=JULY, reason="wait for the board"))
    assert kept == replace(decision(Verdict.HOLD, until=JULY, reason="wait for the board"), id=kept.id)
    assert opened.store.standing_decisions() == [kept]
    assert told(opened) == [("postponed", "until 2019-07-31: wait for the board")]


def test_another_decision_takes_its_place_and_the_ended_one_stays_ended(opened: Any) -> None:
    keep(opened, decision())
    (second,) = keep(opened, decision(Verdict.REJECT, reason=""))
    assert opened.store.standing_decisions() == [second]
    opened.store.end_decisions(opened.lease, opened.run, [second], "the value changed")
    assert opened.store.standing_decisions() == []
    assert told(opened) == [("approved", "agreed"), ("rejected", None), ("decision_ended", "the value changed")]


@pytest.mark.parametrize(
    ("second", "seconded_by"),
    [
        (decision(actor="bert"), "bert"),
        (decision(actor="anna"), None),
        (decision(actor="bert", owner_value=JULY), None),
        (decision(Verdict.REJECT, "bert"), None),
    ],
)
def test_only_another_person_who_says_yes_to_the_same_values_seconds(
    opened: Any, second: Decision, seconded_by: str | None
) -> None:
    (first,) = keep(opened, decision())
    (kept,) = keep(opened, second)
    assert kept.seconded_by == seconded_by
    assert (kept.id == first.id) is (seconded_by is not None)
    assert opened.store.standing_decisions() == [kept]


def test_two_decisions_of_one_row_at_once_leave_one_standing(opened: Any) -> None:
    *_, last = keep(opened, decision(), decision(Verdict.REJECT))
    assert opened.store.standing_decisions() == [last]


def test_a_decision_is_used_once(opened: Any) -> None:
    keep(opened, decision(), replace(decision(), issue="id-DM-2", key="DM-2"))
    write(opened, change("DM-1", Field.DUE, MAY, JUNE, code="A-1"), Outcome.REFUSED)
    assert len(opened.store.standing_decisions()) == 2
    write(opened, change("DM-1", Field.DUE, MAY, JUNE, code="A-1"), Outcome.APPLIED)
    assert [each.key for each in opened.store.standing_decisions()] == ["DM-2"]


def test_many_decisions_at_once(opened: Any) -> None:
    many = [replace(decision(), issue=f"id-{number}", key=f"DM-{number}") for number in range(450)]
    keep(opened, *many)
    keep(opened, *(replace(each, verdict=Verdict.REJECT) for each in many))
    standing = opened.store.standing_decisions()
    assert [each.key for each in standing] == [each.key for each in many]
    assert {each.verdict for each in standing} == {Verdict.REJECT}


def test_the_last_word_on_a_link_counts_and_each_is_told(opened: Any) -> None:
    words = [LinkWord("B", "DM-2", True, "test_plan", "same name"), LinkWord("A", "DM-1", True)]
    opened.store.keep_link_words(opened.lease, opened.run, words)
    opened.clock.move(hours=1)
    opened.store.keep_link_words(opened.lease, opened.another_run(actor="bert"), [replace(words[0], accepted=False)])
    assert opened.store.link_words() == [
        LinkWord("A", "DM-1", True, actor="scheduler", at=NOON),
        replace(words[0], accepted=False, actor="bert", at=opened.clock.at),
    ]
    assert told(opened) == [
        ("link_accepted", "test_plan; same name"),
        ("link_accepted", "completion"),
        ("link_refused", "same name"),
    ]
    opened.store.keep_link_words(opened.lease, opened.run, [])
    assert len(told(opened)) == 3


def test_the_last_narrative_of_a_month_counts_and_the_same_words_change_nothing(opened: Any) -> None:
    first = Narrative("A", "2019-04", "The vendor is late", "Second source")
    for each in (first, first, Narrative("A", "2019-05", "Still"), Narrative("A", "2019-04", "It came — ü")):
        opened.store.keep_narrative(opened.lease, opened.run, each)
    assert opened.store.narratives() == [
        Narrative("A", "2019-04", "It came — ü", "", "scheduler", NOON),
        Narrative("A", "2019-05", "Still", "", "scheduler", NOON),
    ]
    assert [each.period for each in opened.store.narratives(until_period="2019-04")] == ["2019-04"]
    assert opened.store.narratives(until_period="2019-03") == []
    assert told(opened) == [
        ("narrative", "2019-04: The vendor is late -> Second source"),
        ("narrative", "2019-05: Still"),
        ("narrative", "2019-04: It came — ü"),
    ]


def test_nothing_is_said_without_the_lease(opened: Any) -> None:
    opened.store.release_lease(opened.lease)
    opened.store.take_lease("another")
    for attempt in (
        lambda: keep(opened, decision()),
        lambda: opened.store.keep_link_words(opened.lease, opened.run, [LinkWord("A", "DM-1", True)]),
        lambda: opened.store.keep_narrative(opened.lease, opened.run, Narrative("A", "2019-04", "why")),
        lambda: opened.store.prune(opened.lease, opened.run, 1),
    ):
        with pytest.raises(LeaseLost):
            attempt()
    assert (opened.store.standing_decisions(), opened.store.link_words(), opened.store.narratives()) == ([], [], [])
    assert told(opened) == []


def write(opened: Any, what: Any, outcome: Outcome, run: int | None = None, *, settled_by: int | None = None) -> None:
    run = run or opened.run
    plan = Plan("p-1234567890", Mode.AUTO, (), (), {}, (), (), {}, NOON, NOON.replace(year=2020))
    making = opened.store.save_plan(opened.lease, run, plan, []).making
    (intent,) = opened.store.commit_intents(opened.lease, run, making, [what])
    day = {"handed_over_on": JULY} if outcome is Outcome.HANDED_OVER else {}
    receipts = [(intent, Receipt(what, outcome))]
    opened.store.commit_receipts(opened.lease, settled_by or run, receipts, **day)


def test_what_a_run_wrote_is_also_what_a_later_one_learnt_of_it(opened: Any) -> None:
    later = opened.another_run()
    for key, outcome in (("DM-1", Outcome.APPLIED), ("DM-2", Outcome.FAILED), ("DM-3", Outcome.ALREADY)):
        write(opened, change(key, Field.DUE, MAY, JUNE), outcome)
    write(opened, change("DM-4", Field.DUE, None, JUNE), Outcome.APPLIED, settled_by=later)
    write(opened, change("DM-5", Field.DUE, MAY, JULY), Outcome.APPLIED, later)
    assert opened.store.written_by(opened.run) == [
        WrittenValue("M-DM-1", "DM-1", "id-DM-1", Field.DUE, MAY, JUNE),
        WrittenValue("M-DM-4", "DM-4", "id-DM-4", Field.DUE, None, JUNE),
    ]
    assert [each.key for each in opened.store.written_by(later)] == ["DM-5"]
    assert opened.store.written_by(99) == []


def test_what_a_run_handed_over_whatever_became_of_it(opened: Any) -> None:
    report = change("DM-1", Field.COMPLETED, None, MAY, target=Side.PMCS)
    write(opened, report, Outcome.HANDED_OVER)
    later = opened.another_run()
    write(opened, replace(report, after=JUNE), Outcome.HANDED_OVER, later)
    (first,), (second,) = opened.store.proposals_of(opened.run), opened.store.proposals_of(later)
    assert (first.value, first.state.value, second.value, second.state.value) == (MAY, "withdrawn", JUNE, "pending")
    assert opened.store.written_by(opened.run) == []
    assert opened.store.proposals_of(99) == []
