"""The command line by another clock, which begins at INSTANT and goes on: clocked.py INSTANT ARGUMENT...

With SYNCSVC_TEST_LEASE_SECONDS in the environment leases are that short, and what waits for one to end looks often.
"""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from syncsvc import schedule
from syncsvc.cli.frame import run
from syncsvc.service import nights, session

if __name__ == "__main__":
    if short := os.environ.get("SYNCSVC_TEST_LEASE_SECONDS"):
        session.LEASE_SECONDS, nights.SLOT_SECONDS = int(short), int(short) + 1  # type: ignore[misc]
        schedule.HEARTBEAT_SECONDS = 1  # type: ignore[misc]
    behind = datetime.now(UTC) - datetime.fromisoformat(sys.argv[1])
    sys.exit(run(sys.argv[2:], now=lambda: datetime.now(UTC) - behind))
