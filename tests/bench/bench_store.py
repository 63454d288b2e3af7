"""What keeping a snapshot costs against the bare insertion of the same rows, and how a store grows over a year.

Run by hand: python tests/bench/bench_store.py [NIGHTS]. Only the ratios say something: the floor is executemany
(SQLite) or COPY (PostgreSQL) of the same rows, with a commit, in the same run on the same machine.
"""

import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import psycopg
from sqlalchemy import func, make_url, select

from syncsvc.model import Milestone
from syncsvc.store import Store, tables, upgrade
from syncsvc.store.codec import encode
from tests.builders import NOON, export, issue, milestone, tracked
from tests.postgresql import Databases, find_programs, running_server

DUE = date(2019, 5, 31)
COLUMNS = "stream int, code text, from_seq int, to_seq int, body text, PRIMARY KEY (stream, code, from_seq)"
TIMES = 3


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


def save(url: str, milestones: tuple[Milestone, ...]) -> float:
    store = Store.open(url, now=lambda: NOON)
    lease = store.take_lease("bench")
    run = store.begin_run(trigger="manual", mode=None, actor="bench")
    taken = seconds_of(lambda: store.save_snapshot(lease, run, export(*milestones)))
    store.close()
    return taken


def bench_saving(databases: Databases) -> None:
    for count in (10_000, 100_000):
        milestones = tuple(milestone(f"M-{number:06}", DUE + timedelta(days=number % 500)) for number in range(count))
        rows = rows_of(milestones)
        for engine, target in (("sqlite", 2.5), ("postgresql", 6.0)):
            pairs = []
            for _ in range(TIMES):
                with tempfile.TemporaryDirectory() as folder:
                    if engine == "sqlite":
                        floor, url = floor_sqlite(rows, Path(folder) / "floor.db"), f"sqlite:///{folder}/store.db"
                        upgrade(url)
                    else:
                        url = databases.migrated()
                        floor = floor_postgresql(rows, url)
                    pairs.append((floor, save(url, milestones)))
                    if engine == "postgresql":
                        databases.drop(url)
            floor, saved = (statistics.median(each) for each in zip(*pairs, strict=True))
            print(f"{engine:<11}{count:>8} milestones: {saved:.2f} s, bare {floor:.2f} s: "
                  f"{saved / floor:.1f}x (target {target}x)")  # fmt: skip


def bench_growth(nights: int, count: int = 2_000) -> None:
    random, changes = Random(1), 0
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(f"sqlite:///{folder}/store.db", now=lambda: NOON)
        lease, run = store.take_lease("bench", seconds=10**6), store.begin_run(trigger="b", mode=None, actor="b")
        shown = {f"DM-{number}": issue(f"DM-{number}", DUE) for number in range(count)}
        store.save_snapshot(lease, run, tracked(*shown.values()))
        before = _rows(store)
        for _ in range(nights):
            for key in random.sample(sorted(shown), count // 100 // 30 + (random.random() < count / 100 / 30 % 1)):
                shown[key] = replace(shown[key], due=shown[key].due + timedelta(days=random.randint(1, 90)))
                changes += 1
            store.save_snapshot(lease, run, tracked(*shown.values()))
        grown = _rows(store) - before
        store.close()
    print(f"{nights} nights of {count} milestones, 1 % a month: {grown} rows for {changes} changes:")
    print(f"{grown / changes:.1f}x; without the row that each night is: {(grown - nights) / changes:.1f}x (target 3x)")


def _rows(store: Store) -> int:
    with store._engine.connect() as connection:
        return sum(
            int(connection.execute(select(func.count()).select_from(table)).scalar_one())
            for table in tables.metadata.sorted_tables
        )


if __name__ == "__main__":
    programs = find_programs()
    assert programs is not None, "PostgreSQL is absent; Debian has it in postgresql"
    with running_server(programs) as server:
        bench_saving(Databases(server))
    bench_growth(int(sys.argv[1]) if len(sys.argv) > 1 else 365)
