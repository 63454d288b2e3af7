"""Stores to test against: SQLite, and PostgreSQL too where SYNCSVC_TEST_PG names a database made for tests."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from syncsvc.model import Mode, Snapshot
from syncsvc.store import Lease, Store, upgrade
from syncsvc.store.engine import open_engine
from tests.builders import NOON

POSTGRESQL = os.environ.get("SYNCSVC_TEST_PG")


@dataclass
class Clock:
    """A clock that stands until it is moved."""

    at: datetime = NOON

    def __call__(self) -> datetime:
        return self.at

    def move(self, **by: float) -> None:
        self.at += timedelta(**by)


@dataclass(frozen=True)
class Opened:
    """An open store with a run and the lease, as every run of the service has them."""

    store: Store
    clock: Clock
    run: int
    lease: Lease

    def save(self, snapshot: Snapshot) -> Snapshot:
        return self.store.save_snapshot(self.lease, self.run, snapshot)

    def another_run(self, *, actor: str = "scheduler") -> int:
        return self.store.begin_run(trigger="nightly", mode=Mode.AUTO, actor=actor)


@pytest.fixture(params=["sqlite", *(["postgresql"] if POSTGRESQL else [])])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An address where there is no store yet."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.db'}"
    assert POSTGRESQL is not None
    assert "test" in (make_url(POSTGRESQL).database or ""), (
        "everything in the database SYNCSVC_TEST_PG names is dropped"
    )
    engine = open_engine(POSTGRESQL)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
    return POSTGRESQL


@pytest.fixture
def clock() -> Clock:
    """Noon, until it is moved."""
    return Clock()


@pytest.fixture
def open_store(store_url: str, clock: Clock) -> Iterator[Callable[[], Store]]:
    """Opens the store as often as a test wants, as so many processes would."""
    upgrade(store_url)
    stores: list[Store] = []

    def open_once_more() -> Store:
        stores.append(Store.open(store_url, now=clock))
        return stores[-1]

    yield open_once_more
    for store in stores:
        store.close()


@pytest.fixture
def opened(open_store: Callable[[], Store], clock: Clock) -> Opened:
    """An open store with a run and the lease."""
    store = open_store()
    lease = store.take_lease("this host:1 nightly")
    return Opened(store, clock, store.begin_run(trigger="nightly", mode=Mode.AUTO, actor="scheduler"), lease)
