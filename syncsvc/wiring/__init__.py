"""The one place that builds store, connectors and service from the configuration."""

from syncsvc.wiring.connectors import Clock
from syncsvc.wiring.problems import find_problems
from syncsvc.wiring.stored_snapshots import open_snapshot_as_of, open_stored_snapshot
from syncsvc.wiring.wiring import Wiring, wire

__all__ = [
    "Clock",
    "Wiring",
    "find_problems",
    "open_snapshot_as_of",
    "open_stored_snapshot",
    "wire",
]
