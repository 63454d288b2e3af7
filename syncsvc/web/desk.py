"""What the pages work at: one open store, the configuration as its files stand now, and what was looked up before.

Looking at both sides takes most of a second where there are ten thousand milestones, and changes only with the store.
What is made once is kept until the store, the configuration or the day at the site is another. Where a keeper looks
everything up again after each change (ready.py), nobody waits for it but who made the change: the others are shown for
that moment what stood before it, and are told so.
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

#: Another one whenever anything that is shown has changed, but for what the clock alone changes.
Mark = tuple[object, ...]
_OF_THE_SITE = 2  # the last of a mark: the files of the configuration and the day at the site; before them the store's

#: How long who decides waits for another one to be done, and how often is looked.
PATIENCE_SECONDS = 20.0
_PAUSE_SECONDS = 0.1
_MOST_KEPT = 256  # of what only some pages show; what all of them share stays


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


class Kept:
    """What was made under one mark, by name."""

    def __init__(self) -> None:
        self._making = threading.RLock()
        self._values: dict[Hashable, tuple[Any]] = {}

    def once(self, name: Hashable, make: Callable[[], V]) -> V:
        """What `make` gives, made by one thread."""
        kept = self._values.get(name)
        if kept is None:
            with self._making:
                kept = self._values.get(name)
                if kept is None:
                    kept = (make(),)
                    of_one = [each for each in self._values if not isinstance(each, str)]  # a story, a page of rows
                    for oldest in of_one[: max(0, len(of_one) + 1 - _MOST_KEPT)]:
                        del self._values[oldest]
                    self._values[name] = kept
        made: V = kept[0]
        return made


class Desk:
    """One for all requests of a process. `stopping` tells an apply to begin no further batch of writes."""

    def __init__(self, wire: Callable[[], Wiring], now: Clock, *, stopping: Callable[[], bool] = lambda: False) -> None:
        self._wire = wire
        self._stopping = stopping
        self._reading = threading.RLock()
        self._keeping = threading.Lock()
        self._deciding = threading.Lock()
        self._kept: dict[Mark, Kept] = {}
        self.rounds = Rounds()  # of the keeper who looks everything up after each change, where there is one
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

    def mark(self) -> Mark:
        """While it is the same, so is everything that can be shown, but for what the clock alone changes. One query."""
        configured = self.configured()
        return (*self.store.mark(), configured.files, configured.setup.today())

    def shown(self) -> tuple[Mark, bool]:
        """The mark of what a page shows, and whether something newer is being looked up meanwhile.

        The newest, unless a keeper has still to look that up; who comes before it ever did, or under another
        configuration or day than it did it for, waits.
        """
        newest = self.mark()
        if not self.rounds.are_held:
            return newest, False
        ready = self.rounds.ready
        if ready is None or ready[-_OF_THE_SITE:] != newest[-_OF_THE_SITE:]:
            self.rounds.wait(PATIENCE_SECONDS)
            return self.rounds.ready or newest, False
        return ready, ready != newest

    def once(self, mark: Mark, name: Hashable, make: Callable[[], V]) -> V:
        """What `make` gives, made by one thread and kept while `mark` is what pages show, or will be."""
        with self._keeping:
            kept = self._kept.get(mark)
            if kept is None:
                others = [each for each in self._kept if each != self.rounds.ready]
                for oldest in others[: -1 if self.rounds.are_held else None]:
                    del self._kept[oldest]
                kept = self._kept[mark] = Kept()
        return kept.once(name, make)

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
            self.rounds.wait(PATIENCE_SECONDS)  # who changed something sees it on the next page

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


class Rounds:
    """Looking everything up again, one round after another, and who waits for one."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._begun = self._ended = self._wanted = 0
        self.are_held = False
        self.ready: Mark | None = None  # of the last round

    def wait(self, seconds: float) -> None:
        """Until a round has ended that began after this call; not at all while there is no keeper."""
        with self._changed:
            if not self.are_held:
                return
            number = self._begun + 1
            self._wanted = max(self._wanted, number)
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._ended >= number or not self.are_held, seconds)

    def pause(self, seconds: float) -> None:
        """For the keeper: until the time is over, somebody waits for a round, or there is to be no keeper any more."""
        with self._changed:
            self._changed.wait_for(lambda: self.are_awaited or not self.are_held, seconds)

    @property
    def are_awaited(self) -> bool:
        """Whether somebody waits for the next round."""
        return self._wanted > self._begun

    def begin(self) -> None:
        """For the keeper."""
        with self._changed:
            self._begun += 1

    def end(self, ready: Mark | None) -> None:
        """For the keeper: pages show from now on what was looked up under this mark."""
        with self._changed:
            self._ended, self.ready = self._begun, ready or self.ready
            self._changed.notify_all()

    def hold(self, are_held: bool) -> None:
        """There is a keeper from now on, or none any more: then every page looks up itself what it shows."""
        with self._changed:
            self.are_held, self.ready = are_held, None
            self._changed.notify_all()


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
