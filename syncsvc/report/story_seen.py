"""What a snapshot showed of a milestone, in sentences."""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final

from syncsvc.checks import is_done
from syncsvc.model import Milestone, Side, Sighting
from syncsvc.names import NameChange, compare_names
from syncsvc.report.words import SIDES, counted, day, title
from syncsvc.story import Observation, Seen, Shift, Trait


def observed(told: Observation) -> Iterator[str]:
    """What was seen, each change of it, and from which file, sheet and row: a paragraph each."""
    sighting, milestone = told.sighting, told.sighting.milestone
    named = f"{SIDES[Side.JIRA]} {told.key}" if told.key else title(sighting.snapshot)
    if milestone is None:
        what, named = told.key or "it", title(sighting.snapshot)
        if told.seen is Seen.UNSEEN:
            yield f"{named}: {what} cannot be seen, which is not the same as gone: {told.why}."
        else:
            yield f"{named} does not show {what} any more."
        return
    if told.before is None:
        late = ", an older month that arrived late," if told.seen is Seen.ARRIVED_LATE else ""
        verb = "says" if late else "is shown for the first time:" if told.key else "shows it for the first time:"
        yield f"{named}{late} {verb} {dates_of(milestone)}."
        yield from _place(sighting)
        return
    moves = list(_moves(told, milestone))
    if told.seen is Seen.APPEARED:
        moves.insert(0, "shown again" + ("" if moves else ", with the dates it had"))
    yield f"{named}{_LEADS.get(told.seen, '')}: {moves[0]}."
    for move in moves[1:]:
        yield f"{move[0].upper()}{move[1:]}."
    yield from _place(sighting)


_LEADS: Final = {
    Seen.RESTATED: " says otherwise than the edition before it",
    Seen.READ_AGAIN: " was read again, as the same file under another mapping",
    Seen.ARRIVED_LATE: " arrived late, when a newer month was known already, and changes nothing of the present",
}


def dates_of(milestone: Milestone) -> str:
    """Its dates, and the column of one whose basis counts."""
    due = "no due date"
    if milestone.due is not None:
        basis = f"{milestone.due_basis}, " if milestone.due_basis else ""
        column = f" ({basis}column {milestone.due_column})" if milestone.due_column and basis else ""
        due = f"due {day(milestone.due)}{column}"
    forecast = f", forecast {day(milestone.forecast)}" if milestone.forecast else ""
    return f"{due}{forecast}, {_completion(milestone)}"


def _completion(milestone: Milestone) -> str:
    if milestone.completed is not None:
        return f"completed {day(milestone.completed)}"
    return "completed, without a date for it" if is_done(milestone) else "not completed"


def _moves(told: Observation, milestone: Milestone) -> Iterator[str]:
    dated = {shift.trait for shift in told.shifts}
    for shift in told.shifts:
        if shift.unread:
            yield f"{shift.trait.value} cannot be read there ({shift.unread})"
        elif shift.trait in (Trait.DUE, Trait.FORECAST, Trait.COMPLETED):
            run = told.wrote.get(shift.trait)
            since = f", as run {run} wrote it" if run is not None else ", changed in Jira" if told.key else ""
            yield f"{_what(shift, milestone)} {_shift_words(shift)}{since}"
        elif shift.trait is Trait.STATE and not (Trait.COMPLETED in dated and told.key is None):
            yield f'status "{shift.before}" is now "{shift.after}"'
        elif shift.trait is Trait.NAME:
            yield f'{_renamed(shift)}: "{shift.before}" is now "{shift.after}"'
        elif shift.trait is Trait.CODE:
            yield f"its code was {shift.before}, and is {shift.after} now"
        elif shift.trait is Trait.COLUMN:
            yield f"due is read from column {shift.after} now, and was from {shift.before}"
        elif shift.trait is Trait.BASIS:
            yield f"due counts as {shift.after} now, and did as {shift.before}"


def _what(shift: Shift, milestone: Milestone) -> str:
    if shift.trait is Trait.DUE:
        return f"{milestone.due_basis} due" if milestone.due_basis else "due"
    return "completion" if shift.trait is Trait.COMPLETED else shift.trait.value


def _shift_words(shift: Shift) -> str:
    if shift.before is None:
        return f"is {shift.after} now, and was not given before"
    if shift.after is None:
        return f"is no longer given; it was {shift.before}"
    return f"moved {far(shift.calendar_days or 0, shift.working_days or 0)}, from {shift.before} to {shift.after}"


def far(calendar_days: int, in_working_days: int) -> str:
    """ "61 calendar days later (43 working days)"."""
    way = "later" if calendar_days > 0 else "earlier"
    return f"{counted(abs(calendar_days), 'calendar day')} {way} ({counted(abs(in_working_days), 'working day')})"


def _renamed(shift: Shift) -> str:
    change = compare_names(str(shift.before or ""), str(shift.after or ""))
    return {NameChange.COSMETIC: "name written otherwise", NameChange.TRUNCATED: "name cut short"}.get(
        change, "renamed"
    )


def _place(sighting: Sighting) -> Iterator[str]:
    """From which file, sheet and row; an issue is its own place."""
    snapshot, milestone = sighting.snapshot, sighting.milestone
    if snapshot.side is Side.JIRA or milestone is None:
        return
    where = f", {milestone.where}" if milestone.where else ""
    data_date = f"; data date {day(snapshot.data_date)}" if snapshot.data_date else ""
    yield f"(read from {PurePosixPath(snapshot.source).name or snapshot.source}{where}{data_date})"
