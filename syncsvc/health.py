"""Whether the nights are run and end well: a value for people, for monitors and for /healthz. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

from syncsvc.errors import ExitCode
from syncsvc.slots import SlotRow, SlotState

#: Ends of a night that nobody need look after: holds wait for people, and that is what they are for.
GOOD: Final = (ExitCode.DONE, ExitCode.WAITING)
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class RunCount:
    """Runs of one trigger that ended so (None: not, or killed), and how long they took in all."""

    trigger: str
    exit_code: int | None
    number: int
    seconds: float


@dataclass(frozen=True, slots=True)
class LastRun:
    """The last nightly run that ended."""

    run: int
    exit_code: int
    seconds: float
    waits: int = 0
    waited_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Facts:
    """What the store knows of all that."""

    nights: Sequence[SlotRow] = ()  # the last ones, newest first
    last_good: SlotRow | None = None
    last_run: LastRun | None = None
    runs: Sequence[RunCount] = ()
    outcomes: Mapping[str, int] = field(default_factory=dict)  # of all writes there ever were
    holds: Mapping[str, int] = field(default_factory=dict)  # kind -> how many wait now
    lease: tuple[str, datetime] | None = None  # who is at work, and until when unless that is renewed
    export: tuple[str | None, date | None] | None = None  # period and data date of the newest one that plans use
    messages: Mapping[str, int] = field(default_factory=dict)  # waiting, sent, given_up: of the last seven days


@dataclass(frozen=True, slots=True)
class Health:
    """How it stands. `reasons`: what keeps it from being well, each in one sentence; none where it is well.

    `schema` is the store's revision, None where there is no store yet or it cannot be asked.
    """

    at: datetime
    reasons: tuple[str, ...]
    facts: Facts
    schema: str | None
    head: str
    export_age_days: int | None = None
    good_age_seconds: float | None = None

    @property
    def well(self) -> bool:
        """Nobody need look."""
        return not self.reasons


def find_health(facts: Facts, *, now: datetime, today: date, catch_up: timedelta, schema: str, head: str) -> Health:
    """Judge what the store knows. A store without a night yet is well."""
    reasons = []
    ended = next((row for row in facts.nights if row.state not in (SlotState.RUNNING, SlotState.DUE)), None)
    if ended is not None and ended.state is not SlotState.DONE:
        reasons.append(f"the night of {ended.day} {'failed' if ended.state is SlotState.FAILED else 'was missed'}")
    elif ended is not None and ended.exit_code not in GOOD:
        why = (
            "was stopped by the safety limits" if ended.exit_code == ExitCode.LIMITS else "had a write that went wrong"
        )
        reasons.append(f"the night of {ended.day} {why}")
    good, age = facts.last_good, None
    if good is not None:
        age = now - (good.finished_at or good.due_at)
        if age > _DAY + catch_up:
            reasons.append(f"the last good night was that of {good.day}")
    elif facts.nights and now - facts.nights[-1].due_at > _DAY + catch_up:
        reasons.append(f"no night was good since that of {facts.nights[-1].day}")
    if given_up := facts.messages.get("given_up"):
        reasons.append(f"{given_up} message{'s' if given_up > 1 else ''} of the last seven days could not be delivered")
    data_date = facts.export[1] if facts.export else None
    return Health(
        now,
        tuple(reasons),
        facts,
        schema,
        head,
        None if data_date is None else (today - data_date).days,
        None if age is None else age.total_seconds(),
    )


def unusable(words: str, *, now: datetime, schema: str | None, head: str) -> Health:
    """The store cannot be used: that is all there is to say."""
    return Health(now, (words,), Facts(), schema, head)
