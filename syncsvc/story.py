"""One milestone's story: what every side showed of it, what was done and decided, and how it stands. Pure.

Observations come from snapshots, all else from the audit. An export is compared with the one of the month before it
among those that had arrived, a tracker and a document with what they showed last.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from syncsvc.model import Drift, DriftKind, Event, Field, Link, Milestone, Outcome, Side, Sighting, Snapshot
from syncsvc.workdays import working_days


class Seen(StrEnum):
    """What a snapshot adds to what was known."""

    OBSERVED = "observed"  # shown for the first time
    MOVED = "moved"  # says otherwise than the month before, or than it did last
    RESTATED = "restated"  # a later edition of the same month says otherwise
    READ_AGAIN = "read_again"  # the same bytes, read under another mapping
    ARRIVED_LATE = "arrived_late"  # an older month than one that was known already
    APPEARED = "appeared"  # shown again
    GONE = "gone"
    UNSEEN = "unseen"  # not shown, and nobody can say that it is gone


class Trait(StrEnum):
    """What of a milestone can change, in the order in which it is told."""

    DUE = "due"
    FORECAST = "forecast"
    COMPLETED = "completed"
    STATE = "state"
    NAME = "name"
    CODE = "code"
    COLUMN = "due_column"
    BASIS = "due_basis"


@dataclass(frozen=True, slots=True)
class Shift:
    """One trait before and after. Days are of two dates, negative when earlier.

    `unread` is why the source cannot be read there: then nothing is known of the trait.
    """

    trait: Trait
    before: date | str | None
    after: date | str | None
    calendar_days: int | None = None
    working_days: int | None = None
    unread: str = ""


@dataclass(frozen=True, slots=True)
class Observation:
    """What one snapshot showed that is worth telling.

    `before` is the snapshot that it is compared with. `wrote` names, for a date that Jira shows since we wrote it, the
    run that did. `why` says of what is unseen why it is.
    """

    seen: Seen
    sighting: Sighting
    before: Sighting | None = None
    key: str | None = None  # of an issue: the key that is linked
    shifts: tuple[Shift, ...] = ()
    wrote: Mapping[Trait, int] = field(default_factory=dict)
    why: str = ""

    @property
    def at(self) -> datetime:
        """When the snapshot was taken."""
        return self.sighting.snapshot.taken_at

    @property
    def run(self) -> int:
        """The run that took it."""
        return self.sighting.run


@dataclass(frozen=True, slots=True)
class Write:
    """What was meant to be written, and what became of it in the same run; None while nobody knew.

    `takes_back` names, for an undo, the run whose write it takes back.
    """

    intent: Event
    outcome: Event | None = None
    takes_back: int | None = None

    @property
    def at(self) -> datetime:
        """When it was meant."""
        return self.intent.at

    @property
    def run(self) -> int | None:
        """The run that wrote."""
        return self.intent.run


Told = Observation | Write | Event


@dataclass(frozen=True, slots=True)
class ToldRun:
    """A run that had part in the story."""

    run: int
    trigger: str
    actor: str
    plan: str | None = None


@dataclass(frozen=True, slots=True)
class LinkedIssue:
    """An issue that the milestone drives, and what Jira showed of it last."""

    link: Link
    sighting: Sighting | None

    @property
    def url(self) -> str | None:
        """Where the issue is read in a browser."""
        return self.sighting.milestone.url if self.sighting and self.sighting.milestone else None


@dataclass(frozen=True, slots=True)
class Now:
    """How the milestone stands: what each side showed last, and what the truth table says of each link."""

    pmcs: Sighting | None = None
    published: Sighting | None = None
    issues: tuple[LinkedIssue, ...] = ()
    drifts: tuple[Drift, ...] = ()
    plan: str | None = None  # a plan that waits to be applied and would write it


@dataclass(frozen=True, slots=True)
class Story:
    """The whole of it, oldest first."""

    code: str
    name: str
    aliases: tuple[str, ...]
    told: tuple[Told, ...]
    runs: Mapping[int, ToldRun]
    now: Now
    keys: Mapping[str, str] = field(default_factory=dict)  # issue id -> key
    unread: tuple[Write, ...] = ()  # what was written into an issue, and read back, since its last snapshot
    own: tuple[Sighting, ...] = ()  # what each export and document showed of it, whether or not anything changed

    @classmethod
    def empty(cls, code: str) -> "Story":
        """That of a code of which nothing is known."""
        return cls(code, "", (), (), {}, Now())


def make_story(
    code: str,
    *,
    aliases: Collection[str] = (),
    own: Sequence[Sighting] = (),
    issues: Mapping[str, Sequence[Sighting]] | None = None,
    events: Iterable[Event] = (),
    runs: Mapping[int, ToldRun] | None = None,
    now: Now | None = None,
    name: str = "",
    holidays: Collection[date] = (),
) -> Story:
    """Put together what was seen and what was done.

    `own` are the sightings of the milestone in exports and documents, `issues` those of its issues by linked key, both
    in order of arrival; `events` what the audit tells of it and of the plans that held it.
    """
    told_events = sorted(events, key=lambda event: event.id)
    writes, others = _pair(told_events)
    reached = {event.intent for event in told_events if event.event in _REACHED}
    reached_writes = [write for write in writes if write.intent.id in reached]
    observations = [each for stream in _streams(own) for each in _observe(stream, None, (), holidays)]
    for key, sightings in (issues or {}).items():
        of_key = [write for write in reached_writes if write.intent.key in _known_as(key, sightings)]
        for stream in _streams(sightings):
            observations += _observe(stream, key, of_key, holidays)
    told: list[Told] = [*observations, *writes, *others]
    known = sorted(own, key=lambda each: each.snapshot.side is Side.PMCS)  # the schedule's name counts most
    last = [each.milestone for each in known if each.milestone is not None]
    return Story(
        code=code,
        name=name or (last[-1].name if last else ""),
        aliases=tuple(sorted(set(aliases) - {code})),
        told=tuple(sorted(told, key=_order)),
        runs=dict(runs or {}),
        now=now or Now(),
        unread=tuple(_unread(reached_writes, issues or {})),
        own=tuple(own),
        keys={
            each.milestone.issue_id: each.milestone.code
            for sightings in (issues or {}).values()
            for each in sightings
            if each.milestone is not None and each.milestone.issue_id is not None
        },
    )


def last_of(sightings: Iterable[Sighting], side: Side, kind: str | None = None) -> Sighting | None:
    """The newest of a side: of exports the newest edition of the newest month, of others what came last."""
    found = [each for each in sightings if each.snapshot.side is side and (kind is None or each.snapshot.kind == kind)]
    return max(found, key=_place, default=None)


def _order(told: Told) -> tuple[datetime, int, int, int]:
    """By time and run; of a run what was seen comes before what was done about it."""
    if isinstance(told, Observation):
        return told.at, told.run, 0, told.sighting.snapshot.id or 0
    event = told.intent if isinstance(told, Write) else told
    return event.at, event.run or 0, 1, event.id


def _streams(sightings: Iterable[Sighting]) -> list[list[Sighting]]:
    """Of each connector and kind by itself."""
    streams: dict[tuple[str, str | None], list[Sighting]] = {}
    for each in sightings:
        streams.setdefault((each.snapshot.connector, each.snapshot.kind), []).append(each)
    return list(streams.values())


def _place(sighting: Sighting) -> tuple[str, int, int]:
    """In order of month and edition for exports, of arrival for others."""
    snapshot = sighting.snapshot
    if snapshot.side is not Side.PMCS:
        return "", 0, snapshot.id or 0
    return snapshot.period or "", snapshot.edition or 0, snapshot.id or 0


def _observe(
    stream: Sequence[Sighting], key: str | None, writes: Sequence[Write], holidays: Collection[date]
) -> Iterator[Observation]:
    arrived: list[Sighting] = []
    for sighting in stream:
        earlier = [each for each in arrived if _place(each) < _place(sighting)]
        before = max(earlier, key=_place, default=None)
        if sighting.changed:
            yield from _observation(sighting, before, arrived, key, writes, holidays)
        arrived.append(sighting)


def _observation(
    sighting: Sighting,
    before: Sighting | None,
    arrived: Sequence[Sighting],
    key: str | None,
    writes: Sequence[Write],
    holidays: Collection[date],
) -> Iterator[Observation]:
    is_known = any(each.milestone is not None for each in arrived)
    is_late = any(_place(each) > _place(sighting) for each in arrived)
    if sighting.milestone is None:
        if before is not None and before.milestone is not None and not is_late:
            why = why_unseen(sighting.snapshot)
            yield Observation(Seen.UNSEEN if why else Seen.GONE, sighting, before, key, why=why)
        return
    shown = [each for each in arrived if each.milestone is not None and _place(each) < _place(sighting)]
    last = max(shown, key=_place, default=None)
    if last is None or last.milestone is None:
        yield Observation(Seen.ARRIVED_LATE if is_known and is_late else Seen.OBSERVED, sighting, None, key)
        return
    shifts = tuple(_shifts(last.milestone, sighting, holidays))
    seen = _seen(sighting, last, before, is_late=is_late)
    if shifts or seen is Seen.APPEARED:
        wrote = {} if key is None else dict(_written(shifts, sighting, writes))
        yield Observation(seen, sighting, last, key, shifts, wrote)


def _seen(sighting: Sighting, last: Sighting, before: Sighting | None, *, is_late: bool) -> Seen:
    this, other = sighting.snapshot, last.snapshot
    if this.side is Side.PMCS and (this.period, this.edition) == (other.period, other.edition):
        return Seen.READ_AGAIN
    if is_late:
        return Seen.ARRIVED_LATE
    if before is not None and before.milestone is None:
        return Seen.APPEARED
    return Seen.RESTATED if this.side is Side.PMCS and this.period == other.period else Seen.MOVED


def why_unseen(snapshot: Snapshot) -> str:
    """Why nobody can say that what a snapshot does not show is gone; "" where it can be said."""
    for reject in snapshot.rejects:
        if reject.field is None:
            return f"{reject.where}: {reject.reason}"
    if not snapshot.complete:
        return "the source was not read completely"
    if snapshot.asked is not None and not snapshot.asked:
        return "no link named it when Jira was asked"
    return ""


def _shifts(was: Milestone, sighting: Sighting, holidays: Collection[date]) -> Iterator[Shift]:
    now = sighting.milestone
    if now is None:
        return
    unread = {reject.field: f"{reject.where}: {reject.reason}" for reject in sighting.snapshot.rejects if reject.field}
    for trait in (Trait.DUE, Trait.FORECAST, Trait.COMPLETED):
        before, after = getattr(was, trait.value), getattr(now, trait.value)
        if before != after:
            yield _shift_of_date(trait, before, after, holidays, unread.get(trait.value, ""))
    if (was.status, was.state) != (now.status, now.state):
        yield Shift(Trait.STATE, state_of(was), state_of(now))
    for trait in (Trait.NAME, Trait.CODE, Trait.COLUMN, Trait.BASIS):
        before, after = getattr(was, trait.value), getattr(now, trait.value)
        if before != after and (trait in (Trait.NAME, Trait.CODE) or (before and after)):
            yield Shift(trait, before, after)


def state_of(milestone: Milestone) -> str:
    """How far it is, in the side's own word where it has one."""
    return milestone.state or milestone.status.value.replace("_", " ")


