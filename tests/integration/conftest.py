"""Stores to test against, on SQLite and on PostgreSQL."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from syncsvc.model import Mode, Snapshot
from syncsvc.store import Lease, Store, upgrade
from tests.builders import NOON
from tests.postgresql import Databases


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


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite store with the schema of this version and nothing in it, to copy."""
    path = tmp_path_factory.mktemp("migrated") / "store.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An address on each engine where there is no store yet; a store with nothing in it for a test that opens it."""
    opens = "open_store" in request.fixturenames
    if request.param == "sqlite":
        path = tmp_path / "store.db"
        if opens:
            shutil.copyfile(request.getfixturevalue("migrated_file"), path)
        yield f"sqlite:///{path}"
        return
    databases: Databases = request.getfixturevalue("postgresql")
    url = databases.migrated() if opens else databases.empty()
    yield url
    databases.drop(url)


@pytest.fixture
def clock() -> Clock:
    """Noon, until it is moved."""
    return Clock()


@pytest.fixture
def open_store(store_url: str, clock: Clock) -> Iterator[Callable[[], Store]]:
    """Opens the store as often as a test wants, as so many processes would."""
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
