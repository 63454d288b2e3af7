"""The store: everything that was seen, agreed, planned, written and decided.

Each method is one short transaction, named for what somebody wants to do. Nothing of SQLAlchemy leaves this package.
"""

from collections.abc import Callable
from datetime import datetime

from syncsvc.model import Event
from syncsvc.store.accepted_links import AcceptedLinkStore
from syncsvc.store.arrivals import ArrivalStore
from syncsvc.store.audit import AuditStore
from syncsvc.store.decisions import DecisionStore
from syncsvc.store.engine import open_engine
from syncsvc.store.health import HealthStore
from syncsvc.store.histories import HistoryStore
from syncsvc.store.holds import HoldStore
from syncsvc.store.memory import MemoryStore
from syncsvc.store.migrate import current, head, require_head, upgrade
from syncsvc.store.narratives import NarrativeStore
from syncsvc.store.notices import Delivery, Restated
from syncsvc.store.persons import PersonStore
from syncsvc.store.plans import PlanStore, StoredPlan, Waiver
from syncsvc.store.pruning import Pruning, PruningStore
from syncsvc.store.results import ResultStore
from syncsvc.store.runs import Lease, Run, RunStore
from syncsvc.store.sightings import LastMove, SightingStore
from syncsvc.store.snapshots import SnapshotHead, SnapshotStore
from syncsvc.store.writing import OpenIntent, SoFar, WritingStore

__all__ = [
    "Delivery",
    "Event",
    "LastMove",
    "Lease",
    "OpenIntent",
    "Pruning",
    "Restated",
    "Run",
    "SnapshotHead",
    "SoFar",
    "Store",
    "StoredPlan",
    "Waiver",
    "current",
    "head",
    "upgrade",
]


class Store(
    RunStore,
    ArrivalStore,
    SnapshotStore,
    HistoryStore,
    SightingStore,
    MemoryStore,
    PlanStore,
    WritingStore,
    HoldStore,
    AuditStore,
    ResultStore,
    DecisionStore,
    NarrativeStore,
    AcceptedLinkStore,
    HealthStore,  # with slots and notices
    PruningStore,
    PersonStore,
):
    """One store, open. Any number of threads and processes may have one open on the same database."""

    @staticmethod
    def open(url: str, *, now: Callable[[], datetime]) -> "Store":
        """Open a store; a SQLite file that is not there yet is made. SchemaBehind when its schema is not at head.

        `now` is the clock of everything that is told; the lease goes by the database's own.
        """
        engine = open_engine(url)
        try:
            require_head(engine)
        except BaseException:
            engine.dispose()
            raise
        return Store(engine, now)
