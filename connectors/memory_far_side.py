"""What stands behind the connectors in memory: a tracker and a schedule that can be poked and told to misbehave."""

import hashlib
from calendar import monthrange
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from enum import StrEnum

from syncsvc.errors import Unreachable
from syncsvc.model import Change, Field, Milestone, Reject, RejectCause, Side, Snapshot


class Fault(StrEnum):
    """What becomes of the next write to one issue (or of the next hand-over)."""

    FAILS = "fails"  # breaks before anything happens
    LIES = "lies"  # is accepted, and nothing happens
    LOST = "lost"  # takes effect, and the answer does not arrive
    LOST_THEN_AWAY = "lost_then_away"  # the same, and nobody answers from then on
    KILLED_BEFORE = "killed_before"  # our process dies with the write still unsent
    KILLED_AFTER = "killed_after"  # our process dies between the write and its answer


class Killed(BaseException):
    """Stands for a killed process: nothing may catch it, and nobody lives to note an outcome."""


class Refused(Exception):
    """The far side's answer to a request it does not accept; `field` where it names one."""

    def __init__(self, reason: str, field: Field | None = None) -> None:
        super().__init__(reason)
        self.field = field


class Broken(Exception):
    """No answer, or not one that says what became of the request."""


@dataclass
class Issue:
    """An issue on the far side. `actual` is the field for a completion, `resolved` the date it was closed."""

    issue_id: str
    key: str
    due: date | None = None
    actual: date | None = None
    resolved: date | None = None


class FarTracker:
    """What stands behind a `MemoryTracker`: issues that people edit, and an interface that can misbehave."""

    def __init__(self) -> None:
        self.issues: dict[str, Issue] = {}  # by issue id
        self.former_keys: dict[str, str] = {}  # key before a move -> issue id
        self.is_away = False
        self.withheld: set[str] = set()  # keys left out of answers that do not say they are missing
        self.refusals: set[tuple[str, Field]] = set()  # (issue id, field) that can never be written
        self.faults: dict[str, Fault] = {}  # issue id -> what becomes of its next write
        self.write_counts: Counter[str] = Counter()  # requests to write that arrived, by issue id
        self._last_ids: dict[str, str] = {}  # key -> the issue that had it last
        self._next_id = 10001

    def add(self, key: str, due: date | None = None, actual: date | None = None, resolved: date | None = None) -> str:
        """Make an issue; its id."""
        issue_id = str(self._next_id)
        self._next_id += 1
        self.issues[issue_id] = Issue(issue_id, key, due, actual, resolved)
        self._last_ids[key] = issue_id
        return issue_id

    def find(self, key: str) -> Issue | None:
        """The issue under this key, or under a key it had before it moved; for people, so nothing can fail."""
        issue = self.issues.get(self._last_ids.get(key, ""))
        if issue is not None and issue.key == key:
            return issue
        return self.issues.get(self.former_keys.get(key, ""))

    def edit(self, key: str, **values: date | None) -> None:
        """Somebody sets due, actual or resolved behind our back."""
        issue = self._the(key)
        for name, value in values.items():
            setattr(issue, name, value)

    def delete(self, key: str) -> None:
        """Somebody deletes the issue."""
        del self.issues[self._the(key).issue_id]

    def move(self, key: str, to: str) -> None:
        """Somebody moves the issue to another project: its id stays, and the former key still leads to it."""
        issue = self._the(key)
        self.former_keys[key] = issue.issue_id
        issue.key = to
        self._last_ids[to] = issue.issue_id

    def due(self, key: str) -> date | None:
        """What the issue holds."""
        return self._the(key).due

    def actual(self, key: str) -> date | None:
        """What the issue holds."""
        return self._the(key).actual

    def writes(self, key: str) -> int:
        """How many requests to write to the issue have arrived."""
        return self.write_counts[self._the(key).issue_id]

    def go_away(self) -> None:
        """From now on nobody answers."""
        self.is_away = True

    def come_back(self) -> None:
        """From now on requests are answered again."""
        self.is_away = False

    def withhold(self, key: str) -> None:
        """From now on answers leave this key out without saying that it is missing."""
        self.withheld.add(key)

    def refuse(self, key: str, field: Field) -> None:
        """From now on a request that sets this field of this issue is refused, and the refusal names the field."""
        self.refusals.add((self._the(key).issue_id, field))

    def fail_next_write(self, key: str, fault: Fault) -> None:
        """Say what becomes of the next write to this issue."""
        self.faults[self._the(key).issue_id] = fault

    def fetch(self, keys: Iterable[str]) -> dict[str, Issue]:
        """The interface, reading: a copy of each issue that is there, by the key or id asked for."""
        self._answer()
        found = {key: self.issues.get(key) or self.find(key) for key in keys if key not in self.withheld}
        return {key: replace(issue) for key, issue in found.items() if issue}

    def put(self, issue_id: str, dates: Mapping[Field, date | None]) -> None:
        """The interface, writing: set these dates of one issue, all or none."""
        self._answer()
        fault = self.faults.pop(issue_id, None)
        if fault is Fault.KILLED_BEFORE:
            raise Killed
        self.write_counts[issue_id] += 1
        if fault is Fault.FAILS:
            raise Broken("the server answered with an internal error")
        for field in dates:
            if (issue_id, field) in self.refusals:
                raise Refused(f"{field} cannot be set: it is not on the edit screen", field)
        if fault is not Fault.LIES:
            issue = self.issues[issue_id]
            issue.due = dates.get(Field.DUE, issue.due)
            issue.actual = dates.get(Field.COMPLETED, issue.actual)
        if fault is Fault.KILLED_AFTER:
            raise Killed
        if fault in (Fault.LOST, Fault.LOST_THEN_AWAY):
            self.is_away = fault is Fault.LOST_THEN_AWAY
            raise Broken("the connection ended before an answer came")

    def _answer(self) -> None:
        if self.is_away:
            raise Unreachable("memory://tracker: nobody answers")

    def _the(self, key: str) -> Issue:
        issue = self.find(key)
        if issue is None:
            raise KeyError(key)
        return issue


