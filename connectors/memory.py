"""The reference connectors: a tracker and a schedule in memory. The example to copy for a new one.

Each stands before a far side (connectors/memory_far_side.py), where a real connector has a network or a folder.
`tests/contract/connector_contract.py` holds these two, and every other connector, to syncsvc/connector.py.
"""

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import groupby

from connectors.memory_far_side import Broken, FarSchedule, FarTracker, Issue, Refused
from syncsvc.connector import LEASE_ENDED, Known, Pulled, Seen, always, fingerprint
from syncsvc.errors import BadExport, ExitCode, Problem, SourceError, Unreachable
from syncsvc.model import Change, Field, FieldChange, Milestone, Outcome, Receipt, Side, Snapshot, Status, by_code

#: A change that was sent, and what went wrong with it.
Begun = tuple[Change, str | None]


class MemoryTracker:
    """A tracker: shows the issues it is asked for, and confirms what it writes by reading it back."""

    side = Side.JIRA
    confirms = True

    def __init__(self, far: FarTracker, name: str = "jira", writes: Collection[Field] = tuple(Field)) -> None:
        self.name = name
        self.writes = frozenset(writes)
        self._far = far

    def check(self) -> list[Problem]:
        """Whether anybody answers."""
        return check_by_reading(self)

    def pull(self, keys: Collection[str], seen: Seen, known: Known | None = None) -> Pulled:
        """One snapshot of the issues asked for; reading all of them costs nothing here, whatever is known."""
        return Pulled((self.read(keys),))

    def read(self, keys: Collection[str]) -> Snapshot:
        """The issues asked for as they stand now; a key that no answer speaks of makes the snapshot incomplete."""
        found = self._far.fetch(keys)
        absent = frozenset(keys) - found.keys()
        unspoken = absent & self._far.withheld
        return Snapshot(
            side=self.side,
            source="memory://tracker",
            taken_at=datetime.now(UTC),
            # two keys asked for may by now lead to one issue, which is shown once
            milestones=tuple({issue.issue_id: show(issue) for issue in found.values()}.values()),
            connector=self.name,
            complete=not unspoken,
            why_incomplete=f"no answer speaks of {', '.join(sorted(unspoken))}" if unspoken else "",
            asked=frozenset(keys),
            missing=tuple(sorted(absent - unspoken)),
            moved={key: issue.key for key, issue in found.items() if issue.key != key},
        )

    def apply(self, changes: Sequence[Change], may_write: Callable[[], bool] = always) -> Iterator[Receipt]:
        """Compare, write, read back. One request for both dates of an issue; nothing is sent twice."""
        found = self._far.fetch({change.issue_id for change in changes})
        begun: list[Begun] = []
        gone_away: Unreachable | None = None
        for issue_id, of_issue in groupby(sorted(changes, key=lambda c: c.issue_id), key=lambda c: c.issue_id):
            to_write: list[Change] = []
            for change in of_issue:
                if receipt := settle_before_writing(change, found.get(issue_id), self.writes):
                    yield receipt
                elif not may_write():
                    yield Receipt(change, Outcome.NOT_TRIED, LEASE_ENDED)
                else:
                    to_write.append(change)
            try:
                refused, sent = self._send(to_write)
            except Unreachable as error:
                gone_away = error
                break
            yield from refused
            begun += sent
        yield from self._read_back(begun)
        if gone_away:
            raise gone_away  # what has no receipt was not tried

    def delivered(self, changes: Sequence[Change]) -> str | None:
        """Nothing is ever handed over: what was written can be read."""
        return None

    def last_changes(self, issues: Collection[str], field: Field) -> Mapping[str, FieldChange]:
        """Nobody keeps who changed what here."""
        return {}

    def close(self) -> None:
        """There is nothing to give back."""

    def _send(self, changes: Sequence[Change]) -> tuple[list[Receipt], list[Begun]]:
        """Ask for all changes of one issue at once; without what was refused by name, a second time."""
        if not changes:
            return [], []
        try:
            self._far.put(changes[0].issue_id, {change.field: change.after for change in changes})
        except Refused as refusal:
            kept = [change for change in changes if refusal.field not in (change.field, None)]
            receipts, begun = self._send(kept)
            refused = (Receipt(change, Outcome.REFUSED, str(refusal)) for change in changes if change not in kept)
            return [*refused, *receipts], begun
        except Broken as broken:
            return [], [(change, str(broken)) for change in changes]
        return [], [(change, None) for change in changes]

    def _read_back(self, begun: Sequence[Begun]) -> Iterator[Receipt]:
        """What became of each write, by what the far side holds now and not by what it answered."""
        if not begun:
            return
        try:
            found = self._far.fetch({change.issue_id for change, _ in begun})
        except Unreachable as error:
            yield from (Receipt(change, Outcome.UNKNOWN, trouble or str(error)) for change, trouble in begun)
            return
        for change, trouble in begun:
            issue = found.get(change.issue_id)
            holds = show(issue).held(change.field) if issue else None
            if issue and holds == change.after:
                yield Receipt(change, Outcome.APPLIED, trouble, confirmed=True)
            else:
                reads = f"it holds {holds or 'no date'} after the write" if issue else "the issue is there no more"
                yield Receipt(change, Outcome.FAILED, f"{trouble}; {reads}" if trouble else reads)