def _shift_of_date(
    trait: Trait, before: date | None, after: date | None, holidays: Collection[date], unread: str
) -> Shift:
    if before is None or after is None:
        return Shift(trait, before, after, unread=unread)
    return Shift(trait, before, after, (after - before).days, working_days(before, after, holidays), unread)


_FIELDS: Final[Mapping[Trait, Field]] = {Trait.DUE: Field.DUE, Trait.COMPLETED: Field.COMPLETED}


def _written(shifts: Iterable[Shift], sighting: Sighting, writes: Sequence[Write]) -> Iterator[tuple[Trait, int]]:
    """Which of the dates that Jira shows now were written by which run before."""
    for shift in shifts:
        of_field = [
            write
            for write in writes
            if write.intent.field is _FIELDS.get(shift.trait) and write.run is not None and write.run < sighting.run
        ]
        if of_field and of_field[-1].intent.after == shift.after and (run := of_field[-1].run) is not None:
            yield shift.trait, run


def _unread(writes: Iterable[Write], issues: Mapping[str, Sequence[Sighting]]) -> Iterator[Write]:
    """The last write of each field that no snapshot of the issue has shown yet; a run reads before it writes."""
    last: dict[tuple[str, Field | None], Write] = {}
    for write in writes:
        for key, sightings in issues.items():
            newest = max((each.run for each in sightings), default=0)
            if write.intent.key in _known_as(key, sightings) and (write.run or 0) >= newest:
                last[key, write.intent.field] = write
    yield from last.values()


