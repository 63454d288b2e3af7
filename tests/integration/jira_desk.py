"""What the tests of the Jira connector share: a simulated Jira, a connector before it, and time that costs nothing."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from connectors.jira import JiraConnector, JiraSettings
from connectors.jira_simulator import JiraSimulator, Request
from syncsvc.model import Change, DriftKind, Field, Outcome, Receipt, Side, Snapshot
from tests.builders import NOON

ACTUAL_END = "customfield_10100"
TOKEN = "simulator-token"
MARCH, APRIL, MAY, JUNE = (date(2019, month, 15) for month in (3, 4, 5, 6))


@dataclass
class FakeTime:
    """A clock that moves only when somebody sleeps, by as long as they do."""

    slept: list[float] = field(default_factory=list)
    _at: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.slept.append(seconds)
            self._at += seconds

    def clock(self) -> float:
        with self._lock:
            return self._at

    def now(self) -> datetime:
        return NOON


@dataclass
class Desk:
    """One simulated Jira with the field "Actual end", and connectors before it."""

    jira: JiraSimulator
    time: FakeTime = field(default_factory=FakeTime)
    made: list[JiraConnector] = field(default_factory=list)
    looker: JiraConnector | None = None

    def connect(self, **settings: Any) -> JiraConnector:
        """A new connector, which knows of the server nothing yet."""
        cloud = self.jira.is_cloud
        given: dict[str, Any] = {
            "url": self.jira.url,
            "flavour": self.jira.flavour,
            "user": self.jira.user if cloud else None,
            "token": TOKEN,
            "projects": frozenset({"DM", "DLP"}),
            "time_zone": ZoneInfo("America/Los_Angeles"),
            "completed_field": "Actual end",
            "deadline_seconds": 10.0,
        }
        connector = JiraConnector(
            "jira",
            JiraSettings(**(given | settings)),
            now=self.time.now,
            sleep=self.time.sleep,
            clock=self.time.clock,
        )
        self.made.append(connector)
        return connector

    def acquainted(self, **settings: Any) -> JiraConnector:
        """A connector that has asked what it asks once; the request log is empty."""
        connector = self.connect(**settings)
        connector.pull((), {})
        self.jira.forget_requests()
        return connector

    def plan(self, key: str, after: date | None = APRIL, name: Field = Field.DUE, **changed: Any) -> Change:
        """A change planned on what the issue holds now."""
        (now,) = self.look(key).milestones
        values: dict[str, Any] = {
            "code": f"M-{key}",
            "target": Side.JIRA,
            "key": key,
            "issue_id": now.issue_id,
            "field": name,
            "before": now.held(name),
            "after": after,
            "kind": DriftKind.OWNER_MOVED,
            "seen": now.value(name),
        }
        return Change(**(values | changed))

    def look(self, *keys: str) -> Snapshot:
        """These keys as they are, seen by somebody else; the request log stays as it is."""
        before = list(self.jira.requests)
        self.looker = self.looker or self.connect()
        snapshot = self.looker.read(keys)
        self.jira.requests[:] = before
        return snapshot

    def puts(self, key: str | None = None) -> list[Request]:
        """The requests to write, to one issue or to all."""
        return [r for r in self.jira.requests if r.method == "PUT" and key in (None, r.key)]

    def looked_at_alone(self, issues: int) -> int:
        """How many requests to GET comparing so many issues before a write takes: Data Center's bulk is its index."""
        return 0 if self.jira.is_cloud else issues

    def asked(self) -> list[str]:
        """Every request as "METHOD resource"."""
        return [f"{r.method} {r.path.removeprefix('/rest/api/2/')}" for r in self.jira.requests]


@contextmanager
def open_desk(flavour: str = "cloud", now: Callable[[], datetime] | None = None) -> Iterator[Desk]:
    """A desk with issues DM-1 to DM-9, due in March; `now` is the clock of its Jira."""
    with JiraSimulator(flavour, now=now) as jira:
        jira.add_field(ACTUAL_END, "Actual end")
        for project in ("DM", "DLP"):
            jira.permissions[project]["BROWSE_PROJECTS"] = True
        for number in range(1, 10):
            jira.add_issue(f"DM-{number}", duedate=MARCH.isoformat())
        desk = Desk(jira)
        yield desk
        for connector in desk.made:
            connector.close()


def apply(connector: JiraConnector, *changes: Change) -> list[Receipt]:
    """One receipt per change, in the order of the changes."""
    receipts = list(connector.apply(changes))
    assert sorted(map(_name, receipts)) == sorted((c.key, c.field.value) for c in changes)
    return sorted(receipts, key=lambda receipt: changes.index(receipt.change))


def outcomes(receipts: Sequence[Receipt]) -> list[Outcome]:
    """What became of each."""
    return [receipt.outcome for receipt in receipts]


def _name(receipt: Receipt) -> tuple[str, str]:
    return receipt.change.key, receipt.change.field.value
