"""The command line by another clock, which begins at INSTANT and goes on: clocked.py INSTANT ARGUMENT..."""

import sys
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from syncsvc.cli.frame import run

if __name__ == "__main__":
    behind = datetime.now(UTC) - datetime.fromisoformat(sys.argv[1])
    sys.exit(run(sys.argv[2:], now=lambda: datetime.now(UTC) - behind))
