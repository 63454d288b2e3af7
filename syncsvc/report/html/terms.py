"""The words of the page: a reader gets a word beside every sign, symbol and colour."""

from datetime import date
from pathlib import PurePosixPath, PureWindowsPath
from typing import Final, NamedTuple

from syncsvc.causes import Aspect, Cause
from syncsvc.compare import Move
from syncsvc.model import Field, Side, Snapshot
from syncsvc.month_report import Question
from syncsvc.report.words import ASPECTS, CAUSES, SIDES, counted
from syncsvc.workdays import working_days

FIELDS: Final = {Field.DUE: "due", Field.COMPLETED: "completed"}
NO_NAME: Final = "(no name)"

#: What each cause means, for a reader who meets its name for the first time.
MEANINGS: Final = {
    Cause.BASELINE_MOVED: "The baseline finish was changed in the schedule.",
    Cause.PLANNED_MOVED: "The planned date was changed in the schedule.",
    Cause.FORECAST_MOVED: "The schedule expects it on another day.",
    Cause.COLUMN_CHANGED: "The column that gave the date before is blank now, or filled.",
    Cause.COMPLETED: "It was completed between the two exports.",
    Cause.COMPLETION_REWRITTEN: "The actual date of a completed milestone was changed.",
    Cause.COMPLETION_WITHDRAWN: "It was completed, and is open again.",
    Cause.DATE_APPEARED: "There was no date before.",
    Cause.DATE_VANISHED: "There is no date any more.",
    Cause.RESTATED: "Only a later edition of the same month says so.",
    Cause.RENAMED: "The name was changed beyond case, blanks and full stops.",
    Cause.RECODED: "It is known under another code, as declared.",
    Cause.WBS_CHANGED: "It belongs to another WBS element.",
    Cause.NEW: "It is only in the later export; what has no history has no slip.",
    Cause.GONE: "It is only in the earlier export.",
}

#: What a person does about it. Of what a run holds, the kind of hold says it.
TO_DO: Final = {
    Question.HELD: "",
    Question.COMPLETION_REWRITTEN: ("Ask the scheduler which date is right, and have the wrong one corrected in P6."),
    Question.REOPENED: "Ask the scheduler why; if it is still done, have the actual date put back.",
    Question.GONE: "Close what still shows it, or have it put back.",
    Question.SIDES_DIFFER: "Decide which date is right, and have the others corrected.",
    Question.UNSEEN: "Mend the place that is named and read the source again.",
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
    if cause in {Cause.RESTATED, Cause.DATE_APPEARED, Cause.DATE_VANISHED}:
        return f"{ASPECTS[aspect]}: {CAUSES[cause]}"
    return CAUSES[cause]


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


def side_name(side: Side) -> str:
    """ "Published" where a name begins a heading or a sentence."""
    return SIDES[side][0].upper() + SIDES[side][1:]
