"""Runs, and the lease that lets only one of them write: within a process, across processes, after a death."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from syncsvc.errors import ExitCode, LeaseHeld, LeaseLost
from syncsvc.model import Mode
from syncsvc.store import Lease, Run, Store, upgrade
from tests.builders import NOON, export, milestone

PROCESS = Path(__file__).with_name("store_process.py")


def test_runs_are_numbered_from_one_and_found_newest_first(opened: Any) -> None:
    store = opened.store
    opened.clock.move(minutes=5)
    second = store.begin_run(trigger="manual", mode=None, actor="anna")
    opened.clock.move(minutes=1)
    store.finish_run(second, exit_code=ExitCode.WAITING, body={"schema": "syncsvc.run/1", "receipts": [], "plan": None})

    assert (opened.run, second) == (1, 2)
    first, later = Run(1, "nightly", Mode.AUTO, "scheduler", NOON), NOON + timedelta(minutes=5)
    body = {"schema": "syncsvc.run/1", "receipts": [], "plan": None}
    last = Run(2, "manual", None, "anna", later, later + timedelta(minutes=1), 4, None, body)
    assert store.runs(10) == [last, first]
    assert store.runs(1) == [store.latest_run()] == [last]
    assert store.run(1) == first
    assert store.run(3) is None


def test_a_store_is_known_again_by_its_first_run(open_store: Callable[[], Store], clock: Any, tmp_path: Path) -> None:
    store = open_store()
    unused = store.identity()
    store.begin_run(trigger="nightly", mode=Mode.AUTO, actor="scheduler")
    identity = store.identity()
    clock.move(minutes=1)
    store.begin_run(trigger="nightly", mode=Mode.AUTO, actor="scheduler")
    assert store.identity() == open_store().identity() == identity != unused
    url = f"sqlite:///{tmp_path / 'other.db'}"
    upgrade(url)
    other = Store.open(url, now=clock)
    other.begin_run(trigger="nightly", mode=Mode.AUTO, actor="scheduler")
    assert other.identity() != identity
    other.close()


def test_only_one_has_the_lease_and_the_other_is_told_who(open_store: Callable[[], Store]) -> None:
    store, other = open_store(), open_store()
    lease = store.take_lease("host-a:17 nightly", seconds=60)
    with pytest.raises(LeaseHeld, match="host-a:17 nightly, until 20") as held:
        other.take_lease("host-b:4 manual")
    assert held.value.exit_code is ExitCode.LEASE
    until = datetime.strptime(str(held.value.message)[-23:-4], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    assert abs(until - datetime.now(UTC) - timedelta(seconds=60)) < timedelta(seconds=15), "not the injected clock"

    store.release_lease(lease)
    assert other.take_lease("host-b:4 manual") == Lease("host-b:4 manual", lease.token + 1, 90)


def test_a_lease_that_ran_out_goes_to_the_next_and_never_comes_back(open_store: Callable[[], Store]) -> None:
    store, other = open_store(), open_store()
    lease = store.take_lease("first", seconds=0)
    store.renew_lease(lease)  # late, and nobody took it
    taken = other.take_lease("second")
    with pytest.raises(LeaseLost, match="first ran out, and second took over"):
        store.renew_lease(lease)
    store.release_lease(lease)  # quiet, and not the other one's
    other.renew_lease(taken)
    with pytest.raises(LeaseHeld):
        store.take_lease("third")


def test_nothing_is_begun_in_the_last_moment_but_what_was_done_is_told(opened: Any) -> None:
    """Out of time and not taken over: no new intents, yet a snapshot that was read may still be kept."""
    opened.store.release_lease(opened.lease)
    lease = opened.store.take_lease("slow", seconds=0)
    assert opened.store.save_snapshot(lease, opened.run, export(milestone("A-1"))).edition == 1
    with pytest.raises(LeaseLost, match="slow ran out or was given back"):
        opened.store.commit_intents(lease, opened.run, 1, [])


def test_a_lease_given_back_writes_nothing(opened: Any) -> None:
    opened.store.release_lease(opened.lease)
    with pytest.raises(LeaseLost):
        opened.save(export(milestone("A-1")))
    assert opened.store.snapshot_heads() == []


def test_of_many_at_once_one_gets_it(open_store: Callable[[], Store]) -> None:
    got: list[Lease] = []
    refused: list[LeaseHeld] = []

    def take(store: Store, name: str) -> None:
        try:
            got.append(store.take_lease(name))
        except LeaseHeld as error:
            refused.append(error)

    threads = [Thread(target=take, args=(open_store(), f"thread {n}")) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(got), len(refused)) == (1, 7)


@pytest.fixture
def start(store_url: str, open_store: Callable[[], Store]) -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    """Starts another process on the same store; it says a line of JSON whenever it has done something."""
    started: list[subprocess.Popen[str]] = []

    def start_one(verb: str) -> subprocess.Popen[str]:
        command = [sys.executable, str(PROCESS), verb, store_url]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        started.append(process)
        return process

    yield start_one
    for process in started:
        process.kill()
        process.communicate()


def said(process: subprocess.Popen[str]) -> Any:
    assert process.stdout is not None
    return json.loads(process.stdout.readline())


def take_soon(store: Store, owner: str) -> Lease:
    """The lease, as soon as the one who has it runs out of time."""
    for _ in range(100):
        try:
            return store.take_lease(owner)
        except LeaseHeld:
            time.sleep(0.1)
    pytest.fail("the lease did not end by itself")


def test_the_lease_of_a_killed_process_ends_by_itself(
    open_store: Callable[[], Store], start: Callable[[str], subprocess.Popen[str]]
) -> None:
    store, process = open_store(), start("hold")
    token = said(process)["token"]
    with pytest.raises(LeaseHeld, match="the other process"):
        store.take_lease("this one")
    process.kill()
    assert take_soon(store, "this one").token == token + 1


def test_a_suspended_process_cannot_write_after_another_took_over(
    open_store: Callable[[], Store], start: Callable[[str], subprocess.Popen[str]]
) -> None:
    store, process = open_store(), start("write when told")
    assert said(process)["intents"] == 1
    process.send_signal(signal.SIGSTOP)
    lease = take_soon(store, "this one")
    process.send_signal(signal.SIGCONT)
    assert process.stdin is not None
    process.stdin.write("now\n")
    process.stdin.flush()
    assert said(process) == {
        "commit_intents": "LeaseLost",
        "commit_receipts": "LeaseLost",
        "save_snapshot": "LeaseLost",
        "record_baselines": "LeaseLost",
        "save_plan": "LeaseLost",
        "finish_applying": "LeaseLost",
        "renew_lease": "LeaseLost",
        "release_lease": None,
    }
    assert [event.event for event in store.events()] == ["intent"]
    assert [intent.change.key for intent in store.open_intents()] == ["DM-1"], "left for this one to settle"
    store.renew_lease(lease)
