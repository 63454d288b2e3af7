"""A process that dies in the middle of a transaction leaves a whole store: all of what it wrote, or nothing."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from syncsvc.model import Field, Mode, Plan, Side
from syncsvc.store import Store
from tests.builders import NOON, change, export, issue, milestone, tracked
from tests.stored import issue_ids

PROCESS = Path(__file__).with_name("store_process.py")
DUE = date(2019, 6, 28)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of one store for each statement before which a process died."""
    folder = tmp_path_factory.mktemp("crash")
    store = Store.open(f"sqlite:///{folder / 'base.db'}", now=lambda: NOON)
    lease = store.take_lease("base")
    run = store.begin_run(trigger="nightly", mode=Mode.AUTO, actor="scheduler")
    store.save_snapshot(lease, run, export(milestone("A-1", DUE)))
    store.save_snapshot(lease, run, tracked(issue("DM-1", DUE), issue("DM-3")))
    changes = (
        change("DM-1", Field.DUE, DUE, date(2019, 7, 1)),
        change("DM-2", Field.COMPLETED, None, DUE, target=Side.PMCS),
    )
    plan = Plan("p-1234567890", Mode.AUTO, changes, (), {}, (), (), {}, NOON, NOON.replace(year=2020))
    making = store.save_plan(lease, run, plan, []).making
    store.begin_applying(lease, run, making)
    store.commit_intents(lease, run, making, changes)
    store.close()
    command = [sys.executable, str(PROCESS), "die at each statement", str(folder)]
    died = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert len(json.loads(died)["died"]) > 20
    return folder


def everything_in(path: Path) -> dict[str, Any]:
    """What a store gives back, and what SQLite says of its file."""
    store = Store.open(f"sqlite:///{path}", now=lambda: NOON)
    try:
        heads = store.snapshot_heads()
        told = {
            "heads": heads,
            "snapshots": [store.snapshot(head.id) for head in heads],
            "memory": store.memory(),
            "issue_ids": issue_ids(store),
            "open": store.open_intents(),
            "events": store.events(),
        }
    finally:
        store.close()
    with sqlite3.connect(path) as raw:
        assert raw.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert raw.execute("PRAGMA foreign_key_check").fetchall() == []
        told["versions"] = raw.execute("SELECT * FROM version").fetchall()
        told["parts"] = raw.execute("SELECT * FROM part").fetchall()
    raw.close()
    return told


@pytest.mark.parametrize("name", ["save", "receipts"])
def test_all_or_nothing(folder: Path, name: str) -> None:
    before, after = everything_in(folder / "base.db"), everything_in(folder / f"{name}-whole.db")
    assert before != after
    assert after["events" if name == "receipts" else "heads"] != before["events" if name == "receipts" else "heads"]
    for path in sorted(_copies(folder, name)):
        assert everything_in(path) in (before, after), path.name


def _copies(folder: Path, name: str) -> Iterator[Path]:
    return folder.glob(f"{name}-[0-9]*.db")