class FarSchedule:
    """What stands behind a `MemorySchedule`: exports that people put there, and a place to hand things over."""

    def __init__(self) -> None:
        self.exports: dict[str, Snapshot] = {}  # by source
        self.unreadable: set[str] = set()  # sources that cannot be read
        self.outbox: dict[str, tuple[Change, ...]] = {}  # by place, oldest first
        self.is_away = False
        self.fault: Fault | None = None

    def add_export(
        self, period: str, milestones: Sequence[Milestone], kind: str = "ME", data_date: date | None = None
    ) -> Snapshot:
        """Somebody exports the schedule; a second export of one period and kind takes the place of the first."""
        kept, rejects = tell_apart(milestones)
        year, month = map(int, period.split("-"))
        source = f"memory://schedule/{period}-{kind}"
        self.exports[source] = Snapshot(
            side=Side.PMCS,
            source=source,
            taken_at=datetime.now(UTC),
            milestones=kept,
            sha256=hashlib.sha256(repr((milestones, data_date)).encode()).hexdigest(),
            period=period,
            kind=kind,
            data_date=data_date or date(year, month, monthrange(year, month)[1]),
            rejects=rejects,
        )
        return self.exports[source]

    def add_unreadable_export(self, period: str) -> None:
        """Somebody puts an export there that cannot be read."""
        self.unreadable.add(self.add_export(period, ()).source)

    def handed_over(self) -> list[list[tuple[str, date | None]]]:
        """Code and completion of the rows of each batch, oldest batch first."""
        return [[(change.code, change.after) for change in batch] for batch in self.outbox.values()]

    def go_away(self) -> None:
        """From now on nobody answers."""
        self.is_away = True

    def come_back(self) -> None:
        """From now on requests are answered again."""
        self.is_away = False

    def fail_next_hand_over(self, fault: Fault) -> None:
        """Say what becomes of the next hand-over: FAILS or one of the KILLED."""
        self.fault = fault

    def fetch(self) -> list[tuple[Snapshot, bool]]:
        """The interface, reading: each export in order of period, and whether it is readable."""
        if self.is_away:
            raise Unreachable("memory://schedule: nobody answers")
        ordered = sorted(self.exports.values(), key=lambda export: (export.period or "", export.source))
        return [(export, export.source not in self.unreadable) for export in ordered]

    def hand_over(self, place: str, changes: Sequence[Change]) -> None:
        """The interface, writing: leave these changes at a place; the same place holds one batch."""
        fault, self.fault = self.fault, None
        if fault is Fault.KILLED_BEFORE:
            raise Killed
        if fault is Fault.FAILS:
            raise Broken("the place to hand over to cannot be written")
        self.outbox[place] = tuple(changes)
        if fault is Fault.KILLED_AFTER:
            raise Killed


def tell_apart(milestones: Iterable[Milestone]) -> tuple[tuple[Milestone, ...], tuple[Reject, ...]]:
    """Codes are unique in a snapshot: the first of equal rows counts, and of rows that differ in a date none."""
    dates: dict[str, set[tuple[date | None, ...]]] = {}
    rows: dict[str, list[Milestone]] = {}
    for row in milestones:
        rows.setdefault(row.code, []).append(row)
        dates.setdefault(row.code, set()).add((row.due, row.forecast, row.completed))
    differing = {code for code, of_code in dates.items() if len(of_code) > 1}
    cause = {code: RejectCause.DUPLICATE if code in differing else RejectCause.REPEATED for code in rows}
    return (
        tuple(of_code[0] for code, of_code in rows.items() if code not in differing),
        tuple(
            Reject(row.where, code, f"{code} is listed {len(of_code)} times", cause[code], row.kind)
            for code, of_code in rows.items()
            for row in (of_code if code in differing else of_code[1:])
        ),
    )
