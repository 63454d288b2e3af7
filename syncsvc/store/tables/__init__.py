"""The tables, as SQLAlchemy Core sees them. migrations/versions makes them; a test compares the two.

Only what SQLite and PostgreSQL both have. Names are the words of the domain.
"""

from syncsvc.store.tables.agreed import baseline, proposal, undone, written
from syncsvc.store.tables.base import database_seconds, metadata
from syncsvc.store.tables.decided import accepted_link, decision, narrative
from syncsvc.store.tables.nights import delivery, lease, notice, result, run, slot
from syncsvc.store.tables.observed import STANDING, done, issue, part, reading, seen, snapshot, stream, version
from syncsvc.store.tables.persons import page_key, person, visit
from syncsvc.store.tables.planned import audit, hold, making, open_intent, waiver

__all__ = [
    "STANDING",
    "accepted_link",
    "audit",
    "baseline",
    "database_seconds",
    "decision",
    "delivery",
    "done",
    "hold",
    "issue",
    "lease",
    "making",
    "metadata",
    "narrative",
    "notice",
    "open_intent",
    "page_key",
    "part",
    "person",
    "proposal",
    "reading",
    "result",
    "run",
    "seen",
    "slot",
    "snapshot",
    "stream",
    "undone",
    "version",
    "visit",
    "waiver",
    "written",
]
