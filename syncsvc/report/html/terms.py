"""The words of the page: a reader gets a word beside every sign, symbol and colour."""

from datetime import date
from pathlib import PurePosixPath, PureWindowsPath
from typing import Final, NamedTuple

from syncsvc.causes import Aspect, Cause
from syncsvc.compare import Move
from syncsvc.model import Field, Outcome, Side, Snapshot
from syncsvc.month_report import Light, Question
from syncsvc.report.words import counted
from syncsvc.sides import Agreement
from syncsvc.workdays import working_days

SIDES: Final = {Side.PMCS: "PMCS", Side.JIRA: "Jira", Side.PUBLISHED: "Published"}
FIELDS: Final = {Field.DUE: "due", Field.COMPLETED: "completed"}
NO_NAME: Final = "(no name)"

LIGHTS: Final = {
    Light.COMPLETED: "completed",
    Light.ON_TIME: "on time",
    Light.LATE: "late",
    Light.OVERDUE: "overdue",
    Light.NOT_FORECAST: "not forecast",
    Light.UNDATED: "no due date",
    Light.GONE: "gone",
}

ASPECTS: Final = {
    Aspect.PRESENCE: "presence",
    Aspect.DUE: "due date",
    Aspect.FORECAST: "forecast",
    Aspect.COMPLETED: "completion",
    Aspect.NAME: "name",
    Aspect.CODE: "code",
    Aspect.WBS: "WBS element",
}

CAUSES: Final = {
    Cause.BASELINE_MOVED: ("baseline moved", "The baseline finish was changed in the schedule."),
    Cause.PLANNED_MOVED: ("planned date moved", "The planned date was changed in the schedule."),
    Cause.FORECAST_MOVED: ("forecast moved", "The schedule expects it on another day."),
    Cause.COLUMN_CHANGED: ("read from another column", "The column that gave the date before is blank now, or filled."),
    Cause.COMPLETED: ("completed", "It was completed between the two exports."),
    Cause.COMPLETION_REWRITTEN: ("completion rewritten", "The actual date of a completed milestone was changed."),
    Cause.COMPLETION_WITHDRAWN: ("completion withdrawn", "It was completed, and is open again."),
    Cause.DATE_APPEARED: ("date appeared", "There was no date before."),
    Cause.DATE_VANISHED: ("date vanished", "There is no date any more."),
    Cause.RESTATED: ("restated", "Only a later edition of the same month says so."),
    Cause.RENAMED: ("renamed", "The name was changed beyond case, blanks and full stops."),
    Cause.RECODED: ("recoded", "It is known under another code, as declared."),
    Cause.WBS_CHANGED: ("moved in the WBS", "It belongs to another WBS element."),
    Cause.NEW: ("new", "It is only in the later export; what has no history has no slip."),
    Cause.GONE: ("gone", "It is only in the earlier export."),
}

#: Heading of the group, and what a person does about it. Of what a run holds, the kind of hold says it.
QUESTIONS: Final = {
    Question.HELD: ("Held by the run", ""),
    Question.COMPLETION_REWRITTEN: (
        "Completion rewritten",
        "Ask the scheduler which date is right, and have the wrong one corrected in P6.",
    ),
    Question.REOPENED: ("Open again", "Ask the scheduler why; if it is still done, have the actual date put back."),
    Question.GONE: ("Gone, and still shown elsewhere", "Close what still shows it, or have it put back."),
    Question.SIDES_DIFFER: ("Sides differ", "Decide which date is right, and have the others corrected."),
    Question.UNSEEN: ("Cannot be seen", "Mend the place that is named and read the source again."),
}

AGREEMENTS: Final = {
    Agreement.AGREE: "agree",
    Agreement.ODD_ONE_OUT: "one differs",
    Agreement.ALL_DIFFER: "all differ",
    Agreement.NOT_COMPARED: "not compared",
}

OUTCOMES: Final = {
    Outcome.APPLIED: "applied",
    Outcome.ALREADY: "already there",
    Outcome.HANDED_OVER: "handed over",
    Outcome.STALE: "stale, not written",
    Outcome.REFUSED: "refused",
    Outcome.FAILED: "failed",
    Outcome.UNKNOWN: "unknown",
    Outcome.NOT_TRIED: "not tried",
}

_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Moved(NamedTuple):
    """A move in words. `tone` is late, early, same or nothing; `days` are calendar days, for sorting."""

    lead: str
    rest: str = ""
    tone: str = ""
    days: int | None = None


def moved(move: Move, *, same: str = "unchanged") -> Moved:
    """ "505 working days late", "707 calendar days"; nothing where one of the dates is missing."""
    if move.calendar_days is None:
        return Moved("")
    if move.calendar_days == 0:
        return Moved(same, tone="same", days=0)
    way, tone = ("late", "late") if move.calendar_days > 0 else ("early", "early")
    calendar = counted(abs(move.calendar_days), "calendar day")
    if not move.working_days:
        return Moved(f"{calendar} {way}", "no working day", tone, move.calendar_days)
    return Moved(f"{counted(abs(move.working_days), 'working day')} {way}", calendar, tone, move.calendar_days)


def between(before: date | None, after: date | None, holidays: frozenset[date]) -> Move:
    """Two dates as a move."""
    if before is None or after is None:
        return Move(before, after)
    return Move(before, after, (after - before).days, working_days(before, after, holidays))


def apart(move: Move) -> Moved:
    """How far two dates are from each other, where none of them is the earlier state of the other."""
    words = moved(move, same="")
    return words._replace(lead=words.lead.replace(" late", " later").replace(" early", " earlier"), tone="apart")


def cause_words(aspect: Aspect, cause: Cause) -> str:
    """The cause in a list that does not say what of the milestone differs."""
    verb = {Cause.RESTATED: "restated", Cause.DATE_APPEARED: "appeared", Cause.DATE_VANISHED: "vanished"}.get(cause)
    if verb is None:
        return CAUSES[cause][0]
    noun = {Aspect.COMPLETED: "completion", Aspect.WBS: "WBS"}.get(aspect, aspect.value)
    return f"{noun} {verb}"


def month(period: str) -> str:
    """ "Apr 2019" of 2019-04."""
    year, _, number = period.partition("-")
    return f"{_MONTHS[int(number) - 1]} {year}" if number.isdigit() and 1 <= int(number) <= 12 else period


def file_name(snapshot: Snapshot) -> str:
    """The last part of a path; an address as it is."""
    source = snapshot.source
    if "://" in source:
        return source
    name = PureWindowsPath(source).name if "\\" in source and "/" not in source else PurePosixPath(source).name
    return name or source