def _known_as(key: str, sightings: Iterable[Sighting]) -> set[str]:
    """The keys under which an issue was ever found."""
    return {key, *(each.milestone.code for each in sightings if each.milestone is not None)}


_OUTCOMES: Final = frozenset(outcome.value for outcome in Outcome)
_REACHED: Final = frozenset({Outcome.APPLIED.value, Outcome.ALREADY.value})


def _pair(events: Sequence[Event]) -> tuple[list[Write], list[Event]]:
    """Intents with the outcome that the same run learnt; every other event, outcomes of later runs too."""
    intents = {event.id: event for event in events if event.event == "intent"}
    outcomes: dict[int, Event] = {}
    others: list[Event] = []
    for event in events:
        meant = intents.get(event.intent or 0)
        if meant is not None and meant.run == event.run and event.event in _OUTCOMES and meant.id not in outcomes:
            outcomes[meant.id] = event
        elif event.event != "intent":
            others.append(event)
    writes: list[Write] = []
    for number, intent in intents.items():
        takes_back = None
        if (intent.detail or "").startswith(DriftKind.UNDONE.value):
            takes_back = _taken_back(intent, writes)
        writes.append(Write(intent, outcomes.get(number), takes_back))
    return writes, others


def _taken_back(undo: Event, writes: Sequence[Write]) -> int | None:
    for write in reversed(writes):
        intent = write.intent
        if (intent.issue_id, intent.field, intent.after) == (undo.issue_id, undo.field, undo.before):
            return intent.run
    return None
