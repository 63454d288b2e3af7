"""Baselines, proposals, holds, and the story that is told of them."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from syncsvc.model import DriftKind, Field, Hold, LinkKey, Mode, Outcome, Plan, ProposalState, Receipt, Side
from syncsvc.store import Event
from syncsvc.store.engine import open_engine
from tests.builders import NOON, change

MAY, JUNE = date(2019, 5, 31), date(2019, 6, 28)
DUE: LinkKey = ("A-1", "id-DM-1", Field.DUE)
COMPLETED: LinkKey = ("A-1", "id-DM-1", Field.COMPLETED)
HOLD = Hold("A-1", "DM-1", Field.DUE, DriftKind.FOLLOWER_EDITED, JUNE, MAY, JUNE, "Jira was edited", "id-DM-1", True)


def told(opened: Any) -> list[tuple[Any, ...]]:
    return [(event.event, event.issue_id, event.field, event.before, event.after) for event in opened.store.events()]


def test_only_baselines_that_differ_are_recorded_and_told(opened: Any) -> None:
    record = opened.store.record_baselines
    assert record(opened.lease, opened.run, {DUE: MAY, COMPLETED: None, ("A-2", "x", Field.DUE): MAY}) == 3
    assert record(opened.lease, opened.run, {DUE: MAY, COMPLETED: None}) == 0
    assert record(opened.lease, opened.run, {DUE: JUNE, COMPLETED: MAY}) == 2
    assert record(opened.lease, opened.run, {}) == 0
    assert opened.store.memory().baselines == {DUE: JUNE, COMPLETED: MAY, ("A-2", "x", Field.DUE): MAY}
    assert told(opened) == [
        ("baseline", "id-DM-1", Field.DUE, None, MAY),
        ("baseline", "id-DM-1", Field.COMPLETED, None, None),
        ("baseline", "x", Field.DUE, None, MAY),
        ("baseline", "id-DM-1", Field.DUE, MAY, JUNE),
        ("baseline", "id-DM-1", Field.COMPLETED, None, MAY),
    ]


def test_blank_and_unknown_are_different(opened: Any) -> None:
    assert DUE not in opened.store.memory().baselines
    opened.store.record_baselines(opened.lease, opened.run, {DUE: None})
    assert opened.store.memory().baselines == {DUE: None}


@pytest.fixture
def proposal(opened: Any) -> int:
    plan = Plan("p-1234567890", Mode.AUTO, (), (), {}, (), (), {}, NOON, NOON.replace(year=2020))
    making = opened.store.save_plan(opened.lease, opened.run, plan, []).making
    handed_over = change("DM-1", Field.COMPLETED, None, MAY, code="A-1", target=Side.PMCS)
    (intent,) = opened.store.commit_intents(opened.lease, opened.run, making, [handed_over])
    receipt = Receipt(handed_over, Outcome.HANDED_OVER)
    opened.store.commit_receipts(opened.lease, opened.run, [(intent, receipt)], handed_over_on=JUNE)
    return int(opened.store.pending_proposals()[0].id)


@pytest.mark.parametrize("state", [state for state in ProposalState if state is not ProposalState.PENDING])
def test_a_proposal_is_settled_once_and_stays_in_the_memory(opened: Any, proposal: int, state: ProposalState) -> None:
    opened.store.settle_proposal(opened.lease, opened.run, proposal, state, "the export of May shows it")
    assert opened.store.pending_proposals() == []
    assert [each.state for each in opened.store.memory().proposals["A-1", "id-DM-1"]] == [state]
    last = opened.store.events("A-1")[-1]
    assert (last.event, last.key, last.field, last.after) == (state.value, "DM-1", Field.COMPLETED, MAY)
    assert (last.actor, last.detail) == ("scheduler", "the export of May shows it")
    with pytest.raises(ValueError, match=f"proposal {proposal} is not pending"):
        opened.store.settle_proposal(opened.lease, opened.run, proposal, ProposalState.LANDED, "again")
    (judged,) = opened.store.judged_since(opened.run)
    assert (judged.proposal.id, judged.proposal.state, judged.words) == (proposal, state, "the export of May shows it")
    assert opened.store.judged_since(opened.run + 1) == []


def test_a_hold_is_told_when_it_begins_when_it_changes_and_when_it_ends(opened: Any) -> None:
    def note(*holds: Hold) -> list[str]:
        before = len(opened.store.events())
        opened.store.note_holds(opened.lease, opened.run, holds)
        return [f"{event.event} {event.detail}" for event in opened.store.events()[before:]]

    other = replace(HOLD, code="A-2", field=Field.COMPLETED, kind=DriftKind.IMPLAUSIBLE, owner_value=None)
    assert note(HOLD, other) == ["hold follower_edited: Jira was edited", "hold implausible: Jira was edited"]
    assert note(other, HOLD) == []
    assert note(HOLD, replace(other, why="said in other words")) == []
    assert note(HOLD) == ["hold_ended implausible"]
    assert note(replace(HOLD, follower_value=None)) == ["hold follower_edited: Jira was edited"]
    assert note(replace(HOLD, kind=DriftKind.BOTH_MOVED)) == ["hold both_moved: Jira was edited"]
    assert note() == ["hold_ended both_moved"]
    assert note(HOLD) == ["hold follower_edited: Jira was edited"]
    first = opened.store.events()[0]
    assert (first.code, first.key, first.issue_id, first.field) == ("A-1", "DM-1", "id-DM-1", Field.DUE)
    assert (first.before, first.after) == (MAY, JUNE), "what Jira holds, and what the owner says"


def test_two_links_to_one_field_are_two_holds(opened: Any) -> None:
    both = [replace(HOLD, kind=DriftKind.AMBIGUOUS, owner_value=value) for value in (MAY, JUNE)]
    opened.store.note_holds(opened.lease, opened.run, both)
    opened.store.note_holds(opened.lease, opened.run, both[::-1])
    assert [event.event for event in opened.store.events()] == ["hold", "hold"]
    opened.store.note_holds(opened.lease, opened.run, both[:1])
    assert len(opened.store.events()) == 2, "its place is still held"
    opened.store.note_holds(opened.lease, opened.run, [])
    assert [event.event for event in opened.store.events()][2:] == ["hold_ended"]


def test_anything_else_can_be_noted_with_and_without_a_run(opened: Any) -> None:
    opened.store.note(None, actor="anna", event="schema", detail="0001")
    opened.clock.move(minutes=1)
    more = {
        "code": "A-1",
        "key": "DM-1",
        "field": Field.DUE,
        "before": MAY,
        "after": JUNE,
        "detail": "proposed by hand",
    }
    opened.store.note(opened.run, actor="ben", event="decided", **more)
    assert opened.store.events() == [
        Event(1, NOON, None, "anna", "schema", detail="0001"),
        Event(2, opened.clock(), opened.run, "ben", "decided", **more),
    ]
    assert [event.id for event in opened.store.events("A-1")] == [2]
    assert [event.id for event in opened.store.events(after_id=1)] == [2]


@pytest.fixture
def engine(opened: Any, store_url: str) -> Iterator[Engine]:
    """A way past the store, to a story of two events: an intent and its end."""
    opened.store.note(opened.run, actor="anna", event="intent", code="A-1")
    engine = open_engine(store_url)
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO audit (at, actor, event, intent) VALUES ('2019-05-01', 'anna', 'applied', 1)")
        )
    yield engine
    engine.dispose()


FORGERIES = {
    "update": "UPDATE audit SET actor = 'ben'",
    "update of an id": "UPDATE audit SET id = 99 WHERE id = 1",
    "delete": "DELETE FROM audit WHERE id = 2",
    "delete all": "DELETE FROM audit",
    "an id that is there": "INSERT INTO audit (id, at, actor, event) VALUES (1, '2019-05-01', 'ben', 'intent')",
    "an end that is there": "INSERT INTO audit (at, actor, event, intent) VALUES ('2019-05-01', 'ben', 'failed', 1)",
    "upsert": "INSERT INTO audit (id, at, actor, event) VALUES (1, '2019-05-01', 'ben', 'x')"
    " ON CONFLICT (id) DO UPDATE SET actor = 'ben'",
    "an id below one": "INSERT INTO audit (id, at, actor, event) VALUES (-1, '2019-05-01', 'ben', 'x')",
}
ONLY_SQLITE = {
    "replace": "INSERT OR REPLACE INTO audit (id, at, actor, event) VALUES (1, '2019-05-01', 'ben', 'intent')",
    "replace by rowid": "REPLACE INTO audit (rowid, at, actor, event) VALUES (1, '2019-05-01', 'ben', 'intent')",
    "replace an end": "INSERT OR REPLACE INTO audit (at, actor, event, intent) VALUES ('2019-05-01', 'b', 'failed', 1)",
    "update or replace": "UPDATE OR REPLACE audit SET id = 2 WHERE id = 1",
}
ONLY_POSTGRESQL = {"truncate": "TRUNCATE audit CASCADE"}


@pytest.mark.parametrize("forgery", [*FORGERIES, *ONLY_SQLITE, *ONLY_POSTGRESQL])
def test_the_database_itself_keeps_the_story(opened: Any, engine: Engine, forgery: str) -> None:
    only_here = ONLY_SQLITE if engine.dialect.name == "sqlite" else ONLY_POSTGRESQL
    statement = (FORGERIES | only_here).get(forgery)
    if statement is None:
        return  # not a statement of this database
    before = opened.store.events()
    assert len(before) == 2
    with pytest.raises(DBAPIError, match=r"append-only|id_is_positive|unique|UNIQUE"), engine.begin() as connection:
        connection.execute(text(statement))
    assert opened.store.events() == before


def test_an_ignored_insert_changes_nothing_either(opened: Any, engine: Engine) -> None:
    statement = "INSERT INTO audit (id, at, actor, event) VALUES (1, '2019-05-01', 'ben', 'x') ON CONFLICT DO NOTHING"
    before = opened.store.events()
    with suppress(IntegrityError), engine.begin() as connection:  # SQLite refuses it, PostgreSQL passes it over
        connection.execute(text(statement))
    assert opened.store.events() == before


def test_readers_do_not_wait_for_a_writer(opened: Any, engine: Engine) -> None:
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        connection.execute(text("UPDATE lease SET owner = 'another'"))
        assert opened.store.memory().baselines == {}
        assert len(opened.store.events()) == 2
