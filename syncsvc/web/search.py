"""The last look into Jira for issues that milestones without a link may belong to, kept until another one is asked for.

It may take a minute, so that it is begun by a button and by nothing else; what it found lives as long as the process.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from syncsvc.service import Suggestions


@dataclass(frozen=True, slots=True)
class Found:
    """What was found, for which export, and who asked for it when."""

    suggestions: Suggestions
    export: int | None
    actor: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Looking:
    """Who has Jira looked through, since when."""

    actor: str
    at: datetime


class Search:
    """One look at a time; everybody sees what the last one found."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.found: Found | None = None
        self.looking: Looking | None = None

    def look(self, who: Looking, find: Callable[[], Found]) -> Looking | None:
        """Keep what `find` brings; or who is looking already, and nothing is done."""
        with self._lock:
            if self.looking is not None:
                return self.looking
            self.looking = who
        try:
            self.found = find()
        finally:
            self.looking = None
        return None