def show(issue: Issue) -> Milestone:
    """An issue as a milestone: its completion is the field if filled, else the date it was closed."""
    return Milestone(
        code=issue.key,
        name=f"Issue {issue.key}",
        status=Status.COMPLETED if issue.resolved else Status.IN_PROGRESS,
        due=issue.due,
        due_column="due" if issue.due else None,
        completed=issue.actual or issue.resolved,
        completed_column="actual" if issue.actual else "resolved" if issue.resolved else None,
        completed_held=issue.actual,
        issue_id=issue.issue_id,
    )


def settle_before_writing(change: Change, issue: Issue | None, writes: frozenset[Field]) -> Receipt | None:
    """The receipt of a change that is not to be written, by what the target holds now; None: write it."""
    if change.field not in writes:
        return Receipt(change, Outcome.REFUSED, f"{change.field} cannot be written here")
    if issue is None:
        return Receipt(change, Outcome.STALE, f"{change.key} is not there")
    now = show(issue)
    if now.held(change.field) == change.after:
        return Receipt(change, Outcome.ALREADY, confirmed=True)
    if now.held(change.field) != change.before:
        return Receipt(change, Outcome.STALE, f"it holds {now.held(change.field) or 'no date'} now")
    if change.field is Field.COMPLETED and now.completed != change.seen:
        return Receipt(change, Outcome.STALE, f"it shows {now.completed or 'no date'} now")
    return None


class MemorySchedule:
    """A schedule: shows its exports, and can only be handed completions that a person enters."""

    side = Side.PMCS
    confirms = False
    writes = frozenset({Field.COMPLETED})

    def __init__(self, far: FarSchedule, name: str = "pmcs") -> None:
        self.name = name
        self._far = far

    def check(self) -> list[Problem]:
        """Whether anybody answers, and the newest export can be read."""
        return check_by_reading(self)

    def pull(self, keys: Collection[str], seen: Seen, known: Known | None = None) -> Pulled:
        """Every export that `seen` does not know, oldest period first."""
        exports = self._far.fetch()
        if exports and not exports[-1][1]:
            raise BadExport(f"{exports[-1][0].source}: the newest export cannot be read")
        return Pulled(
            tuple(
                replace(export, connector=self.name)
                for export, is_readable in exports
                if is_readable and seen.get(export.source) != fingerprint(export)
            ),
            tuple(
                Problem(export.source, "this older export cannot be read", "Export it again.", ExitCode.SOURCE)
                for export, is_readable in exports
                if not is_readable
            ),
        )

    def read(self, keys: Collection[str]) -> Snapshot:
        """The newest export, with only these codes of it."""
        newest = self.pull((), {}).snapshots[-1:]
        if not newest:
            raise BadExport("memory://schedule: there is no export")
        return replace(newest[0], milestones=tuple(m for m in newest[0].milestones if m.code in keys))

    def apply(self, changes: Sequence[Change], may_write: Callable[[], bool] = always) -> Iterator[Receipt]:
        """Compare with the newest export and hand over what still holds, the whole batch at one place."""
        now = by_code(self.read({change.code for change in changes}).milestones)
        place = place_of(changes)
        to_hand_over: list[Change] = []
        for change in changes:
            shown = now.get(change.code)
            if change.field not in self.writes:
                yield Receipt(change, Outcome.REFUSED, f"{change.field} cannot be handed over")
            elif shown is None:
                yield Receipt(change, Outcome.STALE, f"{change.code} is not in the newest export")
            elif shown.completed == change.after:
                yield Receipt(change, Outcome.ALREADY, confirmed=True)
            elif shown.completed != change.before:
                yield Receipt(change, Outcome.STALE, f"the newest export shows {shown.completed or 'no date'}")
            else:
                to_hand_over.append(change)
        if not to_hand_over:
            return
        if not may_write():
            yield from (Receipt(change, Outcome.NOT_TRIED, LEASE_ENDED) for change in to_hand_over)
            return
        try:
            self._far.hand_over(place, to_hand_over)
        except Broken as broken:
            yield from (Receipt(change, Outcome.FAILED, str(broken)) for change in to_hand_over)
        else:
            yield from (Receipt(change, Outcome.HANDED_OVER, place) for change in to_hand_over)

    def delivered(self, changes: Sequence[Change]) -> str | None:
        """The place, if exactly this batch was left there: it is named by what is in the batch."""
        place = place_of(changes)
        return place if place in self._far.outbox else None

    def last_changes(self, issues: Collection[str], field: Field) -> Mapping[str, FieldChange]:
        """Nobody keeps who changed what here."""
        return {}

    def close(self) -> None:
        """There is nothing to give back."""


def place_of(changes: Sequence[Change]) -> str:
    """Where a batch goes: the same batch, in any order, always to the same place."""
    rows = sorted((c.code, c.field, str(c.before), str(c.after)) for c in changes)
    return f"memory://outbox/{hashlib.sha256(repr(rows).encode()).hexdigest()[:12]}"


def check_by_reading(connector: MemoryTracker | MemorySchedule) -> list[Problem]:
    """What a pull of nothing in particular runs into."""
    try:
        return list(connector.pull((), {}).problems)
    except SourceError as error:
        return [Problem(f"connectors.{connector.name}", error.message, error.hint, error.exit_code)]
