"""Another process on a store, for the tests that suspend and kill one: store_process.py VERB URL-OR-FOLDER."""

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from syncsvc.errors import SyncsvcError
from syncsvc.model import Field, Mode, Outcome, Plan, Receipt
from syncsvc.slots import Slot, SlotState
from syncsvc.store import Lease, Store
from tests.builders import NOON, change, export, issue, milestone, tracked

DUE = date(2019, 6, 28)
PLAN = Plan("p-1234567890", Mode.AUTO, (), (), {}, (), (), {}, NOON, NOON.replace(year=2020))
CHANGE = change("DM-1", Field.DUE, None, DUE)


def say(what: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def hold(url: str) -> None:
    """Take the lease, say so, and wait to be killed."""
    say({"token": Store.open(url, now=lambda: NOON).take_lease("the other process", seconds=2).token})
    sys.stdin.readline()


def write_when_told(url: str) -> None:
    """Take the lease, commit an intent, wait, and try to go on as if no time had passed."""
    store = Store.open(url, now=lambda: NOON)
    lease = store.take_lease("the other process", seconds=2)
    run = store.begin_run(trigger="nightly", mode=Mode.AUTO, actor="scheduler")
    making = store.save_plan(lease, run, PLAN, []).making
    store.begin_applying(lease, run, making)
    intents = store.commit_intents(lease, run, making, [CHANGE])
    say({"intents": len(intents)})
    sys.stdin.readline()
    applied = Receipt(CHANGE, Outcome.APPLIED, confirmed=True)
    attempts: dict[str, Callable[[], object]] = {
        "commit_intents": lambda: store.commit_intents(lease, run, making, [CHANGE]),
        "commit_receipts": lambda: store.commit_receipts(lease, run, [(intents[0], applied)]),
        "save_snapshot": lambda: store.save_snapshot(lease, run, export(milestone("A-1"))),
        "record_baselines": lambda: store.record_baselines(lease, run, {CHANGE.link_key: DUE}),
        "save_plan": lambda: store.save_plan(lease, run, replace(PLAN, id="p-other"), []),
        "finish_applying": lambda: store.finish_applying(lease, run, making),
        "renew_lease": lambda: store.renew_lease(lease),
        "release_lease": lambda: store.release_lease(lease),
    }
    say({name: _error_of(attempt) for name, attempt in attempts.items()})


def race_for_slots(url: str) -> None:
    """When told to, try to get each of twenty slots and end the ones that were got; say which."""
    store = Store.open(url, now=lambda: NOON)
    say({"ready": True})
    sys.stdin.readline()
    won = []
    for number in range(20):
        slot = Slot(NOON.date() + timedelta(days=number), NOON)
        claim = store.claim_slot(slot, f"racer {os.getpid()}", seconds=60)
        if claim is not None:
            won.append(number)
            store.finish_slot(claim, SlotState.DONE, exit_code=0)
    say({"won": won})


def die_at_each_statement(folder: str) -> None:
    """For each statement of a save and of receipts: on a copy of base.db, die by SIGKILL just before it."""
    died = []
    for name in ("save", "receipts"):
        for last in count(1):
            copy = Path(folder) / f"{name}-{last}.db"
            shutil.copy(Path(folder) / "base.db", copy)
            child = os.fork()
            if child == 0:
                _die_before(last, name, f"sqlite:///{copy}")
                os._exit(0)
            if os.waitpid(child, 0)[1] == 0:
                break
            died.append(copy.name)
        copy.rename(Path(folder) / f"{name}-whole.db")
    say({"died": died})


def _die_before(last: int, name: str, url: str) -> None:
    store = Store.open(url, now=lambda: NOON)
    lease = Lease("base", 1, 90)
    statements = count(1)

    def die_in_time(*_: Any) -> None:
        if next(statements) == last:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "before_cursor_execute", die_in_time)
    event.listen(Engine, "commit", die_in_time)
    if name == "save":
        moved = issue("DLP-1", DUE, date(2019, 4, 2), issue_id="id-DM-1")
        store.save_snapshot(lease, 1, tracked(moved, issue("DM-2"), moved={"DM-1": "DLP-1"}))
    else:
        due, completed = store.open_intents()
        applied = Receipt(due.change, Outcome.APPLIED, confirmed=True)
        handed_over = Receipt(completed.change, Outcome.HANDED_OVER, "/outbox/x.xlsx")
        store.commit_receipts(lease, 1, [(due.id, applied), (completed.id, handed_over)], handed_over_on=DUE)
    store.close()  # which brings what was committed into the file itself


def _error_of(attempt: Callable[[], object]) -> str | None:
    try:
        attempt()
    except SyncsvcError as error:
        return type(error).__name__
    return None


if __name__ == "__main__":
    verbs = {
        "hold": hold,
        "write when told": write_when_told,
        "race for slots": race_for_slots,
        "die at each statement": die_at_each_statement,
    }
    verbs[sys.argv[1]](sys.argv[2])
