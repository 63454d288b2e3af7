"""What keeping a snapshot costs against the bare insertion of the same rows, and the next one, where 1 % has changed.

Run by hand: python tests/bench/bench_store.py. Only the ratios say something: the floor is executemany (SQLite) or
COPY (PostgreSQL) of the rows of one whole snapshot, with a commit, in the same run on the same machine. How a store
grows over a year is in bench_growth.py.
"""

import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import psycopg
from sqlalchemy import make_url

from syncsvc.model import Milestone, Snapshot
from syncsvc.store import Store, upgrade
from syncsvc.store.codec import encode
from tests.builders import NOON, export, milestone
from tests.postgresql import Databases, find_programs, running_server

DUE = date(2019, 5, 31)
COLUMNS = "stream int, code text, from_seq int, to_seq int, body text, PRIMARY KEY (stream, code, from_seq)"
TIMES = 5


def seconds_of(work: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def rows_of(milestones: tuple[Milestone, ...]) -> list[tuple[Any, ...]]:
    return [(1, each.code, 1, 2**31 - 1, encode(each, without=("code", "where"))) for each in milestones]


def floor_sqlite(rows: list[tuple[Any, ...]], path: Path) -> float:
    raw = sqlite3.connect(path)
    raw.execute("PRAGMA journal_mode = WAL")
    raw.execute("PRAGMA synchronous = NORMAL")
    raw.execute(f"CREATE TABLE floor ({COLUMNS}) WITHOUT ROWID")

    def work() -> None:
        raw.executemany("INSERT INTO floor VALUES (?, ?, ?, ?, ?)", rows)
        raw.commit()

    taken = seconds_of(work)
    raw.close()
    return taken


def floor_postgresql(rows: list[tuple[Any, ...]], url: str) -> float:
    at = make_url(url)
    raw = psycopg.connect(host=str(at.query.get("host", at.host)), user=at.username, dbname=at.database)
    raw.execute(f"CREATE TABLE floor ({COLUMNS})")
    raw.commit()

    def work() -> None:
        with raw.cursor() as cursor, cursor.copy("COPY floor FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        raw.commit()

    taken = seconds_of(work)
    raw.close()
    return taken


def save(url: str, *snapshots: Snapshot) -> list[float]:
    """Seconds that each takes, one after the other into one store."""
    store = Store.open(url, now=lambda: NOON)
    lease = store.take_lease("bench")
    run = store.begin_run(trigger="manual", mode=None, actor="bench")
    taken = [seconds_of(partial(store.save_snapshot, lease, run, snapshot)) for snapshot in snapshots]
    store.close()
    return taken


def nights(count: int) -> tuple[Snapshot, Snapshot]:
    """A snapshot, and the one of the next night."""
    milestones = [milestone(f"M-{number:06}", DUE + timedelta(days=number % 500)) for number in range(count)]
    moved = [replace(each, due=DUE) if at % 100 == 99 else each for at, each in enumerate(milestones)]
    return export(*milestones), replace(export(*moved), sha256="1" * 64)


def main() -> None:
    programs = find_programs()
    assert programs is not None, "PostgreSQL is absent; Debian has it in postgresql"
    with running_server(programs) as server:
        databases = Databases(server)
        for count in (10_000, 100_000):
            first, second = nights(count)
            rows = rows_of(first.milestones)
            for engine, target in (("sqlite", 2.5), ("postgresql", 6.0)):
                taken = []
                for _ in range(TIMES):
                    with tempfile.TemporaryDirectory() as folder:
                        if engine == "sqlite":
                            floor, url = floor_sqlite(rows, Path(folder) / "floor.db"), f"sqlite:///{folder}/store.db"
                            upgrade(url)
                        else:
                            url = databases.migrated()
                            floor = floor_postgresql(rows, url)
                        taken.append((floor, *save(url, first, second)))
                        if engine == "postgresql":
                            databases.drop(url)
                floor, saved, again = (statistics.median(each) for each in zip(*taken, strict=True))
                print(f"{engine:<11}{count:>8} milestones: {saved:.2f} s, bare {floor:.2f} s: {saved / floor:.1f}x "
                      f"(target {target}x); the next night {again / floor:.1f}x")  # fmt: skip


if __name__ == "__main__":
    main()
