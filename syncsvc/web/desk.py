"""What the pages work at: one open store, the configuration as its files stand now, and what was looked up before.

Looking at both sides takes a second where there are ten thousand milestones, and changes only with the store. What is
made once is kept until the store, the configuration or the day at the site is another.
"""

import threading
import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from syncsvc.errors import LeaseHeld
from syncsvc.health import Health
from syncsvc.links import LinksFile
from syncsvc.reporting import Reporting
from syncsvc.service import Service, Setup
from syncsvc.settings import Settings
from syncsvc.store import Run, Store
from syncsvc.web.search import Search
from syncsvc.web.work import Work
from syncsvc.wiring import Clock, Wiring

V = TypeVar("V")

#: How long who decides waits for another one to be done, and how often is looked.
PATIENCE_SECONDS = 20.0
_PAUSE_SECONDS = 0.1
_MOST_KEPT = 256


@dataclass(frozen=True, slots=True)
class Configured:
    """One state of the configuration, read once: settings, links and what reads both sides in the store."""

    files: tuple[object, ...]
    wiring: Wiring
    links: LinksFile
    setup: Setup

    @property
    def settings(self) -> Settings:
        """The configuration file."""
        return self.wiring.settings

    @property
    def reporting(self) -> Reporting:
        """Reports from the store under this configuration."""
        return Reporting(self.settings, self.setup.store, self.links)


class Desk:
    """One for all requests of a process. `stopping` tells an apply to begin no further batch of writes."""

    def __init__(self, wire: Callable[[], Wiring], now: Clock, *, stopping: Callable[[], bool] = lambda: False) -> None:
        self._wire = wire
        self._stopping = stopping
        self._reading = threading.RLock()
        self._making = threading.RLock()
        self._deciding = threading.Lock()
        self._kept: dict[tuple[Hashable, Hashable], tuple[Any]] = {}
        self._configured: Configured | None = None
        self.now = now
        self.store: Store = wire().open_store()
        self.work = Work(now)
        self.search = Search()

    def configured(self) -> Configured:
        """The configuration as its files stand now. ConfigError in words while they are wrong."""
        with self._reading:
            if self._configured is None or self._configured.files != _stamps(self._configured.wiring):
                wiring = self._wire()
                links = wiring.links()
                self._configured = Configured(_stamps(wiring), wiring, links, wiring.setup(self.store))
            return self._configured

    def health(self) -> Health:
        """How the nights are doing, whatever is wrong with the configuration meanwhile."""
        with self._reading:
            wiring = self._wire() if self._configured is None else self._configured.wiring
        health, _ = wiring.health(self.store)
        return health

    def mark(self) -> tuple[object, ...]:
        """While it is the same, so is everything that can be shown, but for what the clock alone changes. One query."""
        configured = self.configured()
        return (*self.store.mark(), configured.files, configured.setup.today())

    def once(self, mark: Hashable, name: Hashable, make: Callable[[], V]) -> V:
        """What `make` gives, made by one thread and kept while `mark` is the newest."""
        place = (mark, name)
        kept = self._kept.get(place)
        if kept is None:
            with self._making:
                kept = self._kept.get(place)
                if kept is None:
                    kept = (make(),)
                    stale = [each for each in self._kept if each[0] != mark]
                    for each in stale or list(self._kept)[: max(0, len(self._kept) - _MOST_KEPT)]:
                        del self._kept[each]
                    self._kept[place] = kept
        made: V = kept[0]
        return made

    @contextmanager
    def service(self, actor: str, begun: Callable[[int], None] = lambda run: None) -> Iterator[Service]:
        """The service in the name of an actor, built afresh, since links and tokens change."""
        setup = replace(self._wire().setup(), stopping=self._stopping, begun=begun)
        try:
            yield Service(setup, actor)
        finally:
            setup.close()

    def act(
        self,
        actor: str,
        use: Callable[[Service], V],
        *,
        begun: Callable[[int], None] = lambda run: None,
        patience_seconds: float | None = None,
    ) -> V:
        """What `use` does with the service, once whoever is at work is done. LeaseHeld where that takes too long.

        `begun` is told the number of each run as it begins.
        """
        patience = PATIENCE_SECONDS if patience_seconds is None else min(patience_seconds, PATIENCE_SECONDS)
        until = time.monotonic() + patience
        if not self._deciding.acquire(timeout=patience):
            raise self._who_is_at_work() or LeaseHeld("Somebody else's decisions are being kept")
        try:
            with self.service(actor, begun) as service:
                while True:
                    try:
                        return use(service)
                    except LeaseHeld as error:
                        if time.monotonic() >= until:
                            raise self._who_is_at_work() or error from None
                    time.sleep(_PAUSE_SECONDS)
        finally:
            self._deciding.release()

    def run_at_work(self) -> Run | None:
        """The run that has the lease now; None where there is none, or it has not begun yet."""
        run = self.store.latest_run()
        return run if run is not None and run.finished_at is None and self.store.is_at_work() else None

    def _who_is_at_work(self) -> LeaseHeld | None:
        run = self.run_at_work()
        if run is None:
            return None
        words = f"Run {run.id} of {run.actor} is at work: {run.trigger}, since {run.started_at:%Y-%m-%d %H:%M} UTC"
        held = LeaseHeld(words, "Wait for it to end, then press again. Nothing was done meanwhile.")
        held.run = run.id
        return held

    def close(self) -> None:
        """Give the store back, once what was begun on the pages has ended."""
        self.work.finish()
        self.store.close()


def _stamps(wiring: Wiring) -> tuple[object, ...]:
    """What changes when a file of the configuration does."""
    settings = wiring.settings
    token_file = settings.jira.token_file if settings.jira is not None else None
    files = [settings.path, *settings.links.files, *([token_file] if token_file is not None else [])]
    return tuple(_stamp(file) for file in files)


def _stamp(file: Path) -> tuple[str, int, int]:
    try:
        status = file.stat()
    except OSError:
        return (str(file), 0, 0)
    return (str(file), status.st_mtime_ns, status.st_size)
