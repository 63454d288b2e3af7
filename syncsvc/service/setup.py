"""What the service works with: built once by wiring from the configuration, or by a test from fakes."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, tzinfo
from typing import Any

from syncsvc.connector import Connector, Reader, ReadOnly
from syncsvc.errors import UsageError
from syncsvc.model import Candidates, ChangeRequest, FieldChange, Limits, Link, Mode, Policy, RunResult, Side, Snapshot
from syncsvc.store import Store

#: Requests, the export they are held against, and how to ask who made them -> format and absolute path of the list.
ListRequests = Callable[
    [Sequence[ChangeRequest], Snapshot, Callable[[Collection[str]], Mapping[str, FieldChange]]], Mapping[str, str]
]


@dataclass(frozen=True, slots=True)
class Setup:
    """One owner (PMCS), one follower (Jira), perhaps further sides that are only read, and the rules.

    Reading goes through `owner`, `follower` and `others`, which have no way to write; writing through `writers`,
    of which a report-only run has none.
    """

    store: Store
    owner: Reader
    follower: Reader
    writers: Mapping[Side, Connector]
    make_links: Callable[[Iterable[str]], tuple[Link, ...]]  # milestone codes -> their links
    policy: Policy
    limits: Limits
    mode: Mode  # what the configuration says a night may do
    time_zone: tzinfo
    now: Callable[[], datetime]
    aliases: Mapping[str, str] = field(default_factory=dict)
    others: tuple[Reader, ...] = ()
    find_candidates: Callable[[], Candidates] | None = None  # issues that unlinked milestones may belong to
    plan_from: str = "ME"  # the kind of export that plans use
    plan_hours: int = 72
    list_requests: ListRequests | None = None  # writes the due dates that teams propose as a list
    write_report: Callable[[RunResult], Mapping[str, str]] | None = None
    waits: Callable[[], tuple[int, float]] = lambda: (0, 0.0)  # for the tracker's rate limits: how often, seconds
    progress: Callable[[str, int, int], None] = lambda what, done, of: None  # told of long work as it goes on
    begun: Callable[[int], None] = lambda run: None  # told the number of each run as it begins
    stopping: Callable[[], bool] = lambda: False  # once True, no further batch of writes is begun

    def for_mode(self, mode: Mode) -> "Setup":
        """The same setup for a run of this mode: a report-only run gets nothing that could write."""
        return replace(self, writers={}) if mode is Mode.REPORT else self

    def today(self) -> date:
        """The civil date at the site."""
        return self.now().astimezone(self.time_zone).date()

    def reader(self, name: str) -> Reader:
        """The connector of this name."""
        readers = {reader.name: reader for reader in (self.owner, self.follower, *self.others)}
        if name not in readers:
            raise UsageError(f"no connector is called {name}", f"There are: {', '.join(sorted(readers))}.")
        return readers[name]

    @classmethod
    def of(cls, owner: Connector, follower: Connector, **rest: Any) -> "Setup":
        """A setup over two connectors: each is read through a view that cannot write."""
        writers = {owner.side: owner, follower.side: follower}
        return cls(owner=ReadOnly(owner), follower=ReadOnly(follower), writers=writers, **rest)

    def close(self) -> None:
        """Give back every connection."""
        for reader in (self.owner, self.follower, *self.others):
            reader.close()
        self.store.close()
