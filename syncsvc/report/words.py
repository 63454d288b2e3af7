"""The words every report uses, so that no reader has to know which way a minus sign points."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, tzinfo

from syncsvc.causes import Aspect, Cause
from syncsvc.errors import ExitCode
from syncsvc.model import Milestone, MilestoneKind, Outcome, Receipt, RunResult, Side, Snapshot, Status
from syncsvc.month_report import Light, Question

SIDES = {Side.PMCS: "PMCS", Side.JIRA: "Jira", Side.PUBLISHED: "published"}
KINDS = {
    MilestoneKind.START_MILESTONE: "start milestone",
    MilestoneKind.FINISH_MILESTONE: "finish milestone",
    MilestoneKind.TASK: "task",
    MilestoneKind.LEVEL_OF_EFFORT: "level of effort",
    MilestoneKind.WBS_SUMMARY: "WBS summary",
    MilestoneKind.UNKNOWN: "unknown type",
}
STATUSES = {
    Status.NOT_STARTED: "not started",
    Status.IN_PROGRESS: "in progress",
    Status.COMPLETED: "completed",
    Status.UNKNOWN: "without a status",
}

ASPECTS = {
    Aspect.PRESENCE: "milestone",
    Aspect.DUE: "due date",
    Aspect.FORECAST: "forecast",
    Aspect.COMPLETED: "completion",
    Aspect.NAME: "name",
    Aspect.CODE: "code",
    Aspect.WBS: "WBS element",
}
CAUSES = {
    Cause.BASELINE_MOVED: "baseline moved",
    Cause.PLANNED_MOVED: "planned date moved",
    Cause.FORECAST_MOVED: "forecast moved",
    Cause.COLUMN_CHANGED: "read from another column",
    Cause.COMPLETED: "completed",
    Cause.COMPLETION_REWRITTEN: "completion rewritten",
    Cause.COMPLETION_WITHDRAWN: "completion withdrawn",
    Cause.DATE_APPEARED: "first date",
    Cause.DATE_VANISHED: "date no longer given",
    Cause.RESTATED: "restated by a later edition",
    Cause.RENAMED: "renamed",
    Cause.RECODED: "recoded",
    Cause.WBS_CHANGED: "moved to another WBS element",
    Cause.NEW: "new",
    Cause.GONE: "gone",
}
LIGHTS = {
    Light.COMPLETED: "completed",
    Light.ON_TIME: "on time",
    Light.LATE: "late",
    Light.OVERDUE: "overdue",
    Light.NOT_FORECAST: "not forecast",
    Light.UNDATED: "no due date",
    Light.GONE: "gone",
}
QUESTIONS = {
    Question.HELD: "held",
    Question.COMPLETION_REWRITTEN: "completion rewritten",
    Question.REOPENED: "reopened",
    Question.GONE: "gone",
    Question.SIDES_DIFFER: "sides differ",
    Question.UNSEEN: "unseen",
}

OUTCOMES = {
    Outcome.APPLIED: "written",
    Outcome.ALREADY: "already there",
    Outcome.HANDED_OVER: "handed to PMCS",
    Outcome.STALE: "not written, changed meanwhile",
    Outcome.REFUSED: "refused",
    Outcome.FAILED: "failed",
    Outcome.UNKNOWN: "outcome unknown",
    Outcome.NOT_TRIED: "not tried",
}
_ENDS = {
    ExitCode.DONE: "done, nothing waits",
    ExitCode.WAITING: "done; something waits for a person",
    ExitCode.LIMITS: "stopped by the safety limits; nothing was written",
    ExitCode.WRITES: "a write went wrong; see below",
    ExitCode.SOURCE: "a source could not be read; nothing was written",
    ExitCode.USAGE: "what was asked cannot be done; nothing was written",
    ExitCode.BUG: "ended by a bug in syncsvc",
}


@dataclass(frozen=True, slots=True)
class Taken:
    """For which day a stored snapshot is shown, by the clock of which zone, and the run that took it."""

    as_of: date
    zone: tzinfo
    run: int
    trigger: str
    actor: str


#: Outcomes a person has to look at.
TROUBLE = (Outcome.REFUSED, Outcome.FAILED, Outcome.UNKNOWN, Outcome.NOT_TRIED, Outcome.STALE)


def ended(result: RunResult) -> str:
    """How a run ended."""
    return exit_words(result.exit_code)


def exit_words(exit_code: int | None) -> str:
    """How a run with this exit code ended; None: it is at work, or was killed."""
    if exit_code is None:
        return "not ended: it is at work, or was killed"
    return _ENDS.get(ExitCode(exit_code), f"exit {exit_code}")


def receipt_words(receipts: Sequence[Receipt]) -> str:
    """ "94 written, 1 handed to PMCS"."""
    counts = Counter(receipt.outcome for receipt in receipts)
    return ", ".join(f"{counts[outcome]:,} {words}" for outcome, words in OUTCOMES.items() if counts[outcome])


def moved(calendar_days: int, working_days: int | None = None) -> str:
    """ "91 days early (65)", the working days in brackets; "unchanged" where nothing moved."""
    if calendar_days == 0:
        return "unchanged"
    words = f"{counted(abs(calendar_days), 'day')} {'late' if calendar_days > 0 else 'early'}"
    return words if working_days is None else f"{words} ({abs(working_days)})"


def amount(value: float) -> str:
    """A value of a limit: 40.5, or 2,914,846 days, and never 2.91485e+06."""
    return f"{value:,.1f}".removesuffix(".0")


def counted(number: int, thing: str, things: str | None = None) -> str:
    """ "1 milestone", "2 milestones"."""
    return f"{number:,} {thing if number == 1 else things or thing + 's'}"


def day(value: date | None, otherwise: str = "-") -> str:
    """An ISO date, or what stands in its place."""
    return otherwise if value is None else value.isoformat()


def completed(milestone: Milestone) -> str:
    """When it was completed; "no date" where it is completed and the source gives none."""
    if milestone.completed is None and milestone.status is Status.COMPLETED:
        return "no date"
    return day(milestone.completed)


def title(snapshot: Snapshot) -> str:
    """ "PMCS 2019-04 ME edition 2": what a snapshot is called, from what it says itself."""
    edition = None if snapshot.edition is None else f"edition {snapshot.edition}"
    return " ".join(filter(None, (SIDES[snapshot.side], snapshot.period, snapshot.kind, edition)))


def due_columns(milestones: Iterable[Milestone]) -> str:
    """Which columns the dues were read from, with how many each: "base_end_date 365, start_date 18"."""
    columns: Counter[str] = Counter()
    for milestone in milestones:
        if milestone.due is not None:
            columns[milestone.due_column or "not named"] += 1
    return ", ".join(f"{column} {number:,}" for column, number in columns.most_common())
