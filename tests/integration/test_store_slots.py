"""The ledger of nights: each slot is one owner's at a time, and who lost it can say nothing more."""

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from syncsvc.errors import LeaseLost
from syncsvc.model import Mode
from syncsvc.slots import Slot, SlotState
from syncsvc.store import Store
from syncsvc.store.engine import open_engine
from tests.builders import NOON

SLOT = Slot(date(2019, 5, 1), NOON)
OpenStore = Callable[[], Store]


def end_leases(url: str) -> None:
    """What waiting would bring about."""
    engine = open_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE slot SET until_seconds = 0"))
    engine.dispose()


def test_a_slot_is_claimed_once(open_store: OpenStore) -> None:
    first, second = open_store(), open_store()
    claim = first.claim_slot(SLOT, "one:1", seconds=60)
    assert claim is not None
    assert (claim.attempt, claim.run) == (1, None)
    assert second.claim_slot(SLOT, "two:2", seconds=60) is None
    assert second.claim_slot(SLOT, "two:2", seconds=60, again=True) is None
    row = second.slot(SLOT.day)
    assert row is not None
    assert (row.state, row.owner, row.free, row.due_at) == (SlotState.RUNNING, "one:1", False, NOON)


def test_an_ended_lease_is_taken_over_once_and_the_old_owner_is_refused(store_url: str, open_store: OpenStore) -> None:
    old, new = open_store(), open_store()
    lost = old.claim_slot(SLOT, "one:1", seconds=60)
    assert lost is not None
    end_leases(store_url)
    taken = new.claim_slot(SLOT, "two:2", seconds=60)
    assert taken is not None
    assert taken.attempt == 2
    assert new.claim_slot(SLOT, "three:3", seconds=60) is None
    run = old.begin_run(trigger="nightly", mode=Mode.AUTO, actor="scheduler")
    for attempt in (
        lambda: old.renew_slot(lost),
        lambda: old.begin_slot_run(lost, run),
        lambda: old.finish_slot(lost, SlotState.DONE, run=run, exit_code=0),
        lambda: old.put_off_slot(lost, seconds=0, run=None, exit_code=3, detail="late"),
    ):
        with pytest.raises(LeaseLost, match="The night of 2019-05-01 is another"):
            attempt()
    new.finish_slot(taken, SlotState.DONE, exit_code=4)
    row = new.slot(SLOT.day)
    assert row is not None
    assert (row.state, row.exit_code, row.run, row.attempt) == (SlotState.DONE, 4, None, 2)


def test_an_owner_whose_lease_ended_keeps_the_slot_while_nobody_took_it(store_url: str, open_store: OpenStore) -> None:
    store = open_store()
    claim = store.claim_slot(SLOT, "one:1", seconds=60)
    assert claim is not None
    end_leases(store_url)
    run = store.begin_run(trigger="nightly", mode=Mode.AUTO, actor="scheduler")
    store.begin_slot_run(claim, run)
    assert open_store().claim_slot(SLOT, "two:2", seconds=60) is None
    end_leases(store_url)
    store.renew_slot(claim)
    assert open_store().claim_slot(SLOT, "two:2", seconds=60) is None


def test_a_slot_that_is_put_off_waits_for_its_time_or_for_a_person(store_url: str, open_store: OpenStore) -> None:
    store = open_store()
    claim = store.claim_slot(SLOT, "one:1", seconds=60)
    assert claim is not None
    store.put_off_slot(claim, seconds=900, run=None, exit_code=3, detail="Jira is down")
    assert store.claim_slot(SLOT, "two:2", seconds=60) is None
    row = store.slot(SLOT.day)
    assert row is not None
    assert (row.state, row.free, row.detail) == (SlotState.DUE, False, "Jira is down")
    asked = store.claim_slot(SLOT, "a person", seconds=60, again=True)
    assert asked is not None
    store.put_off_slot(asked, seconds=900, run=None, exit_code=3, detail="still")
    end_leases(store_url)
    third = store.claim_slot(SLOT, "two:2", seconds=60)
    assert third is not None
    assert third.attempt == 3


@pytest.mark.parametrize("state", [SlotState.DONE, SlotState.FAILED])
def test_an_ended_slot_is_run_again_only_when_it_failed_and_a_person_asks(
    open_store: OpenStore, state: SlotState
) -> None:
    store = open_store()
    claim = store.claim_slot(SLOT, "one:1", seconds=60)
    assert claim is not None
    store.finish_slot(claim, state, exit_code=0)
    assert store.claim_slot(SLOT, "two:2", seconds=60) is None
    assert (store.claim_slot(SLOT, "two:2", seconds=60, again=True) is not None) is (state is SlotState.FAILED)


def test_missed_slots_are_noted_once_and_change_nothing_that_is_known(open_store: OpenStore) -> None:
    store = open_store()
    claim = store.claim_slot(SLOT, "one:1", seconds=60)
    assert claim is not None
    later = [Slot(SLOT.day + timedelta(days=n), NOON + timedelta(days=n)) for n in range(3)]
    store.miss_slots(later, "nobody was there")
    store.miss_slots(later, "nobody was there, said again")
    assert [(row.day.day, row.state.value) for row in store.slots(9)] == [(3, "missed"), (2, "missed"), (1, "running")]
    assert store.slots(1)[0].detail == "nobody was there"


def test_two_processes_that_race_for_twenty_slots_run_each_once(store_url: str, open_store: OpenStore) -> None:
    open_store()
    command = [sys.executable, str(Path(__file__).parent / "store_process.py"), "race for slots", store_url]
    racers = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    for racer in racers:
        assert racer.stdout is not None
        assert json.loads(racer.stdout.readline()) == {"ready": True}
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()
    won = [json.loads(racer.communicate(timeout=60)[0])["won"] for racer in racers]
    assert sorted(won[0] + won[1]) == list(range(20))
    assert all(row.state is SlotState.DONE and row.attempt == 1 for row in open_store().slots(30))
